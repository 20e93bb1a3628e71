import Events
import ZeroMQ

/// The numbers of the link's sockets.
enum LinkOptions {
    /// Messages that a socket queues per peer: above the largest credit that can be configured (1,000,000 records), so that credit is
    /// what limits.
    static let highWaterMark: Int32 = 1_100_000
    /// Milliseconds that the writer's last answers may take after the close; a producer keeps what is not acknowledged anyway.
    static let writerLinger: Int32 = 1_000
    /// ZMTP heartbeats: a peer that is silent this long (milliseconds) is taken for gone.
    static let heartbeatInterval: Int32 = 2_000
    static let heartbeatTimeout: Int32 = 6_000
    /// Milliseconds between two tries to connect, growing to the second number.
    static let reconnectInterval: Int32 = 100
    static let reconnectIntervalMaximum: Int32 = 2_000
    /// Frames and bytes between a socket's thread and its task before the socket is no longer read.
    static let inboxFrames = 4_096
    static let inboxBytes = 64 << 20
    /// Frames read in one go before the thread looks at what there is to send.
    static let readBurst = 256

    static func apply(to socket: Socket) throws(ZeroMQError) {
        try socket.set(.linger, Int32(0))
        try socket.set(.maximumMessageSize, Int64(Contract.maximumFrameBytes))
        try socket.set(.sendHighWaterMark, highWaterMark)
        try socket.set(.receiveHighWaterMark, highWaterMark)
        try socket.set(.heartbeatInterval, heartbeatInterval)
        try socket.set(.heartbeatTimeout, heartbeatTimeout)
    }
}

/// libzmq's I/O threads: one per process, shared by its sockets.
public typealias LinkContext = Context

/// Runs calls of libzmq with its error as this module's.
func linked<T>(_ body: () throws(ZeroMQError) -> T) throws(LinkError) -> T {
    do throws(ZeroMQError) { return try body() } catch { throw .zeroMQ(error) }
}

/// Binds under the path's lock.
func bind(_ socket: Socket, path: String) throws(LinkError) -> SocketLock {
    let lock = try SocketLock(socketPath: path)
    do throws(ZeroMQError) { try socket.bind("ipc://\(path)") } catch { throw .cannotOpen(path: path, reason: "\(error)") }
    return lock
}
