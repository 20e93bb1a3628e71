import Primitives

/// So many a second, and a second's worth of them at once.
public struct RealtimeRate: Hashable, Sendable {
    private let perSecond: Int64
    /// In billionths of one, so that nothing is lost by rounding.
    private var left: Int64
    private var counted: Instant

    public init(perSecond: Int, now: Instant) {
        self.perSecond = Int64(perSecond)
        left = self.perSecond * 1_000_000_000
        counted = now
    }

    /// Takes `count`, if there are as many left; otherwise none.
    public mutating func take(_ count: Int = 1, now: Instant) -> Bool {
        let passed = min(max((now - counted).inNanoseconds, 0), 1_000_000_000)
        left = min(left + passed * perSecond, perSecond * 1_000_000_000)
        counted = max(counted, now)
        let wanted = Int64(count) * 1_000_000_000
        guard left >= wanted else { return false }
        left -= wanted
        return true
    }

    /// How many are left.
    public var remaining: Int { Int(left / 1_000_000_000) }
}
