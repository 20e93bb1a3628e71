import Primitives
import TL

/// "Not before" per method and chat, so that later calls wait here instead of each hitting the server; kept over a restart by the caller.
///
/// Source: https://core.telegram.org/api/errors#420-flood
public struct FloodMemory: Sendable {
    public struct Key: Hashable, Sendable {
        public var method: String
        /// A wait that concerns one chat only (slow mode): `channel:1`, `group:1` or `user:1`. Empty otherwise.
        public var peer: String

        public init(method: String, peer: String = "") {
            self.method = method
            self.peer = peer
        }

        /// What a wait that answered `call` concerns: slow mode one chat, everything else the method.
        public init(_ call: TLObject, wait: RPCErrorKind.Wait) {
            self.init(method: call.name, peer: wait == .slowMode ? Key.peer(of: call) : "")
        }

        /// The chat that the call is about, or empty.
        static func peer(of call: TLObject) -> String {
            guard let input = (call["peer"] ?? call["channel"] ?? call["to_peer"])?.object else { return "" }
            if let id = input["channel_id"]?.int { return "channel:\(id)" }
            if let id = input["chat_id"]?.int { return "group:\(id)" }
            if let id = input["user_id"]?.int { return "user:\(id)" }
            return ""
        }
    }

    /// Waits remembered at most; the one that ends first is forgotten first.
    public static let limit = 1_000

    private var waits: [Key: UnixTime] = [:]

    public init() {}

    /// The wait ends at this time; an earlier end does not shorten one that is known. Returns whether that was news.
    @discardableResult
    public mutating func note(_ key: Key, until: UnixTime) -> Bool {
        if let known = waits[key], known >= until { return false }
        waits[key] = until
        if waits.count > FloodMemory.limit, let first = entries.first { waits[first.key] = nil }
        return true
    }

    /// How long what the key names must still wait; nil when it may go now.
    public mutating func wait(_ key: Key, now: UnixTime) -> Duration? {
        guard let until = waits[key] else { return nil }
        if until > now { return until - now }
        waits[key] = nil
        return nil
    }

    /// How long this call must still wait, for its method's sake or its chat's; nil when it may go now.
    public mutating func wait(for call: TLObject, now: UnixTime) -> Duration? {
        let method = wait(Key(method: call.name), now: now)
        let peer = Key.peer(of: call)
        guard !peer.isEmpty, let slow = wait(Key(method: call.name, peer: peer), now: now) else { return method }
        return max(slow, method ?? slow)
    }

    /// All waits, the one that ends first in front.
    public var entries: [(key: Key, until: UnixTime)] {
        waits.map { (key: $0.key, until: $0.value) }
            .sorted { ($0.until, $0.key.method, $0.key.peer) < ($1.until, $1.key.method, $1.key.peer) }
    }
}
