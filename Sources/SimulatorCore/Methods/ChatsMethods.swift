import TL

extension TelegramServer {
    /// The part of `messages.…` about basic groups and invite links.
    mutating func answerChats(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "messages.createChat":
            var users: [Int64] = []
            for input in request["users"]?.vector ?? [] { users.append(try user(input, caller)) }
            _ = try world.createChat(by: caller.user, title: request.text("title"), users: users, now: caller.now)
            return .object(invited(request, caller))
        case "messages.addChatUser":
            try world.add(try user(request["user_id"], caller), to: request.integer("chat_id"), by: caller.user, now: caller.now)
            return .object(invited(request, caller))
        case "messages.deleteChatUser":
            let member = try user(request["user_id"], caller)
            try world.remove(member, from: request.integer("chat_id"), by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        case "messages.editChatTitle":
            let chat = Peer.chat(request.integer("chat_id"))
            try world.editTitle(of: chat, to: request.text("title"), by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        case "messages.getChats":
            let ids = (request["id"]?.vector ?? []).compactMap(\.int)
            for id in ids { try world.mayRead(caller.user, .chat(id)) }
            return .object(TLObject("messages.chats", ["chats": .objects(ids.map { world.chat($0, for: caller.user) })]))
        case "messages.getFullChat": return .object(try fullChat(request.integer("chat_id"), caller))
        case "messages.exportChatInvite":
            let place = try peer(request["peer"], caller)
            return .object(invite(try world.exportInvite(of: place, by: caller.user), caller))
        case "messages.checkChatInvite": return .object(try checkInvite(request.text("hash"), caller))
        case "messages.importChatInvite":
            _ = try world.importInvite(request.text("hash"), by: caller.user, now: caller.now)
            return .object(joined(request, caller))
        case "messages.migrateChat":
            _ = try world.migrate(request.integer("chat_id"), by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        default: return nil
        }
    }

    /// The caller's updates, in `messages.invitedUsers` for layers that have it.
    mutating func invited(_ request: TLObject, _ caller: Caller) -> TLObject {
        let updates = publishOwn(caller)
        guard TL.resultType(of: request.name, layer: layer(of: caller.session)) == "messages.InvitedUsers" else { return updates }
        return TLObject("messages.invitedUsers", ["updates": .object(updates), "missing_invitees": []])
    }

    /// The caller's updates after joining, in the newest layers' wrapper where the method has one.
    mutating func joined(_ request: TLObject, _ caller: Caller) -> TLObject {
        let updates = publishOwn(caller)
        let type = TL.resultType(of: request.name, layer: layer(of: caller.session))
        if type == "Updates" { return updates }
        return TLObject("messages.chatInviteJoinResultOk", ["updates": .object(updates)])
    }

    private func invite(_ hash: String, _ caller: Caller) -> TLObject {
        TLObject(
            "chatInviteExported",
            [
                "link": .string("https://t.me/+\(hash)"), "admin_id": .integer(caller.user), "date": .integer(caller.now.seconds),
                "permanent": true,
            ])
    }

    private func checkInvite(_ hash: String, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try world.peer(invite: hash)
        switch place {
        case .chat(let id):
            guard let chat = world.chats[id] else { throw .inviteHashInvalid }
            if chat.has(caller.user) { return TLObject("chatInviteAlready", ["chat": .object(world.chat(id, for: caller.user))]) }
            return preview(chat.title, chat.members.count)
        case .channel(let id):
            guard let channel = world.channels[id] else { throw .inviteHashInvalid }
            if channel.has(caller.user) { return TLObject("chatInviteAlready", ["chat": .object(world.channel(id, for: caller.user))]) }
            var object = preview(channel.title, channel.members.count)
            object["channel"] = true
            object[channel.isBroadcast ? "broadcast" : "megagroup"] = true
            return object
        case .user: throw .inviteHashInvalid
        }
    }

    private func preview(_ title: String, _ members: Int) -> TLObject {
        TLObject(
            "chatInvite",
            [
                "title": .string(title), "photo": .object(TLObject("photoEmpty", ["id": 0])), "participants_count": .int(members),
                "color": 1,
            ])
    }

    private func fullChat(_ id: Int64, _ caller: Caller) throws(Failure) -> TLObject {
        guard world.chats[id]?.has(caller.user) == true else { throw .chatIDInvalid }
        var mentioned = Mentioned()
        mentioned.insert(.chat(id))
        let full = TLObject(
            "chatFull",
            [
                "id": .integer(id), "about": "", "participants": .object(world.participants(of: id, &mentioned)),
                "notify_settings": .object(TLObject("peerNotifySettings")),
            ])
        return with(mentioned, caller, TLObject("messages.chatFull", ["full_chat": .object(full)]))
    }
}
