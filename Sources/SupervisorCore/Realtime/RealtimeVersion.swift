/// How messages are written on a WebSocket: the parameter `vsn` of the handshake.
///
/// https://supabase.com/docs/guides/realtime/protocol
public enum RealtimeVersion: String, CaseIterable, Hashable, Sendable {
    /// Text frames with an object: `{"topic", "event", "payload", "ref", "join_ref"}`.
    case objects = "1.0.0"
    /// Text frames with an array: `[join_ref, ref, topic, event, payload]`; broadcasts also as binary frames.
    case arrays = "2.0.0"

    /// The version that a client asks for; one that does not say means 1.0.0. Nil for any other.
    public init?(parameter: String?) {
        guard let parameter, !parameter.isEmpty else {
            self = .objects
            return
        }
        self.init(rawValue: parameter)
    }
}
