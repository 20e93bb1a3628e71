import Events
import WriterCore

/// A row of `crawl_jobs`.
public struct CrawlJobRow: Hashable, Sendable {
    public enum State: String, Hashable, Sendable { case queued, running, done, failed, cancelled }

    public var id: Int64
    public var chat: ChatKey
    public var account: String
    /// `initial`, `gap` or `manual`.
    public var kind: String
    /// Unix seconds.
    public var since: Int64
    public var from: Int64?
    public var gaps: [Int64]
    public var state = State.queued
    public var next: Int64?
    public var messages: Int64 = 0
    public var pages: Int64 = 0
    public var attempts = 0
    public var finishedAt: Int64?

    public var isOpen: Bool { state == .queued || state == .running }
}

/// What backfill and the writer do with jobs, gaps and coverage.
extension ModelPostgres {
    // MARK: backfill's transactions

    /// nil: one of this kind is open already.
    public mutating func createJob(_ chat: ChatKey, account: String, kind: String, since: Int64, from: Int64?, gaps: [Int64]) -> Int64? {
        if jobs.contains(where: { $0.chat == chat && $0.kind == kind && $0.isOpen }) { return nil }
        let id = Int64(jobs.count) + 1
        jobs.append(CrawlJobRow(id: id, chat: chat, account: account, kind: kind, since: since, from: from, gaps: gaps))
        return id
    }

    public mutating func adopt(gaps: [Int64], job: Int64) {
        guard let i = jobs.firstIndex(where: { $0.id == job }), jobs[i].state == .queued, jobs[i].next == nil else { return }
        jobs[i].gaps = Array(Set(jobs[i].gaps + gaps)).sorted()
    }

    /// nil: it is over.
    public mutating func start(job: Int64, account: String) -> CrawlJobRow? {
        guard let i = jobs.firstIndex(where: { $0.id == job }), jobs[i].isOpen else { return nil }
        jobs[i].state = .running
        jobs[i].account = account
        return jobs[i]
    }

    /// Ids of stored, undeleted messages that were sent since one moment and before another, unix seconds.
    public func stored(_ chat: ChatKey, _ ids: ClosedRange<Int64>, since: Int64 = 0, before: Int64) -> [Int64] {
        rows.values.filter {
            $0.chat == chat && ids.contains($0.id) && $0.deletion == nil && (since..<max(since, before)).contains($0.content.date)
        }.map(\.id).sorted()
    }

    /// Messages that were fetched too early to be trusted, last changed before that moment.
    public func suspects(before: Int64) -> [ChatKey: [Int64]] {
        let found = rows.values.filter { $0.isSuspect && $0.deletion == nil && $0.key.editDate < before && $0.content.date < before }
        return Dictionary(grouping: found, by: \.chat).mapValues { $0.map(\.id).sorted() }
    }

    /// Whether a listener follows the chat: its box has a position.
    public func isFollowed(_ chat: ChatKey) -> Bool {
        switch chat {
        case .basicGroup: positions[primary]?[.common] != nil
        case .channel(let id): positions.values.contains { $0[.channel(id)] != nil }
        }
    }

    // MARK: the writer's part

    /// Jobs move on, gaps are closed, and what is covered grows. Returns the gaps that were closed.
    mutating func store(_ progress: [ProgressRow], of account: String) -> [GapRow] {
        var closed: [GapRow] = []
        for row in progress {
            guard let id = row.job, let i = jobs.firstIndex(where: { $0.id == id }), jobs[i].chat == row.chat else { continue }
            jobs[i].next = row.nextID ?? jobs[i].next
            jobs[i].pages = row.pages
            jobs[i].messages = row.messages
            guard jobs[i].isOpen || jobs[i].state == .failed, row.state != .running else { continue }
            jobs[i].state = row.state == .done ? .done : row.state == .failed ? .failed : .cancelled
            jobs[i].finishedAt = clock
            if row.state == .failed { jobs[i].attempts += 1 }
            if row.state == .done { closed += closeGaps(of: jobs[i]) }
        }
        for row in progress {
            guard var page = row.range, stores(row.chat, account) else { continue }
            page.isLive = page.isLive && mayBeLive(row.chat, account)
            coverage[row.chat] = merge(coverage[row.chat] ?? [], with: page)
        }
        return closed
    }

    /// Unless another job that has them is still to come.
    private mutating func closeGaps(of job: CrawlJobRow) -> [GapRow] {
        var out: [GapRow] = []
        for i in gaps.indices where gaps[i].isOpen && job.gaps.contains(gaps[i].id) {
            let isWanted = jobs.contains {
                $0.id != job.id && $0.gaps.contains(gaps[i].id) && ($0.isOpen || $0.state == .failed && $0.attempts < 3)
            }
            if isWanted { continue }
            gaps[i].isOpen = false
            out.append(gaps[i])
        }
        return out
    }

    private func mayBeLive(_ chat: ChatKey, _ account: String) -> Bool {
        guard isFollowed(chat) else { return false }
        return !gaps.contains { row in
            guard row.isOpen else { return false }
            switch chat {
            case .basicGroup: return row.gap.box == .common && row.account == account
            case .channel(let id): return row.gap.box == .channel(id)
            }
        }
    }
}
