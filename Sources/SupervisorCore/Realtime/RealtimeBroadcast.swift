import Primitives

/// Which subscribers of a topic are meant. `messages` public and `messages` private are two channels; here both need a key.
public enum RealtimeAudience: Hashable, Sendable {
    case `public`
    case `private`
    /// Both, as for the rows: a frontend may ask for either.
    case everyone
}

/// One event for the subscribers of a topic. Its frames are written once for each version of the protocol, not for each subscriber.
public struct RealtimeBroadcast: Hashable, Sendable {
    /// What a broadcast carries.
    public enum Payload: Hashable, Sendable {
        /// The text of a JSON object.
        case json([UInt8])
        /// What an application sent as it is. Only version 2.0.0 has a frame for it.
        case binary([UInt8])
    }

    /// Without the prefix `realtime:`.
    public let topic: String
    public let audience: RealtimeAudience
    public let event: String
    public let payload: Payload
    /// Told as `meta.id`: for a row its change id, by which a client knows where to go on in `GET /changes`.
    public let id: String?

    public init(topic: String, audience: RealtimeAudience = .everyone, event: String, payload: Payload, id: String? = nil) {
        self.topic = topic
        self.audience = audience
        self.event = event
        self.payload = payload
        self.id = id
    }

    /// The message as a frame's content, and whether the frame is binary; nil when the version has none for it.
    public func frame(_ version: RealtimeVersion) -> (content: [UInt8], isBinary: Bool)? {
        switch (payload, version) {
        case (.json(let text), .objects):
            var out: [UInt8] = []
            out.reserveCapacity(text.count + 160)
            out += "{\"topic\":".utf8
            JSON.string(RealtimeTopic.prefix + topic).write(to: &out)
            out += ",\"event\":\"broadcast\",\"payload\":".utf8
            append(text, to: &out)
            out += ",\"ref\":null}".utf8
            return (out, false)
        case (.json(let text), .arrays):
            var out: [UInt8] = []
            out.reserveCapacity(text.count + 160)
            out += "[null,null,".utf8
            JSON.string(RealtimeTopic.prefix + topic).write(to: &out)
            out += ",\"broadcast\",".utf8
            append(text, to: &out)
            out.append(UInt8(ascii: "]"))
            return (out, false)
        case (.binary(let bytes), .arrays):
            return (RealtimeBinary.toClient(topic: RealtimeTopic.prefix + topic, event: event, meta: meta?.text ?? "", bytes), true)
        case (.binary, .objects): return nil
        }
    }

    private var meta: JSON? { id.map { ["id": .string($0)] } }

    /// `{"type":"broadcast","event":…,"payload":…,"meta":…}`; the payload's text goes in as it is.
    private func append(_ text: [UInt8], to out: inout [UInt8]) {
        out += "{\"type\":\"broadcast\",\"event\":".utf8
        JSON.string(event).write(to: &out)
        out += ",\"payload\":".utf8
        out += text
        if let meta {
            out += ",\"meta\":".utf8
            meta.write(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}
