import ArgumentParser
import EventLink
import Glibc
import POSIX
import Primitives
import ServiceKit
import ZeroMQ

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Asks each service of this machine how it is.",
        discussion: """
            Services that do not answer are shown as down. It needs no supervisor; without the database it says nothing of groups, queues
            and gaps.
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Show each group, too.") var groups = false

    func run() async throws {
        let database = StatusDatabase(common)
        defer { database.close() }
        let look = try await StatusLook(common, database: database)
        let (services, status) = (look.answers, look.status)
        if common.json {
            let rows = services.map { service in
                service.status ?? ["service": .string(service.name), "state": "down", "detail": .string(service.problem)]
            }
            // The stages as they told it themselves, and the rest of the model.
            let rest = ["running", "connected", "ready", "database", "groups", "accounts", "queues", "gaps"]
            output(JSON.object([.init("services", .array(rows))] + rest.map { .init($0, status.json[$0] ?? .null) }).text)
            return
        }
        let rows = services.map { service -> [String] in
            guard let status = service.status else { return [service.name, "down", "-", "-", "-", service.problem] }
            return [
                service.name, status["state"]?.string ?? "?", age(Int64(status["uptime"]?.double ?? 0)),
                status["pid"]?.integer.map(String.init) ?? "?", status["version"]?.string ?? "?", status["detail"]?.string ?? "",
            ]
        }
        output(table(["SERVICE", "STATE", "UP", "PID", "VERSION", "DETAIL"], rows))
        for line in services.compactMap({ $0.status.flatMap(latencyLine) }) { output(line) }
        let tables = StatusTables(status: status)
        for line in tables.summary { output(line) }
        if groups, let table = tables.groups(limit: nil) { output("\n\(table)") }
        if let error = status.database.error { notice("groups, queues and gaps are not known: \(error)") }
    }
}

/// What a service said about itself, or why it said nothing.
struct Answer: Sendable {
    let name: String
    let status: JSON?
    let problem: String
    /// The configuration lets nobody be asked.
    var misconfigured: LinkError?
}

/// How long a service may take to tell its status.
private let patience = Duration.seconds(3)

/// Asks every service that runs, ran, or ought to run, all at once; by name.
func askAll(_ folders: Folders) async -> [Answer] {
    // A service that was killed leaves its socket's file, one that never ran leaves nothing.
    let names = Set(Folders.services(in: folders.controls)).union(Folders.knownServices(in: folders.state)).union(["writer", "supervisor"])
    let client = ControlClient(context: Context(), patience: patience)
    return await withTaskGroup { group in
        for name in names {
            group.addTask {
                do {
                    return Answer(
                        name: name, status: try await client.ask(folders.control(name), "status", actor: operatorName()), problem: "")
                } catch LinkError.noAnswer {
                    // The socket's file stays behind when a service is killed; its lock does not.
                    let lives = LockedFile.isHeld(folders.control(name) + ".lock")
                    return Answer(name: name, status: nil, problem: lives ? "does not answer on its control socket" : "does not run")
                } catch let error as LinkError where error.isOfConfiguration {
                    return Answer(name: name, status: nil, problem: "\(error)", misconfigured: error)
                } catch {
                    return Answer(name: name, status: nil, problem: "\(error)")
                }
            }
        }
        var answers: [Answer] = []
        for await answer in group { answers.append(answer) }
        return answers.sorted { $0.name < $1.name }
    }
}

extension LinkError {
    fileprivate var isOfConfiguration: Bool { if case .pathTooLong = self { true } else { false } }
}

/// Who asks, for the service's log.
func operatorName() -> String {
    processEnvironment()["SUDO_USER"] ?? processEnvironment()["USER"] ?? "uid \(getuid())"
}
