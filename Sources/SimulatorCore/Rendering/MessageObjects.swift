import Primitives
import TL

extension World {
    /// The message as the viewer sees it, under the viewer's own id for it.
    func message(_ key: Int, id: Int32, in peer: Peer, for viewer: Int64, _ mentioned: inout Mentioned) -> TLObject {
        let content = contents[key]
        let isPost = if case .channel(let channel) = peer { channels[channel]?.isBroadcast == true } else { false }
        mentioned.insert(peer)
        if !isPost { mentioned.insert(.user(content.sender)) }
        // In private chats the sender is named only when it is oneself, as real servers do.
        let isFromNamed: Bool = if case .user = peer { content.sender == viewer } else { !isPost }
        var replyTo: TLValue?
        if let answered = content.replyTo, let answeredID = contents[answered].id(for: viewer) {
            replyTo = .object(TLObject("messageReplyHeader", ["reply_to_msg_id": .int(answeredID)]))
        }
        var object = TLObject(
            content.action == nil ? "message" : "messageService",
            [
                "out": flag(content.sender == viewer), "post": flag(isPost), "id": .int(id),
                "from_id": isFromNamed ? tl(.user(content.sender)) : nil, "peer_id": tl(peer), "reply_to": replyTo,
                "date": .integer(content.date.seconds),
            ])
        if let action = content.action {
            object["action"] = .object(tl(action, &mentioned))
            return object
        }
        object["message"] = .string(content.text)
        if let media = content.media { object["media"] = .object(tl(media)) }
        if !content.entities.isEmpty { object["entities"] = .objects(content.entities.map(tl)) }
        if isPost {
            object["views"] = .int(content.views)
            object["forwards"] = 0
        }
        if let edited = content.editedAt { object["edit_date"] = .integer(edited.seconds) }
        if let forward = content.forward {
            mentioned.insert(forward.origin)
            object["fwd_from"] = .object(
                TLObject(
                    "messageFwdHeader",
                    [
                        "from_id": tl(forward.origin), "date": .integer(forward.date.seconds),
                        "channel_post": forward.post.map { .int($0) },
                    ]))
        }
        if let grouped = content.groupedID { object["grouped_id"] = .integer(grouped) }
        return object
    }

    /// The message that the viewer has under the id, or `messageEmpty`.
    func message(_ id: Int32, in peer: Peer, for viewer: Int64, _ mentioned: inout Mentioned) -> TLObject {
        guard let key = key(of: id, in: peer, for: viewer), contents[key].deletedAt == nil else {
            return TLObject("messageEmpty", ["id": .int(id)])
        }
        return message(key, id: id, in: peer, for: viewer, &mentioned)
    }

    /// The message of the common box that the viewer has under the id, or `messageEmpty`.
    func message(_ id: Int32, for viewer: Int64, _ mentioned: inout Mentioned) -> TLObject {
        guard let entry = accounts[viewer]?.entry(id), !entry.isDeleted else { return TLObject("messageEmpty", ["id": .int(id)]) }
        return message(entry.key, id: id, in: entry.peer, for: viewer, &mentioned)
    }

    private func tl(_ action: Action, _ mentioned: inout Mentioned) -> TLObject {
        switch action {
        case .chatCreate(let title, let users):
            for user in users { mentioned.insert(.user(user)) }
            return TLObject("messageActionChatCreate", ["title": .string(title), "users": .integers(users)])
        case .chatAddUser(let users):
            for user in users { mentioned.insert(.user(user)) }
            return TLObject("messageActionChatAddUser", ["users": .integers(users)])
        case .chatDeleteUser(let user):
            mentioned.insert(.user(user))
            return TLObject("messageActionChatDeleteUser", ["user_id": .integer(user)])
        case .chatEditTitle(let title): return TLObject("messageActionChatEditTitle", ["title": .string(title)])
        case .chatJoinedByLink(let inviter):
            mentioned.insert(.user(inviter))
            return TLObject("messageActionChatJoinedByLink", ["inviter_id": .integer(inviter)])
        case .channelCreate(let title): return TLObject("messageActionChannelCreate", ["title": .string(title)])
        case .chatMigrateTo(let channel):
            mentioned.insert(.channel(channel))
            return TLObject("messageActionChatMigrateTo", ["channel_id": .integer(channel)])
        case .channelMigrateFrom(let title, let chat):
            mentioned.insert(.chat(chat))
            return TLObject("messageActionChannelMigrateFrom", ["title": .string(title), "chat_id": .integer(chat)])
        }
    }

    /// A `MessageEntity`.
    func tl(_ entity: Entity) -> TLObject {
        var object = TLObject(entity.name, ["offset": .integer(entity.offset), "length": .integer(entity.length)])
        if let argument = entity.argument { object[entity.name == "messageEntityPre" ? "language" : "url"] = .string(argument) }
        return object
    }

    /// A `MessageMedia`.
    func tl(_ media: Media) -> TLObject {
        switch media {
        case .photo(let id): TLObject("messageMediaPhoto", ["photo": .object(photo(id))])
        case .document(let id): TLObject("messageMediaDocument", ["document": .object(document(id))])
        }
    }

    private func photo(_ id: Int64) -> TLObject {
        guard let file = files[id] else { return TLObject("photoEmpty", ["id": .integer(id)]) }
        let access = fileAccess(id)
        // The bytes are kept as they came, so there is one size; nobody looks at its width and height.
        let size = TLObject("photoSize", ["type": "x", "w": 800, "h": 600, "size": .int(file.bytes.count)])
        return TLObject(
            "photo",
            [
                "id": .integer(id), "access_hash": .integer(access.hash), "file_reference": .bytes(access.reference),
                "date": .integer(file.date.seconds), "sizes": .objects([size]), "dc_id": .int(file.dataCentre),
            ])
    }

    private func document(_ id: Int64) -> TLObject {
        guard let file = files[id], let info = file.document else { return TLObject("documentEmpty", ["id": .integer(id)]) }
        let access = fileAccess(id)
        return TLObject(
            "document",
            [
                "id": .integer(id), "access_hash": .integer(access.hash), "file_reference": .bytes(access.reference),
                "date": .integer(file.date.seconds), "mime_type": .string(info.mimeType), "size": .int(file.bytes.count),
                "dc_id": .int(file.dataCentre),
                "attributes": .objects(
                    info.fileName.map { [TLObject("documentAttributeFilename", ["file_name": .string($0)])] } ?? []),
            ])
    }
}
