/// What a failed transaction calls for, told by its SQLSTATE.
///
/// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
public enum FailureClass: Hashable, Sendable {
    /// An event is at fault: find it by bisection, set it aside, commit the rest.
    case data
    /// The transaction lost against another: try again at once.
    case conflict
    /// The database is away, full, starting, locked or too slow: wait and try again.
    case environment
    /// A statement ran out of its time: like `environment`, but one change that does so again and again may be at fault itself.
    case timeout
    /// Our own or the operator's fault (schema, rights, read-only): hold and raise the alarm.
    case operators

    /// - Parameter sqlstate: five characters; nil when there was no answer at all.
    public init(sqlstate: String?) {
        guard let sqlstate, sqlstate.utf8.count == 5 else {
            self = .environment
            return
        }
        self =
            switch (sqlstate, sqlstate.prefix(2)) {
            case ("40001", _), ("40P01", _): .conflict
            // query_canceled: what statement_timeout gives.
            case ("57014", _): .timeout
            // lock_not_available, from lock_timeout: who waits for a lock is never the one at fault.
            case ("55P03", _): .environment
            // idle_in_transaction_session_timeout and transaction_timeout: we, or the machine, stood still.
            case ("25P03", _), ("25P04", _): .environment
            case (_, "22"), (_, "23"), (_, "21"), (_, "54"): .data
            case (_, "08"), (_, "40"), (_, "53"), (_, "57"), (_, "58"): .environment
            default: .operators
            }
    }
}
