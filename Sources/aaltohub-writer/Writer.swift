import ArgumentParser
import ServiceKit

/// The one process that writes messages, positions and dead letters.
///
/// Takes records from the listeners' links, commits them in transactions, acknowledges what is committed. What it decides is in
/// WriterCore, its statements are in Store; here the two are joined.
@main
struct Writer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-writer", abstract: "Writes what the listeners send into Postgres, and acknowledges it.",
        version: ServiceVersion.text)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    func run() async throws {
        await ServiceMain.run(.writer, configurationPath: config) { context in
            try await write(context)
        }
    }
}
