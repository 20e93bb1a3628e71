import ArgumentParser
import ServiceKit

/// The process that sees all the others: gathers their heartbeats and answers HTTP. It decides nothing about messages.
@main
struct Supervisor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-supervisor",
        abstract: "Watches the services of this machine and answers GET /healthz, /readyz, /metrics and /admin/live-crawler/status.",
        version: ServiceVersion.text)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    func run() async throws {
        await ServiceMain.run(.supervisor, configurationPath: config) { context in
            try await supervise(context)
        }
    }
}
