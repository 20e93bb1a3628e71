import Primitives

/// The waits between tries of one transaction.
public struct RetrySchedule: Hashable, Sendable {
    /// The predecessor's waits; the last one repeats.
    public static let waits: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]
    /// Conflicts in a row that are tried again at once; with one writer even one is rare.
    public static let conflictsAtOnce = 10
    private var failures = 0
    private var conflicts = 0
    public init() {}

    /// Timeouts in a row: what `TimeoutBlame` judges by.
    public private(set) var timeouts = 0
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
