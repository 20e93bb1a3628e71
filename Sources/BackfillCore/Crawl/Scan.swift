import TL

/// A walk through one chat's history, oldest first: the next call out, its page in, what that page proves out.
///
/// A page is fetched only after the one before it is stored, so that whoever is killed fetches at most that one again.
public struct Scan: Sendable {
    /// What is scanned, and how far it has come.
    public struct Plan: Hashable, Sendable {
        /// The row of the job; 0 for a scan without one.
        public var job: Int64
        /// Unix seconds: where the scan begins.
        public var since: Int64
        /// Where it goes on; nil before its first page.
        public var next: Int64?
        /// The last id that is wanted; nil: up to the newest.
        public var until: Int64?
        /// The most messages that it takes; nil: all.
        public var limit: Int64?
        /// Found, fetched and expected so far; 0 is unknown of the last.
        public var messages: Int64
        public var pages: Int64
        public var total: Int64

        public init(
            job: Int64 = 0, since: Int64, next: Int64? = nil, until: Int64? = nil, limit: Int64? = nil, messages: Int64 = 0,
            pages: Int64 = 0, total: Int64 = 0
        ) {
            self.job = job
            self.since = since
            self.next = next
            self.until = until
            self.limit = limit
            self.messages = messages
            self.pages = pages
            self.total = total
        }
    }

    /// A message as the scan needs it: in a page only, with what it carries elsewhere.
    public struct Found: Hashable, Sendable {
        public var id: Int64
        /// Unix seconds; 0 for a message that is gone.
        public var date: Int64
        public init(id: Int64, date: Int64) {
            self.id = id
            self.date = date
        }
    }

    /// What one page proves.
    public struct Step: Hashable, Sendable {
        /// Ids of the page that belong to the scan, ascending.
        public var ids: [Int64] = []
        /// All that stood in [low, high] is in `ids`; `high` is `low - 1` where nothing stood at `low` and above it. 0, 0: nothing is
        /// proved.
        public var low: Int64 = 0
        public var high: Int64 = 0
        /// Unix seconds: history since this moment begins at `low`; 0 unknown.
        public var since: Int64 = 0
        /// Ids below the first message that is left since that moment: what is stored of them and was sent since may be gone. The page
        /// proves nothing of them, since older messages stand there, too.
        public var older: ClosedRange<Int64>? { since > 0 && !ids.isEmpty && low > 1 ? 1...low - 1 : nil }
        /// Nothing newer than `high` existed.
        public var isTop = false
        public var isDone = false
        /// Nothing to store: another call is needed first.
        public var isProbe = false

        /// The end of a scan that has nothing to fetch.
        public static let end = Step(isDone: true)
    }

    private enum Phase: Hashable, Sendable {
        case date
        case id(Int64)
        /// Nothing was found since the beginning: which is the newest message before it?
        case newest
    }

    public private(set) var plan: Plan
    /// What need not be fetched.
    private let covered: Coverage
    private var phase: Phase
    public private(set) var isDone = false
    private var taken: Int64 = 0

    /// - Parameter covered: ranges that are passed over; empty when everything is to be seen again.
    public init(_ plan: Plan, passing covered: Coverage = Coverage()) {
        self.plan = plan
        self.covered = covered
        phase = .date
        if let start = plan.next ?? covered.start(since: plan.since) { go(to: start) }
    }

    /// Where the scan goes on; nil before its first page.
    public var next: Int64? {
        if case .id(let id) = phase { return id }
        return nil
    }

    /// The call for the next page. nil when the scan is done.
    public func request(_ peer: TLObject) -> TLObject? {
        if isDone { return nil }
        return switch phase {
        case .date: HistoryCalls.page(peer, since: plan.since)
        case .id(let id): HistoryCalls.page(peer, from: id)
        case .newest: HistoryCalls.newest(peer)
        }
    }

    /// The messages of the page that was asked for, in any order.
    public mutating func take(_ page: [Found]) -> Step {
        precondition(!isDone, "a scan that is done asks for nothing")
        if phase == .newest { return nothing(above: page.map(\.id).max() ?? 0) }
        // Near the newest message a server fills the page up with older ones.
        let fresh = page.filter(belongs).map(\.id).sorted()
        let isTop = fresh.count < BackfillLimits.pageMessages
        guard let last = fresh.last else {
            if phase == .date, page.isEmpty {
                phase = .newest
                plan.pages += 1
                return Step(isProbe: true)
            }
            return nothing(above: page.map(\.id).max() ?? 0)
        }
        var step = Step(ids: fresh, high: last, isTop: isTop)
        switch phase {
        case .id(let id): step.low = id
        case .date, .newest:
            step.low = fresh[0]
            step.since = plan.since
        }
        if let until = plan.until, last >= until {
            step.ids.removeAll { $0 > until }
            step.high = until
            step.isTop = false
            isDone = true
        }
        plan.pages += 1
        plan.messages += Int64(step.ids.count)
        taken += Int64(step.ids.count)
        go(to: step.high + 1)
        if isTop { isDone = true }
        if let limit = plan.limit, taken >= limit { isDone = true }
        step.isDone = isDone
        return step
    }

    public mutating func expect(total: Int64) { plan.total = max(total, plan.messages) }

    private func belongs(_ message: Found) -> Bool {
        switch phase {
        case .date: message.date >= plan.since
        case .id(let id): message.id >= id
        case .newest: false
        }
    }

    /// The chat holds nothing that the scan wants: an empty range says that nothing stood above `newest`.
    private mutating func nothing(above newest: Int64) -> Step {
        plan.pages += 1
        isDone = true
        var step = Step(isTop: true, isDone: true)
        switch phase {
        case .id(let id): (step.low, step.high) = (id, id - 1)
        case .date, .newest:
            (step.low, step.high) = (newest + 1, newest)
            step.since = plan.since
        }
        return step
    }

    private mutating func go(to id: Int64) {
        guard let next = covered.firstMissing(from: id) else {
            phase = .id(id)
            isDone = true
            return
        }
        phase = .id(next)
        if let until = plan.until, next > until { isDone = true }
    }
}
