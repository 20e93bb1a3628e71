import Primitives
import TL
import Testing

@testable import SimulatorCore

/// What clients rely on without being able to notice that it is wrong.
@Suite struct TruthfulnessTests {
    /// A supergroup and a basic group of users 0 and 1, both logged in.
    private struct Groups {
        var fixture = ServerFixture()
        let alice: ServerFixture.Client
        let bob: ServerFixture.Client
        let channel: Int64
        let chat: Int64

        init() throws {
            alice = try fixture.logIn(0)
            bob = try fixture.logIn(1)
            let (users, now) = (fixture.users, fixture.now)
            channel = try fixture.server.world.createChannel(by: users[0], title: "Super", isBroadcast: false, now: now)
            try fixture.server.world.invite([users[1]], to: channel, by: users[0], now: now)
            // Their ids differ from here on.
            try fixture.server.world.send(by: users[1], to: .user(users[2]), Draft("aside"), now: now)
            chat = try fixture.server.world.createChat(by: users[0], title: "Basic", users: [users[1]], now: now)
            fixture.server.publish(now: now)
            _ = fixture.server.takeOutgoing()
        }

        /// The ids, as user 0 knows them, of so many new messages.
        mutating func write(_ count: Int, to place: Peer) throws -> [Int32] {
            for i in 0..<count { try fixture.server.world.send(by: fixture.users[0], to: place, Draft("number \(i)"), now: fixture.now) }
            fixture.server.publish(now: fixture.now)
            _ = fixture.server.takeOutgoing()
            return Array(fixture.server.world.ids(in: place, for: fixture.users[0]).suffix(count))
        }

        func input() -> TLValue {
            let hash = fixture.server.world.accessHash(of: .channel(channel), for: fixture.users[0])
            return .object(TLObject("inputChannel", ["channel_id": .integer(channel), "access_hash": .integer(hash)]))
        }
    }

    @Test func a_deletion_takes_a_step_for_each_message() throws {
        var groups = try Groups()
        let inChannel = try groups.write(3, to: .channel(groups.channel))
        let before = groups.fixture.server.world.channels[groups.channel]?.box.pts ?? 0
        let affected = try groups.fixture.call(
            groups.alice, TLObject("channels.deleteMessages", ["channel": groups.input(), "id": .integers(inChannel)]))
        #expect(affected["pts_count"]?.int == 3 && affected["pts"]?.int == Int64(before + 3))
        let told = try #require(try groups.fixture.pushed(to: groups.bob).first?["updates"]?.vector?.first)
        #expect(told["pts_count"]?.int == 3 && told["pts"]?.int == Int64(before + 3))

        let inChat = try groups.write(2, to: .chat(groups.chat))
        let mine = groups.fixture.server.world.commonPosition(of: groups.fixture.users[0])
        let theirs = groups.fixture.server.world.commonPosition(of: groups.fixture.users[1])
        let common = try groups.fixture.call(
            groups.alice, TLObject("messages.deleteMessages", ["revoke": true, "id": .integers(inChat)]))
        #expect(common["pts_count"]?.int == 2 && common["pts"]?.int == Int64(mine + 2))
        let heard = try #require(try groups.fixture.pushed(to: groups.bob).first?["updates"]?.vector?.first)
        #expect(heard["pts_count"]?.int == 2 && heard["pts"]?.int == Int64(theirs + 2))
        #expect(heard["messages"]?.vector?.compactMap(\.int) != inChat.map(Int64.init), "under the ids of the one who is told")
    }

