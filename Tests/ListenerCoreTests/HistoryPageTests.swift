import Events
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

@Suite struct HistoryPageTests {
    private let chat = WireChat(.channel, 3)

    private func answer(_ messages: [TLObject], _ more: [String: TLValue] = [:], layer: Int32 = TL.newestLayer) throws -> [UInt8] {
        var object = TLObject(
            "messages.channelMessages",
            ["pts": 77, "count": 500, "messages": .objects(messages), "topics": [], "chats": [], "users": []])
        for (name, value) in more { object[name] = value }
        return try TL.encode(object, layer: layer)
    }

    private func page(_ bytes: [UInt8], at fetchedAt: Int64 = 1_800_000_000) throws -> HistoryPage {
        try HistoryPage(bytes: bytes, of: chat, fetchedAt: fetchedAt)
    }

    private func inChannel(_ id: Int64, _ more: [String: TLValue] = [:]) -> TLObject { message(id, in: peer(channel), more) }

    @Test func a_page_gives_rows_ids_total_and_those_it_names() throws {
        let ann = TLObject("user", ["id": 42, "access_hash": 1, "first_name": "Ann", "last_name": "Bell", "username": "ann"])
        let bo = TLObject("user", ["id": 43, "access_hash": 2, "first_name": "Bo", "min": true])
        let station = TLObject(
            "channel",
            [
                "id": 3, "title": "Station", "username": "station", "access_hash": 33, "photo": .object(TLObject("chatPhotoEmpty")),
                "date": 1, "forum": true, "megagroup": true,
            ])
        let empty = TLObject("messageEmpty", ["id": 8])
        let bytes = try answer(
            [inChannel(9), empty, inChannel(7)], ["users": .objects([ann, bo]), "chats": .objects([station])])
        let page = try page(bytes)
        #expect(page.messages.map(\.id) == [9, 7] && page.messages.allSatisfy { $0.senderName == "Ann Bell" })
        #expect(page.messages.allSatisfy { $0.position == -1 && $0.observedAt == 1_800_000_000 && !$0.edited })
        #expect(
            page.entries == [
                .init(id: 9, date: 1_700_000_000), .init(id: 8, date: 0, isEmpty: true), .init(id: 7, date: 1_700_000_000),
            ])
        #expect(page.total == 500 && page.pts == 77 && page.isComplete && page.undecodable.isEmpty && !page.isNotModified)
        #expect(page.peers.map(\.key) == [.init(.user, 42), .init(.user, 43), .init(.channel, 3)])
        #expect(page.peers.map(\.peer.accessHash) == [1, nil, 33] && page.peers.map(\.isMin) == [false, true, false])
        #expect(page.peers.map(\.peer.username) == ["ann", nil, "station"])
        #expect(page.info?.title == "Station" && page.info?.username == "station" && page.info?.forum == true)
        let order = page.changes.map { change -> Int64 in if case .message(let m) = change.kind { m.id } else { 0 } }
        #expect(order == [7, 9, 0], "the oldest first, then the chat")
    }

    @Test func the_other_forms_of_an_answer() throws {
        let few = TLObject("messages.messages", ["messages": .objects([inChannel(1)]), "topics": [], "chats": [], "users": []])
        #expect(try page(TL.encode(few)).total == 1)
        let slice = TLObject(
            "messages.messagesSlice", ["count": 9, "messages": .objects([inChannel(1)]), "topics": [], "chats": [], "users": []])
        let sliced = try page(TL.encode(slice))
        #expect(sliced.total == 9 && sliced.pts == nil && sliced.messages.count == 1)
        let same = try page(TL.encode(TLObject("messages.messagesNotModified", ["count": 4])))
        #expect(same.isNotModified && same.total == 4 && same.entries.isEmpty)
        #expect(throws: TLError.self) { try page(TL.encode(TLObject("updatesTooLong"))) }
        #expect(throws: TLError.self) { try page([1, 2, 3, 4]) }
        #expect(throws: TLError.self) { try page(Array(TL.encode(slice).dropLast(4))) }
    }

    @Test func a_copy_is_settled_a_minute_after_its_edit() throws {
        let bytes = try answer([inChannel(1), inChannel(2, ["edit_date": 1_750_000_000])])
        #expect(try page(bytes, at: 1_750_000_059).messages.map(\.settled) == [true, false])
        #expect(try page(bytes, at: 1_750_000_060).messages.map(\.settled) == [true, true])
        let live = WireMessage(
            inChannel(2), Sighting(position: 5, generation: 1, edited: false, observedAt: 1_900_000_000), peers: book())
        #expect(live?.settled == false)
    }

    @Test func a_message_of_another_chat_is_left_out() throws {
        let bytes = try answer([inChannel(2), message(1, in: peer(basicGroup)), message(3, in: privatePeer)])
        let page = try page(bytes)
        #expect(page.messages.map(\.id) == [2] && page.entries.map(\.id) == [2])
        // The same number, but a basic group.
        #expect(try HistoryPage(bytes: bytes, of: WireChat(.basicGroup, 3), fetchedAt: 1).messages.isEmpty)
    }

    /// The page with something unknown in the media of the messages with these ids.
    private func broken(_ lost: [Int64], unknown constructor: Bool = false) throws -> (bytes: [UInt8], lost: [[UInt8]]) {
        let media = TLObject("messageMediaDice", ["value": 3, "emoticon": "🎲"])
        let messages = (1...5).reversed().map { inChannel($0, ["media": .object(media)]) }
        var bytes = try answer(messages, ["users": .objects([TLObject("userEmpty", ["id": 5])])])
        var parts: [[UInt8]] = []
        for message in messages where lost.contains(message["id"]?.int ?? 0) {
            var part = try TL.encode(message)
            let start = try #require(bytes.firstRange(of: part)).lowerBound
            let inside = try #require(part.firstRange(of: TL.encode(media))).lowerBound
            let place = constructor ? 0 : inside
            part.replaceSubrange(place..<place + 4, with: [1, 2, 3, 4])
            bytes.replaceSubrange(start..<start + part.count, with: part)
            parts.append(part)
        }
        return (bytes, parts)
    }

    @Test(arguments: [[1], [5], [3], [2, 4], [3, 4], [1, 2, 3, 4, 5]]) func a_message_that_nobody_can_read_costs_only_itself(
        lost: [Int64]
    ) throws {
        let (bytes, parts) = try broken(lost)
        let page = try page(bytes)
        #expect(page.messages.map(\.id) == [5, 4, 3, 2, 1].filter { !lost.contains($0) })
        #expect(page.undecodable.map(\.bytes) == parts)
        #expect(page.undecodable.allSatisfy { $0.context == "messages.getHistory" && $0.reason.contains("message") })
        // What comes before the unknown part says which message it is.
        #expect(page.isComplete && Set(page.entries.map(\.id)) == [1, 2, 3, 4, 5])
        #expect(page.entries.allSatisfy { $0.date == 1_700_000_000 })
    }

    @Test func a_message_of_an_unknown_kind_leaves_its_id_open() throws {
        let (bytes, parts) = try broken([3], unknown: true)
        let page = try page(bytes)
        #expect(page.messages.map(\.id) == [5, 4, 2, 1] && page.undecodable.map(\.bytes) == parts)
        #expect(!page.isComplete)
    }

    @Test func what_nobody_can_read_of_users_costs_no_message() throws {
        var bytes = try answer([inChannel(1)], ["users": .objects([TLObject("userEmpty", ["id": 5])])])
        bytes.replaceSubrange(bytes.count - 12..<bytes.count - 8, with: [1, 2, 3, 4])
        let page = try page(bytes)
        #expect(page.messages.count == 1 && page.isComplete && page.undecodable.count == 1)
    }

    @Test func topics_of_a_page_and_of_its_messages() throws {
        let created = TLObject(
            "messageService",
            [
                "id": 10, "peer_id": .object(peer(channel)), "date": 5,
                "action": .object(TLObject("messageActionTopicCreate", ["title": "Trips", "icon_color": 1])),
            ])
        let reply = TLObject("messageReplyHeader", ["reply_to_msg_id": 10, "forum_topic": true])
        var edited = created
        edited["id"] = 11
        edited["reply_to"] = .object(reply)
        edited["action"] = .object(TLObject("messageActionTopicEdit", ["title": "Journeys", "closed": true]))
        var general = created
        general["id"] = 12
        general["action"] = .object(TLObject("messageActionTopicEdit", ["hidden": true]))
        let page = try page(answer([general, edited, created]))
        let topics = page.told.compactMap { if case .topic(let topic) = $0.kind { topic } else { nil } }
        #expect(topics.map(\.id) == [1, 10, 10] && topics.map(\.title) == ["", "Journeys", "Trips"])
        #expect(topics[0].hidden && !topics[0].hasClosed && topics[1].closed && !topics[1].hasHidden && topics[2].observedAt == 5)
        #expect(page.messages.map(\.hasTopicID) == [false, true, false])
    }

    @Test func an_old_title_in_the_history_is_not_the_chats_title() throws {
        let renamed = TLObject(
            "messageService",
            [
                "id": 10, "peer_id": .object(peer(channel)), "date": 5,
                "action": .object(TLObject("messageActionChatEditTitle", ["title": "Long ago"])),
            ])
        let page = try page(answer([renamed]))
        #expect(page.info == nil && page.told.isEmpty)
        #expect(page.messages[0].service == #"{"type":"chat_edit_title","title":"Long ago"}"#)
    }

    @Test func the_last_message_of_a_basic_group_tells_its_migration() throws {
        let last = TLObject(
            "messageService",
            [
                "id": 50, "peer_id": .object(peer(basicGroup)), "date": 5,
                "action": .object(TLObject("messageActionChatMigrateTo", ["channel_id": 900])),
            ])
        let bytes = try TL.encode(TLObject("messages.messages", ["messages": .objects([last]), "topics": [], "chats": [], "users": []]))
        guard case .migration(let migration) = try HistoryPage(bytes: bytes, of: WireChat(.basicGroup, 7), fetchedAt: 1).told.first?.kind
        else {
            Issue.record("no migration")
            return
        }
        #expect(migration.channelID == 900 && migration.maxID == 50)
    }
}
