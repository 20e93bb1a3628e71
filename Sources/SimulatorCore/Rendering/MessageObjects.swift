import Primitives
import TL

extension World {
    /// The message as the viewer sees it, under the viewer's own id for it.
    func message(_ key: Int, id: Int32, in peer: Peer, for viewer: Int64, _ mentioned: inout Mentioned) -> TLObject {
        let content = contents[key]
        let isPost = if case .channel(let channel) = peer { channels[channel]?.isBroadcast == true } else { false }
        mentioned.insert(peer)
        if !isPost && !content.isAnonymous { mentioned.insert(.user(content.sender)) }
        // In private chats the sender is named only when it is oneself, as real servers do.
        let isFromNamed: Bool = if case .user = peer { content.sender == viewer } else { !isPost }
        var object = TLObject(
            content.action == nil ? "message" : "messageService",
            [
                "out": flag(content.sender == viewer && !content.isAnonymous), "post": flag(isPost), "id": .int(id),
                "from_id": isFromNamed ? tl(content.isAnonymous ? peer : .user(content.sender)) : nil, "peer_id": tl(peer),
                "reply_to": replyHeader(content, for: viewer), "date": .integer(content.date.seconds),
                "ttl_period": content.ttlPeriod.map { .int($0) },
            ])
        if let action = content.action {
            object["action"] = .object(tl(action, &mentioned))
            return object
        }
        object["message"] = .string(content.text)
        if let media = content.media { object["media"] = .object(tl(media, &mentioned)) }
        if !content.entities.isEmpty { object["entities"] = .objects(content.entities.map(tl)) }
        if isPost {
            object["views"] = .int(content.views)
            object["forwards"] = .int(content.forwards)
        }
        if let edited = content.editedAt { object["edit_date"] = .integer(edited.seconds) }
        if content.isEditHidden { object["edit_hide"] = true }
        if let bot = content.viaBot {
            mentioned.insert(.user(bot))
            object["via_bot_id"] = .integer(bot)
        }
        if let author = content.postAuthor { object["post_author"] = .string(author) }
        if !content.reactions.isEmpty { object["reactions"] = .object(tl(content.reactions)) }
        if let forward = content.forward {
            if let origin = forward.origin { mentioned.insert(origin) }
            object["fwd_from"] = .object(
                TLObject(
                    "messageFwdHeader",
                    [
                        "from_id": forward.origin.map { tl($0) }, "date": .integer(forward.date.seconds),
                        "channel_post": forward.post.map { .int($0) }, "from_name": forward.name.map { .string($0) },
                        "post_author": forward.postAuthor.map { .string($0) },
                    ]))
        }
        if let grouped = content.groupedID { object["grouped_id"] = .integer(grouped) }
        return object
    }

    /// A `messageReplyHeader`: of an answer, or in a forum of every message in a topic but the general one.
    func replyHeader(_ content: Content, for viewer: Int64) -> TLValue? {
        let answered = content.replyTo.flatMap { contents[$0].id(for: viewer) }
        guard let id = answered ?? content.topic else { return nil }
        return .object(
            TLObject(
                "messageReplyHeader",
                [
                    "reply_to_msg_id": .int(id), "forum_topic": flag(content.topic != nil),
                    "reply_to_top_id": answered == nil || answered == content.topic ? nil : content.topic.map { .int($0) },
                ]))
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

    /// `messageReactions`
    func tl(_ reactions: [Reaction]) -> TLObject {
        let results = reactions.map { reaction in
            let kind =
                switch reaction.kind {
                case .emoji(let text): TLObject("reactionEmoji", ["emoticon": .string(text)])
                case .document(let id): TLObject("reactionCustomEmoji", ["document_id": .integer(id)])
                case .paid: TLObject("reactionPaid")
                }
            return TLObject("reactionCount", ["reaction": .object(kind), "count": .int(reaction.count)])
        }
        return TLObject("messageReactions", ["results": .objects(results)])
    }

    func tl(_ action: Action, _ mentioned: inout Mentioned) -> TLObject {
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
        case .topicCreate(let title):
            return TLObject("messageActionTopicCreate", ["title": .string(title), "icon_color": .int(World.topicColour)])
        case .topicEdit(let title, let isClosed, let isHidden):
            return TLObject(
                "messageActionTopicEdit",
                ["title": title.map { .string($0) }, "closed": isClosed.map { .bool($0) }, "hidden": isHidden.map { .bool($0) }])
        case .pinMessage: return TLObject("messageActionPinMessage")
        case .setMessagesTTL(let seconds): return TLObject("messageActionSetMessagesTTL", ["period": .int(seconds)])
        }
    }

    /// A `MessageEntity`.
    func tl(_ entity: Entity) -> TLObject {
        var object = TLObject(entity.name, ["offset": .integer(entity.offset), "length": .integer(entity.length)])
        if let number = entity.number { object[entity.name == "messageEntityCustomEmoji" ? "document_id" : "user_id"] = .integer(number) }
        if let argument = entity.argument { object[entity.name == "messageEntityPre" ? "language" : "url"] = .string(argument) }
        return object
    }
}
