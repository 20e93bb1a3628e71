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
        if let access = try context.configuration.storageAccess(context.credentials) {
            store = SupabaseStorage(.init(url: access.url, key: access.key.text, bucket: access.bucket), logger: context.logger)
            place = "the bucket \(access.bucket) of \(access.url)"
        } else {
            let root = media.folder.isEmpty ? context.folders.state("media") : media.folder
            store = LocalStore(root: root, publicURL: media.publicURL)
            place = root
        }
    }
}
