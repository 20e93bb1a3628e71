import Primitives

/// What is broadcast over HTTP: `POST /realtime/v1/api/broadcast` with `{"messages": [{"topic", "event", "payload", "private", "id"}]}`, or
/// one payload as the body of `POST /realtime/v1/api/broadcast/{topic}/events/{event}`. The answers are Supabase's.
public enum RealtimePost {
    /// Why nothing of a request was broadcast.
    public struct Refusal: Error, Hashable, Sendable {
        public let status: Int
        /// A JSON object.
        public let body: JSON

        public static let unauthorized = Refusal(status: 401, body: ["message": "Unauthorized"])
        public static let forbidden = Refusal(status: 403, body: ["message": "This key may not broadcast"])
        public static let tooLarge = Refusal(status: 413, body: ["message": "Request body too large"])
        /// Nobody reads it any more.
        public static let cutOff = Refusal(status: 400, body: ["message": "Request body cut off"])
        public static let tooMany = Refusal(status: 429, body: ["message": "Too many requests"])
        public static let unavailable = Refusal(status: 503, body: ["message": "Keys cannot be checked now"])
        static let tooManyMessages = Refusal(
            status: 429, body: ["message": "Too many messages to broadcast, please reduce the batch size"])

        static func unprocessable(_ errors: JSON) -> Refusal { Refusal(status: 422, body: ["errors": errors]) }
    }

    /// The token of a request: `Authorization: Bearer` wins over `apikey`. Nil when neither is there. Secret.
    public static func key(authorization: String?, apikey: String?) -> String? {
        let parts = authorization?.split(separator: " ", maxSplits: 1) ?? []
        let bearer = parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
        let key = bearer ?? apikey
        return key.flatMap { $0.isEmpty || $0.utf8.count > RealtimeLimits.keyBytes ? nil : $0 }
    }

    /// Whether the verdict on a key lets it broadcast.
    public static func admit(_ verdict: RealtimeVerdict, at time: UnixTime) throws(Refusal) {
        switch verdict {
        case .accepted(let caller):
            guard !caller.isExpired(at: time) else { throw .unauthorized }
            guard caller.mayBroadcast else { throw .forbidden }
        case .refused(.tooManyFailures): throw .tooMany
        case .refused(.forbidden): throw .forbidden
        case .refused: throw .unauthorized
        case .unknown: throw .unavailable
        }
    }

    /// The broadcasts of a batch, in order: all of them or none.
    public static func batch(_ body: [UInt8]) throws(Refusal) -> [RealtimeBroadcast] {
        let json: JSON
        do throws(JSONError) { json = try JSON(reading: body) } catch {
            throw Refusal(status: 400, body: ["message": "Malformed JSON"])
        }
        guard let given = json["messages"], given != .null else { throw .unprocessable(["messages": ["can't be blank"]]) }
        guard let messages = given.array else { throw .unprocessable(["messages": ["is invalid"]]) }
        guard !messages.isEmpty else { throw .unprocessable(["messages": ["can't be blank"]]) }
        guard messages.count <= RealtimeLimits.messagesPerRequest else { throw .tooManyMessages }
        var broadcasts: [RealtimeBroadcast] = []
        var errors: [JSON] = []
        for message in messages {
            switch read(message) {
            case .success(let broadcast):
                broadcasts.append(broadcast)
                errors.append([:])
            case .failure(let wrong): errors.append(wrong.json)
            }
        }
        guard broadcasts.count == messages.count else { throw .unprocessable(["messages": .array(errors)]) }
        return broadcasts
    }

    /// The broadcast of a request for one topic and event.
    public static func single(
        topic: String, event: String, isPrivate: Bool, isBinary: Bool, _ body: [UInt8]
    ) throws(Refusal) -> RealtimeBroadcast {
        var wrong = Wrong()
        wrong.measure(topic, "topic", RealtimeTopic.prefix.utf8.count)
        wrong.measure(event, "event", 0)
        var payload = RealtimeBroadcast.Payload.binary(body)
        if !isBinary {
            do throws(JSONError) {
                guard case .object(let members) = try JSON(reading: body) else { throw .unexpected(at: 0) }
                payload = .json(Array(JSON.object(members).text.utf8))
            } catch {
                wrong.add("payload", "is invalid")
            }
        }
        if payload.count > RealtimeLimits.payloadBytes { wrong.add("payload", "Payload size exceeds tenant limit") }
        guard wrong.members.isEmpty else { throw .unprocessable(wrong.json) }
        return RealtimeBroadcast(topic: topic, audience: isPrivate ? .private : .public, event: event, payload: payload)
    }

    /// What is wrong with one message, by field.
    private struct Wrong: Error {
        var members: [JSON.Member] = []
        var json: JSON { .object(members) }

        mutating func add(_ field: String, _ text: String) { members.append(JSON.Member(field, [.string(text)])) }

        /// - Parameter before: bytes that stand before it on the WebSocket.
        mutating func measure(_ text: String?, _ field: String, _ before: Int) {
            if (text ?? "").isEmpty {
                add(field, "can't be blank")
            } else if text!.utf8.count + before > RealtimeLimits.nameBytes {  // not nil: it is not empty
                add(field, "should be at most \(RealtimeLimits.nameBytes - before) byte(s)")
            }
        }
    }

    /// A UUID or the like: printable, and not in need of escapes.
    private static func isPlain(_ id: String) -> Bool {
        id.utf8.count <= 64 && id.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    private static func read(_ message: JSON) -> Result<RealtimeBroadcast, Wrong> {
        var wrong = Wrong()
        let (topic, event) = (message["topic"]?.string, message["event"]?.string)
        wrong.measure(topic, "topic", RealtimeTopic.prefix.utf8.count)
        wrong.measure(event, "event", 0)
        var text: [UInt8] = []
        switch message["payload"] {
        case nil, .null: wrong.add("payload", "can't be blank")
        case .object(let members):
            JSON.object(members).write(to: &text)
            if text.count > RealtimeLimits.payloadBytes { wrong.add("payload", "Payload size exceeds tenant limit") }
        default: wrong.add("payload", "is invalid")
        }
        let id: String?
        switch message["id"] {
        case nil, .null: id = nil
        case .string(let given) where isPlain(given): id = given
        default:
            id = nil
            wrong.add("id", "is invalid")
        }
        let isPrivate: Bool
        switch message["private"] {
        case nil, .null: isPrivate = false
        case .bool(let given): isPrivate = given
        default:
            isPrivate = false
            wrong.add("private", "is invalid")
        }
        guard wrong.members.isEmpty, let topic, let event else { return .failure(wrong) }
        return .success(
            RealtimeBroadcast(topic: topic, audience: isPrivate ? .private : .public, event: event, payload: .json(text), id: id))
    }
}
