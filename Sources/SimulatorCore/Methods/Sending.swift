import TL

extension TelegramServer {
    mutating func sendMessage(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        let key = try world.send(by: caller.user, to: place, draft(request, text: request.text("message")), now: caller.now)
        if case .channel = place { return sent([(key, request.integer("random_id"))], caller) }
        return sentShort(key, caller)
    }

    mutating func sendMedia(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        var message = draft(request, text: request.text("message"))
        message.media = try media(request["media"], caller)
        let key = try world.send(by: caller.user, to: place, message, now: caller.now)
        return sent([(key, request.integer("random_id"))], caller)
    }

    /// An album: several messages with one `grouped_id`.
    mutating func sendMultiMedia(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        let group = Int64(caller.entropy.prefix(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        var keys: [(Int, Int64)] = []
        for case .object(let single) in request["multi_media"]?.vector ?? [] {
            var message = draft(single, text: single.text("message"))
            message.replyTo = draft(request, text: "").replyTo
            message.media = try media(single["media"], caller)
            message.groupedID = group
            keys.append((try world.send(by: caller.user, to: place, message, now: caller.now), single.integer("random_id")))
        }
        return sent(keys, caller)
    }

    mutating func forwardMessages(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let from = try readable(request["from_peer"], caller)
        let to = try peer(request["to_peer"], caller)
        let randomIDs = (request["random_id"]?.vector ?? []).compactMap(\.int)
        var keys: [(Int, Int64)] = []
        for (id, randomID) in zip(request.ids("id"), randomIDs) {
            guard let key = world.key(of: id, in: from, for: caller.user) else { throw .messageIDInvalid }
            let content = world.contents[key]
            if content.deletedAt != nil || content.action != nil { throw .messageIDInvalid }
            var message = Draft(content.text, media: content.media, randomID: randomID)
            message.entities = content.entities
            let isPost = world.kind(of: from) == .channel
            message.forward =
                content.forward ?? Forward(origin: isPost ? from : .user(content.sender), date: content.date, post: isPost ? id : nil)
            keys.append((try world.send(by: caller.user, to: to, message, now: caller.now), randomID))
        }
        return sent(keys, caller)
    }

    mutating func editMessage(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        let id = request.int32("id")
        guard let key = world.key(of: id, in: place, for: caller.user) else { throw .messageIDInvalid }
        let text = request["message"]?.string ?? world.contents[key].text
        let attachment: Media? = if let input = request["media"] { try media(input, caller) } else { nil }
        try world.edit(by: caller.user, in: place, id: id, text: text, entities: entities(request), media: attachment, now: caller.now)
        return publishOwn(caller)
    }

    private func draft(_ request: TLObject, text: String) -> Draft {
        var draft = Draft(text)
        draft.entities = entities(request)
        draft.randomID = request["random_id"]?.int
        // Layers before 148 name the message directly.
        let reply = request["reply_to"]?["reply_to_msg_id"]?.int ?? request["reply_to_msg_id"]?.int
        draft.replyTo = reply.map { Int32(truncatingIfNeeded: $0) }
        return draft
    }

    /// Entities that are a place in the text, at most with a link or a language; others are dropped.
    private func entities(_ request: TLObject) -> [Entity] {
        (request["entities"]?.vector ?? []).compactMap { value in
            guard let object = value.object, let offset = object["offset"]?.int, let length = object["length"]?.int,
                !object.name.hasPrefix("input"), Set(object.fields.keys).isSubset(of: ["offset", "length", "url", "language"])
            else { return nil }
            return Entity(name: object.name, offset: offset, length: length, argument: (object["url"] ?? object["language"])?.string)
        }
    }

    /// The sender's result: the new ids by `random_id`, then the updates.
    private mutating func sent(_ keys: [(key: Int, randomID: Int64)], _ caller: Caller) -> TLObject {
        publishOwn(
            caller,
            leading: keys.map { key, randomID in
                TLObject(
                    "updateMessageID",
                    ["id": .int(world.contents[key].id(for: caller.user) ?? 0), "random_id": .integer(randomID)])
            })
    }

    /// The sender's result for plain text in private chats and basic groups.
    private mutating func sentShort(_ key: Int, _ caller: Caller) -> TLObject {
        let content = world.contents[key]
        _ = publishOwn(caller)
        return TLObject(
            "updateShortSentMessage",
            [
                "out": true, "id": .int(content.id(for: caller.user) ?? 0), "pts": .int(world.commonPosition(of: caller.user)),
                "pts_count": 1, "date": .integer(content.date.seconds),
                "entities": content.entities.isEmpty ? nil : .objects(content.entities.map(world.tl)),
            ])
    }
}
