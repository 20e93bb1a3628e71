import Events
import Synchronization
import ZeroMQ

/// The writer's end of the link: a ROUTER on a thread of its own.
///
/// Reads no more than its taker takes: behind a full inbox frames wait in libzmq, and behind that at the producers, by credit.
public final class WriterLink: Sendable {
    public struct Received: Sendable {
        /// Where an answer goes; never the sender's name: with `ROUTER_HANDOVER` old frames arrive under an anonymous id.
        public var route: [UInt8]
        public var frame: Result<WireFrame, ContractError>
    }

    public let path: String
    /// Frames in their order of arrival.
    public let inbox: Inbox<Received>
    private let thread: SocketThread
    private let outbox = Outbox<(route: [UInt8], frame: WireFrame)>(limit: Int(LinkOptions.highWaterMark))
    private let counts = Mutex(Counts())

    public struct Counts: Sendable {
        /// Answers to a peer that was gone, or that takes nothing any more.
        public var undeliverable = 0
        public var sent = 0
        public var received = 0
    }

    /// Takes the path's lock, then binds.
    ///
    /// - Parameter thread: whose owner may work there on what comes.
    /// - Throws: `LinkError.inUse` when another writer has it.
    public init(path: String, context: Context, on thread: SocketThread = SocketThread(named: "link")) throws(LinkError) {
        self.path = path
        self.thread = thread
        let wakeup = thread.wakeup
        let inbox = Inbox<Received>(elementLimit: LinkOptions.inboxFrames, costLimit: LinkOptions.inboxBytes) { wakeup.signal() }
        self.inbox = inbox
        let outbox = outbox
        let counts: @Sendable (@Sendable (inout Counts) -> Void) -> Void = { [weak self] change in self?.change(change) }
        try thread.start { () throws(LinkError) in
            let socket = try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .router)
                try LinkOptions.apply(to: socket)
                try socket.set(.linger, LinkOptions.writerLinger)
                try socket.set(.routerMandatory, Int32(1))
                try socket.set(.routerHandover, Int32(1))
                return socket
            }
            let lock = try bind(socket, path: path)
            return RouterRole(socket: socket, lock: lock, path: path, inbox: inbox, outbox: outbox, count: counts)
        }
    }

    deinit { thread.abandon() }

    /// Queues an answer. To a peer that has gone it is dropped: that one says HELLO again.
    public func send(_ frame: WireFrame, to route: [UInt8]) {
        guard outbox.put((route, frame)) else { return change { $0.undeliverable += 1 } }
        thread.signal()
    }

    public var statistics: Counts { counts.withLock { $0 } }
    /// libzmq failed; the process should end.
    public var failure: ZeroMQError? { thread.failure }

    /// Sends what is queued, closes the socket and frees the path.
    public func close() async { await thread.stop() }

    private func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}

private struct RouterRole: SocketRole {
    let socket: Socket
    let lock: SocketLock
    let path: String
    let inbox: Inbox<WriterLink.Received>
    let outbox: Outbox<(route: [UInt8], frame: WireFrame)>
    let count: @Sendable (@Sendable (inout WriterLink.Counts) -> Void) -> Void

    var readable: [Socket] { inbox.isFull ? [] : [socket] }
    var timeout: Int { -1 }

    mutating func read(_ socket: Socket) throws(ZeroMQError) {
        for _ in 0..<LinkOptions.readBurst where !inbox.isFull {
            guard let parts = try socket.receive() else { return }
            // A DEALER sends one part; the ROUTER puts the route before it.
            guard parts.count == 2 else { continue }
            count { $0.received += 1 }
            inbox.put(WriterLink.Received(route: parts[0], frame: decode(parts[1])), cost: parts[1].count)
        }
    }

    mutating func wake() throws(ZeroMQError) {
        for (route, frame) in outbox.take() {
            // Our own frames are within the limits, or it is our bug.
            guard let bytes = try? frame.encoded() else { preconditionFailure("the writer made an impossible \(frame.name)") }
            do {
                let sent = try socket.send([route, bytes])
                count { if sent { $0.sent += 1 } else { $0.undeliverable += 1 } }
            } catch  where error.isUnreachable {
                count { $0.undeliverable += 1 }
            }
        }
    }

    mutating func close() {
        inbox.close()
        // The path stays with whoever binds it next; a failure leaves a socket file that the next bind replaces.
        try? socket.unbind("ipc://\(path)")
    }
}

/// A frame, or why it is none.
func decode(_ bytes: [UInt8]) -> Result<WireFrame, ContractError> {
    do throws(ContractError) { return .success(try WireFrame(decoding: bytes)) } catch { return .failure(error) }
}
