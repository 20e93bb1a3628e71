import CLibzmq
import Glibc

/// One ZeroMQ socket. Belongs to the thread that made it; libzmq's sockets may not be shared.
public final class Socket {
    public enum Kind: Sendable {
        case dealer, router, xpub, sub, pair

        var number: Int32 {
            switch self {
            case .dealer: ZMQ_DEALER
            case .router: ZMQ_ROUTER
            case .xpub: ZMQ_XPUB
            case .sub: ZMQ_SUB
            case .pair: ZMQ_PAIR
            }
        }
    }

    /// The options that this system sets, by libzmq's names.
    public struct Option: Sendable {
        let number: Int32
        let name: String

        public static let routingID = Option(number: ZMQ_ROUTING_ID, name: "ZMQ_ROUTING_ID")
        public static let linger = Option(number: ZMQ_LINGER, name: "ZMQ_LINGER")
        public static let immediate = Option(number: ZMQ_IMMEDIATE, name: "ZMQ_IMMEDIATE")
        public static let routerMandatory = Option(number: ZMQ_ROUTER_MANDATORY, name: "ZMQ_ROUTER_MANDATORY")
        public static let routerHandover = Option(number: ZMQ_ROUTER_HANDOVER, name: "ZMQ_ROUTER_HANDOVER")
        public static let maximumMessageSize = Option(number: ZMQ_MAXMSGSIZE, name: "ZMQ_MAXMSGSIZE")
        public static let sendHighWaterMark = Option(number: ZMQ_SNDHWM, name: "ZMQ_SNDHWM")
        public static let receiveHighWaterMark = Option(number: ZMQ_RCVHWM, name: "ZMQ_RCVHWM")
        public static let heartbeatInterval = Option(number: ZMQ_HEARTBEAT_IVL, name: "ZMQ_HEARTBEAT_IVL")
        public static let heartbeatTimeout = Option(number: ZMQ_HEARTBEAT_TIMEOUT, name: "ZMQ_HEARTBEAT_TIMEOUT")
        public static let reconnectInterval = Option(number: ZMQ_RECONNECT_IVL, name: "ZMQ_RECONNECT_IVL")
        public static let reconnectIntervalMaximum = Option(number: ZMQ_RECONNECT_IVL_MAX, name: "ZMQ_RECONNECT_IVL_MAX")
        public static let subscribe = Option(number: ZMQ_SUBSCRIBE, name: "ZMQ_SUBSCRIBE")
        public static let unsubscribe = Option(number: ZMQ_UNSUBSCRIBE, name: "ZMQ_UNSUBSCRIBE")
        public static let xpubManual = Option(number: ZMQ_XPUB_MANUAL, name: "ZMQ_XPUB_MANUAL")
    }

    let pointer: UnsafeMutableRawPointer
    private let context: Context

    public init(_ context: Context, _ kind: Kind) throws(ZeroMQError) {
        guard let pointer = zmq_socket(context.pointer, kind.number) else { throw ZeroMQError(last: "zmq_socket") }
        self.pointer = pointer
        self.context = context
    }

    deinit { zmq_close(pointer) }

    public func set(_ option: Option, _ value: Int32) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(pointer, option.number, &value, MemoryLayout<Int32>.size) == 0 else { throw ZeroMQError(last: option.name) }
    }

    public func set(_ option: Option, _ value: Int64) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(pointer, option.number, &value, MemoryLayout<Int64>.size) == 0 else { throw ZeroMQError(last: option.name) }
    }

    public func set(_ option: Option, _ value: [UInt8]) throws(ZeroMQError) {
        let result = value.withUnsafeBytes { zmq_setsockopt(pointer, option.number, $0.baseAddress, $0.count) }
        guard result == 0 else { throw ZeroMQError(last: option.name) }
    }

    public func bind(_ endpoint: String) throws(ZeroMQError) {
        guard zmq_bind(pointer, endpoint) == 0 else { throw ZeroMQError(last: "bind \(endpoint)") }
    }

    public func unbind(_ endpoint: String) throws(ZeroMQError) {
        guard zmq_unbind(pointer, endpoint) == 0 else { throw ZeroMQError(last: "unbind \(endpoint)") }
    }

    public func connect(_ endpoint: String) throws(ZeroMQError) {
        guard zmq_connect(pointer, endpoint) == 0 else { throw ZeroMQError(last: "connect \(endpoint)") }
    }

    /// Sends one message without waiting.
    ///
    /// - Returns: false when it cannot be taken now (no peer, or the high-water mark).
    public func send(_ parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
        for (i, part) in parts.enumerated() {
            let flags = ZMQ_DONTWAIT | (i < parts.count - 1 ? ZMQ_SNDMORE : 0)
            var sent: Int32
            repeat {
                sent = part.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, flags) }
            } while sent < 0 && zmq_errno() == EINTR
            if sent >= 0 { continue }
            if zmq_errno() == EAGAIN {
                precondition(i == 0, "libzmq takes the parts of one message together")
                return false
            }
            throw ZeroMQError(last: "zmq_send")
        }
        return true
    }

    /// Takes one message without waiting; nil when there is none. Parts beyond `maximumParts` are read and dropped.
    public func receive(maximumParts: Int = 8) throws(ZeroMQError) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        while true {
            var size: Int32
            repeat { size = zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) } while size < 0 && zmq_errno() == EINTR
            if size < 0 {
                if zmq_errno() == EAGAIN { return nil }
                throw ZeroMQError(last: "zmq_msg_recv")
            }
            if parts.count < maximumParts {
                parts.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: Int(size))))
            }
            if zmq_msg_more(&message) == 0 { return parts }
        }
    }

    /// Publishes this socket's connection events on an inproc endpoint, to be read with a PAIR by `SocketMonitor`.
    func monitor(_ endpoint: String, events: Int32) throws(ZeroMQError) {
        guard zmq_socket_monitor(pointer, endpoint, events) == 0 else { throw ZeroMQError(last: "zmq_socket_monitor") }
    }
}
