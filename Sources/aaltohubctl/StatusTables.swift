import Primitives
import SupervisorCore

/// The status of everything as lines for a terminal; with rates where an earlier look is known.
struct StatusTables {
    let status: SystemStatus
    /// The look before, and how long ago it was.
    var before: SystemStatus?

    /// One line a stage.
    var stages: String {
        let rows = status.stages.map { stage -> [String] in
            let waits = stage.floodWaits.max { $0.seconds < $1.seconds }
            return [
                stage.name, stage.state, stage.isUp ? age(stage.uptime) : "-", stage.isConnected.map { $0 ? "yes" : "NO" } ?? "-",
                rate(stage, ["messages_received_total", "edits_received_total", "deletes_received_total"]),
                rate(stage, ["messages_committed_total"]), stage.waiting.map(grouped) ?? "-",
                stage.lag.map { shown(seconds: $0.p99) } ?? "-", stage.spoolBytes.map { size($0) } ?? "-", stage.circuit ?? "-",
                waits.map { "\($0.method) \(age(Int64($0.seconds)))" } ?? "-",
            ]
        }
        return table(
            ["STAGE", "STATE", "UP", "CONNECTED", "RECEIVED/s", "COMMITTED/s", "WAITING", "P99", "SPOOL", "CIRCUIT", "FLOOD WAIT"], rows)
    }

    /// What the counters gained a second since the look before; `-` where it is not known.
    private func rate(_ stage: SystemStatus.Stage, _ names: [String]) -> String {
        guard names.contains(where: { stage.total($0) != nil }) else { return "-" }
        guard let before, let old = before.stages.first(where: { $0.name == stage.name }), old.isUp, old.uptime <= stage.uptime else {
            return "-"
        }
        let seconds = (status.now - before.now).inSeconds
        let gained = names.reduce(0) { $0 + (stage.total($1) ?? 0) - (old.total($1) ?? 0) }
        guard seconds > 0, gained >= 0 else { return "-" }
        let tenths = Int64((Double(gained) / seconds * 10).rounded())
        return "\(grouped(tenths / 10)).\(tenths % 10)"
    }

    /// Groups, queues and gaps, in a line each; empty while the database is not known.
    var summary: [String] {
        guard let snapshot = status.database.snapshot else { return [] }
        let captured = snapshot.groups.filter { $0.isEnabled && $0.migratedTo == nil }
        let complete = captured.count { $0.verdict(since: status.wantedSince) == .complete }
        let queues = snapshot.queues
        func oldest(_ time: UnixTime?) -> String { time.map { " (oldest \(age(max(0, status.time.seconds - $0.seconds))))" } ?? "" }
        return [
            "groups: \(captured.count) captured, \(complete) of them complete, \(snapshot.groups.count { $0.status == "error" }) in error",
            "queues: \(grouped(queues.deadLetters)) dead letters\(oldest(queues.oldestDeadLetterAt)), "
                + "\(grouped(queues.mediaQueued + queues.mediaLeased)) files\(oldest(queues.oldestMediaAt)), "
                + "\(queues.crawlsRunning) crawls running and \(queues.crawlsQueued) waiting, \(grouped(queues.outboxRows)) changes kept",
            "gaps: \(snapshot.gapCount) open\(oldest(snapshot.gaps.map(\.foundAt).min()))",
        ]
    }

    /// The groups of which something is to be said first: in error, being crawled, not complete.
    ///
    /// - Parameter limit: at most so many lines; nil: every group.
    func groups(limit: Int?) -> String? {
        guard let snapshot = status.database.snapshot, !snapshot.groups.isEmpty else { return nil }
        func weight(_ group: DatabaseSnapshot.Group) -> Int {
            if group.status == "error" { return 0 }
            if group.crawl?.state == "running" { return 1 }
            return group.verdict(since: status.wantedSince) == .complete ? 3 : group.isEnabled ? 2 : 4
        }
        let sorted = snapshot.groups.enumerated().sorted { (weight($0.element), $0.offset) < (weight($1.element), $1.offset) }
        let rows = sorted.prefix(limit ?? sorted.count).map { _, group -> [String] in
            let crawl = group.crawl.map { crawl in
                crawl.progress.map { "\(crawl.kind) \(Int($0 * 100)) %" } ?? "\(crawl.kind) \(crawl.state)"
            }
            return [
                String((group.title ?? "\(group.telegramID)").prefix(40)), group.isEnabled ? group.status : "disabled",
                ago(group.lastMessageAt, status.time), group.verdict(since: status.wantedSince).rawValue, crawl ?? "-",
                group.openGaps + group.deadLetters == 0 ? "-" : "\(group.openGaps) gaps, \(group.deadLetters) dead letters",
                group.lastError.map { "\(ago(group.statusAt, status.time)): \($0.prefix(60))" } ?? "-",
            ]
        }
        return table(["GROUP", "STATUS", "LAST MESSAGE", "COVERAGE", "CRAWL", "MISSING", "ERROR"], Array(rows))
    }
}
