import Primitives

/// How much of what could not be read is kept: some at once, then a little at a time, since a flood of it says the same again and again.
public struct QuarantineBudget: Sendable {
    /// Objects that may be kept at once.
    static let burst = 60
    /// One more after each of these.
    static let refill = Duration.seconds(2)

    private var left = QuarantineBudget.burst
    private var filledAt: Instant

    public init(now: Instant) { filledAt = now }

    /// Whether one more may be kept.
    public mutating func take(now: Instant) -> Bool {
        let periods = Int((now - filledAt).inNanoseconds / QuarantineBudget.refill.inNanoseconds)
        if periods > 0 {
            left = min(QuarantineBudget.burst, left + min(periods, QuarantineBudget.burst))
            filledAt = filledAt + .nanoseconds(QuarantineBudget.refill.inNanoseconds * Int64(periods))
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
