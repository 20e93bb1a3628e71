import Primitives

/// The waits between tries of one transaction.
public struct RetrySchedule: Hashable, Sendable {
    /// The predecessor's waits; the last one repeats.
    public static let waits: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]
    /// Conflicts in a row that are tried again at once; with one writer even one is rare.
    public static let conflictsAtOnce = 10
    /// Timeouts in a row after which the next try looks for the one event that causes them.
    public static let timeoutsBeforeIsolation = 3

    private var failures = 0
    private var conflicts = 0
    private var timeouts = 0

    public init() {}

    /// Whether the next try should take a timeout of one event alone for that event's fault.
    public var isolatesTimeouts: Bool { timeouts >= RetrySchedule.timeoutsBeforeIsolation }
    /// Tries that failed since the last success.
    public private(set) var attempts = 0

    /// Counts a failure and tells how long to wait before the next try.
    public mutating func failed(_ failure: FailureClass) -> Duration {
        attempts += 1
        timeouts = failure == .timeout ? timeouts + 1 : 0
        if failure == .conflict, conflicts < RetrySchedule.conflictsAtOnce {
            conflicts += 1
            return .zero
        }
        let wait = RetrySchedule.waits[min(failures, RetrySchedule.waits.count - 1)]
        failures += 1
        return wait
    }
}
