import ArgumentParser
import ServiceKit

/// The past of one Telegram account's groups: crawls, gap fills, media.
///
/// What it decides is in BackfillCore; here that is joined to Telegram, the link, the database and the operator.
@main
struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-backfill", abstract: "Fetches what the live stream did not bring, and sends it to the writer.",
        version: ServiceVersion.text)

    @Option(help: ArgumentHelp("The account's name, as in `aaltohubctl login --account NAME --for backfill`.", valueName: "name"))
    var account: String

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    func validate() throws {
        do { _ = try ServiceName.backfill(account: account) } catch { throw ValidationError(error.message) }
    }

    func run() async throws {
        let account = account
        await ServiceMain.run(try ServiceName.backfill(account: account), configurationPath: config) { context in
            try await backfill(context, account: account)
        }
    }
}
