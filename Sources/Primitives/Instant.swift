/// A point on one process's monotonic clock, in nanoseconds.
///
/// Cores take it as `now:` and never read a clock. Instants of two processes do not compare; `UnixTime` is for that.
public struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an origin that only this process knows.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin, where simulated time starts.
    public static let zero = Instant(nanoseconds: 0)

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    public static func + (a: Instant, d: Duration) -> Instant { Instant(nanoseconds: a.nanoseconds &+ d.inNanoseconds) }
    public static func - (a: Instant, d: Duration) -> Instant { Instant(nanoseconds: a.nanoseconds &- d.inNanoseconds) }
    public static func - (a: Instant, b: Instant) -> Duration { .nanoseconds(a.nanoseconds &- b.nanoseconds) }
}

/// A point of civil time: nanoseconds since 1970-01-01T00:00:00Z.
public struct UnixTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the epoch; holds until the year 2262.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Telegram's `date`: whole seconds.
    public init(seconds: Int64) { nanoseconds = seconds &* 1_000_000_000 }

    /// Whole seconds, rounded down.
    public var seconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    public static func < (a: UnixTime, b: UnixTime) -> Bool { a.nanoseconds < b.nanoseconds }
    public static func + (a: UnixTime, d: Duration) -> UnixTime { UnixTime(nanoseconds: a.nanoseconds &+ d.inNanoseconds) }
    public static func - (a: UnixTime, b: UnixTime) -> Duration { .nanoseconds(a.nanoseconds &- b.nanoseconds) }
}

extension Duration {
    /// This duration in nanoseconds, saturating at ±292 years.
    public var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }

    /// This duration in seconds.
    public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
