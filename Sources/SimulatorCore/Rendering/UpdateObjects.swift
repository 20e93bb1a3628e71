import Primitives
import TL

extension World {
    func update(_ event: CommonEvent, _ stamp: Stamp, for user: Int64, _ mentioned: inout Mentioned) -> TLObject {
        var object: TLObject
        switch event {
        case .new(let id): object = TLObject("updateNewMessage", ["message": .object(message(id, for: user, &mentioned))])
        case .edit(let id): object = TLObject("updateEditMessage", ["message": .object(message(id, for: user, &mentioned))])
        case .delete(let ids): object = TLObject("updateDeleteMessages", ["messages": .integers(ids)])
        case .readInbox(let peer, let maxID, let stillUnread):
            mentioned.insert(peer)
            object = TLObject(
                "updateReadHistoryInbox", ["peer": tl(peer), "max_id": .int(maxID), "still_unread_count": .int(stillUnread)])
        case .readOutbox(let peer, let maxID):
            mentioned.insert(peer)
            object = TLObject("updateReadHistoryOutbox", ["peer": tl(peer), "max_id": .int(maxID)])
        }
        object["pts"] = .int(stamp.pts)
        object["pts_count"] = .int(stamp.count)
        return object
    }

    func update(_ event: ChannelEvent, _ stamp: Stamp, in channel: Int64, for user: Int64, _ mentioned: inout Mentioned) -> TLObject {
        let peer = Peer.channel(channel)
        mentioned.insert(peer)
        var object: TLObject
        switch event {
        case .new(let id):
            object = TLObject("updateNewChannelMessage", ["message": .object(message(id, in: peer, for: user, &mentioned))])
        case .edit(let id):
            object = TLObject("updateEditChannelMessage", ["message": .object(message(id, in: peer, for: user, &mentioned))])
        case .delete(let ids):
            object = TLObject("updateDeleteChannelMessages", ["channel_id": .integer(channel), "messages": .integers(ids)])
        }
        object["pts"] = .int(stamp.pts)
        object["pts_count"] = .int(stamp.count)
        return object
    }

    func update(_ event: PlainEvent, for user: Int64, _ mentioned: inout Mentioned) -> TLObject {
        switch event {
        case .reactions(let key):
            let content = contents[key]
            var peer = content.place
            if case .user(let other) = peer, other == user { peer = .user(content.sender) }
            mentioned.insert(peer)
            return TLObject(
                "updateMessageReactions",
                [
                    "peer": tl(peer), "msg_id": .int(content.id(for: user) ?? 0), "reactions": .object(tl(content.reactions)),
                    "top_msg_id": content.topic.map { .int($0) },
                ])
        case .channel(let id):
            mentioned.insert(.channel(id))
            return TLObject("updateChannel", ["channel_id": .integer(id)])
        case .participants(let chat):
            mentioned.insert(.chat(chat))
            return TLObject("updateChatParticipants", ["participants": .object(participants(of: chat, &mentioned))])
        case .readChannel(let id, let maxID, let stillUnread, let pts):
            mentioned.insert(.channel(id))
            return TLObject(
                "updateReadChannelInbox",
                ["channel_id": .integer(id), "max_id": .int(maxID), "still_unread_count": .int(stillUnread), "pts": .int(pts)])
        }
    }

    /// A new text message of the common box as `updateShortMessage` or `updateShortChatMessage`; nil when it needs the long form:
    /// media, an album, or a dialog that the user's client cannot know yet.
    func shortUpdate(_ id: Int32, _ stamp: Stamp, for user: Int64) -> TLObject? {
        guard let entry = accounts[user]?.entry(id), !entry.isDeleted else { return nil }
        let content = contents[entry.key]
        guard content.action == nil, content.media == nil, content.groupedID == nil, content.forward == nil,
            accounts[user]?.dialogs[entry.peer]?.ids.first != id
        else { return nil }
        var object = TLObject(
            "updateShortMessage",
            [
                "out": flag(content.sender == user), "id": .int(id), "message": .string(content.text), "pts": .int(stamp.pts),
                "pts_count": .int(stamp.count), "date": .integer(content.date.seconds),
                "entities": content.entities.isEmpty ? nil : .objects(content.entities.map(tl)),
            ])
        if let answered = content.replyTo, let answeredID = contents[answered].id(for: user) {
            object["reply_to"] = .object(TLObject("messageReplyHeader", ["reply_to_msg_id": .int(answeredID)]))
        }
        switch entry.peer {
        case .user(let other): object["user_id"] = .integer(other)
        case .chat(let chat):
            object.name = "updateShortChatMessage"
            object["from_id"] = .integer(content.sender)
            object["chat_id"] = .integer(chat)
        case .channel: return nil
        }
        return object
    }

    /// `updates.state`
    func state(of user: Int64, pts: Int32? = nil, now: UnixTime) -> TLObject {
        TLObject(
            "updates.state",
            [
                "pts": .int(pts ?? commonPosition(of: user)), "qts": 1, "date": .integer(now.seconds),
                "seq": .int(accounts[user]?.seq ?? 1),
                "unread_count": 0,
            ])
    }
}
