import Events
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

@testable import ListenerCore

/// Updates that speak of a message or a chat without bringing it.
@Suite struct CounterTests {
    private let registry = GroupRegistry([basicGroup, channel])

    private func changes(_ objects: TLObject..., peers: PeerBook = book()) -> [WireChange] {
        var recorder = Recorder(written: [(.common, Position(value: 100)), (.channel(3), Position(value: 30))], seed: 1)
        let items = objects.map { Delivery.Item.update(Update($0, receivedAt: clock)) }
        let delivery = Delivery(box: nil, way: .push, items: items, receivedAt: clock)
        return recorder.take(delivery, registry: registry, peers: peers, now: at(0)).flatMap(\.changes)
    }

    private func views(_ id: Int64, _ views: Int64, channel: Int64 = 3) -> TLObject {
        TLObject("updateChannelMessageViews", ["channel_id": .integer(channel), "id": .integer(id), "views": .integer(views)])
    }

    private func forwards(_ id: Int64, _ forwards: Int64) -> TLObject {
        TLObject("updateChannelMessageForwards", ["channel_id": 3, "id": .integer(id), "forwards": .integer(forwards)])
    }

    private func reactions(_ id: Int64, in peer: TLObject) -> TLObject {
        let heart = TLObject("reactionCount", ["reaction": .object(TLObject("reactionEmoji", ["emoticon": "❤"])), "count": 3])
        return TLObject(
            "updateMessageReactions",
            [
                "peer": .object(peer), "msg_id": .integer(id),
                "reactions": .object(TLObject("messageReactions", ["results": .objects([heart])])),
            ])
    }

    private func counters(_ changes: [WireChange]) -> [WireCounters] {
        changes.compactMap { if case .counters(let counters) = $0.kind { counters } else { nil } }
    }

    @Test func views_forwards_and_reactions_of_registered_groups() throws {
        let seen = counters(changes(views(5, 100), forwards(6, 2), reactions(7, in: peer(basicGroup)), reactions(8, in: privatePeer)))
        #expect(seen.map(\.id) == [5, 6, 7])
        #expect(seen[0].views == 100 && !seen[0].hasForwards && !seen[0].hasReactions && seen[0].observedAt == clock.seconds)
        #expect(seen[1].forwards == 2 && !seen[1].hasViews)
        #expect(seen[2].reactions == #"[{"emoji":"❤","count":3}]"# && seen[2].chat == WireChat(.basicGroup, 7))
        #expect(changes(views(5, 100, channel: 4)).isEmpty)
    }

    @Test func counters_of_one_message_are_told_once_a_record() {
        let seen = counters(changes(views(5, 100), views(6, 1), forwards(5, 2), views(5, 101), reactions(5, in: peer(channel))))
        #expect(seen.map(\.id) == [5, 6])
        #expect(seen[0].views == 101 && seen[0].forwards == 2 && seen[0].hasReactions)
    }

    @Test func counters_do_not_pass_a_copy_of_their_message() {
        let copy = TLObject(
            "updateEditChannelMessage",
            ["message": .object(message(5, in: peer(channel), ["views": 200])), "pts": 31, "pts_count": 1])
        let made = changes(views(5, 100), copy, views(5, 201))
        #expect(counters(made).map(\.views) == [100, 201])
    }

    @Test func a_record_with_counters_alone_has_no_position() throws {
        var recorder = Recorder(written: [(.channel(3), Position(value: 30))], seed: 1)
        let delivery = Delivery(box: nil, way: .push, items: [.update(Update(views(5, 1), receivedAt: clock))], receivedAt: clock)
        let records = recorder.take(delivery, registry: registry, peers: book(), now: at(0))
        #expect(records.map(words) == ["loose [counters 5]"])
        #expect(recorder.nextDeadline == nil)
    }

    @Test func a_new_title_is_told_by_the_service_message_or_by_the_chat_itself() {
        let service = TLObject(
            "messageService",
            [
                "id": 500, "peer_id": .object(peer(basicGroup)), "date": 1,
                "action": .object(TLObject("messageActionChatEditTitle", ["title": "New"])),
            ])
        let renamed = changes(TLObject("updateNewMessage", ["message": .object(service), "pts": 101, "pts_count": 1]))
        guard case .groupInfo(let info) = renamed.last?.kind else {
            Issue.record("no title")
            return
        }
        #expect(renamed.count == 2 && info.title == "New" && info.chat == WireChat(.basicGroup, 7) && !info.hasUsername && !info.hasForum)
        guard case .groupInfo(let told) = changes(TLObject("updateChannel", ["channel_id": 3])).first?.kind else {
            Issue.record("no title")
            return
        }
        #expect(told.title == "Station" && told.chat == WireChat(.channel, 3))
        #expect(changes(TLObject("updateChannel", ["channel_id": 4])).isEmpty)
        #expect(changes(TLObject("updateChat", ["chat_id": 7])).isEmpty, "nobody knows its title")
    }

    @Test func a_topic_is_told_when_it_is_made() {
        let service = TLObject(
            "messageService",
            [
                "id": 12, "peer_id": .object(peer(channel)), "date": 9,
                "action": .object(TLObject("messageActionTopicCreate", ["title": "Trips", "icon_color": 1])),
            ])
        let made = changes(TLObject("updateNewChannelMessage", ["message": .object(service), "pts": 31, "pts_count": 1]))
        guard case .topic(let topic) = made.last?.kind else {
            Issue.record("no topic")
            return
        }
        #expect(topic.id == 12 && topic.title == "Trips" && topic.chat == WireChat(.channel, 3) && topic.observedAt == 9)
    }
}
