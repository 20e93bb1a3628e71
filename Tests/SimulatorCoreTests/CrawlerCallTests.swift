import Primitives
import TL
import Testing

@testable import SimulatorCore

/// Topics, links, the log of calls and the usual flood waits.
@Suite struct CrawlerCallTests {
    private var fixture = ServerFixture()
    private let alice: ServerFixture.Client
    private let bob: ServerFixture.Client
    private let group: Int64

    init() throws {
        alice = try fixture.logIn(0)
        bob = try fixture.logIn(1)
        group = try fixture.server.world.createChannel(by: fixture.users[0], title: "Forum", isBroadcast: false, now: fixture.now)
        try fixture.server.world.invite([fixture.users[1]], to: group, by: fixture.users[0], now: fixture.now)
    }

    private func command(_ json: JSON, _ fixture: inout ServerFixture) throws -> [JSON] {
        try #require(try Control.run(json, on: &fixture.server, now: fixture.now))
    }

    private var place: [JSON.Member] { [.init("kind", "supergroup"), .init("id", .integer(group))] }

    @Test func a_message_may_be_left_out_of_the_history_and_is_there() throws {
        var fixture = fixture
        try fixture.call(bob, fixture.send("here", to: .channel(group), by: 1, randomID: 1))
        let ids = { (page: TLValue) in (page["messages"]?.vector ?? []).compactMap { $0["id"]?.int } }
        let all = ids(try fixture.call(bob, fixture.history(of: .channel(group), by: 1)))
        let hidden = try #require(all.first)
        _ = try command(.object([.init("cmd", "hide"), .init("message", .integer(hidden))] + place), &fixture)
        #expect(ids(try fixture.call(bob, fixture.history(of: .channel(group), by: 1))) == Array(all.dropFirst()))
        let peer = fixture.peer(.channel(group), for: 1)
        let channel = TLObject("inputChannel", ["channel_id": peer["channel_id"], "access_hash": peer["access_hash"]])
        let asked = TLObject(
            "channels.getMessages",
            [
                "channel": .object(channel),
                "id": .vector([.object(TLObject("inputMessageID", ["id": .integer(hidden)]))]),
            ])
        #expect(try fixture.call(bob, asked)["messages"]?.vector?.first?["message"]?.string == "here")
        _ = try command(.object([.init("cmd", "hide"), .init("message", .integer(hidden)), .init("on", false)] + place), &fixture)
        #expect(ids(try fixture.call(bob, fixture.history(of: .channel(group), by: 1))) == all)
    }

