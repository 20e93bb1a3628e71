import TL

extension TelegramServer {
    mutating func answerChannels(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "channels.createChannel":
            _ = try world.createChannel(
                by: caller.user, title: request.text("title"), about: request.text("about"), isBroadcast: request.isSet("broadcast"),
                now: caller.now)
            return .object(publishOwn(caller))
        case "channels.joinChannel":
            try world.join(try channel(request["channel"], caller), by: caller.user, now: caller.now)
            return .object(joined(request, caller))
        case "channels.leaveChannel":
            try world.leave(try channel(request["channel"], caller), by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        case "channels.inviteToChannel":
            let id = try channel(request["channel"], caller)
            var users: [Int64] = []
            for input in request["users"]?.vector ?? [] { users.append(try user(input, caller)) }
            try world.invite(users, to: id, by: caller.user, now: caller.now)
            return .object(invited(request, caller))
        case "channels.editBanned":
            let id = try channel(request["channel"], caller)
            let member = try user(request["participant"], caller)
            if request["banned_rights"]?["view_messages"]?.bool == true {
                try world.ban(member, from: id, by: caller.user, now: caller.now)
            } else {
                try world.unban(member, from: id, by: caller.user)
            }
            return .object(publishOwn(caller))
        case "channels.editAdmin":
            let id = try channel(request["channel"], caller)
            let isAdmin = request["admin_rights"]?.object?.fields.isEmpty == false
            try world.setAdmin(try user(request["user_id"], caller), of: id, to: isAdmin, by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        case "channels.editTitle":
            let place = Peer.channel(try channel(request["channel"], caller))
            try world.editTitle(of: place, to: request.text("title"), by: caller.user, now: caller.now)
            return .object(publishOwn(caller))
        case "channels.updateUsername":
            let name = request.text("username")
            let id = try channel(request["channel"], caller)
            try world.setUsername(name.isEmpty ? nil : name, of: id, by: caller.user, now: caller.now)
            return true
        case "channels.checkUsername": return .bool((try? world.resolve(username: request.text("username"))) == nil)
        case "channels.getChannels":
            var list: [TLObject] = []
            for input in request["id"]?.vector ?? [] { list.append(world.channel(try channel(input, caller), for: caller.user)) }
            return .object(TLObject("messages.chats", ["chats": .objects(list)]))
        case "channels.getForumTopics", "channels.getForumTopicsByID": return try answerForums(request, caller)
        case "channels.toggleForum":
            try world.setForum(try channel(request["channel"], caller), request.isSet("enabled"), now: caller.now)
            return .object(publishOwn(caller))
        case "channels.getFullChannel": return .object(try fullChannel(request, caller))
        case "channels.getMessages":
            let place = try readable(request["channel"], caller)
            return .object(messages(messageIDs(request), in: place, caller))
        case "channels.deleteMessages":
            let id = try channel(request["channel"], caller)
            let stamp = try world.delete(by: caller.user, in: id, ids: request.ids("id"), now: caller.now)
            return .object(TLObject("messages.affectedMessages", ["pts": .int(stamp.pts), "pts_count": .int(stamp.count)]))
        case "channels.readHistory":
            let id = try channel(request["channel"], caller)
            try world.read(by: caller.user, channel: id, maxID: request.int32("max_id"), now: caller.now)
            return true
        case "channels.readMessageContents": return true
        case "channels.getParticipant": return .object(try participant(request, caller))
        case "channels.getParticipants": return .object(try participants(request, caller))
        default: return nil
        }
    }

    private func messages(_ ids: [Int32], in place: Peer, _ caller: Caller) -> TLObject {
        var mentioned = Mentioned()
        mentioned.insert(place)
        let list = ids.map { world.message($0, in: place, for: caller.user, &mentioned) }
        return with(
            mentioned, caller,
            TLObject(
                "messages.channelMessages",
                [
                    "pts": .int(world.channels[place.id]?.box.pts ?? 1), "count": .int(list.count), "messages": .objects(list),
                    "topics": [],
                ]))
    }

    private func fullChannel(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["channel"], caller)
        guard let channel = world.channels[place.id] else { throw .channelInvalid }
        var mentioned = Mentioned()
        mentioned.insert(place)
        let full = TLObject(
            "channelFull",
            [
                "id": .integer(channel.id), "about": .string(channel.about),
                "read_inbox_max_id": .int(world.readInboxMaxID(of: caller.user, in: place)),
                "read_outbox_max_id": .int(channel.ids.last ?? 0), "unread_count": .int(world.unread(of: caller.user, in: place)),
                "chat_photo": .object(TLObject("photoEmpty", ["id": 0])),
                "notify_settings": .object(TLObject("peerNotifySettings")), "bot_info": [], "pts": .int(channel.box.pts),
                "participants_count": .int(channel.members.count), "can_view_participants": flag(!channel.isBroadcast),
                "migrated_from_chat_id": channel.migratedFrom.map { .integer($0.chat) },
                "migrated_from_max_id": channel.migratedFrom.map { .int(world.contents[$0.lastKey].id(for: caller.user) ?? 0) },
            ])
        return with(mentioned, caller, TLObject("messages.chatFull", ["full_chat": .object(full)]))
    }

    private func participant(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["channel"], caller)
        let member = try user(request["participant"] ?? request["user_id"], caller)
        guard let channel = world.channels[place.id], channel.has(member) else { throw .userNotParticipant }
        var mentioned = Mentioned()
        mentioned.insert(.user(member))
        return with(
            mentioned, caller,
            TLObject(
                "channels.channelParticipant", ["participant": .object(world.participant(member, of: channel, for: caller.user))]))
    }

    private func participants(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["channel"], caller)
        guard let channel = world.channels[place.id] else { throw .channelInvalid }
        if channel.isBroadcast && !channel.isAdmin(caller.user) { throw .chatAdminRequired }
        let filter = request["filter"]?.object
        let words = filter?.text("q").lowercased() ?? ""
        let chosen = channel.memberOrder.filter { user in
            switch filter?.name {
            case "channelParticipantsAdmins": channel.isAdmin(user)
            case "channelParticipantsBots", "channelParticipantsKicked", "channelParticipantsBanned": false
            default: words.isEmpty || world.accounts[user]?.name.lowercased().contains(words) == true
            }
        }
        var mentioned = Mentioned()
        let page = chosen.dropFirst(max(0, Int(request.integer("offset")))).prefix(max(0, min(Int(request.integer("limit")), 200)))
        for user in page { mentioned.insert(.user(user)) }
        let list = page.map { world.participant($0, of: channel, for: caller.user) }
        return with(
            mentioned, caller,
            TLObject("channels.channelParticipants", ["count": .int(chosen.count), "participants": .objects(list)]))
    }
}
