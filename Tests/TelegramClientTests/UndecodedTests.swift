import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct UndecodedTests {
    private func channel(_ id: Int64) -> TLObject {
        TLObject(
            "channel",
            [
                "id": .integer(id), "access_hash": .integer(id * 11), "title": "t", "photo": .object(TLObject("chatPhotoEmpty")), "date": 9,
            ])
    }

    private func envelope(_ updates: [Update], chats: [TLObject] = []) -> TLObject {
        TLObject(
            "updates",
            ["updates": .objects(updates.map(\.object)), "users": [], "chats": .objects(chats), "date": 1_800_000_000, "seq": 0])
    }

    /// The bytes of `whole` in which the part's constructor is one that nobody knows.
    private func spoiled(_ whole: TLObject, _ part: TLObject) throws -> [UInt8] {
        var bytes = try TL.encode(whole)
        let offset = try place(of: TL.encode(part), in: bytes)
        bytes.replaceSubrange(offset..<offset + 4, with: [0xef, 0xbe, 0xad, 0xde])
        return bytes
    }

    private func place(of part: [UInt8], in bytes: [UInt8]) throws -> Int {
        try #require((0...bytes.count - part.count).first { Array(bytes[$0..<$0 + part.count]) == part })
    }

    @Test(arguments: [0, 4, 9]) func defect_07_one_unknown_constructor_among_ten_updates_costs_only_itself(unknown: Int) throws {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        var updates = (101...109).map { common(Int64($0)) }
        let strange = inChannel(3, 31)
        updates.insert(strange, at: unknown)
        let bytes = try spoiled(envelope(updates, chats: [channel(3)]), strange.object)
        let outputs = engine.handle(bytes: bytes, receivedAt: someTime, now: at(10))
        let said = words(outputs)
        #expect(said.filter { $0.hasPrefix("common") } == (101...109).map { "common \($0 - 1)→\($0) [u\($0)]" })
        #expect(said.filter { $0.hasPrefix("quarantine push") }.count == 1)
        // Its box: nobody knows whether it was the common one or that of the channel which the envelope names. Channel 4 it was not.
        #expect(said.suffix(2) == ["#4 getDifference 109 5", "#5 getChannelDifference 3 30"])
        for case .quarantine(let object) in outputs {
            #expect(object.bytes.count == (try TL.encode(strange.object)).count)
            #expect(object.layer == TL.newestLayer && object.reason.contains("deadbeef") || object.reason.contains("3735928559"))
        }
    }

    @Test func an_unknown_part_of_a_known_update_asks_for_its_box_alone() throws {
        var engine = settledEngine(channels: [3: 30])
        let strange = common(102)
        let inner = try #require(strange.object["message"]?.object)
        let bytes = try spoiled(envelope([common(101), strange], chats: [channel(3)]), inner)
        let said = words(engine.handle(bytes: bytes, receivedAt: someTime, now: at(10)))
        #expect(said.first == "common 100→101 [u101]")
        #expect(said.contains { $0.hasPrefix("quarantine") })
        #expect(said.last == "#3 getDifference 101 5")
    }

    enum Naming: CaseIterable { case nobody, unreadable, unreadableBesideAnother }

    /// A new layer may change both; some envelopes name nobody. That another channel is named and read says nothing of this one.
    @Test(arguments: Naming.allCases) func an_unreadable_channel_update_is_asked_for_though_nobody_readable_names_its_channel(
        naming: Naming
    ) throws {
        var engine = settledEngine(channels: [3: 30])
        let strange = inChannel(3, 31)
        let chats =
            switch naming {
            case .nobody: [TLObject]()
            case .unreadable: [channel(3)]
            case .unreadableBesideAnother: [channel(3), channel(9)]
            }
        var bytes = try spoiled(envelope([strange], chats: chats), try #require(strange.object["message"]?.object))
        if !chats.isEmpty {
            // The first one's.
            let photo = try place(of: TL.encode(TLObject("chatPhotoEmpty")), in: bytes)
            bytes.replaceSubrange(photo..<photo + 4, with: [0xef, 0xbe, 0xad, 0xde])
        }
        let said = words(engine.handle(bytes: bytes, receivedAt: someTime, now: at(10)))
        // Behind two unknown objects of different kinds nothing is found again, so it is kept as one, and the common box is asked, too.
        #expect(said.filter { $0.hasPrefix("quarantine push") }.count == 1)
        #expect(said.suffix(2) == ["#3 getDifference 100 5", "#4 getChannelDifference 3 30"], "\(said)")
    }

    @Test func where_the_end_of_the_unreadable_is_not_found_everything_is_compared() throws {
        var engine = settledEngine(channels: [3: 30])
        let strange = common(101)
        // The second update can be read, but not be found.
        var bytes = try spoiled(
            envelope([strange, inChannel(3, 31)], chats: [channel(3)]), try #require(strange.object["message"]?.object))
        let photo = try place(of: TL.encode(TLObject("chatPhotoEmpty")), in: bytes)
        bytes.replaceSubrange(photo..<photo + 4, with: [0xef, 0xbe, 0xad, 0xde])
        let said = words(engine.handle(bytes: bytes, receivedAt: someTime, now: at(10)))
        #expect(said.suffix(2) == ["#3 getDifference 100 5", "#4 getChannelDifference 3 30"], "\(said)")
    }

    @Test func an_unreadable_update_of_a_channel_that_is_not_tracked_compares_nothing() throws {
        var engine = settledEngine(channels: [3: 30])
        let strange = inChannel(9, 31)
        let bytes = try spoiled(envelope([strange], chats: [channel(9)]), try #require(strange.object["message"]?.object))
        #expect(words(engine.handle(bytes: bytes, receivedAt: someTime, now: at(10))).count == 1)
    }

    @Test func an_unknown_message_in_a_difference_leaves_a_gap_and_the_rest() throws {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        let strange = message(32, in: channelPeer(3))
        let difference = TLObject(
            "updates.channelDifference",
            [
                "final": true, "pts": 33, "timeout": 30, "other_updates": [], "users": [], "chats": .objects([channel(3)]),
                "new_messages": .objects([message(31, in: channelPeer(3)), strange, message(33, in: channelPeer(3))]),
            ])
        let bytes = try spoiled(difference, strange)
        let said = words(engine.answer(.init(number: 3), bytes: bytes, receivedAt: someTime, now: at(10)))
        #expect(said.count == 2)
        #expect(said.first?.hasPrefix("quarantine updates.getChannelDifference") == true)
        #expect(said.last == "channel 3 30→33 too long [m31 m33]")
        #expect(engine.isSettled)
    }

    @Test func an_answer_that_is_none_is_tried_smaller_and_kept_at_last() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        var said = engine.push(push(tooLong), now: at(10))
        var now = at(10)
        for number in UInt64(3)...5 {
            said += words(engine.answer(.init(number: number), bytes: [1, 2, 3, 4], receivedAt: someTime, now: now))
            now = engine.nextDeadline ?? now
            said += words(engine.advance(now: now))
        }
        #expect(
            said == [
                "#3 getChannelDifference 3 30", "#4 getChannelDifference 3 30 limit 10", "#5 getChannelDifference 3 30 limit 1",
                "quarantine updates.getChannelDifference 4", "#6 getChannelPosition 3",
            ])
    }

    @Test func a_flood_of_unreadable_bytes_compares_everything_once_in_a_while() {
        var engine = settledEngine(channels: [3: 30])
        var calls = 0
        for i in 0..<200 {
            let now = at(10 + Double(i) * 0.1)
            for output in engine.handle(bytes: [1, 2, 3, 4], receivedAt: someTime, now: now) + engine.advance(now: now) {
                guard case .request(let id, let request) = output else { continue }
                calls += 1
                let answer: UpdateAnswer =
                    if case .getDifference = request {
                        .differenceEmpty(date: 9, seq: 10)
                    } else {
                        .channelDifferenceEmpty(pts: 30, final: true, timeout: 300)
                    }
                _ = engine.answer(id, answer, receivedAt: someTime, now: now)
            }
        }
        #expect((4...6).contains(calls), "\(calls)")
    }

    @Test func defect_20_a_message_of_layer_225_and_a_user_of_layer_227_inside_a_newer_stream_are_read() throws {
        var engine = settledEngine(channels: [3: 30])
        let user = TLObject("user", ["id": 42, "access_hash": 7, "first_name": "Ann"])
        var whole = envelope([inChannel(3, 31)], chats: [channel(3)])
        whole["users"] = .objects([user])
        var bytes = try TL.encode(whole)
        for (part, layer) in [(message(31, in: channelPeer(3)), Int32(225)), (user, 227)] {
            let (new, old) = (try TL.encode(part), try TL.encode(part, layer: layer))
            #expect(new != old)
            let offset = try place(of: new, in: bytes)
            bytes.replaceSubrange(offset..<offset + new.count, with: old)
        }
        let outputs = engine.handle(bytes: bytes, receivedAt: someTime, now: at(10))
        #expect(words(outputs) == ["channel 3 30→31 [u31]"])
        #expect(engine.peers[.init(.user, 42)]?.name == "Ann")
    }
}
