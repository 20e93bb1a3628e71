import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct UpdateEngineCommonTests {
    @Test func a_stored_position_starts_with_its_difference_and_never_with_getState() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100, date: 9, seq: 3), .qts: BoxState(value: 5)], channels: [], peers: PeerBook(),
            now: at(0))
        #expect(words(engine.connected(now: at(0))) == ["#1 getDifference 100 5"])
    }

    @Test func without_a_position_the_box_starts_where_the_server_stands() {
        var engine = UpdateEngine(positions: [:], channels: [], peers: PeerBook(), now: at(0))
        #expect(words(engine.connected(now: at(0))) == ["#1 getState"])
        #expect(engine.push(push(common(51)), now: at(0.1)) == [])
        #expect(
            engine.answer(1, .state(CommonState(pts: 50, qts: 2, date: 9, seq: 3)), now: at(0.2)) == [
                "common 50→50", "qts 2→2", "common 50→51 [u51]",
            ])
    }

    @Test func updates_apply_in_order_and_once() {
        var engine = settledEngine()
        #expect(engine.push(push(common(101)), now: at(10)) == ["common 100→101 [u101]"])
        #expect(engine.push(push(common(101)), now: at(10)) == [])
        #expect(engine.push(push(common(104, count: 3)), now: at(10)) == ["common 101→104 [u104]"])
        #expect(engine.duplicates == 1)
    }

    @Test func one_envelope_is_sorted_by_the_position_before_each_update() {
        var engine = settledEngine()
        #expect(
            engine.push(push(common(103), common(101), common(102)), now: at(10)) == [
                "common 100→101 [u101]", "common 101→102 [u102]", "common 102→103 [u103]",
            ])
    }

    @Test func an_update_that_counts_nothing_applies_where_it_stands_and_before_the_next() {
        var engine = settledEngine()
        #expect(
            engine.push(push(common(101), common(100, count: 0)), now: at(10)) == ["common 100→100 [u100]", "common 100→101 [u101]"])
        #expect(engine.push(push(common(99, count: 0)), now: at(10)) == [])
        #expect(engine.push(push(common(105, count: 0)), now: at(10)) == [])
        #expect(engine.nextDeadline == at(10.5))
    }

    @Test func a_hole_that_closes_within_half_a_second_costs_nothing() {
        var engine = settledEngine()
        #expect(engine.push(push(common(102)), now: at(10)) == [])
        #expect(engine.push(push(common(103)), now: at(10.2)) == [])
        #expect(engine.nextDeadline == at(10.5))
        #expect(
            engine.push(push(common(101)), now: at(10.4)) == [
                "common 100→101 [u101]", "common 101→102 [u102]", "common 102→103 [u103]",
            ])
        #expect(words(engine.advance(now: at(10.5))) == [])
    }

    @Test func a_hole_that_stays_is_filled_by_the_difference_while_pushes_wait() {
        var engine = settledEngine()
        _ = engine.push(push(common(102)), now: at(10))
        #expect(words(engine.advance(now: at(10.5))) == ["#2 getDifference 100 5"])
        #expect(engine.gaps == 1)
        #expect(engine.push(push(common(104)), now: at(10.6)) == [])
        let content = DifferenceContent(messages: [101, 102, 103].map { message($0, in: basicGroup(7)) })
        #expect(
            engine.answer(2, .difference(content, state: CommonState(pts: 103, qts: 5, date: 9, seq: 10), final: true), now: at(10.7)) == [
                "common 100→103 [m101 m102 m103]", "common 103→104 [u104]",
            ])
    }

    @Test func slices_repeat_from_the_intermediate_state_until_the_last() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        let one = DifferenceContent(messages: [message(101, in: basicGroup(7))])
        #expect(
            engine.answer(1, .difference(one, state: CommonState(pts: 101, qts: 5, date: 9, seq: 0), final: false), now: at(1)) == [
                "common 100→101 [m101]", "#2 getDifference 101 5",
            ])
        #expect(
            engine.answer(2, .difference(one, state: CommonState(pts: 102, qts: 6, date: 9, seq: 0), final: true), now: at(1)) == [
                "common 101→102 [m101]", "qts 5→6",
            ])
        #expect(engine.isSettled)
    }

    @Test func messages_of_a_difference_come_before_what_changes_them() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        let deletion = Update(
            TLObject("updateDeleteMessages", ["messages": [101], "pts": 102, "pts_count": 1]), receivedAt: someTime)
        let content = DifferenceContent(messages: [message(101, in: basicGroup(7))], updates: [deletion])
        #expect(
            engine.answer(1, .difference(content, state: CommonState(pts: 102, qts: 5, date: 9, seq: 0), final: true), now: at(1)) == [
                "common 100→102 [m101 u102]"
            ])
    }

    @Test func too_long_is_a_range_and_goes_on_behind_it() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        #expect(
            engine.answer(1, .differenceTooLong(pts: 900), now: at(1)) == ["common 100→900 too long", "#2 getDifference 900 5"])
    }

    @Test func sixty_silent_seconds_ask_for_the_difference() {
        var engine = settledEngine()
        _ = engine.push(push(common(101)), now: at(30))
        #expect(engine.nextDeadline == at(90))
        #expect(words(engine.advance(now: at(89.9))) == [])
        #expect(words(engine.advance(now: at(90))) == ["#2 getDifference 101 5"])
    }

    @Test func envelopes_without_positions_go_by_their_number() {
        var engine = settledEngine()
        #expect(engine.push(push(loose(1)), now: at(10)) == ["loose [updateChat]"])
        #expect(engine.push(push(loose(2), seq: 12), now: at(10)) == [])
        #expect(engine.nextDeadline == at(10.5))
        #expect(engine.push(push(loose(3), seq: 11), now: at(10.1)) == ["loose [updateChat]", "loose [updateChat]"])
        #expect(engine.push(push(loose(3), seq: 11), now: at(10.2)) == [])
        #expect(engine.push(push(loose(4), seq: 14), now: at(10.3)) == [])
        #expect(words(engine.advance(now: at(10.8))) == ["#2 getDifference 100 5"])
    }

    @Test func a_numbered_update_applies_though_its_envelope_must_wait() {
        var engine = settledEngine()
        #expect(engine.push(push(common(101), loose(1), seq: 12), now: at(10)) == ["common 100→101 [u101]"])
    }

    @Test func updatesTooLong_and_an_undecodable_update_ask_for_differences() {
        var engine = settledEngine(channels: [3: 30])
        var envelope = push()
        envelope.tooLong = true
        #expect(engine.push(envelope, now: at(10)) == ["#3 getDifference 100 5"])
        _ = engine.answer(3, .differenceEmpty(date: 9, seq: 10), now: at(10))
        #expect(words(engine.undecodable(now: at(11))) == ["#4 getDifference 100 5", "#5 getChannelDifference 3 30"])
    }

    @Test func a_failed_difference_is_asked_again_after_a_growing_wait_and_never_given_up() {
        var engine = settledEngine()
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        var now = at(10)
        var waits: [Double] = []
        for n in 2..<12 {
            _ = engine.fail(UInt64(n), .temporary, now: now)
            let next = engine.nextDeadline ?? now
            waits.append((next - now).inSeconds)
            now = next
            #expect(words(engine.advance(now: now)) == ["#\(n + 1) getDifference 100 5"])
        }
        let least = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60] as [Double]
        #expect(waits.count == least.count && zip(waits, least).allSatisfy { $0 >= $1 && $0 <= $1 * 4 / 3 })
        // The longest are anywhere between 60 and 80 seconds.
        #expect(Set(waits.suffix(4)).count == 4)
    }

    @Test func retries_of_many_engines_spread_and_one_seed_gives_one_spread() {
        func wait(seed: UInt64?, pts: Int64 = 100) -> Duration {
            var engine = UpdateEngine(
                positions: [.common: BoxState(value: pts), .qts: BoxState(value: 5)], channels: [], peers: PeerBook(), seed: seed,
                now: at(0))
            _ = engine.connected(now: at(0))
            _ = engine.fail(1, .temporary, now: at(1))
            return (engine.nextDeadline ?? at(1)) - at(1)
        }
        #expect(wait(seed: 7) == wait(seed: 7))
        let waits = (0..<40).map { wait(seed: $0) }
        #expect(waits.allSatisfy { $0 >= .seconds(1) && $0 <= .milliseconds(1_334) })
        #expect(Set(waits).count == 40)
        // A spread over the whole of it, and not around one moment.
        #expect(waits.contains { $0 < .milliseconds(1_100) } && waits.contains { $0 > .milliseconds(1_233) })
        // Without a seed accounts that start in the same moment differ, too.
        #expect(wait(seed: nil, pts: 100) != wait(seed: nil, pts: 101))
    }

    @Test func a_flood_wait_is_waited_for() {
        var engine = settledEngine()
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        #expect(engine.fail(2, .flood(seconds: 42), now: at(10)) == [])
        #expect(engine.nextDeadline == at(52))
    }

    @Test func a_position_the_server_does_not_know_starts_a_new_generation() {
        var engine = settledEngine()
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        _ = engine.fail(2, .positionInvalid, now: at(10))
        #expect(words(engine.advance(now: at(11.4))) == ["#3 getState"])
        #expect(
            engine.answer(3, .state(CommonState(pts: 7, qts: 1, date: 9, seq: 1)), now: at(12)) == [
                "common 7→7 too long g2", "qts 1→1 too long g2",
            ])
    }

    @Test func an_answer_that_cannot_be_decoded_shrinks_to_one_update_and_then_leaves_a_gap() {
        var engine = settledEngine()
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        var now = at(10)
        var seen: [String] = []
        for n in 2..<6 {
            _ = engine.fail(UInt64(n), .undecodable, now: now)
            now = engine.nextDeadline ?? now
            seen += words(engine.advance(now: now))
        }
        #expect(
            seen == [
                "#3 getDifference 100 5 limit 100", "#4 getDifference 100 5 limit 10", "#5 getDifference 100 5 limit 1", "#6 getState",
            ])
        #expect(
            engine.answer(6, .state(CommonState(pts: 107, qts: 5, date: 9, seq: 1)), now: now) == [
                "common 100→107 too long", "qts 5→5",
            ])
    }

    @Test func ten_thousand_private_messages_move_the_position_without_a_gap() {
        var engine = settledEngine()
        var outputs: [UpdateOutput] = []
        for pts in Int64(101)...10_100 {
            let short = TLObject(
                "updateShortMessage",
                [
                    "id": .integer(pts), "user_id": 5, "message": "private", "pts": .integer(pts), "pts_count": 1,
                    "date": 1_800_000_000,
                ])
            outputs += engine.handle(Envelope(short, receivedAt: someTime)!, now: at(10))  // a literal above: it decodes
        }
        #expect(outputs.count == 10_000)
        #expect(engine.gaps == 0)
        let position = engine.positions.first { $0.box == .common }?.position
        #expect(position?.value == 10_100)
        var restarted = UpdateEngine(
            positions: [.common: position!, .qts: BoxState(value: 5)], channels: [], peers: PeerBook(), now: at(0))
        #expect(words(restarted.connected(now: at(0))) == ["#1 getDifference 10100 5"])
    }

    @Test func while_paused_pushes_are_left_to_the_difference() {
        var engine = settledEngine()
        engine.pause()
        #expect(engine.push(push(common(101)), now: at(10)) == [])
        #expect(engine.nextDeadline == nil)
        #expect(words(engine.resume(now: at(20))) == ["#2 getDifference 100 5"])
        #expect(words(engine.resume(now: at(20))) == [])
    }

    @Test func a_held_back_flood_is_bounded_and_comes_back_by_the_difference() {
        var engine = settledEngine()
        for pts in 0..<Int64(UpdateLimits.heldUpdates + 10) {
            let out = engine.push(push(common(200 + pts)), now: at(10))
            if !out.isEmpty { #expect(out == ["#2 getDifference 100 5"]) }
        }
        #expect(engine.common.pts.held.count == UpdateLimits.heldUpdates)
        #expect(engine.requests.count == 1)
    }

    @Test func a_short_reconnect_compares_channels_at_the_pace_of_polls_and_a_long_one_quickly() {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        _ = engine.disconnected(now: at(100))
        #expect(words(engine.connected(now: at(105))) == ["#4 getDifference 100 5", "#5 getChannelDifference 3 30"])
        #expect(words(engine.advance(now: at(105.4))) == [])
        #expect(words(engine.advance(now: at(105.5))) == ["#6 getChannelDifference 4 40"])
        _ = engine.disconnected(now: at(200))
        #expect(words(engine.connected(now: at(300))) == ["#7 getDifference 100 5", "#8 getChannelDifference 3 30"])
        #expect(words(engine.advance(now: at(300.05))) == ["#9 getChannelDifference 4 40"])
        #expect(words(engine.sessionRenewed(now: at(301))) == [])
    }

    /// Until something is called on a connection the server pushes nothing.
    @Test(arguments: [0.1, 14, 100]) func a_reconnect_makes_a_call_at_once_though_none_was_waiting(away: Double) {
        var engine = settledEngine()
        #expect(engine.isSettled)
        #expect(words(engine.disconnected(now: at(10))) == [])
        #expect(engine.nextDeadline == nil)
        #expect(words(engine.connected(now: at(10 + away))) == ["#2 getDifference 100 5"])
    }

    @Test func a_new_session_on_a_living_connection_compares_everything() {
        var engine = settledEngine(channels: [3: 30])
        #expect(words(engine.sessionRenewed(now: at(100))) == ["#3 getDifference 100 5", "#4 getChannelDifference 3 30"])
    }
}
