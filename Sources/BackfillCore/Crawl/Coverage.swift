/// Ids of one chat that are known to be complete: every message of them that existed when they were fetched is stored.
public struct CoveredRange: Hashable, Sendable {
    public var low: Int64
    public var high: Int64
    /// Unix seconds: history since this moment begins at `low`; nil when no such moment is known.
    public var since: Int64?
    /// What is above `high` has come live.
    public var isLive: Bool

    public init(low: Int64, high: Int64, since: Int64? = nil, isLive: Bool = false) {
        self.low = low
        self.high = high
        self.since = since
        self.isLive = isLive
    }
}

/// What of one chat is known to be complete, and so what is missing.
public struct Coverage: Hashable, Sendable {
    /// Ascending.
    public let ranges: [CoveredRange]

    public init(_ ranges: some Sequence<CoveredRange> = []) { self.ranges = ranges.sorted { ($0.low, $0.high) < ($1.low, $1.high) } }

    /// Whether everything since that moment (unix seconds) is there and what comes is followed.
    public func isComplete(since: Int64) -> Bool {
        guard let start = start(since: since) else { return false }
        return firstMissing(from: start) == nil
    }

    /// The first id that is not known to be complete of the history since that moment; nil when not even its beginning is known.
    ///
    /// A range that says where history since an earlier moment begins holds the first message since this one, or lies below it.
    public func start(since: Int64) -> Int64? {
        let beginnings = ranges.filter { range in range.since.map { $0 <= since } ?? false }
        // It may be live: then `firstMissing` finds nothing from here on.
        return beginnings.map { $0.high + 1 }.max()
    }

    /// The first id from `id` on that no range holds; nil when all that follows has come live.
    public func firstMissing(from id: Int64) -> Int64? {
        var next = id
        for range in ranges where range.low <= next {
            if range.isLive { return nil }
            next = max(next, range.high + 1)
        }
        return next
    }

    /// The highest id of any range; 0 when there is none.
    public var top: Int64 { ranges.map(\.high).max() ?? 0 }
}
