import Primitives
import TL

/// What one `Updates` object says, whichever of its seven forms it has.
///
/// Source: https://core.telegram.org/api/updates#updates-sequence
public struct Envelope: Sendable, Equatable {
    public var updates: [Update]
    public var users: [TLObject]
    public var chats: [TLObject]
    /// Unix seconds, 0 when it says none.
    public var date: Int32
    /// The range of envelope numbers it covers; 0: unordered.
    public var seqStart: Int32
    public var seq: Int32
    /// `updatesTooLong`: everything must be asked for.
    public var tooLong: Bool
    public var receivedAt: UnixTime

    public init(
        updates: [Update] = [], users: [TLObject] = [], chats: [TLObject] = [], date: Int32 = 0, seqStart: Int32 = 0, seq: Int32 = 0,
        tooLong: Bool = false, receivedAt: UnixTime
    ) {
        self.updates = updates
        self.users = users
        self.chats = chats
        self.date = date
        self.seqStart = seqStart
        self.seq = seq
        self.tooLong = tooLong
        self.receivedAt = receivedAt
    }

    /// Reads an `Updates` object, or nil when it is none.
    public init?(_ object: TLObject, receivedAt: UnixTime) {
        self.init(receivedAt: receivedAt)
        date = Int32(clamping: object["date"]?.int ?? 0)
        switch object.name {
        case "updatesTooLong":
            tooLong = true
        case "updateShort":
            guard let update = object["update"]?.object else { return nil }
            updates = [Update(update, receivedAt: receivedAt)]
        case "updateShortMessage", "updateShortChatMessage":
            updates = [Update(Envelope.expanded(object), receivedAt: receivedAt)]
        case "updateShortSentMessage":
            // Only ever an answer to a call of our own, whose text the caller knows: here just its numbers count.
            guard let pts = object["pts"]?.int, let count = object["pts_count"]?.int else { return nil }
            updates = [Update(object: object, place: .box(.common, end: pts, count: count), receivedAt: receivedAt)]
        case "updates", "updatesCombined":
            updates = object.objects("updates").map { Update($0, receivedAt: receivedAt) }
            users = object.objects("users")
            chats = object.objects("chats")
            seq = Int32(clamping: object["seq"]?.int ?? 0)
            seqStart = Int32(clamping: object["seq_start"]?.int ?? Int64(seq))
        default:
            return nil
        }
    }

    /// A short message as the `updateNewMessage` that it stands for.
    private static func expanded(_ short: TLObject) -> TLObject {
        let out = short["out"]?.bool ?? false
        let peer: TLObject
        var from: TLObject?
        if let chat = short["chat_id"]?.int {
            peer = TLObject("peerChat", ["chat_id": .integer(chat)])
            from = short["from_id"]?.int.map { TLObject("peerUser", ["user_id": .integer($0)]) }
        } else {
            peer = TLObject("peerUser", ["user_id": .integer(short["user_id"]?.int ?? 0)])
            from = out ? nil : peer
        }
        var message = TLObject("message", ["peer_id": .object(peer), "from_id": from.map(TLValue.object)])
        for field in [
            "out", "mentioned", "media_unread", "silent", "id", "message", "date", "fwd_from", "via_bot_id", "reply_to", "entities",
            "ttl_period",
        ] {
            message.fields[field] = short[field]
        }
        return TLObject(
            "updateNewMessage",
            ["message": .object(message), "pts": short["pts"], "pts_count": short["pts_count"]])
    }
}

extension TLObject {
    /// The objects of a vector field; empty when there is none.
    public func objects(_ field: String) -> [TLObject] { self[field]?.vector?.compactMap(\.object) ?? [] }
}
