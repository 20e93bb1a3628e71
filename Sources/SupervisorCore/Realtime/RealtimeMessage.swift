import Primitives

/// One message of the protocol, in either direction.
public struct RealtimeMessage: Hashable, Sendable {
    /// The join that this belongs to; a client numbers its joins.
    public var joinReference: String?
    /// Echoed in the reply.
    public var reference: String?
    /// `realtime:` and the channel's name, or `phoenix`.
    public var topic: String
    public var event: String
    public var payload: JSON

    public init(joinReference: String? = nil, reference: String? = nil, topic: String, event: String, payload: JSON) {
        self.joinReference = joinReference
        self.reference = reference
        self.topic = topic
        self.event = event
        self.payload = payload
    }

    /// Reads a text frame.
    public init(text: [UInt8], _ version: RealtimeVersion) throws(RealtimeProtocolError) {
        let json: JSON
        do throws(JSONError) { json = try JSON(reading: text) } catch { throw .notJSON }
        let parts: [JSON?]
        switch version {
        case .objects: parts = ["join_ref", "ref", "topic", "event", "payload"].map { json[$0] }
        case .arrays:
            guard let array = json.array, array.count == 5 else { throw .notAMessage }
            parts = array
        }
        guard let topic = parts[2]?.string, let event = parts[3]?.string else { throw .notAMessage }
        self.init(
            joinReference: try RealtimeMessage.reference(parts[0]), reference: try RealtimeMessage.reference(parts[1]), topic: topic,
            event: event, payload: parts[4] ?? [:])
        guard [joinReference, reference, topic, event].allSatisfy({ ($0?.utf8.count ?? 0) <= RealtimeLimits.nameBytes }) else {
            throw .nameTooLong
        }
    }

    /// A reference is a string; some clients number with integers, and the answer is a string all the same.
    private static func reference(_ json: JSON?) throws(RealtimeProtocolError) -> String? {
        switch json {
        case nil, .null: nil
        case .string(let text): text
        case .integer(let number): String(number)
        default: throw .notAMessage
        }
    }

    /// The text frame. An object always has `ref`, be it null: the clients on PyPI drop messages without it.
    public func text(_ version: RealtimeVersion) -> [UInt8] {
        func json(_ reference: String?) -> JSON { reference.map { .string($0) } ?? .null }
        var out: [UInt8] = []
        switch version {
        case .objects:
            let object: JSON = ["topic": .string(topic), "event": .string(event), "payload": payload, "ref": json(reference)]
            object.write(to: &out)
        case .arrays:
            JSON.array([json(joinReference), json(reference), .string(topic), .string(event), payload]).write(to: &out)
        }
        return out
    }
}
