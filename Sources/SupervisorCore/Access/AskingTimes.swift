import Primitives

/// When an address is asked for public keys: again and again, sooner when a token names a key that is not known, and later and later while
/// it does not answer.
public struct AskingTimes: Sendable {
    /// How often an address is asked, and how often at most when a key is missing.
    public static let interval = Duration.seconds(600)
    public static let shortest = Duration.seconds(30)
    /// Between two tries while it does not answer: without keys nobody of the project gets in.
    static let retry = Backoff(first: .seconds(5), limit: .seconds(300))

    private var backoff = AskingTimes.retry
    private var last: Instant?
    private var notBefore: Instant?

    public init() {}

    /// - Parameter isWanted: a token has named a key that is not known.
    public func isDue(now: Instant, isWanted: Bool) -> Bool {
        if let notBefore { return now >= notBefore }
        guard let last else { return true }
        return now - last >= (isWanted ? Self.shortest : Self.interval)
    }

    public mutating func answered(now: Instant) {
        last = now
        notBefore = nil
        backoff.reset()
    }

    public mutating func failed(now: Instant, using generator: inout some RandomNumberGenerator) {
        notBefore = now + backoff.next(using: &generator)
    }
}
