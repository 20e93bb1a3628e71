import Foundation
import Primitives
import Synchronization
import ZeroMQ

/// One sample from a tap.
public struct TapSample: Sendable {
    /// `service.stage.kind.group`, behind `full.` where it may hold message text.
    public var topic: String
    /// One JSON object.
    public var payload: [UInt8]

    public init(topic: String, payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }

    /// The object; nil when it is none.
    public var json: JSON? { try? JSONDecoder().decode(JSON.self, from: Data(payload)) }

    public var isFull: Bool { topic.hasPrefix(Subscriptions.full) }

    /// A record itself, with its texts.
    public var isRecord: Bool { topic.hasPrefix(Subscriptions.record) }

    /// The last part of the topic: a chat's id or `-`, without dots, which a service's account may hold.
    public var group: String { topic.split(separator: ".").last.map(String.init) ?? "" }
}

/// A viewer of one or more taps. Slow takers lose samples at the publisher, and see so from `seq`.
public final class TapSubscriber: Sendable {
    public let inbox: Inbox<TapSample>
    private let thread = SocketThread(named: "tap")

    /// - Parameters:
    ///   - paths: of the services' tap sockets; they need not be there yet.
    ///   - prefixes: of topics; `full.` and what follows it shows texts, the empty prefix everything but texts.
    public init(paths: [String], prefixes: [String], context: Context) throws(LinkError) {
        let wakeup = thread.wakeup
        let inbox = Inbox<TapSample>(elementLimit: TapOptions.inboxSamples, costLimit: TapOptions.inboxBytes) { wakeup.signal() }
        self.inbox = inbox
        for path in paths where path.utf8.count > SocketLock.longestPath { throw .pathTooLong(path: path, limit: SocketLock.longestPath) }
        try thread.start { () throws(LinkError) in
            try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .sub)
                try socket.set(.linger, Int32(0))
                try socket.set(.receiveHighWaterMark, TapOptions.viewerSamples)
                try socket.set(.heartbeatInterval, LinkOptions.heartbeatInterval)
                try socket.set(.heartbeatTimeout, LinkOptions.heartbeatTimeout)
                try socket.set(.reconnectInterval, LinkOptions.reconnectInterval)
                try socket.set(.reconnectIntervalMaximum, LinkOptions.reconnectIntervalMaximum)
                for prefix in prefixes { try socket.set(.subscribe, Array(prefix.utf8)) }
                for path in paths { try socket.connect("ipc://\(path)") }
                return SubscriberRole(socket: socket, inbox: inbox)
            }
        }
    }

    deinit { thread.abandon() }

    public func close() async { await thread.stop() }
}

private struct SubscriberRole: SocketRole {
    let socket: Socket
    let inbox: Inbox<TapSample>

    var readable: [Socket] { inbox.isFull ? [] : [socket] }
    var timeout: Int { -1 }

    mutating func read(_ socket: Socket) throws(ZeroMQError) {
        for _ in 0..<LinkOptions.readBurst where !inbox.isFull {
            guard let parts = try socket.receive() else { return }
            guard parts.count == 2 else { continue }
            inbox.put(TapSample(topic: String(decoding: parts[0], as: UTF8.self), payload: parts[1]), cost: parts[1].count)
        }
    }

    mutating func wake() {}

    mutating func close() { inbox.close() }
}

/// Counts from `seq` what a viewer missed, per topic.
public struct TapLosses: Sendable {
    private var last: [String: Int64] = [:]
    public private(set) var total: Int64 = 0

    public init() {}

    /// - Returns: samples of this topic lost since the one before; 0 for its first, and after the publisher's restart.
    public mutating func missed(topic: String, sequence: Int64) -> Int64 {
        defer { last[topic] = sequence }
        guard let before = last[topic], sequence > before else { return 0 }
        total += sequence - before - 1
        return sequence - before - 1
    }
}
