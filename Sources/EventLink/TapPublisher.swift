import Primitives
import Synchronization
import ZeroMQ

/// A service's tap: samples of what it does, for whoever watches, and nothing for nobody.
///
/// An XPUB on a thread of its own. It sees subscriptions, so an unwatched topic is not even rendered; a viewer that is too slow loses
/// samples and sees from `seq` how many; the service never waits. Message text goes out only under the prefixes `full.` and `record.`, and
/// that only while somebody subscribed to them by name: a subscription to everything means everything but texts.
public final class TapPublisher: Sendable {
    public let service: String
    private let thread = SocketThread(named: "tap")
    private let outbox = Outbox<(topic: String, payload: [UInt8])>(limit: TapOptions.queuedSamples)
    private let state = Mutex(State())
    /// Whether there is any subscription: what every publish asks first.
    private let isWatched = Atomic<Bool>(false)

    private struct State {
        var subscriptions = Subscriptions()
        /// Samples per topic, seen or lost. A topic is a kind and a group, of which there are some hundred.
        var sequence: [String: Int64] = [:]
        var dropped = 0
    }

    /// Takes the path's lock, then binds.
    ///
    /// - Parameter service: the topics' first part, as in `writer`, `listener@main`.
    public init(service: String, path: String, context: Context) throws(LinkError) {
        self.service = service
        let outbox = outbox
        try thread.start { [weak self] () throws(LinkError) in
            let socket = try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .xpub)
                try socket.set(.linger, Int32(0))
                try socket.set(.sendHighWaterMark, TapOptions.viewerSamples)
                try socket.set(.maximumMessageSize, TapOptions.subscriptionBytes)
                try socket.set(.xpubManual, Int32(1))
                return socket
            }
            let lock = try bind(socket, path: path)
            return PublisherRole(socket: socket, lock: lock, path: path, service: service, outbox: outbox) { [weak self] in
                self?.subscriptionsChanged($0)
            }
        }
    }

    deinit { thread.abandon() }

    /// Somebody watches something: what is published costs nothing otherwise, and making it need not either.
    public var hasViewers: Bool { isWatched.load(ordering: .relaxed) }

    /// Publishes `service.stage.kind.group` if anyone watches it. `body` is called only then; its object gets the member `seq`.
    ///
    /// - Parameter group: the chat's id, or `-`.
    public func publish(_ stage: String, _ kind: String, group: String = "-", _ body: () -> JSON) {
        guard isWatched.load(ordering: .relaxed) else { return }
        publish(topic: "\(service).\(stage).\(kind).\(group)", body)
    }

    /// The same under `full.`, for what holds message text.
    public func publishFull(_ stage: String, _ kind: String, group: String = "-", _ body: () -> JSON) {
        guard isWatched.load(ordering: .relaxed) else { return }
        publish(topic: "full.\(service).\(stage).\(kind).\(group)", body)
    }

    /// The same under `record.`, for the records themselves. All of a service have one topic, so that `seq` tells of each one missed.
    public func publishRecord(_ body: () -> JSON) {
        guard isWatched.load(ordering: .relaxed) else { return }
        publish(topic: "record.\(service).record.record.-", body)
    }

    private func publish(topic: String, _ body: () -> JSON) {
        guard state.withLock({ $0.subscriptions.match(topic) }) else { return }
        let rendered = body()
        let sequence = state.withLock { state in
            if state.sequence.count >= TapOptions.countedTopics, state.sequence[topic] == nil { state.sequence = [:] }
            state.sequence[topic, default: 0] += 1
            return state.sequence[topic, default: 0]
        }
        var members: [JSON.Member] = [.init("seq", .integer(sequence))]
        if case .object(let own) = rendered { members += own } else { members.append(.init("value", rendered)) }
        var payload: [UInt8] = []
        JSON.object(members).write(to: &payload)
        if outbox.put((topic, payload)) {
            thread.signal()
        } else {
            state.withLock { $0.dropped += 1 }
        }
    }

    /// Samples that did not even reach the socket's thread.
    public var dropped: Int { state.withLock { $0.dropped } }
    /// libzmq failed; the tap is dead, the service may go on.
    public var failure: ZeroMQError? { thread.failure }

    public func close() async { await thread.stop() }

    private func subscriptionsChanged(_ subscriptions: Subscriptions) {
        state.withLock { $0.subscriptions = subscriptions }
        isWatched.store(!subscriptions.isEmpty, ordering: .relaxed)
    }
}

