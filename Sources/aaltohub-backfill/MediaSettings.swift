import BackfillCore
import Logging
import ObjectStore
import Primitives
import ServiceKit

/// What the configuration says of files, in the words of those who fetch and store them.
struct MediaSettings: Sendable {
    var filter: MediaFilter
    var limits: DownloadMachine.Limits
    var parallel: Int
    /// Where unfinished files lie.
    var folder: String
    var store: any ObjectStore
    /// Where `store` is, for the log.
    var place: String

    private static let bytesPerMegabyte: Int64 = 1 << 20

    /// Nil: no files are fetched.
    init?(_ context: ServiceContext) throws {
        let media = context.configuration.media
        guard media.store != .none, !media.types.isEmpty else { return nil }
        let most = Int64(media.maximumMegabytes) * Self.bytesPerMegabyte
        filter = MediaFilter(types: media.types.map(\.rawValue), maximumBytes: most)
        limits = .init(parts: media.partsInFlight, bytes: media.partsInFlight * MediaLimits.partBytes, fileBytes: most)
        parallel = media.parallelFiles
        folder = context.folders.state("\(context.name)") + "/parts"
        switch media.store {
        case .supabase:
            let url = context.configuration.supabase.url
            guard !url.isEmpty else { throw ServiceError.configuration("media.store is supabase, and supabase.url is not set") }
            let key = try context.credentials.require(.supabaseServiceKey)
            store = SupabaseStorage(.init(url: url, key: key.text, bucket: media.bucket), logger: context.logger)
            place = "the bucket \(media.bucket) of \(url)"
        case .local, .none:
            let root = media.folder.isEmpty ? context.folders.state("media") : media.folder
            store = LocalStore(root: root, publicURL: media.publicURL)
            place = root
        }
    }
}
