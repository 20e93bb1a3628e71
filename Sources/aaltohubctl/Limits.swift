import ArgumentParser
import EventLink
import Primitives
import ServiceKit
import Store
import ZeroMQ

struct LimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "What Telegram lets the accounts do: calls, errors and waits per method.",
        discussion: """
            Waits come from the database, so they are shown while no listener runs; counts are those of the running listeners since they
            began. HELD are calls that were not made because a wait was known; PACE is the speed to which a method was slowed down.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Only this account.", valueName: "name"))
    var account: String?

    /// How long a listener may take to answer.
    private static let patience = Duration.seconds(3)

    /// One row: a method of an account.
    private struct Line {
        var counts: JSON?
        var until: Int64?
        var peer = ""
    }

    func run() async throws {
        let now = SystemClock.unix
        let waits = try await common.withDatabase { try await FloodWaitStore.all($0, now: now) }
            .filter { account == nil || $0.account == account }
        let live = await counts()
        if common.json {
            let stored = waits.map { name, wait -> JSON in
                [
                    "account": .string(name), "method": .string(wait.method), "peer": .string(wait.peer),
                    "seconds": .integer(Int64(wait.seconds)), "not_before": .integer(wait.until.seconds),
                    "left_seconds": .integer(Int64((wait.until - now).inSeconds.rounded(.up))),
                ]
            }
            let methods = live.flatMap { name, methods in
                methods.map { method -> JSON in
                    guard case .object(let members) = method else { return method }
                    return .object([.init("account", .string(name))] + members)
                }
            }
            return output(JSON.object([.init("waits", .array(stored)), .init("methods", .array(methods))]).text)
        }
        output(table(["ACCOUNT", "METHOD", "CALLS", "ERRORS", "WAITS", "WAITED", "HELD", "PACE", "NOT BEFORE"], rows(waits, live, now)))
    }

    private func rows(_ waits: [(account: String, wait: FloodWaitStore.Wait)], _ live: [(String, [JSON])], _ now: UnixTime) -> [[String]] {
        var rows: [[String]] = []
        for name in Set(waits.map(\.account) + live.map(\.0)).sorted() {
            var lines: [String: Line] = [:]
            for method in live.first(where: { $0.0 == name })?.1 ?? [] {
                lines[method["method"]?.string ?? "?", default: Line()].counts = method
            }
            for (owner, wait) in waits where owner == name {
                let key = wait.peer.isEmpty ? wait.method : "\(wait.method) \(wait.peer)"
                lines[key, default: Line()].until = max(lines[key]?.until ?? 0, wait.until.seconds)
            }
            for (method, line) in lines.sorted(by: { $0.key < $1.key }) {
                func number(_ field: String) -> String { line.counts?[field]?.integer.map(String.init) ?? "-" }
                var errors = 0 as Int64
                if case .object(let members)? = line.counts?["errors"] { errors = members.reduce(0) { $0 + ($1.value.integer ?? 0) } }
                rows.append([
                    name, method, number("calls"), line.counts == nil ? "-" : "\(errors)", number("waits"),
                    line.counts?["waited_seconds"]?.integer.map { age($0) } ?? "-", number("held"),
                    line.counts?["calls_per_second"]?.double.map { "\($0)/s" } ?? "-",
                    line.until.map { "\(rfc3339(UnixTime(seconds: $0))) (\(age($0 - now.seconds)))" } ?? "-",
                ])
            }
        }
        return rows
    }

    /// What the running listeners count, by account.
    private func counts() async -> [(String, [JSON])] {
        guard let folders = (try? common.configuration()).map(Folders.init) else { return [] }
        let client = ControlClient(context: Context(), patience: Self.patience)
        var all: [(String, [JSON])] = []
        for service in Folders.services(in: folders.controls) where service.hasPrefix("listener@") {
            let name = String(service.dropFirst("listener@".count))
            if let account, account != name { continue }
            // One that does not answer has nothing to tell; `status` says so.
            guard let answer = try? await client.ask(folders.control(service), "limits", actor: operatorName()) else { continue }
            all.append((name, answer["methods"]?.array ?? []))
        }
        return all
    }
}
