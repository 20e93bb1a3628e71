import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct HistoryTests {
    private static let now = UnixTime(seconds: 1_790_000_000)

    private static func history(_ messages: Int = 6_000, seed: UInt64 = 3) throws -> World {
        var world = World(secret: 9)
        let logins = (1...2).map { world.addAccount(phone: Population.phone($0), firstName: "Login \($0)") }
        var history = History()
        (history.groups, history.messages, history.seed) = (20, messages, seed)
        try history.populate(&world, members: logins, now: now)
        return world
    }

    @Test func so_many_messages_are_in_the_window_and_some_before_it() throws {
        let world = try HistoryTests.history()
        let start = HistoryTests.now + .seconds(-14 * 86_400)
        let inside = world.contents.filter { $0.date >= start }
        // Making the young group is in the window, too.
        #expect((6_000...6_020).contains(inside.count))
        #expect((500...700).contains(world.contents.count - inside.count))
        #expect(world.contents.allSatisfy { $0.date < HistoryTests.now })
    }

    @Test func the_same_seed_makes_the_same_past() throws {
        func texts(_ seed: UInt64) throws -> [String] { try HistoryTests.history(500, seed: seed).contents.map(\.text) }
        #expect(try texts(1) == texts(1))
        #expect(try texts(1) != texts(2))
    }

    @Test func ids_ascend_with_dates_in_every_group_and_mailbox() throws {
        let world = try HistoryTests.history()
        for place in world.groups {
            for user in world.accountOrder.prefix(2) {
                let dates = world.ids(in: place, for: user).compactMap { id in
                    world.key(of: id, in: place, for: user).map { world.contents[$0].date.seconds }
                }
                #expect(dates == dates.sorted())
            }
        }
        for user in world.accountOrder.prefix(2) {
            let dates = (world.accounts[user]?.mailbox ?? []).map { world.contents[$0.key].date }
            #expect(dates == dates.sorted() && dates.count > 100)
        }
    }

    @Test func everything_that_groups_have_is_there() throws {
        let contents = try HistoryTests.history().contents
        let places = Set(contents.map(\.place))
        #expect(places.count == 20)
        let tests: [(String, (Content) -> Bool)] = [
            ("reply", { $0.replyTo != nil }), ("topic", { $0.topic != nil }), ("album", { $0.groupedID != nil }),
            ("forward of a user", { if case .user? = $0.forward?.origin { true } else { false } }),
            ("forward of a post", { $0.forward?.post != nil }), ("hidden forward", { $0.forward?.name != nil }),
            ("entities", { !$0.entities.isEmpty }), ("reactions", { !$0.reactions.isEmpty }), ("views", { $0.views > 1 }),
            ("bot", { $0.viaBot != nil }), ("signature", { $0.postAuthor != nil }), ("anonymous", { $0.isAnonymous }),
            ("edit", { $0.editedAt != nil && !$0.isEditHidden }), ("hidden edit", { $0.isEditHidden }),
            ("deleted", { $0.deletedAt != nil }), ("ttl", { $0.ttlPeriod != nil }), ("service", { $0.action == .pinMessage }),
            ("topic made", { $0.isTopic }),
        ]
        for (name, test) in tests { #expect(contents.contains(where: test), "no \(name)") }
        let albums = Dictionary(grouping: contents.filter { $0.groupedID != nil }, by: \.groupedID)
        #expect(albums.values.allSatisfy { Set($0.map(\.sender)).count == 1 && Set($0.map(\.place)).count == 1 && $0.count <= 6 })
    }

    @Test func entities_lie_on_their_words() throws {
        let contents = try HistoryTests.history().contents
        var seen = 0
        for content in contents {
            let units = Array(content.text.utf16)
            for entity in content.entities {
                let word = String(decoding: units[Int(entity.offset)..<Int(entity.offset + entity.length)], as: UTF16.self)
                #expect(!word.contains(" ") && !word.isEmpty)
                if entity.name == "messageEntityHashtag" { #expect(word == "#aalto") }
                seen += 1
            }
        }
        #expect(seen > 500)
    }

    @Test(arguments: [Int32(181), 214, TL.newestLayer]) func every_message_can_be_encoded_and_the_kept_bytes_are_the_same(layer: Int32)
        throws
    {
        let world = try HistoryTests.history(2_000)
        var server = TelegramServer(world: world)
        let user = world.accountOrder[0]
        let session = SessionID(authKey: 1, session: 1)
        server.authorisations[1] = Authorisation(dataCentre: 2, layer: layer, made: HistoryTests.now)
        server.authorisations[1]?.user = user
        let caller = Caller(session: session, user: user, dataCentre: 2, now: HistoryTests.now, entropy: [])
        for place in world.groups {
            var input = TLObject("inputPeerChat", ["chat_id": .integer(place.id)])
            if case .channel(let id) = place {
                let hash = TLValue.integer(world.accessHash(of: place, for: user))
                input = TLObject("inputPeerChannel", ["channel_id": .integer(id), "access_hash": hash])
            }
            let request = TLObject(
                "messages.getHistory",
                [
                    "peer": .object(input), "offset_id": 0, "offset_date": 0, "add_offset": 0, "limit": 100, "max_id": 0, "min_id": 0,
                    "hash": 0,
                ])
            let slow = try #require(try server.answerMessages(request, caller))
            let expected = try TL.encodeResult(slow, of: request.name, layer: layer)
            for _ in 0..<2 { #expect(try server.encodedAnswer(request, caller) == expected) }
        }
    }

    @Test func what_is_kept_of_a_message_goes_with_its_change() throws {
        var server = try ServerFixture()
        let alice = try server.logIn(0), bob = try server.logIn(1)
        let id = try server.server.world.createChannel(by: server.users[0], title: "G", isBroadcast: false, now: server.now)
        try server.server.world.invite([server.users[1]], to: id, by: server.users[0], now: server.now)
        let file = server.server.world.store(
            .synthetic(seed: 1, size: 9), document: DocumentInfo(mimeType: "a/b", fileName: nil), sizes: [], now: server.now)
        let key = try server.server.world.send(
            by: server.users[0], to: .channel(id), Draft("one", media: .document(file)), now: server.now)
        func newest(_ client: ServerFixture.Client, _ viewer: Int) throws -> TLObject {
            let page = try server.call(client, server.history(of: .channel(id), by: viewer))
            return try #require(page["messages"]?.vector?.first?.object)
        }
        let first = try newest(alice, 0)
        #expect(first["out"] == true)
        #expect(try newest(bob, 1)["out"] == nil)
        server.server.world.amend(key, text: "two", now: server.now)
        #expect(try newest(bob, 1).text("message") == "two")
        server.server.world.count(key, reactions: [Reaction(.emoji("👍"), 4)], now: server.now)
        #expect(try newest(bob, 1)["reactions"]?["results"]?.vector?.count == 1)
        server.server.world.expireReferences(of: file)
        #expect(try newest(alice, 0)["media"]?["document"]?["file_reference"] != first["media"]?["document"]?["file_reference"])
        #expect(try newest(alice, 0)["media"]?["document"]?["access_hash"] == first["media"]?["document"]?["access_hash"])
    }
}
