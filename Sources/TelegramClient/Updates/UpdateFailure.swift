import Primitives

/// Why a request of the engine failed, as far as it matters to the engine.
public enum UpdateFailure: Sendable, Equatable {
    /// The connection broke, the call timed out, or the server is unwell: asked again later.
    case temporary
    /// The same, and smaller slices may help (-503 Timeout).
    case tooSlow
    /// Not before so many seconds.
    case flood(seconds: Int)
    /// CHANNEL_PRIVATE and its like: this channel only. CHANNEL_INVALID first doubts our access hash.
    case lostAccess(reason: String)
    /// PERSISTENT_TIMESTAMP_INVALID or EMPTY: the server does not know our position.
    case positionInvalid
    /// The answer could not be decoded.
    case undecodable
}

/// The waits after failures of one kind of call: 1, 2, 4 … seconds up to `UpdateLimits.retryMost`.
struct Retry: Sendable {
    private var failures = 0

    /// 1, 2, 4 … seconds up to `retryMost`, and up to a third more by chance: what failed for many in the same moment must not come back
    /// in one.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let wait = min(Duration.seconds(1 << min(failures, 10)), UpdateLimits.retryMost)
        failures += 1
        return wait + .nanoseconds(Int64.random(in: 0...wait.inNanoseconds / 3, using: &generator))
    }

    mutating func reset() { failures = 0 }
}
