import CLibzmq

/// libzmq's I/O threads. One per process is enough; it may be shared between threads.
public final class Context: @unchecked Sendable {
    // A libzmq context is thread-safe; the pointer never changes.
    let pointer: UnsafeMutableRawPointer

    public init() {
        guard let pointer = zmq_ctx_new() else { preconditionFailure("zmq_ctx_new fails only without memory") }
        self.pointer = pointer
        // Sockets linger no longer than they say, so that closing never hangs.
        zmq_ctx_set(pointer, ZMQ_BLOCKY, 0)
    }

    /// Waits until every socket is closed, which each socket's owner sees to; sockets keep their context alive.
    deinit { zmq_ctx_term(pointer) }
}
