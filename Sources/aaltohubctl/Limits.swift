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
            Waits come from the database, so they are shown while nothing runs; counts are those of the running listeners and backfills
            since they began. HELD are calls that were not made because a wait was known; PACE is the speed to which a method was slowed down.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Only this account.", valueName: "name"))
    var account: String?

    /// How long a service may take to answer.
    private static let patience = Duration.seconds(3)

    /// One row: a method as one process of an account calls it.
    private struct Key: Hashable, Comparable {
        var method: String
        var process: String

        static func < (a: Key, b: Key) -> Bool { (a.method, a.process) < (b.method, b.process) }
    }

    private struct Line {
        var counts: JSON?
        var until: Int64?
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
            let methods = live.flatMap { counts in
                counts.methods.map { method -> JSON in
                    guard case .object(let members) = method else { return method }
                    return .object([.init("account", .string(counts.account)), .init("process", .string(counts.process))] + members)
                }
            }
            return output(JSON.object([.init("waits", .array(stored)), .init("methods", .array(methods))]).text)
        }
        output(
            table(
                ["ACCOUNT", "METHOD", "PROCESS", "CALLS", "ERRORS", "WAITS", "WAITED", "HELD", "PACE", "NOT BEFORE"],
                rows(waits, live, now)))
    }

    /// What one process counted.
    private struct Counts {
        var account: String
        /// listener or backfill.
        var process: String
        var methods: [JSON]
    }

    /// A line for each process that called a method; a wait is the account's, whoever met it.
    private func rows(_ waits: [(account: String, wait: FloodWaitStore.Wait)], _ live: [Counts], _ now: UnixTime) -> [[String]] {
        var rows: [[String]] = []
        for name in Set(waits.map(\.account) + live.map(\.account)).sorted() {
            var lines: [Key: Line] = [:]
            for counts in live where counts.account == name {
                for method in counts.methods {
                    lines[Key(method: method["method"]?.string ?? "?", process: counts.process), default: Line()].counts = method
                }
            }
            for (owner, wait) in waits where owner == name {
                let method = wait.peer.isEmpty ? wait.method : "\(wait.method) \(wait.peer)"
                let callers = lines.keys.filter { $0.method == method }
                for key in callers.isEmpty ? [Key(method: method, process: "-")] : callers {
                    lines[key, default: Line()].until = max(lines[key]?.until ?? 0, wait.until.seconds)
                }
            }
            for (key, line) in lines.sorted(by: { $0.key < $1.key }) {
                func number(_ field: String) -> String { line.counts?[field]?.integer.map(String.init) ?? "-" }
                var errors = 0 as Int64
                if case .object(let members)? = line.counts?["errors"] { errors = members.reduce(0) { $0 + ($1.value.integer ?? 0) } }
                rows.append([
                    name, key.method, key.process, number("calls"), line.counts == nil ? "-" : "\(errors)", number("waits"),
                    line.counts?["waited_seconds"]?.integer.map { age($0) } ?? "-", number("held"),
                    line.counts?["calls_per_second"]?.double.map { "\($0)/s" } ?? "-",
                    line.until.map { "\(rfc3339(UnixTime(seconds: $0))) (\(age($0 - now.seconds)))" } ?? "-",
                ])
            }
        }
        return rows
    }

    /// What the running listeners and backfills count.
    private func counts() async -> [Counts] {
        guard let folders = (try? common.configuration()).map(Folders.init) else { return [] }
        let client = ControlClient(context: Context(), patience: Self.patience)
        var all: [Counts] = []
        for service in Folders.services(in: folders.controls) {
            let parts = service.split(separator: "@", maxSplits: 1).map(String.init)
            guard parts.count == 2, ["listener", "backfill"].contains(parts[0]), account ?? parts[1] == parts[1] else { continue }
            // One that does not answer has nothing to tell; `status` says so.
            guard let answer = try? await client.ask(folders.control(service), "limits", actor: operatorName()) else { continue }
            all.append(Counts(account: parts[1], process: parts[0], methods: answer["methods"]?.array ?? []))
        }
        return all
    }
}
