/// Which crawls there should be. It is asked again and again and wants nothing that is there already.
public struct Planner: Sendable {
    /// What must be done that the jobs are as they should be.
    public enum Step: Hashable, Sendable {
        /// - Parameter since: unix seconds.
        case create(group: String, kind: CrawlFacts.Job.Kind, since: Int64, gaps: [Int64])
        /// A job that has not begun takes these gaps on, too.
        case add(gaps: [Int64], job: Int64)
        /// Another account's job that this one goes on with.
        case adopt(job: Int64)
        case cancel(job: Int64, reason: String)
    }

    /// The reason of cancellations that are not a person's: such a crawl is made again when there is cause.
    public static let disabled = "the group is disabled"

    /// Seconds before a crawl is made again that has ended well and left something out.
    static let pause: Int64 = 10

    public let account: String
    /// Seconds of history that are kept complete.
    public let window: Int64
    /// Seconds between two crawls of the same kind of one group.
    public let interval: Int64

    public init(account: String, window: Int64, interval: Int64) {
        self.account = account
        self.window = window
        self.interval = interval
    }

    /// The account that crawls the group; nil while none can. Basic groups belong to their primary: their ids are that account's.
    public static func crawler(of group: CrawlFacts.Group, usable: Set<String>) -> String? {
        switch group.kind {
        case .basicGroup:
            guard let primary = group.primary, usable.contains(primary), group.access[primary] == .ok else { return nil }
            return primary
        case .channel:
            let able = usable.filter { group.access[$0] == .ok }
            if let primary = group.primary, able.contains(primary) { return primary }
            return able.min()
        }
    }

    /// - Parameters:
    ///   - now: the server's clock, unix seconds: how far back history is wanted.
    ///   - clock: the database's, by which jobs ended.
    public func plan(_ facts: CrawlFacts, now: Int64, clock: Int64) -> [Step] {
        facts.groups.flatMap { plan($0, facts, now: now, clock: clock) }
    }

    private func plan(_ group: CrawlFacts.Group, _ facts: CrawlFacts, now: Int64, clock: Int64) -> [Step] {
        let jobs = facts.jobs.filter { $0.group == group.id }
        let open = jobs.filter(\.isOpen)
        guard group.isEnabled else {
            return open.filter { $0.account == account }.map { .cancel(job: $0.id, reason: Planner.disabled) }
        }
        guard Planner.crawler(of: group, usable: facts.usable) == account else { return [] }
        // Whoever had them cannot go on, or may leave it to the primary before it has begun.
        var steps = open.filter { $0.account != account && !(isAble($0.account, group, facts) && $0.hasBegun) }.map {
            Step.adopt(job: $0.id)
        }
        steps += gapSteps(group, jobs, facts, now: now, clock: clock)
        let isCrawled = !open.isEmpty || !steps.isEmpty
        let since = now - window
        if !isCrawled, !group.coverage.isComplete(since: since), mayBegin(group, jobs, now: clock) {
            steps.append(.create(group: group.id, kind: .initial, since: since, gaps: []))
        }
        return steps
    }

    private func isAble(_ account: String, _ group: CrawlFacts.Group, _ facts: CrawlFacts) -> Bool {
        facts.usable.contains(account) && group.access[account] == .ok
    }

    // MARK: gaps

    /// A gap is closed only by a scan that began after it was read, so a crawl that has begun takes no more on.
    private func gapSteps(_ group: CrawlFacts.Group, _ jobs: [CrawlFacts.Job], _ facts: CrawlFacts, now: Int64, clock: Int64) -> [Step] {
        let taken = Set(jobs.filter(\.isOpen).flatMap(\.gaps))
        let gaps = facts.gaps.filter { !taken.contains($0.id) && Planner.concerns($0, group) && !isLeftToOthers($0, group, facts) }
        guard !gaps.isEmpty else { return [] }
        let since = min(now - window, gaps.compactMap(\.since).min() ?? now)
        if let job = jobs.first(where: { $0.isOpen && $0.kind == .gap }) {
            return job.hasBegun || job.account != account ? [] : [.add(gaps: gaps.map(\.id), job: job.id)]
        }
        let last = jobs.filter { $0.kind == .gap && !$0.isOpen }.compactMap(\.finishedAt).max()
        if let last, clock - last < interval { return [] }
        return [.create(group: group.id, kind: .gap, since: since, gaps: gaps.map(\.id))]
    }

    /// A gap of several groups is closed by the last of their crawls: a group that is done with it leaves it to the others.
    private func isLeftToOthers(_ gap: CrawlFacts.Gap, _ group: CrawlFacts.Group, _ facts: CrawlFacts) -> Bool {
        func isDone(_ id: String) -> Bool { facts.jobs.contains { $0.group == id && $0.state == .done && $0.gaps.contains(gap.id) } }
        return isDone(group.id)
            && facts.groups.contains { $0.isEnabled && $0.id != group.id && Planner.concerns(gap, $0) && !isDone($0.id) }
    }

    /// Whether something of this group is missing by that gap.
    public static func concerns(_ gap: CrawlFacts.Gap, _ group: CrawlFacts.Group) -> Bool {
        switch gap.place {
        // One that became a supergroup, too: what came before that may have been lost.
        case .common: group.kind == .basicGroup && group.primary == gap.account
        case .channel(let id): group.kind == .channel && group.chat == id
        case .other: false
        }
    }

    // MARK: the first crawl

    private func mayBegin(_ group: CrawlFacts.Group, _ jobs: [CrawlFacts.Job], now: Int64) -> Bool {
        let last = jobs.filter { !$0.isOpen && $0.kind != .gap }.max { ($0.finishedAt ?? 0, $0.id) < ($1.finishedAt ?? 0, $1.id) }
        guard let last else { return true }
        // What a person ended begins again when a person says so.
        if last.state == .cancelled { return last.error == Planner.disabled }
        let since = now - (last.finishedAt ?? 0)
        if since >= interval { return true }
        // All is there but what came between the crawl and the listener's first look.
        return last.state == .done && group.isFollowed && since >= Planner.pause
    }

    // MARK: the next one

    /// The job to go on with: a person's first, then what the live stream lost; of one kind what has begun first, then the oldest.
    public func next(of jobs: [CrawlFacts.Job], busy: Set<String>, now: Int64) -> CrawlFacts.Job? {
        jobs.filter { $0.isOpen && $0.account == account && !busy.contains($0.group) && ($0.notBefore ?? 0) <= now }
            .min { Planner.rank($0) < Planner.rank($1) }
    }

    private static func rank(_ job: CrawlFacts.Job) -> (Int, Int, Int64) {
        let kind =
            switch job.kind {
            case .manual: 0
            case .gap: 1
            case .initial: 2
            }
        return (kind, job.state == .running ? 0 : 1, job.id)
    }
}
