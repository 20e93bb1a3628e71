/// How a process of ours ends: sysexits.h, as far as the units' rules distinguish them.
///
/// systemd restarts a stage after every status but `loginNeeded` and `configuration`, which a person has to mend first.
public enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// EX_USAGE: wrong arguments.
    case usage = 64
    /// EX_DATAERR: the input is not what it should be.
    case data = 65
    /// EX_UNAVAILABLE: something that is needed is not there (a port is taken, another instance holds the lock).
    case unavailable = 69
    /// EX_SOFTWARE: our own fault.
    case `internal` = 70
    /// EX_IOERR: a disk or a socket of this machine failed.
    case io = 74
    /// EX_TEMPFAIL: it may work later (the database is away).
    case temporary = 75
    /// EX_NOPERM: Telegram does not accept the session: `aaltohubctl login`.
    case loginNeeded = 77
    /// EX_CONFIG: the configuration, a credential or the schema is wrong.
    case configuration = 78
}

/// What ends a process: one line that says what to do, and the status with which to exit.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: ExitStatus
    /// One line for a person: what is wrong and what to do. Never holds a secret.
    public let message: String

    public init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = String(message.map { $0.isNewline ? " " : $0 })
    }

    public var description: String { message }

    public static func usage(_ message: String) -> ServiceError { ServiceError(.usage, message) }
    public static func data(_ message: String) -> ServiceError { ServiceError(.data, message) }
    public static func unavailable(_ message: String) -> ServiceError { ServiceError(.unavailable, message) }
    public static func `internal`(_ message: String) -> ServiceError { ServiceError(.internal, message) }
    public static func io(_ message: String) -> ServiceError { ServiceError(.io, message) }
    public static func temporary(_ message: String) -> ServiceError { ServiceError(.temporary, message) }
    public static func loginNeeded(_ message: String) -> ServiceError { ServiceError(.loginNeeded, message) }
    public static func configuration(_ message: String) -> ServiceError { ServiceError(.configuration, message) }
}

/// An error of another module that knows which one line and which status it should end a process with.
///
/// A module of the same row or below conforms its errors in the executable that joins them.
public protocol ServiceErrorConvertible: Error {
    var serviceError: ServiceError { get }
}
