import PostgreSQL
import WriterCore

extension FailureClass {
    /// The class of whatever a store threw.
    public init(_ error: any Error) {
        switch error {
        case PostgresError.badParameter: self = .data
        case PostgresError.timedOut: self = .timeout
        case PostgresError.badOptions, is SchemaError, is StoreError: self = .operators
        case let error as PostgresError where error.sqlState == nil: self = .environment
        case let error as PostgresError: self = FailureClass(sqlstate: error.sqlState)
        default: self = .operators
        }
    }
}
