import PostgreSQL
import WriterCore

extension FailureClass {
    /// The class of whatever a store threw.
    public init(_ error: any Error) {
        switch error {
        case PostgresError.badParameter: self = .data
        // Not even the server's own timeout was told: that is no change's fault.
        case PostgresError.timedOut: self = .environment
        // A session that was cut off keeps the lock until the server notices.
        case StoreError.anotherWriter: self = .environment
        case PostgresError.badOptions, is SchemaError, is StoreError: self = .operators
        case let error as PostgresError where error.sqlState == nil: self = .environment
        case let error as PostgresError: self = FailureClass(sqlstate: error.sqlState)
        default: self = .operators
        }
    }
}