/// The numbers of the taps.
enum TapOptions {
    /// Samples that wait for the socket's thread.
    static let queuedSamples = 10_000
    /// Samples that wait for one viewer in libzmq; beyond them it loses some.
    static let viewerSamples: Int32 = 1_000
    /// Bytes of a subscription.
    static let subscriptionBytes: Int64 = 256
    /// Topics whose samples are counted; beyond them counting starts again.
    static let countedTopics = 10_000
    /// Samples and bytes that wait for a subscriber's task.
    static let inboxSamples = 10_000
    static let inboxBytes = 16 << 20
}

/// Who watches what: prefixes with the number of viewers that asked for each.
struct Subscriptions: Sendable {
    private var prefixes: [String: Int] = [:]
    static let full = "full."
    static let record = "record."

    var isEmpty: Bool { prefixes.isEmpty }

    func match(_ topic: String) -> Bool { prefixes.keys.contains { topic.utf8.starts(with: $0.utf8) } }

    mutating func add(_ prefix: String) { prefixes[prefix, default: 0] += 1 }

    mutating func remove(_ prefix: String) {
        guard let count = prefixes[prefix] else { return }
        prefixes[prefix] = count > 1 ? count - 1 : nil
    }

    /// What a wish means: one so short that it would include what holds texts means the service's plain topics.
    static func granted(_ wish: String, service: String) -> String {
        [full, record].contains { $0 != wish && $0.utf8.starts(with: wish.utf8) } ? "\(service)." : wish
    }
}

private struct PublisherRole: SocketRole {
    let socket: Socket
    let lock: SocketLock
    let path: String
    let service: String
    let outbox: Outbox<(topic: String, payload: [UInt8])>
    let changed: @Sendable (Subscriptions) -> Void
    private var subscriptions = Subscriptions()

    init(
        socket: Socket, lock: SocketLock, path: String, service: String, outbox: Outbox<(topic: String, payload: [UInt8])>,
        changed: @escaping @Sendable (Subscriptions) -> Void
    ) {
        self.socket = socket
        self.lock = lock
        self.path = path
        self.service = service
        self.outbox = outbox
        self.changed = changed
    }

    var readable: [Socket] { [socket] }
    var timeout: Int { -1 }

    /// Subscriptions: one byte, 1 to begin and 0 to end, and the prefix. https://rfc.zeromq.org/spec/29/
    mutating func read(_ socket: Socket) throws(ZeroMQError) {
        while let parts = try socket.receive() {
            guard let wish = parts.first, let begins = wish.first, begins <= 1 else { continue }
            let prefix = Subscriptions.granted(String(decoding: wish.dropFirst(), as: UTF8.self), service: service)
            // In manual mode the answer names what this viewer shall get.
            if begins == 1 {
                try socket.set(.subscribe, Array(prefix.utf8))
                subscriptions.add(prefix)
            } else {
                try socket.set(.unsubscribe, Array(prefix.utf8))
                subscriptions.remove(prefix)
            }
        }
        changed(subscriptions)
    }

    mutating func wake() throws(ZeroMQError) {
        for (topic, payload) in outbox.take() { _ = try socket.send([Array(topic.utf8), payload]) }
    }

    mutating func close() {
        // A failure leaves a socket file that the next bind replaces.
        try? socket.unbind("ipc://\(path)")
    }
}