    @Test func a_forum_lists_its_topics_by_their_newest_message() throws {
        var fixture = fixture
        _ = try command(.object([.init("cmd", "forum")] + place), &fixture)
        let news = try #require(
            try command(.object([.init("cmd", "topic"), .init("title", "News")] + place), &fixture).last?["topic"]?.integer)
        let talk = try #require(
            try command(.object([.init("cmd", "topic"), .init("title", "Talk")] + place), &fixture).last?["topic"]?.integer)
        try fixture.call(bob, fixture.send("in the news", to: .channel(group), by: 1, replyTo: news, randomID: 1))
        let page = try fixture.call(bob, fixture.history(of: .channel(group), by: 1))
        let header = page["messages"]?.vector?.first?["reply_to"]
        #expect(header?["forum_topic"] == true && header?["reply_to_msg_id"]?.int == news && header?["reply_to_top_id"] == nil)
        let newest = try #require(page["messages"]?.vector?.first?["id"]?.int)
        try fixture.call(bob, fixture.send("an answer", to: .channel(group), by: 1, replyTo: newest, randomID: 2))
        let answer = try fixture.call(bob, fixture.history(of: .channel(group), by: 1))["messages"]?.vector?.first?["reply_to"]
        #expect(answer?["reply_to_msg_id"]?.int == newest && answer?["reply_to_top_id"]?.int == news)
        let request = TLObject(
            "messages.getForumTopics",
            ["peer": fixture.peer(.channel(group), for: 1), "offset_date": 0, "offset_id": 0, "offset_topic": 0, "limit": 2])
        let first = try fixture.call(bob, request)
        #expect(first["count"]?.int == 3)
        #expect(first["topics"]?.vector?.map { $0["title"]?.string } == ["News", "Talk"])
        var further = request
        further["offset_topic"] = .integer(talk)
        #expect(try fixture.call(bob, further)["topics"]?.vector?.map { $0["title"]?.string } == ["General"])
        _ = try command(.object([.init("cmd", "topic"), .init("topic", .integer(talk)), .init("delete", true)] + place), &fixture)
        _ = try command(.object([.init("cmd", "topic"), .init("topic", .integer(news)), .init("closed", true)] + place), &fixture)
        let byID = TLObject(
            "messages.getForumTopicsByID",
            ["peer": fixture.peer(.channel(group), for: 1), "topics": .integers([news, talk])])
        let list = try fixture.call(bob, byID)["topics"]?.vector ?? []
        #expect(list.map { $0.object?.name } == ["forumTopic", "forumTopicDeleted"])
        #expect(list.first?["closed"] == true)
    }

    @Test func invite_links_let_in_once_until_they_expire() throws {
        var fixture = fixture
        let carol = try fixture.logIn(2)
        let link = try command(.object([.init("cmd", "invite_link")] + place), &fixture).last?["hash"]?.string ?? ""
        func join(_ hash: String, _ client: ServerFixture.Client) throws {
            try fixture.call(client, TLObject("messages.importChatInvite", ["hash": .string(hash)]))
        }
        let check = TLObject("messages.checkChatInvite", ["hash": .string(link)])
        #expect(try fixture.call(carol, check).object?.name == "chatInvite")
        _ = try command(["cmd": "window", "channels": 0], &fixture)
        #expect(throws: Failure.channelsTooMuch) { try join(link, carol) }
        _ = try command(["cmd": "window", "channels": 5], &fixture)
        try join(link, carol)
        #expect(throws: Failure.userAlreadyParticipant) { try join(link, carol) }
        #expect(try fixture.call(carol, check).object?.name == "chatInviteAlready")
        _ = try command(.object([.init("cmd", "invite_link"), .init("expired", true)] + place), &fixture)
        #expect(throws: Failure.inviteHashExpired) { try join(link, carol) }
        let next = try command(.object([.init("cmd", "invite_link")] + place), &fixture).last?["hash"]?.string
        #expect(next != link)
    }

    @Test func a_renamed_group_says_so() throws {
        var fixture = fixture
        _ = try fixture.pushed(to: bob)
        _ = try command(.object([.init("cmd", "rename"), .init("title", "New name")] + place), &fixture)
        let pushed = try fixture.pushed(to: bob)
        #expect(pushed.contains { $0["updates"]?.vector?.contains { $0["message"]?["action"]?["title"]?.string == "New name" } == true })
    }

    @Test func calls_are_logged_with_what_they_asked_for() throws {
        var fixture = fixture
        _ = try command(["cmd": "calls_log", "action": "start"], &fixture)
        _ = try command(["cmd": "limit", "method": "messages.getHistory", "calls": 2, "seconds": 30], &fixture)
        var request = fixture.history(of: .channel(group), by: 1)
        request["offset_id"] = 17
        request["add_offset"] = -100
        for _ in 0..<2 { try fixture.call(bob, request) }
        for _ in 0..<2 { #expect(throws: Failure.self) { try fixture.call(bob, request) } }
        try fixture.call(bob, TLObject("updates.getState"))
        let lines = try command(["cmd": "calls_log", "action": "read", "methods": ["messages.getHistory"]], &fixture)
        #expect(lines.count == 5 && lines.last?["next"]?.integer == 5)
        #expect(lines.dropLast().map { $0["flooded"]?.bool } == [false, false, true, true])
        #expect(lines.dropLast().map { $0["violation"]?.bool } == [false, false, false, true])
        #expect(lines.first?["offset_id"]?.integer == 17 && lines.first?["add_offset"]?.integer == -100)
        #expect(lines.first?["chat"]?.integer == group && lines.first?["limit"]?.integer == 100)
        #expect(lines.first?["account"]?.string == fixture.server.world.accounts[fixture.users[1]]?.phone)
        let later = try command(["cmd": "calls_log", "action": "read", "from": 4], &fixture)
        #expect(later.dropLast().map { $0["method"]?.string } == ["updates.getState"])
    }

    @Test func the_usual_flood_waits_are_as_much_shorter_as_asked() throws {
        var fixture = fixture
        fixture.server.setFloodRules(scale: 10)
        let request = fixture.history(of: .channel(group), by: 1)
        for _ in 0..<30 { try fixture.call(bob, request) }
        let start = fixture.now
        #expect(throws: Failure(420, "FLOOD_WAIT_3")) { try fixture.call(bob, request) }
        // Another account has a count of its own.
        try fixture.call(alice, fixture.history(of: .channel(group), by: 0))
        fixture.now = start + .seconds(4)
        try fixture.call(bob, request)
        fixture.server.setFloodRules(scale: nil)
        for _ in 0..<60 { try fixture.call(bob, request) }
    }

    @Test func views_are_told_and_counted() throws {
        var fixture = fixture
        let news = try fixture.server.world.createChannel(by: fixture.users[0], title: "News", isBroadcast: true, now: fixture.now)
        try fixture.server.world.invite([fixture.users[1]], to: news, by: fixture.users[0], now: fixture.now)
        try fixture.server.world.send(by: fixture.users[0], to: .channel(news), Draft("post"), now: fixture.now)
        let id = try #require(fixture.server.world.channels[news]?.ids.last)
        func views(_ increment: Bool) throws -> [Int64?] {
            try fixture.call(
                bob,
                TLObject(
                    "messages.getMessagesViews",
                    ["peer": fixture.peer(.channel(news), for: 1), "id": .integers([id, 999]), "increment": .bool(increment)]))["views"]?
                .vector?.map { $0["views"]?.int } ?? []
        }
        #expect(try views(false) == [1, nil])
        #expect(try views(true) == [2, nil])
    }

    @Test func a_page_may_be_filled_up_from_beyond_its_offset() throws {
        var fixture = fixture
        for index in 0..<10 {
            try fixture.server.world.send(by: fixture.users[0], to: .channel(group), Draft("\(index)"), now: fixture.now)
        }
        var request = PageRequest()
        (request.offsetID, request.addOffset, request.limit) = (10, -5, 5)
        let top = try #require(fixture.server.world.channels[group]?.ids.last)
        #expect(fixture.server.world.history(of: .channel(group), for: fixture.users[0], request).ids == Array((10...top).reversed()))
        _ = try command(["cmd": "window", "fill_pages": true], &fixture)
        #expect(fixture.server.world.history(of: .channel(group), for: fixture.users[0], request).ids == Array((top - 4...top).reversed()))
    }
}
