import ArgumentParser
import Glibc
import Primitives
import ServiceKit
import SupervisorCore

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "The status of everything, again and again, with rates.",
        discussion: "Ctrl-C ends it. Where the output is no terminal, it is told once. It needs no supervisor.")

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "seconds")) var interval = 2

    func validate() throws {
        guard (1...3600).contains(interval) else { throw ValidationError("--interval is a number of seconds from 1 to 3600") }
    }

    func run() async throws {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && !common.json
        var before = try await look()
        if !isTerminal {
            // Rates are of two looks.
            try await Task.sleep(for: .seconds(1))
            let status = try await look()
            return output(common.json ? status.json.text : text(status, before: before, rows: nil))
        }
        while true {
            let status = try await look()
            var window = winsize()
            let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0 && window.ws_row > 0
            let lines = text(status, before: before, rows: hasSize ? Int(window.ws_row) : 24)
                .split(separator: "\n", omittingEmptySubsequences: false)
            // What does not fit would scroll the rest away.
            let shown = lines.prefix(hasSize ? Int(window.ws_row) - 1 : 23).map { line in
                String(hasSize ? line.prefix(Int(window.ws_col)) : line) + "\u{1B}[K"
            }
            output("\u{1B}[H" + shown.joined(separator: "\n") + "\u{1B}[J")
            before = status
            try await Task.sleep(for: .seconds(interval))
        }
    }

    private func look() async throws -> SystemStatus {
        // A connection a look: the database may come and go meanwhile.
        let database = StatusDatabase(common)
        defer { database.close() }
        return try await StatusLook(common, database: database).status
    }

    private func text(_ status: SystemStatus, before: SystemStatus?, rows: Int?) -> String {
        let tables = StatusTables(status: status, before: before)
        var parts = ["AaltoHub, \(rfc3339(status.time))", tables.stages]
        if tables.summary.isEmpty {
            parts.append("the database does not answer: \(status.database.error ?? "not asked")")
        } else {
            parts.append(tables.summary.joined(separator: "\n"))
        }
        let taken = parts.reduce(0) { $0 + $1.count { $0 == "\n" } + 2 }
        if let groups = tables.groups(limit: rows.map { max(0, $0 - taken - 2) }) { parts.append(groups) }
        return parts.joined(separator: "\n\n")
    }
}
