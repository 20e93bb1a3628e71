import Primitives

/// Decides, after each failure of one call, whether and when it is made again.
///
/// A pure machine for one logical call: 5 tries (a server that is unwell is asked again after 1, 2, 4 … seconds; a flood wait of up
/// to `floodSleepMost` seconds is slept through), then the caller is told.
public struct RequestPolicy: Sendable {
    /// Seconds that one try may take before it counts as unanswered: the slowest healthy answers are large histories.
    public static let deadline: Duration = .seconds(120)
    /// The longest flood wait that is slept through unless the configuration says otherwise, in seconds; a longer one is the caller's
    /// to plan around.
    public static let floodSleepMost = 300
    /// Tries in all; what fails so often will not be better at once.
    public static let tries = 5
    /// The first and the longest wait for a server that is unwell.
    public static let backoff = Backoff(first: .seconds(1), limit: .seconds(60))
    /// Added to a flood wait, at random, so that several calls do not return at the same moment.
    public static let floodJitter: Duration = .milliseconds(500)

    public enum Decision: Equatable, Sendable {
        case retry(after: Duration)
        case giveUp
    }

    /// Whether repeating a call that may have been executed does no harm (reads: true; joining, logging in: false).
    public let isIdempotent: Bool
    /// The longest wait, in seconds, that is slept through here.
    public let floodSleepMost: Int
    private var failures = 0
    private var backoff = RequestPolicy.backoff

    public init(isIdempotent: Bool = true, floodSleepMost: Int = RequestPolicy.floodSleepMost) {
        self.isIdempotent = isIdempotent
        self.floodSleepMost = floodSleepMost
    }

    public mutating func failed(_ failure: CallFailure, using generator: inout some RandomNumberGenerator) -> Decision {
        failures += 1
        guard failures < RequestPolicy.tries else { return .giveUp }
        switch failure {
        case .undecodable: return .giveUp
        case .timeout, .disconnected:
            return isIdempotent ? .retry(after: backoff.next(using: &generator)) : .giveUp
        case .rpc(let error):
            switch error.kind {
            case .wait(_, let seconds):
                guard seconds <= floodSleepMost else { return .giveUp }
                let jitter = Int64.random(in: 0...RequestPolicy.floodJitter.inNanoseconds, using: &generator)
                return .retry(after: .seconds(max(1, seconds)) + .nanoseconds(jitter))
            case .temporary, .tooSlow: return .retry(after: backoff.next(using: &generator))
            case .notInitialised: return .retry(after: .zero)
            default: return .giveUp
            }
        }
    }
}
