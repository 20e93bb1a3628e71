/// A channel, as those who broadcast and those who subscribe name it.
public struct RealtimeTopic: Hashable, Sendable {
    /// What topics begin with on the WebSocket; over HTTP they stand without it.
    public static let prefix = "realtime:"
    /// Where heartbeats go.
    public static let heartbeats = "phoenix"

    /// Without the prefix.
    public let name: String
    public let isPrivate: Bool

    public init(name: String, isPrivate: Bool) {
        self.name = name
        self.isPrivate = isPrivate
    }

    /// The name in a topic on the WebSocket; nil when it does not begin as it must or nothing follows.
    public static func name(in topic: String) -> String? {
        guard topic.hasPrefix(prefix), topic.utf8.count > prefix.utf8.count else { return nil }
        return String(topic.dropFirst(prefix.count))
    }

    /// Whether a broadcast for this audience is for the subscribers of this channel.
    public func isMeant(by audience: RealtimeAudience) -> Bool {
        switch audience {
        case .everyone: true
        case .public: !isPrivate
        case .private: isPrivate
        }
    }
}
