import Events
import Synchronization
import ZeroMQ

/// A producer's end of the link: a DEALER on a thread of its own, which reconnects by itself.
public final class ProducerLink: Sendable {
    public enum Event: Sendable {
        /// The connection is there: say HELLO.
        case connected
        /// It is gone, with everything that was not acknowledged; it will come back by itself.
        case disconnected
        case frame(Result<WireFrame, ContractError>)
    }

    /// Events in their order.
    public let inbox: Inbox<Event>
    private let thread = SocketThread(named: "link")
    private let outbox = Outbox<[UInt8]>(limit: Int(LinkOptions.highWaterMark))

    /// - Parameters:
    ///   - role: `listener` or `backfill`.
    ///   - path: of the writer's socket; it need not be there yet.
    public init(path: String, role: String, account: String, context: Context) throws(LinkError) {
        let wakeup = thread.wakeup
        let inbox = Inbox<Event>(elementLimit: LinkOptions.inboxFrames, costLimit: LinkOptions.inboxBytes) { wakeup.signal() }
        self.inbox = inbox
        let outbox = outbox
        guard path.utf8.count <= SocketLock.longestPath else { throw .pathTooLong(path: path, limit: SocketLock.longestPath) }
        let serial = ProducerLink.serial.add(1, ordering: .relaxed).newValue
        try thread.start { () throws(LinkError) in
            try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .dealer)
                try LinkOptions.apply(to: socket)
                try socket.set(.routingID, Array("\(role)@\(account)".utf8))
                try socket.set(.immediate, Int32(1))
                try socket.set(.reconnectInterval, LinkOptions.reconnectInterval)
                try socket.set(.reconnectIntervalMaximum, LinkOptions.reconnectIntervalMaximum)
                let monitor = try SocketMonitor(context, of: socket, name: "producer-\(serial)")
                try socket.connect("ipc://\(path)")
                return DealerRole(socket: socket, monitor: monitor, inbox: inbox, outbox: outbox)
            }
        }
    }

    deinit { thread.abandon() }

    /// Queues a frame for the present connection; what is queued while there is none is dropped.
    ///
    /// - Returns: false when the queue is full, which credit should have prevented.
    /// - Throws: when the frame is larger than the contract allows.
    public func send(_ frame: WireFrame) throws(ContractError) -> Bool {
        let queued = outbox.put(try frame.encoded())
        if queued { thread.signal() }
        return queued
    }

    /// libzmq failed; the process should end.
    public var failure: ZeroMQError? { thread.failure }

    /// Sends what can be sent at once, then closes.
    public func close() async { await thread.stop() }

    private static let serial = Atomic<Int>(0)
}

struct DealerRole: SocketRole {
    let socket: Socket
    let monitor: SocketMonitor
    let inbox: Inbox<ProducerLink.Event>
    let outbox: Outbox<[UInt8]>
    private var isConnected = false
    /// Taken from the outbox and not yet by libzmq.
    private(set) var pending: [[UInt8]] = []

    /// Milliseconds before a frame that libzmq did not take is offered again; it happens only around a reconnect.
    private static let retryInterval = 10

    init(socket: Socket, monitor: SocketMonitor, inbox: Inbox<ProducerLink.Event>, outbox: Outbox<[UInt8]>) {
        self.socket = socket
        self.monitor = monitor
        self.inbox = inbox
        self.outbox = outbox
    }

    var readable: [Socket] { inbox.isFull ? [monitor.socket] : [monitor.socket, socket] }
    var timeout: Int { isConnected && !pending.isEmpty ? DealerRole.retryInterval : -1 }

    mutating func read(_ readable: Socket) throws(ZeroMQError) {
        if readable === monitor.socket { return try readMonitor() }
        for _ in 0..<LinkOptions.readBurst where !inbox.isFull {
            guard let parts = try socket.receive() else { return }
            guard parts.count == 1 else { continue }
            inbox.put(.frame(decode(parts[0])), cost: parts[0].count)
        }
    }

    private mutating func readMonitor() throws(ZeroMQError) {
        while let event = try monitor.next() {
            switch event {
            case .connected:
                isConnected = true
                // What was queued until now is no part of this connection: HELLO opens it.
                pending = []
                _ = outbox.take()
                inbox.put(.connected, cost: 0)
            case .disconnected:
                isConnected = false
                inbox.put(.disconnected, cost: 0)
            }
        }
    }

    mutating func wake() throws(ZeroMQError) {
        // What was queued while there is no connection is part of none: HELLO opens the next one.
        guard isConnected else {
            pending = []
            _ = outbox.take()
            return
        }
        while true {
            // No more is taken than libzmq takes: the outbox has a limit, and tells the sender.
            if pending.isEmpty { pending = outbox.take() }
            var sent = 0
            while sent < pending.count, try socket.send([pending[sent]]) { sent += 1 }
            pending.removeFirst(sent)
            if sent == 0 || !pending.isEmpty { return }
        }
    }

    mutating func close() { inbox.close() }
}
