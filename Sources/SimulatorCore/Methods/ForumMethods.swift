import TL

extension TelegramServer {
    /// Forums: their topics, newest message first, and what admins do to them. Source: https://core.telegram.org/api/forum
    mutating func answerForums(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        let place = try readable(request["peer"] ?? request["channel"], caller)
        guard let channel = world.channels[place.id], channel.isForum else { throw .bad("CHANNEL_FORUM_MISSING") }
        switch request.name.split(separator: ".").last {
        case "getForumTopics": return .object(topics(request, of: channel, caller))
        case "getForumTopicsByID":
            let list = request.ids("topics").map { id in channel.topics.first { $0.id == id } ?? Topic(deleted: id) }
            return .object(answer(list, count: list.count, of: channel, caller))
        default: return nil
        }
    }

    private func topics(_ request: TLObject, of channel: Channel, _ caller: Caller) -> TLObject {
        let words = request.text("q").lowercased()
        let tops = world.topMessages(of: channel)
        let all = channel.topics.filter { !$0.isDeleted && (words.isEmpty || $0.title.lowercased().contains(words)) }
            .sorted { (tops[$0.id] ?? 0, $0.id) > (tops[$1.id] ?? 0, $1.id) }
        let after = request.int32("offset_topic")
        let start = after == 0 ? 0 : all.firstIndex { $0.id == after }.map { $0 + 1 } ?? all.count
        let limit = max(0, min(Int(request.integer("limit")), world.limits.page))
        return answer(Array(all[start...].prefix(limit)), count: all.count, of: channel, caller)
    }

    private func answer(_ topics: [Topic], count: Int, of channel: Channel, _ caller: Caller) -> TLObject {
        let place = Peer.channel(channel.id)
        let tops = world.topMessages(of: channel)
        var mentioned = Mentioned()
        mentioned.insert(place)
        var messages: [TLObject] = []
        var list: [TLObject] = []
        for topic in topics {
            if topic.isDeleted {
                list.append(TLObject("forumTopicDeleted", ["id": .int(topic.id)]))
                continue
            }
            let top = tops[topic.id] ?? topic.id
            messages.append(world.message(top, in: place, for: caller.user, &mentioned))
            mentioned.insert(.user(topic.creator))
            list.append(
                TLObject(
                    "forumTopic",
                    [
                        "my": flag(topic.creator == caller.user), "closed": flag(topic.isClosed), "hidden": flag(topic.isHidden),
                        "id": .int(topic.id), "date": .integer(topic.date.seconds), "peer": world.tl(place),
                        "title": .string(topic.title), "icon_color": .int(World.topicColour), "top_message": .int(top),
                        "read_inbox_max_id": .int(top), "read_outbox_max_id": .int(top), "unread_count": 0,
                        "unread_mentions_count": 0, "unread_reactions_count": 0, "unread_poll_votes_count": 0,
                        "from_id": world.tl(.user(topic.creator)), "notify_settings": .object(TLObject("peerNotifySettings")),
                    ]))
        }
        return with(
            mentioned, caller,
            TLObject(
                "messages.forumTopics",
                [
                    "count": .int(count), "topics": .objects(list), "messages": .objects(messages), "pts": .int(channel.box.pts),
                ]))
    }
}

extension Topic {
    /// What is said of an id that no topic has, or none any more.
    init(deleted id: Int32) {
        self.init(id: id, title: "", creator: 0, date: .init(seconds: 0))
        isDeleted = true
    }
}

extension World {
    /// The newest message of each topic.
    func topMessages(of channel: Channel) -> [Int32: Int32] {
        var tops: [Int32: Int32] = [:]
        for id in channel.ids {
            if let key = channel.key(id) { tops[contents[key].topicOrGeneral] = id }
        }
        return tops
    }
}
