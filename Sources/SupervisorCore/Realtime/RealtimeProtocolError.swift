/// Why what a subscriber sent is no message. It says why a connection is closed, without repeating what was sent.
public enum RealtimeProtocolError: Error, Hashable, Sendable {
    case notJSON
    /// Valid JSON, but not the object or array that the version has.
    case notAMessage
    /// A binary frame that is no broadcast of version 2.0.0.
    case notABroadcast
    /// A topic, event or reference above `RealtimeLimits.nameBytes`.
    case nameTooLong

    /// For the close frame; RFC 6455 allows 123 bytes.
    public var reason: String {
        switch self {
        case .notJSON: "not JSON"
        case .notAMessage: "not a message of this version of the protocol"
        case .notABroadcast: "not a broadcast"
        case .nameTooLong: "topic, event or ref too long"
        }
    }
}
