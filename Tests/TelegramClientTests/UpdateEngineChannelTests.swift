import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct UpdateEngineChannelTests {
    @Test func an_untracked_channel_is_dropped_without_a_call() {
        var engine = settledEngine()
        #expect(engine.push(push(inChannel(9, 500)), now: at(10)) == [])
        #expect(engine.untracked == 1)
        #expect(engine.nextDeadline == at(60))
    }

    @Test func a_gap_in_one_channel_asks_for_its_difference_and_for_no_other() {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        #expect(engine.push(push(inChannel(3, 32)), now: at(10)) == [])
        #expect(engine.push(push(inChannel(4, 41)), now: at(10)) == ["channel 4 40→41 [u41]"])
        #expect(words(engine.advance(now: at(10.5))) == ["#4 getChannelDifference 3 30"])
        #expect(engine.push(push(inChannel(3, 33)), now: at(10.6)) == [])
        let content = DifferenceContent(messages: [message(31, in: channelPeer(3)), message(32, in: channelPeer(3))])
        #expect(
            engine.answer(4, .channelDifference(content, pts: 32, final: true, timeout: 30), now: at(11)) == [
                "channel 3 30→32 [m31 m32]", "channel 3 32→33 [u33]",
            ])
    }

    @Test func a_difference_that_is_not_final_is_repeated_at_once() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        #expect(engine.push(push(tooLong), now: at(10)) == ["#3 getChannelDifference 3 30"])
        let content = DifferenceContent(messages: [message(31, in: channelPeer(3))])
        #expect(
            engine.answer(3, .channelDifference(content, pts: 31, final: false, timeout: 30), now: at(10)) == [
                "channel 3 30→31 [m31]", "#4 getChannelDifference 3 31",
            ])
        #expect(engine.answer(4, .channelDifferenceEmpty(pts: 31, final: true, timeout: 30), now: at(10)) == [])
    }

    @Test func too_long_gives_a_range_and_the_newest_messages() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3, "pts": 9_000]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        let content = DifferenceContent(messages: [message(8_999, in: channelPeer(3))])
        #expect(
            engine.answer(3, .channelDifferenceTooLong(content, pts: 9_000, final: true, timeout: nil), now: at(10)) == [
                "channel 3 30→9000 too long [m8999]"
            ])
        #expect(engine.push(push(inChannel(3, 9_001)), now: at(11)) == ["channel 3 9000→9001 [u9001]"])
    }

    @Test func a_silent_channel_is_polled_when_its_server_says_and_a_push_postpones_it() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.push(push(inChannel(3, 31)), now: at(250))
        // The server wants 300 s between two polls.
        let polledAt = at(550)
        var seen: [String] = []
        var now = at(250)
        while now < polledAt + .seconds(1) {
            now = min(engine.nextDeadline ?? .init(nanoseconds: .max), polledAt + .seconds(1))
            for output in engine.advance(now: now) {
                if case .request(let id, .getDifference) = output {
                    _ = engine.answer(id, .differenceEmpty(date: 9, seq: 10), receivedAt: someTime, now: now)
                } else {
                    seen += words([output])
                    #expect(now == polledAt)
                }
            }
        }
        #expect(seen.map { String($0.drop { $0 != " " }) } == [" getChannelDifference 3 31"])
    }

    @Test func at_most_ten_differences_are_in_flight_and_one_per_channel() {
        let channels = Dictionary(uniqueKeysWithValues: (1...40).map { (Int64($0), Int64(100)) })
        var engine = settledEngine(channels: channels)
        let tooLong = (1...40).map { Update(TLObject("updateChannelTooLong", ["channel_id": .integer($0)]), receivedAt: someTime) }
        var asked: [UpdateRequestID: Int64] = [:]
        func note(_ outputs: [UpdateOutput]) {
            for case .request(let id, .getChannelDifference(let channel, _, _, _)) in outputs { asked[id] = channel }
        }
        note(engine.handle(Envelope(updates: tooLong, receivedAt: someTime), now: at(10)))
        #expect(asked.count == 10)
        var done: Set<Int64> = []
        while let (id, channel) = asked.min(by: { $0.key < $1.key }) {
            asked[id] = nil
            #expect(done.insert(channel).inserted)
            note(engine.answer(id, .channelDifferenceEmpty(pts: 100, final: true, timeout: 300), receivedAt: someTime, now: at(10)))
            #expect(asked.count <= 10)
        }
        #expect(done.count == 40)
    }

    @Test func a_channel_without_an_access_hash_is_kept_and_found_among_the_dialogs() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3, 4], peers: PeerBook(), now: at(0))
        #expect(words(engine.connected(now: at(0))) == ["#1 getDifference 100 5", "#2 getDialogs 0"])
        #expect(engine.push(push(inChannel(3, 32)), now: at(1)) == [])
        var next = DialogsPage()
        next.id = 77
        #expect(
            engine.answer(
                2,
                .dialogs(
                    [.init(channel: 3, pts: 31)], next: next, users: [],
                    chats: [channelObject(3, hash: 33), channelObject(4, hash: 44, min: true)]),
                now: at(2)) == ["channel 3 31→31", "channel 3 31→32 [u32]", "#3 getDialogs 77"])
        #expect(engine.answer(3, .dialogs([], next: nil, users: [], chats: []), now: at(3)) == ["unresolved 4"])
        _ = engine.answer(1, .differenceEmpty(date: 9, seq: 0), now: at(3))
        // Seen whole in some envelope: it starts where it stands.
        #expect(engine.push(push(chats: [channelObject(4, hash: 44)]), now: at(4)) == ["resolved 4", "#4 getChannelPosition 4"])
        #expect(engine.answer(4, .channelPosition(pts: 400, users: [], chats: []), now: at(5)) == ["channel 4 400→400"])
    }

    @Test func an_unresolved_channel_is_looked_for_again() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        _ = engine.answer(1, .differenceEmpty(date: 9, seq: 0), now: at(0))
        #expect(engine.answer(2, .dialogs([], next: nil, users: [], chats: []), now: at(1)) == ["unresolved 3"])
        #expect(words(engine.advance(now: at(601))).contains("#4 getDialogs 0"))
    }

    @Test func a_min_channel_never_replaces_a_full_access_hash() {
        var engine = settledEngine(channels: [3: 30])
        let outputs = engine.handle(
            push(inChannel(3, 32), chats: [channelObject(3, hash: 999, min: true)]), now: at(10))
        #expect(outputs.isEmpty)
        let asked = engine.advance(now: at(10.5))
        #expect(
            asked == [.request(.init(number: 3), .getChannelDifference(channel: 3, accessHash: 33, pts: 30, limit: 100))])
        #expect(engine.peers[.init(.channel, 3)]?.accessHash == 33)
    }

    @Test func lost_access_stops_one_channel_only_until_it_is_heard_of_again() {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        _ = engine.push(push(inChannel(3, 32), inChannel(4, 42)), now: at(10))
        #expect(words(engine.advance(now: at(10.5))) == ["#4 getChannelDifference 3 30", "#5 getChannelDifference 4 40"])
        #expect(engine.fail(4, .lostAccess(reason: "CHANNEL_PRIVATE"), now: at(11)) == ["lost 3 CHANNEL_PRIVATE"])
        #expect(engine.answer(5, .channelDifferenceEmpty(pts: 42, final: true, timeout: nil), now: at(11)) == ["channel 4 40→42"])
        var calls: [String] = []
        for second in 12..<700 {
            for output in engine.advance(now: at(Double(second))) {
                guard case .request(let id, let request) = output else { continue }
                calls += words([output])
                if case .getDifference = request {
                    _ = engine.answer(id, .differenceEmpty(date: 9, seq: 10), receivedAt: someTime, now: at(Double(second)))
                } else {
                    _ = engine.answer(
                        id, .channelDifferenceEmpty(pts: 42, final: true, timeout: 30), receivedAt: someTime, now: at(Double(second)))
                }
            }
        }
        #expect(calls.contains { $0.contains("getChannelDifference 4") })
        #expect(!calls.contains { $0.contains("getChannelDifference 3") })
        let back = engine.push(push(inChannel(3, 50)), now: at(701))
        #expect(back.first == "regained 3")
        #expect(back.contains { $0.hasSuffix("getChannelDifference 3 30") })
    }

    @Test func a_flood_wait_holds_every_channel_back() {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        _ = engine.push(push(inChannel(3, 32)), now: at(10))
        _ = engine.advance(now: at(10.5))
        _ = engine.fail(4, .flood(seconds: 20), now: at(11))
        _ = engine.push(push(inChannel(4, 42)), now: at(12))
        #expect(words(engine.advance(now: at(13))) == [])
        #expect(words(engine.advance(now: at(31))) == ["#5 getChannelDifference 3 30", "#6 getChannelDifference 4 40"])
    }

    @Test func a_channel_position_the_server_does_not_know_starts_a_new_generation() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.push(push(inChannel(3, 32)), now: at(10))
        _ = engine.advance(now: at(10.5))
        _ = engine.fail(3, .positionInvalid, now: at(11))
        #expect(words(engine.advance(now: at(12.4))) == ["#4 getChannelPosition 3"])
        #expect(
            engine.answer(4, .channelPosition(pts: 12, users: [], chats: []), now: at(12.4)) == ["channel 3 12→12 too long g2"])
        #expect(engine.push(push(inChannel(3, 13)), now: at(13)) == ["channel 3 12→13 g2 [u13]"])
    }

    /// Nothing is known of channel 3 but that it is there: request 3 asks where it stands.
    private func beginning() -> UpdateEngine {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        _ = engine.answer(2, .dialogs([.init(channel: 3, pts: nil)], next: nil, users: [], chats: [channelObject(3, hash: 33)]), now: at(1))
        return engine
    }

    @Test func a_box_that_began_below_what_the_database_has_is_in_another_count() {
        for (known, generation) in [(BoxState(value: 30), 2), (BoxState(generation: 3, value: 30), 4)] {
            var engine = beginning()
            #expect(engine.answer(3, .channelPosition(pts: 12, users: [], chats: []), now: at(1)) == ["channel 3 12→12"])
            #expect(words(engine.learn([.channel(3): known], now: at(2))) == ["#4 getChannelPosition 3"])
            #expect(
                engine.answer(4, .channelPosition(pts: 13, users: [], chats: []), now: at(2)) == [
                    "channel 3 12→13 too long g\(generation)"
                ])
        }
        // Ahead of it, there is a hole, which the writer sees.
        var engine = beginning()
        _ = engine.answer(3, .channelPosition(pts: 12, users: [], chats: []), now: at(1))
        #expect(words(engine.learn([.channel(3): BoxState(value: 10)], now: at(2))) == [])
        // In a count that the database has seen begin.
        engine = beginning()
        _ = engine.answer(3, .channelPosition(pts: 12, users: [], chats: []), now: at(1))
        #expect(words(engine.learn([.channel(3): BoxState(generation: 3, value: 5)], now: at(2))) == ["channel 3 12→12 g3"])
    }

    /// The spool lost its newest segments, or was begun by a process that did not know the database's word.
    @Test func a_restored_box_goes_on_where_the_database_has_it() {
        var engine = settledEngine(channels: [3: 30])
        #expect(words(engine.learn([.channel(3): BoxState(value: 30)], now: at(10))) == [])
        #expect(words(engine.learn([.channel(3): BoxState(value: 40)], now: at(10))) == ["#3 getChannelDifference 3 40"])
        // What is pushed meanwhile waits for the answer.
        #expect(engine.push(push(inChannel(3, 42)), now: at(10)) == [])
        #expect(
            engine.answer(3, .channelDifferenceEmpty(pts: 41, final: true, timeout: nil), now: at(11)) == [
                "channel 3 40→41", "channel 3 41→42 [u42]",
            ])
        // The server counts anew since: it refuses what the database has.
        engine = settledEngine(channels: [3: 30])
        #expect(words(engine.learn([.channel(3): BoxState(generation: 2, value: 20)], now: at(10))) == ["#3 getChannelDifference 3 20"])
        #expect(engine.fail(3, .positionInvalid, now: at(10)) == [])
        #expect(words(engine.advance(now: at(12))) == ["#4 getChannelPosition 3"])
        #expect(
            engine.answer(4, .channelPosition(pts: 12, users: [], chats: []), now: at(12)) == ["channel 3 12→12 too long g3"])
        // One that is out of reach meanwhile goes on there when it is heard of again.
        engine = settledEngine(channels: [3: 30])
        _ = engine.push(push(inChannel(3, 32)), now: at(10))
        _ = engine.advance(now: at(10.5))
        #expect(engine.fail(3, .lostAccess(reason: "CHANNEL_PRIVATE"), now: at(11)) == ["lost 3 CHANNEL_PRIVATE"])
        #expect(words(engine.learn([.channel(3): BoxState(value: 40)], now: at(12))) == [])
        #expect(engine.push(push(inChannel(3, 50)), now: at(13)) == ["regained 3", "#4 getChannelDifference 3 40"])
    }

    @Test func a_box_that_begins_after_the_databases_word_goes_on_in_its_count_or_begins_another() {
        for (pts, wanted) in [(Int64(12), "channel 3 12→12 g3"), (31, "channel 3 31→31 g2")] {
            var engine = beginning()
            #expect(words(engine.learn([.channel(3): BoxState(generation: 2, value: 30)], now: at(1))) == [])
            #expect(engine.answer(3, .channelPosition(pts: pts, users: [], chats: []), now: at(2)) == [wanted])
        }
    }

    @Test func channel_updates_inside_the_common_difference_go_through_their_own_box() {
        var engine = settledEngine(channels: [3: 30])
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        let content = DifferenceContent(updates: [inChannel(3, 32), inChannel(3, 31)])
        #expect(
            engine.answer(3, .difference(content, state: CommonState(pts: 100, qts: 5, date: 9, seq: 10), final: true), now: at(10)) == [
                "channel 3 30→31 [u31]", "channel 3 31→32 [u32]",
            ])
    }

    @Test func tracking_changes_while_running() {
        var engine = settledEngine(channels: [3: 30])
        engine.peers.restore(.init(.channel, 5), .init(accessHash: 55))
        #expect(
            words(engine.track([3, 5], positions: [.channel(5): BoxState(value: 50)], now: at(10))) == ["#3 getChannelDifference 5 50"])
        #expect(words(engine.track([5], now: at(11))) == [])
        #expect(engine.push(push(inChannel(3, 31)), now: at(12)) == [])
        #expect(engine.positions.map(\.box) == [.common, .qts, .channel(5)])
    }

    @Test func a_stale_answer_does_not_move_a_channel_back() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        #expect(engine.answer(3, .channelDifferenceEmpty(pts: 25, final: true, timeout: 300), now: at(10)) == [])
        #expect(engine.push(push(inChannel(3, 26)), now: at(11)) == [])
        #expect(engine.push(push(inChannel(3, 31)), now: at(11)) == ["channel 3 30→31 [u31]"])
    }

    @Test func a_pts_that_falls_by_far_is_a_reset_of_the_channel() {
        var engine = settledEngine(channels: [3: 5_000_000])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        #expect(
            engine.answer(3, .channelDifferenceEmpty(pts: 25, final: true, timeout: 300), now: at(10)) == ["channel 3 25→25 too long g2"])
    }
}