    @Test func a_message_of_a_basic_group_comes_under_the_readers_own_id() throws {
        var groups = try Groups()
        let media = Media.photo(groups.fixture.server.world.store([1, 2, 3], document: nil, now: groups.fixture.now))
        let (users, now) = (groups.fixture.users, groups.fixture.now)
        let place = Peer.chat(groups.chat)
        let key = try groups.fixture.server.world.send(by: users[0], to: place, Draft("a photo", media: media), now: now)
        groups.fixture.server.publish(now: now)
        let content = groups.fixture.server.world.contents[key]
        let (mine, theirs) = (try #require(content.id(for: users[0])), try #require(content.id(for: users[1])))
        #expect(mine != theirs)
        let pushes = groups.fixture.server.takeOutgoing()
        for (client, id) in [(groups.alice, mine), (groups.bob, theirs)] {
            let push = try #require(pushes.first { $0.session == client.id })
            #expect(try TL.decode(push.body)["updates"]?.vector?.first?["message"]?["id"]?.int == Int64(id))
        }
        let history = try groups.fixture.call(groups.bob, groups.fixture.history(of: place, by: 1))
        #expect(history["messages"]?.vector?.first?["id"]?.int == Int64(theirs))
    }

    @Test func who_left_a_channel_is_told_that_and_nothing_more() throws {
        var groups = try Groups()
        try groups.fixture.server.world.leave(groups.channel, by: groups.fixture.users[1], now: groups.fixture.now)
        groups.fixture.server.publish(now: groups.fixture.now)
        let farewell = try groups.fixture.pushed(to: groups.bob)
        #expect(farewell.flatMap { $0["updates"]?.vector ?? [] }.compactMap { $0.object?.name } == ["updateChannel"])
        try groups.fixture.server.world.send(
            by: groups.fixture.users[0], to: .channel(groups.channel), Draft("behind your back"), now: groups.fixture.now)
        groups.fixture.server.publish(now: groups.fixture.now)
        let later = try groups.fixture.pushed(to: groups.bob)
        #expect(later.isEmpty)
    }

    @Test func slices_lead_to_the_end_and_tell_everything_once() throws {
        var groups = try Groups()
        var limits = World.Limits()
        limits.differenceSlice = 3
        groups.fixture.server.world.setLimits(limits)
        let start = groups.fixture.server.world.commonPosition(of: groups.fixture.users[1])
        _ = try groups.write(10, to: .chat(groups.chat))
        let end = groups.fixture.server.world.commonPosition(of: groups.fixture.users[1])
        var pts = Int64(start)
        var texts: [String] = []
        var slices = 0
        while pts < Int64(end) {
            let part = try groups.fixture.call(
                groups.bob,
                TLObject("updates.getDifference", ["pts": .integer(pts), "date": .integer(groups.fixture.now.seconds + 9), "qts": 1]))
            texts += (part["new_messages"]?.vector ?? []).compactMap { $0["message"]?.string }
            let state = try #require(part["intermediate_state"] ?? part["state"])
            pts = try #require(state["pts"]?.int)
            slices += 1
            try #require(slices < 20)
        }
        #expect(texts == (0..<10).map { "number \($0)" })
        #expect(slices == 4)
    }

    @Test func an_expired_reference_is_refused_and_a_new_one_comes_with_the_message() throws {
        var world = World(secret: 3)
        let file = world.store([1], document: nil, now: UnixTime(seconds: 1))
        let old = world.fileAccess(file)
        world.expireFileReferences()
        #expect(world.fileAccess(file).reference != old.reference)
        #expect(world.fileAccess(file).hash == old.hash)
    }

    @Test func a_file_elsewhere_is_named_with_its_data_centre() throws {
        var settings = TelegramServer.Settings()
        settings.dataCentres = (1...3).map { DataCentre(id: $0, addresses: []) }
        var fixture = ServerFixture(settings: settings)
        let alice = try fixture.logIn(0)
        let file = fixture.server.world.store([1, 2, 3], document: nil, at: 3, now: fixture.now)
        let access = fixture.server.world.fileAccess(file)
        let location = TLObject(
            "inputPhotoFileLocation",
            [
                "id": .integer(file), "access_hash": .integer(access.hash), "file_reference": .bytes(access.reference), "thumb_size": "x",
            ])
        #expect(throws: Failure.migrate("FILE", to: 3)) {
            try fixture.call(alice, TLObject("upload.getFile", ["location": .object(location), "offset": 0, "limit": 4096]))
        }
    }
}
