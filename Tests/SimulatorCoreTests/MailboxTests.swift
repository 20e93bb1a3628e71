import Primitives
import Testing

@testable import SimulatorCore

@Suite struct MailboxTests {
    @Test func the_same_message_of_a_basic_group_has_another_id_for_each_account() throws {
        var fixture = try WorldFixture()
        let (a, b, c) = (fixture.users[0], fixture.users[1], fixture.users[2])
        try fixture.world.send(by: a, to: .user(b), Draft("between a and b"), now: fixture.now)
        let key = try fixture.world.send(by: a, to: .chat(fixture.chat), Draft("hello all"), now: fixture.now)
        let content = fixture.world.contents[key]
        #expect(content.id(for: a) == content.id(for: b))
        #expect(content.id(for: c) == content.id(for: a).map { $0 - 1 })
        let idOfC = try #require(content.id(for: c))
        let answer = try fixture.world.send(by: c, to: .chat(fixture.chat), Draft("hi", replyTo: idOfC), now: fixture.now)
        #expect(fixture.world.contents[answer].replyTo == key)
    }

    @Test func deleting_for_everyone_takes_every_copy_and_only_the_authors_or_creators_may() throws {
        var fixture = try WorldFixture()
        let (creator, author, reader) = (fixture.users[0], fixture.users[1], fixture.users[2])
        let key = try fixture.world.send(by: author, to: .chat(fixture.chat), Draft("oops"), now: fixture.now)
        let content = fixture.world.contents[key]
        try fixture.world.delete(by: reader, ids: [try #require(content.id(for: reader))], revoke: true, now: fixture.now)
        #expect(fixture.world.text(try #require(content.id(for: creator)), of: creator) == "oops")
        #expect(fixture.world.text(try #require(content.id(for: reader)), of: reader) == nil)
        try fixture.world.delete(by: author, ids: [try #require(content.id(for: author))], revoke: true, now: fixture.now)
        #expect(fixture.world.text(try #require(content.id(for: creator)), of: creator) == nil)
        #expect(fixture.world.contents[key].deletedAt == fixture.now)
    }

    @Test func reading_tells_the_authors() throws {
        var fixture = try WorldFixture()
        let (a, b) = (fixture.users[0], fixture.users[1])
        for i in 0..<3 { try fixture.world.send(by: a, to: .user(b), Draft("\(i)"), now: fixture.now) }
        let ids = fixture.world.ids(in: .user(a), for: b)
        #expect(fixture.world.unread(of: b, in: .user(a)) == 3)
        _ = fixture.world.takeChanges()
        let stamp = fixture.world.read(by: b, in: .user(a), maxID: ids[1], now: fixture.now)
        #expect(stamp.count == 1)
        #expect(fixture.world.unread(of: b, in: .user(a)) == 1)
        let told = fixture.world.takeChanges().compactMap { change -> CommonEvent? in
            if case .common(a, let event, _) = change { event } else { nil }
        }
        let idsOfA = fixture.world.ids(in: .user(b), for: a)
        #expect(told == [.readOutbox(.user(b), maxID: idsOfA[1])])
    }

    @Test func who_is_removed_keeps_what_it_had_and_gets_nothing_more() throws {
        var fixture = try WorldFixture()
        let gone = fixture.users[3]
        try fixture.world.remove(gone, from: fixture.chat, by: fixture.users[0], now: fixture.now)
        let before = fixture.world.ids(in: .chat(fixture.chat), for: gone)
        try fixture.world.send(by: fixture.users[0], to: .chat(fixture.chat), Draft("without you"), now: fixture.now)
        #expect(fixture.world.ids(in: .chat(fixture.chat), for: gone) == before)
        #expect(throws: Failure.chatWriteForbidden) {
            try fixture.world.send(by: gone, to: .chat(fixture.chat), Draft("still here?"), now: fixture.now)
        }
    }

    @Test func rights_in_channels() throws {
        var fixture = try WorldFixture()
        let (creator, member) = (fixture.users[0], fixture.users[1])
        let now = fixture.now
        #expect(throws: Failure.chatWriteForbidden) {
            try fixture.world.send(by: member, to: .channel(fixture.channel), Draft("me too"), now: now)
        }
        let key = try fixture.world.send(by: member, to: .channel(fixture.supergroup), Draft("mine"), now: now)
        let id = fixture.world.contents[key].channelMessageID
        #expect(throws: Failure.messageAuthorRequired) {
            try fixture.world.edit(by: creator, in: .channel(fixture.supergroup), id: id, text: "yours", now: now)
        }
        #expect(throws: Failure.messageDeleteForbidden) {
            try fixture.world.delete(by: fixture.users[2], in: fixture.supergroup, ids: [id], now: now)
        }
        try fixture.world.ban(member, from: fixture.supergroup, by: creator, now: now)
        #expect(throws: Failure.channelPrivate) {
            try fixture.world.send(by: member, to: .channel(fixture.supergroup), Draft("hello?"), now: now)
        }
        #expect(throws: Failure.channelPrivate) { try fixture.world.mayRead(member, .channel(fixture.supergroup)) }
    }

    @Test func a_random_id_sends_once() throws {
        var fixture = try WorldFixture()
        let draft = Draft("once", randomID: 42)
        try fixture.world.send(by: fixture.users[0], to: .chat(fixture.chat), draft, now: fixture.now)
        #expect(throws: Failure.randomIDDuplicate) {
            try fixture.world.send(by: fixture.users[0], to: .chat(fixture.chat), draft, now: fixture.now)
        }
    }

    @Test func hashes_differ_by_viewer_and_kind() throws {
        let fixture = try WorldFixture()
        #expect(fixture.chat == fixture.supergroup, "the ids of basic groups and channels collide on purpose")
        var seen: Set<Int64> = []
        for viewer in fixture.users {
            for peer in [Peer.user(fixture.users[0]), .channel(fixture.supergroup), .user(fixture.supergroup)] {
                #expect(seen.insert(fixture.world.accessHash(of: peer, for: viewer)).inserted)
                #expect(seen.insert(fixture.world.accessHash(of: peer, for: viewer, min: true)).inserted)
            }
        }
    }
}