@Suite struct PeerBookTests {
    private func user(_ id: Int64, hash: Int64, min: Bool = false, first: String = "A", last: String? = nil) -> TLObject {
        var object = TLObject("user", ["id": .integer(id), "access_hash": .integer(hash), "first_name": .string(first)])
        if let last { object["last_name"] = .string(last) }
        if min { object["min"] = true }
        return object
    }

    @Test func a_min_user_replaces_neither_hash_nor_name() {
        var book = PeerBook()
        book.merge(users: [user(1, hash: 11, first: "Ann", last: "Bell")], chats: [])
        book.merge(users: [user(1, hash: 99, min: true, first: "A.")], chats: [])
        #expect(book[.init(.user, 1)] == .init(accessHash: 11, name: "Ann Bell"))
        book.merge(users: [user(2, hash: 99, min: true, first: "Bob")], chats: [])
        #expect(book[.init(.user, 2)] == .init(accessHash: nil, name: "Bob"))
    }

    @Test func what_changed_is_told_once() {
        var book = PeerBook()
        book.merge(users: [user(1, hash: 11)], chats: [channelObject(3, hash: 33)])
        #expect(book.takeChanged().map(\.key) == [.init(.user, 1), .init(.channel, 3)])
        book.merge(users: [user(1, hash: 11)], chats: [channelObject(3, hash: 33)])
        #expect(book.takeChanged().isEmpty)
    }

    @Test func it_is_bounded_and_forgets_the_oldest() {
        var book = PeerBook(limit: 10)
        for id in Int64(1)...100 { book.merge(users: [user(id, hash: id)], chats: []) }
        #expect(book.count == 10)
        #expect(book[.init(.user, 90)] == nil && book[.init(.user, 91)] != nil)
    }
}
