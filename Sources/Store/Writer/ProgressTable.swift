import PostgreSQL
import Primitives
import WriterCore

/// How far scans have come: their jobs, the gaps that these close, the status of their groups, and what is covered.
struct ProgressTable {
    private let session: Session
    private let account: String

    init(_ session: Session, account: String) {
        self.session = session
        self.account = account
    }

    /// In order of arrival.
    func store(_ progress: [ProgressRow]) throws {
        let chats = Set(progress.map(\.chat)).sorted()
        try session.query(ProgressStatements.lockStatus, chats.parameters)
        try moveJobs(progress)
        // After the jobs, which may close the very gaps that would stand against live coverage.
        try cover(progress.filter { $0.range != nil }, chats)
    }

    private func moveJobs(_ progress: [ProgressRow]) throws {
        var last: [Int64: ProgressRow] = [:]
        for row in progress { if let job = row.job { last[job] = row } }
        let rows = last.sorted { $0.key < $1.key }.map(\.value)
        guard !rows.isEmpty else { return }
        try session.query(
            ProgressStatements.moveJobs,
            [.text(account)] + rows.map(\.chat).parameters + [
                .bigints(rows.map(\.job)), .bigints(rows.map(\.nextID)), .ints(rows.map { Int32(clamping: $0.pages) }),
                .ints(rows.map { Int32(clamping: $0.messages) }), .ints(rows.map { Int32(clamping: $0.total) }),
                .texts(rows.map(\.state.rawValue)), .texts(rows.map(\.error)),
            ])
        let done = rows.filter { $0.state == .done }
        if !done.isEmpty { try session.query(ProgressStatements.closeGaps, [.bigints(done.map(\.job))]) }
    }

    private struct Known {
        var group: PostgresUUID
        var mayBeLive: Bool
        /// With the ids of their rows.
        var rows: [(id: Int64, range: CoverageRange)] = []
    }

    private func cover(_ progress: [ProgressRow], _ chats: [ChatKey]) throws {
        guard !progress.isEmpty else { return }
        var known: [ChatKey: Known] = [:]
        for row in try session.query(ProgressStatements.coverage, [.text(account)] + chats.parameters).map({ $0 }) {
            let chat = row.chat(0)
            var entry = known[chat] ?? Known(group: row.uuid(2), mayBeLive: row.bool(3))
            if !row.isNull(4) {
                entry.rows.append(
                    (
                        row.integer(4),
                        CoverageRange(
                            low: row.integer(5), high: row.integer(6), since: row.timestamptzOrNull(7)?.seconds, isLive: row.bool(8),
                            observedAt: row.timestamptz(9).seconds)
                    ))
            }
            known[chat] = entry
        }
        var removed: [Int64] = []
        var added: [(group: PostgresUUID, range: CoverageRange)] = []
        for chat in chats {
            // A chat that is not registered, or not this account's to store.
            guard let entry = known[chat] else { continue }
            var ranges = entry.rows.map(\.range)
            for row in progress where row.chat == chat {
                guard var page = row.range else { continue }
                page.isLive = page.isLive && entry.mayBeLive
                ranges = merge(ranges, with: page)
            }
            removed += entry.rows.filter { !ranges.contains($0.range) }.map(\.id)
            let kept = Set(entry.rows.map(\.range))
            added += ranges.filter { !kept.contains($0) }.map { (entry.group, $0) }
        }
        if !removed.isEmpty { try session.query(ProgressStatements.removeCoverage, [.bigints(removed)]) }
        guard !added.isEmpty else { return }
        try session.query(
            ProgressStatements.addCoverage,
            [
                .uuids(added.map(\.group)), .bigints(added.map(\.range.low)), .bigints(added.map(\.range.high)),
                .timestamptzs(added.map { $0.range.since.map { UnixTime(seconds: $0) } }), .bools(added.map(\.range.isLive)),
                .timestamptzs(added.map { UnixTime(seconds: $0.range.observedAt) }),
            ])
    }
}
