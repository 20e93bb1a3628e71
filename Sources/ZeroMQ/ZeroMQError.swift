import CLibzmq
import Glibc

/// What libzmq refused to do.
public struct ZeroMQError: Error, Hashable, Sendable, CustomStringConvertible {
    /// errno, or one of libzmq's own numbers.
    public let code: Int32
    /// The function and what it was about.
    public let operation: String

    /// The error that the last libzmq call on this thread left.
    init(last operation: String) {
        code = zmq_errno()
        self.operation = operation
    }

    public var description: String { "\(operation): \(String(cString: zmq_strerror(code)))" }

    /// A ROUTER's peer is gone (`ZMQ_ROUTER_MANDATORY`).
    public var isUnreachable: Bool { code == EHOSTUNREACH }
}
