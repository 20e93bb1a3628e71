import ZeroMQ

/// Why a socket of this system could not be opened, or an asker got no answer.
public enum LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process holds the socket's lock: an `ipc` bind would silently steal the path.
    case inUse(path: String, holder: Int32?)
    /// The path does not fit a unix socket's address.
    case pathTooLong(path: String, limit: Int)
    /// The lock file or the socket cannot be made there.
    case cannotOpen(path: String, reason: String)
    case zeroMQ(ZeroMQError)
    /// Nobody answered on a control socket in time.
    case noAnswer(path: String)
    /// The answer is none of this protocol.
    case badAnswer(path: String)

    public var description: String {
        switch self {
        case .inUse(let path, let holder):
            "\(path) is in use by \(holder.map { "process \($0)" } ?? "another process"): stop it first"
        case .pathTooLong(let path, let limit): "\(path) is longer than a socket's address allows (\(limit) bytes)"
        case .cannotOpen(let path, let reason): "\(path) cannot be opened: \(reason)"
        case .zeroMQ(let error): "\(error)"
        case .noAnswer(let path): "no answer on \(path): is the service running?"
        case .badAnswer(let path): "an unreadable answer on \(path)"
        }
    }
}
