import Events
import TL
import Testing

@testable import BackfillCore

private let peer = TLObject("inputPeerChannel", ["channel_id": 5, "access_hash": 6])

private func topic(_ id: Int64, top: Int64) -> TLObject {
    TLObject("forumTopic", ["id": .integer(id), "title": .string("topic \(id)"), "top_message": .integer(top)])
}

@Suite struct CrawlTopicsTests {
    @Test func the_call_has_the_form_of_its_layer() throws {
        let newest = try #require(ForumTopics.call(peer, from: .init(), layer: TL.newestLayer))
        #expect(newest.name == "messages.getForumTopics")
        #expect(newest["peer"]?.object == peer)
        #expect(try !TL.encode(newest).isEmpty)
        let older = try #require(ForumTopics.call(peer, from: .init(), layer: 201))
        #expect(older.name == "channels.getForumTopics")
        #expect(older["channel"]?.object?.name == "inputChannel")
        #expect(try !TL.encode(older, layer: 201).isEmpty)
    }

    @Test func a_full_page_is_followed_by_the_one_after_its_last_topic() throws {
        let full = TLObject(
            "messages.forumTopics",
            [
                "topics": .objects((1...100).map { topic($0, top: 1000 + $0) }),
                "messages": .objects([TLObject("message", ["id": 1100, "date": 77])]),
            ])
        let topics = ForumTopics.read(full)
        #expect(topics.map(\.id) == Array(1...100))
        let next = try #require(ForumTopics.next(after: full, topics, .init()))
        #expect((next.topic, next.id, next.date) == (100, 1100, 77))
        #expect(ForumTopics.next(after: full, Array(topics.dropLast()), .init()) == nil)
    }

    @Test func a_topic_that_is_gone_is_told_as_gone() {
        let answer = TLObject(
            "messages.forumTopics",
            ["topics": .objects([TLObject("forumTopicDeleted", ["id": 3]), topic(4, top: 9)])])
        let wire = ForumTopics.read(answer).map { $0.wire(of: WireChat(.channel, 5), at: 50) }
        #expect(wire.map(\.deleted) == [true, false])
        #expect(wire[1].title == "topic 4")
        #expect(wire[1].observedAt == 50)
    }
}

@Suite struct CrawlCallsTests {
    @Test func messages_are_asked_for_by_the_call_of_their_kind_of_chat() {
        let channel = HistoryCalls.messages([1, 2], of: peer)
        #expect(channel.name == "channels.getMessages")
        #expect(channel["channel"]?.object == TLObject("inputChannel", ["channel_id": 5, "access_hash": 6]))
        let group = HistoryCalls.messages([1], of: TLObject("inputPeerChat", ["chat_id": 5]))
        #expect(group.name == "messages.getMessages")
    }

    @Test func every_call_can_be_written() throws {
        let chat = TLObject("inputPeerChat", ["chat_id": 5])
        for peer in [peer, chat] {
            let calls = [
                HistoryCalls.page(peer, from: 7), HistoryCalls.page(peer, since: 70), HistoryCalls.newest(peer),
                HistoryCalls.newest(peer, before: 70), HistoryCalls.messages([1], of: peer),
            ]
            for call in calls { #expect(try !TL.encode(call).isEmpty) }
        }
    }
}
