import CLibzmq

/// Tells when a socket's connection comes and goes. Lives on the socket's thread, like it.
public final class SocketMonitor {
    public enum Event: Hashable, Sendable {
        /// The ZMTP handshake is done: messages can flow.
        case connected
        case disconnected
    }

    public let socket: Socket

    /// - Parameter name: unique within the context.
    public init(_ context: Context, of watched: Socket, name: String) throws(ZeroMQError) {
        let endpoint = "inproc://monitor-\(name)"
        try watched.monitor(endpoint, events: ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED)
        socket = try Socket(context, .pair)
        try socket.connect(endpoint)
    }

    /// The next event; nil when there is none.
    public func next() throws(ZeroMQError) -> Event? {
        while let parts = try socket.receive() {
            guard let first = parts.first, first.count >= 2 else { continue }
            switch Int32(first[0]) | Int32(first[1]) << 8 {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
            case ZMQ_EVENT_DISCONNECTED: return .disconnected
            default: continue
            }
        }
        return nil
    }
}
