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
    /// The sender of a short message in a basic group. The form names nobody: unless known, the difference brings message and user.
    public var shortSender: Int64?
    /// It has waited for a whole difference: its number says nothing more.
    var hasWaited = false
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
            if object.name == "updateShortChatMessage" { shortSender = object["from_id"]?.int }
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

    /// Reads the result of a call of this authorisation that moves a box: an `Updates`, an `invitedUsers`, or one of the `affected…`
    /// forms, which concern the common box unless the call was about a channel. nil: it moves nothing.
    /// Source: https://core.telegram.org/api/updates#message-related-event-sequences
    public init?(result: TLObject, ofCallAbout channel: Int64? = nil, receivedAt: UnixTime) {
        switch result.name {
        case "messages.affectedMessages", "messages.affectedHistory", "messages.affectedFoundMessages":
            guard let pts = result["pts"]?.int, let count = result["pts_count"]?.int else { return nil }
            let box = channel.map(Box.channel) ?? .common
            self.init(
                updates: [Update(object: result, place: .box(box, end: pts, count: count), receivedAt: receivedAt)], receivedAt: receivedAt)
        case "messages.invitedUsers":
            guard let updates = result["updates"]?.object else { return nil }
            self.init(updates, receivedAt: receivedAt)
        default:
            self.init(result, receivedAt: receivedAt)
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
