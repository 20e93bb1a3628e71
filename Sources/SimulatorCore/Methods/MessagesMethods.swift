import TL

extension TelegramServer {
    mutating func answerMessages(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "messages.getDialogs": .object(try getDialogs(request, caller))
        case "messages.getPinnedDialogs": .object(peerDialogs([], caller))
        case "messages.getPeerDialogs": .object(try getPeerDialogs(request, caller))
        case "messages.getDialogFilters":
            TL.resultType(of: request.name, layer: layer(of: caller.session)) == "messages.DialogFilters"
                ? .object(TLObject("messages.dialogFilters", ["filters": []])) : []
        case "messages.getHistory": .object(try getHistory(request, caller))
        case "messages.getReplies": .object(try getReplies(request, caller))
        case "messages.getMessagesViews": .object(try getViews(request, caller))
        case "messages.getForumTopics", "messages.getForumTopicsByID": try answerForums(request, caller)
        case "messages.search": .object(try search(request, caller))
        case "messages.getMessages": .object(try getMessages(request, caller))
        case "messages.sendMessage": .object(try sendMessage(request, caller))
        case "messages.sendMedia": .object(try sendMedia(request, caller))
        case "messages.sendMultiMedia": .object(try sendMultiMedia(request, caller))
        case "messages.uploadMedia":
            .object(world.tl(try media(request["media"], caller)))
        case "messages.editMessage": .object(try editMessage(request, caller))
        case "messages.deleteMessages": .object(try deleteMessages(request, caller))
        case "messages.deleteHistory": .object(try deleteHistory(request, caller))
        case "messages.forwardMessages": .object(try forwardMessages(request, caller))
        case "messages.readHistory": .object(try readHistory(request, caller))
        case "messages.receivedMessages": []
        case "messages.setTyping": .bool(true)
        case "messages.createChat", "messages.addChatUser", "messages.deleteChatUser", "messages.editChatTitle", "messages.getChats",
            "messages.getFullChat", "messages.exportChatInvite", "messages.checkChatInvite", "messages.importChatInvite",
            "messages.migrateChat":
            try answerChats(request, caller)
        default: nil
        }
    }

    // MARK: Reading

    private func getHistory(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["peer"], caller)
        return world.messages(world.history(of: place, for: caller.user, page(request)), in: place, for: caller.user)
    }

    func page(_ request: TLObject) -> PageRequest {
        var page = PageRequest()
        page.offsetID = request.int32("offset_id")
        page.offsetDate = request.int32("offset_date")
        page.addOffset = request.int32("add_offset")
        page.limit = request.int32("limit")
        page.maxID = request.int32("max_id")
        page.minID = request.int32("min_id")
        return page
    }

    private func search(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let (place, found) = try find(request, caller)
        return world.messages(found, in: place, for: caller.user)
    }

    func find(_ request: TLObject, _ caller: Caller) throws(Failure) -> (Peer, Page) {
        let place = try readable(request["peer"], caller)
        let words = request.text("q").lowercased()
        let sender: Int64? = if let from = request["from_id"] { try user(from, caller) } else { nil }
        let filter = request["filter"]?.object?.name ?? "inputMessagesFilterEmpty"
        let (from, to) = (request.integer("min_date"), request.integer("max_date"))
        let topic = request.int32("top_msg_id")
        let found = world.search(in: place, for: caller.user, page(request)) { content in
            if topic != 0 && content.topicOrGeneral != topic { return false }
            if let sender, content.sender != sender { return false }
            if from > 0 && content.date.seconds <= from || to > 0 && content.date.seconds >= to { return false }
            if !words.isEmpty && (content.action != nil || !content.text.lowercased().contains(words)) { return false }
            return world.matches(content, filter: filter)
        }
        return (place, found)
    }

    /// The identified messages of one topic: its answers.
    private func getReplies(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["peer"], caller)
        let topic = request.int32("msg_id")
        let found = world.search(in: place, for: caller.user, page(request)) { $0.topicOrGeneral == topic }
        return world.messages(found, in: place, for: caller.user)
    }

    /// The ids of a `Vector<InputMessage>`; other kinds than by id find nothing.
    func messageIDs(_ request: TLObject) -> [Int32] {
        (request["id"]?.vector ?? []).map { Int32(truncatingIfNeeded: $0["id"]?.int ?? 0) }
    }

    /// Counters of posts; `increment` counts the caller, once for each call.
    private mutating func getViews(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try readable(request["peer"], caller)
        var views: [TLObject] = []
        for id in request.ids("id") {
            guard let key = world.key(of: id, in: place, for: caller.user), world.contents[key].deletedAt == nil,
                world.kind(of: place) == .channel
            else {
                views.append(TLObject("messageViews"))
                continue
            }
            if request.isSet("increment") { world.count(key, views: world.contents[key].views + 1, now: caller.now) }
            let content = world.contents[key]
            views.append(TLObject("messageViews", ["views": .int(content.views), "forwards": .int(content.forwards)]))
        }
        return with(Mentioned(), caller, TLObject("messages.messageViews", ["views": .objects(views)]))
    }

    private func getMessages(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        var mentioned = Mentioned()
        let list = messageIDs(request).map { world.message($0, for: caller.user, &mentioned) }
        return with(mentioned, caller, TLObject("messages.messages", ["messages": .objects(list), "topics": []]))
    }

    private mutating func readHistory(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        let stamp = world.read(by: caller.user, in: place, maxID: request.int32("max_id"), now: caller.now)
        return affected(stamp)
    }

    private func affected(_ stamp: Stamp) -> TLObject {
        TLObject("messages.affectedMessages", ["pts": .int(stamp.pts), "pts_count": .int(stamp.count)])
    }

    private mutating func deleteHistory(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let place = try peer(request["peer"], caller)
        if case .channel = place { throw .peerIDInvalid }
        let revoke = request.isSet("revoke")
        let stamp = try world.deleteHistory(
            by: caller.user, in: place, maxID: request.int32("max_id"), revoke: revoke, now: caller.now)
        return TLObject("messages.affectedHistory", ["pts": .int(stamp.pts), "pts_count": .int(stamp.count), "offset": 0])
    }

    private mutating func deleteMessages(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        affected(try world.delete(by: caller.user, ids: request.ids("id"), revoke: request.isSet("revoke"), now: caller.now))
    }

    // MARK: Dialogs

    private func getDialogs(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let all = request.integer("folder_id") == 1 ? [] : world.dialogs(of: caller.user)
        var start = 0
        let offsetDate = request.integer("offset_date")
        if let input = request["offset_peer"]?.object, input.name != "inputPeerEmpty" {
            let after = try peer(.object(input), caller)
            start = all.firstIndex { $0.peer == after }.map { $0 + 1 } ?? all.firstIndex { $0.date < offsetDate } ?? all.count
        } else if offsetDate > 0 {
            start = all.firstIndex { $0.date < offsetDate } ?? all.count
        }
        let limit = max(1, min(Int(request.integer("limit")), world.limits.page))
        let part = all[start...].prefix(limit)
        var mentioned = Mentioned()
        var messages: [TLObject] = []
        let dialogs = part.map { world.dialog($0.peer, of: caller.user, messages: &messages, &mentioned) }
        var object = TLObject("messages.dialogs", ["dialogs": .objects(dialogs), "messages": .objects(messages)])
        if part.count < all.count {
            object.name = "messages.dialogsSlice"
            object["count"] = .int(all.count)
        }
        return with(mentioned, caller, object)
    }

    private func getPeerDialogs(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        var peers: [Peer] = []
        for input in request["peers"]?.vector ?? [] { peers.append(try readable(input["peer"], caller)) }
        return peerDialogs(peers, caller)
    }

    private func peerDialogs(_ peers: [Peer], _ caller: Caller) -> TLObject {
        var mentioned = Mentioned()
        var messages: [TLObject] = []
        let dialogs = peers.map { world.dialog($0, of: caller.user, messages: &messages, &mentioned) }
        let object = TLObject(
            "messages.peerDialogs",
            [
                "dialogs": .objects(dialogs), "messages": .objects(messages),
                "state": .object(world.state(of: caller.user, now: caller.now)),
            ])
        return with(mentioned, caller, object)
    }
}
