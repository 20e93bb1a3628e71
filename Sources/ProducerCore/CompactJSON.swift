import Primitives
import TL

/// The small JSON texts of a message: what people and archives read, without keys to anything (access hashes, file references).
enum CompactJSON {
    /// `messageEntityTextUrl` without its prefix, in snake_case: `text_url`.
    static func kind(_ name: String, without prefix: String) -> String {
        var out = ""
        for character in name.dropFirst(name.hasPrefix(prefix) ? prefix.count : 0) {
            if character.isUppercase, !out.isEmpty { out.append("_") }
            out.append(Character(character.lowercased()))
        }
        return out
    }

    /// `[{"type":"bold","offset":0,"length":4}, …]`; offsets and lengths in UTF-16 units, as Telegram counts. Empty if none.
    static func entities(_ message: TLObject) -> String {
        let entities = message.objects("entities")
        if entities.isEmpty { return "" }
        return JSON.array(
            entities.map { entity in
                var members = [
                    JSON.Member("type", .string(kind(entity.name, without: "messageEntity"))),
                    JSON.Member("offset", .integer(entity["offset"]?.int ?? 0)),
                    JSON.Member("length", .integer(entity["length"]?.int ?? 0)),
                ]
                for field in ["url", "language"] {
                    if let text = entity[field]?.string, !text.isEmpty { members.append(.init(field, .string(text))) }
                }
                for field in ["user_id", "document_id"] {
                    if let id = entity[field]?.int { members.append(.init(field, .integer(id))) }
                }
                if entity["collapsed"]?.bool == true { members.append(.init("collapsed", true)) }
                return .object(members)
            }
        ).text
    }

    /// Where it was forwarded from. Empty if it was not.
    static func forward(_ message: TLObject) -> String {
        guard let header = message["fwd_from"]?.object else { return "" }
        var members: [JSON.Member] = []
        if let from = header["from_id"]?.object.flatMap(MarkedID.init) { members.append(.init("from_id", .integer(from.value))) }
        for (field, name) in [("from_name", "from_name"), ("post_author", "post_author")] {
            if let text = header[field]?.string { members.append(.init(name, .string(text))) }
        }
        for field in ["date", "channel_post", "saved_from_msg_id"] {
            if let number = header[field]?.int { members.append(.init(field, .integer(number))) }
        }
        return JSON.object(members).text
    }

    /// `[{"emoji":"👍","count":3}, …]`, or nil when this copy does not tell.
    static func reactions(_ message: TLObject) -> String? {
        guard let reactions = message["reactions"]?.object else { return nil }
        return JSON.array(
            reactions.objects("results").map { result in
                let reaction = result["reaction"]?.object
                let what: JSON.Member =
                    if let emoji = reaction?["emoticon"]?.string {
                        .init("emoji", .string(emoji))
                    } else if let id = reaction?["document_id"]?.int {
                        .init("document_id", .integer(id))
                    } else {
                        .init("type", .string(kind(reaction?.name ?? "unknown", without: "reaction")))
                    }
                return .object([what, .init("count", .integer(result["count"]?.int ?? 0))])
            }
        ).text
    }

    /// A service message's action: its type and its plain fields.
    static func action(_ action: TLObject) -> String {
        .init(plain(action, without: "messageAction").text)
    }

    /// Any object as JSON with "type" first, without keys and bytes.
    static func plain(_ object: TLObject, without prefix: String, depth: Int = 0) -> JSON {
        var members = [JSON.Member("type", .string(kind(object.name, without: prefix)))]
        for field in object.fields.keys.sorted() {
            guard let value = object.fields[field], let json = plain(field, value, depth: depth) else { continue }
            members.append(.init(field, json))
        }
        return .object(members)
    }

    /// What gives access to something, or is no text.
    private static let secrets: Set<String> = ["access_hash", "file_reference", "bytes", "payload", "sizes", "video_sizes", "thumbs"]
    /// Deeper things are left out: an action holds at most a photo or a gift.
    private static let depthMost = 4

    private static func plain(_ field: String, _ value: TLValue, depth: Int) -> JSON? {
        if secrets.contains(field) || depth > depthMost { return nil }
        switch value {
        case .integer(let v): return .integer(v)
        case .double(let v): return .double(v)
        case .bool(let v): return .bool(v)
        case .bytes(let v): return String(validating: v, as: UTF8.self).map(JSON.string)
        case .vector(let values): return .array(values.compactMap { plain(field, $0, depth: depth + 1) })
        case .object(let object):
            if let id = MarkedID(object) { return .integer(id.value) }
            return plain(object, without: "", depth: depth + 1)
        }
    }
}

/// A peer as one number: users positive, basic groups negative, channels −1000000000000 − id.
///
/// Source: https://core.telegram.org/api/bots/ids
struct MarkedID: Equatable {
    var value: Int64

    init?(_ peer: TLObject) {
        switch peer.name {
        case "peerUser": value = peer["user_id"]?.int ?? 0
        case "peerChat": value = -(peer["chat_id"]?.int ?? 0)
        case "peerChannel": value = MarkedID.channel(peer["channel_id"]?.int ?? 0)
        default: return nil
        }
    }

    static func channel(_ id: Int64) -> Int64 { -1_000_000_000_000 - id }
}
