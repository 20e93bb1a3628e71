/// Waits that double from `first` to `limit`, with full-range jitter on the upper half.
///
/// A value: the caller keeps it, asks for the next wait and resets it after a success.
public struct Backoff: Hashable, Sendable {
    public let first: Duration
    public let limit: Duration
    /// Tries since the last `reset()`.
    public private(set) var attempts = 0

    public init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
    }

    /// The wait without jitter before try number `attempts + 1`: first · 2^attempts, at most `limit`.
    public var base: Duration {
        var wait = first
        for _ in 0..<attempts where wait < limit { wait = wait * 2 }
        return min(wait, limit)
    }

    /// The next wait: between half of `base` and `base`. Counts the try.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let whole = base.inNanoseconds
        if attempts < 62 { attempts += 1 }
        return .nanoseconds(whole / 2 + Int64.random(in: 0...max(0, whole - whole / 2), using: &generator))
    }

    public mutating func reset() { attempts = 0 }
}
