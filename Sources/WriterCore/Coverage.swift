/// Message ids of one chat that are known complete: whatever existed at `observedAt` with an id in low...high is stored.
public struct CoverageRange: Hashable, Sendable {
    public var low: Int64
    /// `low − 1` for an empty range: nothing stood at `low` and above it.
    public var high: Int64
    /// Unix seconds: no message sent at or after this has an id below `low`; nil unknown.
    public var since: Int64?
    /// The live stream has brought what came above `high`, and goes on to.
    public var isLive: Bool
    /// Unix seconds of the server at which the newest page of it was fetched.
    public var observedAt: Int64

    public init(low: Int64, high: Int64, since: Int64?, isLive: Bool, observedAt: Int64) {
        self.low = low
        self.high = high
        self.since = since
        self.isLive = isLive
        self.observedAt = observedAt
    }

    func touches(_ other: CoverageRange) -> Bool { low <= other.high + 1 && other.low <= high + 1 }
}

/// Adds what a page proved to what is known of its chat: ranges that touch or overlap become one, and at most one is live.
///
/// Nothing is claimed that no range claimed: a live range reaches only as far as pages and the live stream have taken its `high`, so
/// that ids between it and a page above it, which the stream may still bring or may have lost, stay open until a page proves them.
///
/// - Parameter known: disjoint, in any order.
/// - Returns: disjoint, in order of `low`.
public func merge(_ known: [CoverageRange], with page: CoverageRange) -> [CoverageRange] {
    var out: [CoverageRange] = []
    for range in (known + [page]).sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }) {
        guard let last = out.last, last.touches(range) else {
            out.append(range)
            continue
        }
        out[out.count - 1] = CoverageRange(
            low: last.low, high: max(last.high, range.high), since: earlier(last.since, range.since),
            isLive: last.isLive || range.isLive, observedAt: max(last.observedAt, range.observedAt))
    }
    // Of two the higher one: what is above it came live, and between them it may not have.
    if let live = out.lastIndex(where: \.isLive) {
        for i in out.indices where i != live { out[i].isLive = false }
    }
    return out
}

private func earlier(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
}
