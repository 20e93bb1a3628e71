import ArgumentParser
import Glibc
import ServiceKit

/// The one tool of the operator. Data goes to stdout, notices to stderr; `--json` is stable and only grows.
@main
struct AaltoHubCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohubctl", abstract: "Looks after the AaltoHub services of this machine.", version: ServiceVersion.text,
        subcommands: [
            MigrateCommand.self, LoginCommand.self, AccountsCommand.self, GroupsCommand.self, CrawlCommand.self, CoverageCommand.self,
            GapsCommand.self, MediaCommand.self, StatusCommand.self, TopCommand.self, RestartCommand.self, AlarmCommand.self,
            TapCommand.self, LimitsCommand.self, QuarantineCommand.self,
            SpoolCommand.self, QueueCommand.self, DlqCommand.self, HistoryCommand.self, AdminCommand.self,
            DoctorCommand.self, ConfigCommand.self,
        ])

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(readable(CommandLine.arguments.dropFirst()))
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error where isForTheParser(error) {
                exit(withError: error)
            } catch {
                let error = ServiceMain.serviceError(error)
                notice(error.message)
                ServiceMain.leave(error.status)
            }
            ServiceMain.leave(.success)
        } catch {
            exit(withError: error)
        }
    }

    /// `COMMAND --help` runs a command of the parser's own, which throws an error of its own that is not public.
    private static func isForTheParser(_ error: any Error) -> Bool {
        error is ExitCode || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file (default: \(Configuration.defaultPath)).", valueName: "file"))
    var config: String?

    @Flag(help: "Answer in JSON.")
    var json = false

    func configuration() throws(ServiceError) -> Configuration { try Configuration.load(path: config) }
    var credentials: Credentials { Credentials.ofOperator() }
}

/// One line for a person, on stderr.
func notice(_ text: String) { print(line: "aaltohubctl: \(text)", to: STDERR_FILENO) }
