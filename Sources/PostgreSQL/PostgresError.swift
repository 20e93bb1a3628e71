/// What can go wrong between this process and a Postgres server.
public enum PostgresError: Error, Sendable, Equatable {
    /// The connection string cannot be read. The text never repeats the string, which may hold a password.
    case badOptions(String)
    /// No session could be opened. `sqlState` is nil when no server answered.
    case unreachable(String, sqlState: String?)
    /// The session ended while, or before, a statement ran. Its transaction is rolled back, or never began.
    case connectionLost(String)
    /// The client's deadline passed without an answer; the connection was closed.
    case timedOut(String)
    /// The connection went away between sending COMMIT and its answer: the transaction may or may not be durable.
    case commitOutcomeUnknown(String)
    /// The server refused the statement.
    case server(ServerError)
    /// A value cannot be sent at all: a NUL byte in a text, or an array beyond the protocol's sizes. Nothing was sent.
    case badParameter(String)
    /// `close()` was called.
    case closed

    /// The five characters of the server's refusal, if it gave any.
    /// https://www.postgresql.org/docs/15/errcodes-appendix.html
    public var sqlState: String? {
        switch self {
        case .server(let error): error.sqlState
        case .unreachable(_, let sqlState): sqlState
        default: nil
        }
    }

    /// The session is gone; the next statement needs a new one.
    public var endsTheSession: Bool {
        switch self {
        case .unreachable, .connectionLost, .commitOutcomeUnknown, .timedOut, .closed: true
        case .server(let error): error.isFatal
        case .badOptions, .badParameter: false
        }
    }
}

/// The fields of a server's error message.
/// https://www.postgresql.org/docs/15/protocol-error-fields.html
public struct ServerError: Sendable, Equatable {
    public var sqlState: String
    public var message: String
    public var detail: String?
    public var hint: String?
    public var table: String?
    public var column: String?
    public var constraint: String?
    /// FATAL or PANIC: the server closes the session.
    public var isFatal: Bool

    public init(
        sqlState: String, message: String, detail: String? = nil, hint: String? = nil, table: String? = nil, column: String? = nil,
        constraint: String? = nil, isFatal: Bool = false
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.table = table
        self.column = column
        self.constraint = constraint
        self.isFatal = isFatal
    }
}

extension PostgresError: CustomStringConvertible {
    /// One line without the detail field, which may quote the content of a row.
    public var description: String {
        switch self {
        case .badOptions(let text): "connection string: \(text)"
        case .unreachable(let text, let state): "cannot connect to Postgres\(state.map { " (\($0))" } ?? ""): \(text)"
        case .connectionLost(let text): "connection to Postgres lost: \(text)"
        case .timedOut(let text): "Postgres did not answer in time: \(text)"
        case .commitOutcomeUnknown(let text): "connection lost during COMMIT, whose outcome is unknown: \(text)"
        case .server(let error): "Postgres refused (\(error.sqlState)): \(error.message)"
        case .badParameter(let text): "value cannot be sent to Postgres: \(text)"
        case .closed: "the connection was closed"
        }
    }
}
