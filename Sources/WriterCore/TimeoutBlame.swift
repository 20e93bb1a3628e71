/// Tells a change that runs out of its time from a database that is too slow for all of them.
///
/// A stalled disk makes every change look guilty, and answers `SELECT 1` all the same. So a change is blamed only if it ran out of its
/// time alone while another one of the same transaction was stored, or if it did so alone again and again. Blame is written in the
/// same transaction, so a database that takes no writes never commits it.
public struct TimeoutBlame: Sendable {
    /// Timeouts in a row from which on a transaction is searched for the change that causes them; also how often a change must run
    /// out of its time alone when nothing stored beside it proves that it is the one.
    public static let patience = 3

    private let timeoutsBefore: Int
    private let changes: Int
    private var suspects = 0

    /// - Parameters:
    ///   - timeoutsBefore: of this transaction, in a row, before this try.
    ///   - changes: in the transaction.
    public init(timeoutsBefore: Int, changes: Int) {
        self.timeoutsBefore = timeoutsBefore
        self.changes = changes
    }

    /// So many changes together ran out of their time. True: search on among them, or take the single one for a suspect; false: roll
    /// back and wait, since nothing shows that the database is not the one at fault.
    public mutating func timedOut(changes count: Int, anyStored: Bool) -> Bool {
        guard timeoutsBefore >= TimeoutBlame.patience else { return false }
        // As long as nothing is stored, each try looks one suspect further than the one before: else a stall would cost the time of
        // a statement for every single change.
        if !anyStored, suspects > timeoutsBefore - TimeoutBlame.patience { return false }
        if count == 1 { suspects += 1 }
        return true
    }

    /// Whether the suspects, if there are any, are the ones at fault; else roll back and wait.
    public func isProven(anyStored: Bool) -> Bool {
        // A change alone in its transaction was so in every try. Of several, the last suspect was reached `suspects − 1` tries after
        // the first.
        suspects == 0 || anyStored || changes == 1 || timeoutsBefore >= suspects + 2 * (TimeoutBlame.patience - 1)
    }
}
