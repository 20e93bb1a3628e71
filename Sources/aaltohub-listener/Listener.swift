import ArgumentParser
import ServiceKit

/// Live updates of one Telegram account: puts them in order, keeps what is registered, hands it to the writer.
///
/// What it decides is in TelegramClient and ListenerCore; here they are joined to Telegram, the link, the database and the operator.
@main
struct Listener: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-listener", abstract: "Follows one Telegram account and sends what its registered groups say to the writer.",
        version: ServiceVersion.text)

    @Option(help: ArgumentHelp("The account's name, as in `aaltohubctl login --account NAME`.", valueName: "name"))
    var account: String

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    func validate() throws {
        do { _ = try ServiceName.listener(account: account) } catch { throw ValidationError(error.message) }
    }

    func run() async throws {
        let account = account
        await ServiceMain.run(try ServiceName.listener(account: account), configurationPath: config) { context in
            try await listen(context, account: account)
        }
    }
}
