import Primitives

/// Stops trying a database that keeps failing: closed, open for a while, then one trial.
public struct CircuitBreaker: Hashable, Sendable {
    public struct Limits: Hashable, Sendable {
        /// Failures within `window` that open it: the predecessor's numbers, as are the two below. So does a whole `window` without
        /// a success: tries that each take half a minute to fail are never so many.
        public var failures = 5
        public var window: Duration = .seconds(60)
        /// How long it stays open before the trial.
        public var open: Duration = .seconds(30)

        public init() {}
    }

    public enum State: Hashable, Sendable {
        case closed
        case open(until: Instant)
        /// One trial is under way.
        case halfOpen

        /// The word in status and metrics.
        public var name: String {
            switch self {
            case .closed: "closed"
            case .open: "open"
            case .halfOpen: "half-open"
            }
        }
    }

    public let limits: Limits
    public private(set) var state = State.closed
    private var failures: [Instant] = []
    /// The first failure after the last success.
    private var failingSince: Instant?

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether a try may begin now; the first one after the open time is the trial.
    public mutating func allows(now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .halfOpen: return false
        case .open(let until):
            guard now >= until else { return false }
            state = .halfOpen
            return true
        }
    }

    public mutating func succeeded() {
        state = .closed
        failures = []
        failingSince = nil
    }

    /// Counts a failure; a failed trial opens it again at once, and so does one that time cannot heal.
    ///
    /// - Returns: whether it opened now.
    public mutating func failed(now: Instant, opensAtOnce: Bool = false) -> Bool {
        failures.append(now)
        failures.removeAll { now - $0 > limits.window }
        let since = failingSince ?? now
        failingSince = since
        switch state {
        case .open: return false
        case .halfOpen: break
        case .closed: guard opensAtOnce || failures.count >= limits.failures || now - since >= limits.window else { return false }
        }
        state = .open(until: now + limits.open)
        return true
    }
}
