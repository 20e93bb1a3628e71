import ArgumentParser
import CMalloc
import ServiceKit

/// The past of one Telegram account's groups: crawls, gap fills, media.
///
/// What it decides is in BackfillCore; here that is joined to Telegram, the link, the database and the operator.
@main
struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-backfill", abstract: "Fetches what the live stream did not bring, and sends it to the writer.",
        version: ServiceVersion.text)

    /// Freed memory that is kept for what comes next, in bytes for each of malloc's arenas: some parts of files.
    private static let keptBytes: Int32 = 64 << 20

    @Option(help: ArgumentHelp("The account's name, as in `aaltohubctl login --account NAME --for backfill`.", valueName: "name"))
    var account: String

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Only read so many days of every group, one after the other; store nothing and print what it cost. Not beside the stage itself.",
            valueName: "days"))
    var measure: Int?

    func validate() throws {
        if let measure, !(1...36_500).contains(measure) { throw ValidationError("--measure takes 1 to 36500 days") }
        do { _ = try ServiceName.backfill(account: account) } catch { throw ValidationError(error.message) }
    }

    func run() async throws {
        let (account, days) = (account, measure)
        // A part of a file is a megabyte: memory that is given back after each costs a fault for every page of the next.
        mallopt(M_MMAP_THRESHOLD, Self.keptBytes)
        mallopt(M_TRIM_THRESHOLD, Self.keptBytes)
        mallopt(M_TOP_PAD, Self.keptBytes / 4)
        await ServiceMain.run(try ServiceName.backfill(account: account), configurationPath: config) { context in
            if let days { return try await measureHistory(context, account: account, days: days) }
            try await backfill(context, account: account)
        }
    }
}
