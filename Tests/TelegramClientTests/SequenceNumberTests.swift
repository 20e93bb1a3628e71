import Primitives
import TL
import Testing

@testable import TelegramClient

/// Numbers that no server should send.
@Suite struct SequenceNumberTests {
    @Test func the_largest_envelope_number_there_is_has_a_successor_that_ends_nothing() {
        var engine = settledEngine()
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        #expect(engine.answer(2, .differenceEmpty(date: 9, seq: .max), now: at(10)) == [])
        #expect(engine.push(push(loose(1), seq: 5), now: at(11)) == [], "known by its number")
        #expect(engine.push(push(loose(2), seq: .max), now: at(11)) == [])
        #expect(engine.push(push(common(101), loose(3)), now: at(12)) == ["common 100→101 [u101]", "loose [updateChat]"])
        // The number is kept with the position: the next start begins with it.
        let seq = engine.positions.first { $0.box == .common }?.position
        #expect(seq?.seq == .max)
        var next = UpdateEngine(positions: [.common: seq ?? BoxState(value: 1)], channels: [], peers: PeerBook(), now: at(20))
        _ = next.connected(now: at(20))
        _ = next.answer(1, .differenceEmpty(date: 9, seq: .max), now: at(20))
        #expect(next.push(push(loose(4), seq: 5), now: at(21)) == [])
    }

    @Test func a_count_below_zero_moves_no_box_backwards_and_is_asked_about() {
        var engine = settledEngine(channels: [3: 30])
        #expect(engine.push(push(common(90, count: -10)), now: at(10)) == ["#3 getDifference 100 5"])
        #expect(engine.answer(3, .differenceEmpty(date: 9, seq: 10), now: at(10)) == [])
        #expect(engine.push(push(common(101)), now: at(11)) == ["common 100→101 [u101]"])
        #expect(engine.push(push(inChannel(3, 20, count: -10)), now: at(12)) == ["#4 getChannelDifference 3 30"])
        #expect(engine.push(push(inChannel(3, 21, count: -10)), now: at(12)) == [], "nor is it kept for later")
        let same = UpdateAnswer.channelDifferenceEmpty(pts: 30, final: true, timeout: 30)
        #expect(engine.answer(4, same, now: at(12)) == ["#5 getChannelDifference 3 30"])
        #expect(engine.answer(5, same, now: at(12)) == [])
        #expect(engine.positions.first { $0.box == .channel(3) }?.position.value == 30)
    }

    @Test func a_qts_that_is_counted_anew_and_one_that_nobody_could_read_leave_a_range() {
        var engine = settledEngine()
        func ask(_ seconds: Double) {
            var envelope = push()
            envelope.tooLong = true
            _ = engine.push(envelope, now: at(seconds))
        }
        func mark(_ qts: Int64) -> Update {
            Update(TLObject("updateChatParticipant", ["qts": .integer(qts), "user_id": 1]), receivedAt: someTime)
        }
        ask(10)
        var content = DifferenceContent(updates: [mark(7)])
        content.isIncomplete = true
        #expect(
            engine.answer(2, .difference(content, state: CommonState(pts: 100, qts: 7, date: 9, seq: 10), final: true), now: at(10)) == [
                "qts 5→7 too long [u7]"
            ])
        ask(20)
        content.updates = [mark(8)]
        #expect(
            engine.answer(3, .difference(content, state: CommonState(pts: 100, qts: 8, date: 9, seq: 10), final: true), now: at(20)) == [
                "qts 7→8 [u8]"
            ], "what could not be read was none of these")
        ask(30)
        let far = CommonState(pts: 100, qts: 3_000_000, date: 9, seq: 10)
        _ = engine.answer(4, .difference(DifferenceContent(), state: far, final: true), now: at(30))
        ask(40)
        let low = CommonState(pts: 100, qts: 4, date: 9, seq: 10)
        #expect(engine.answer(5, .difference(DifferenceContent(), state: low, final: true), now: at(40)) == ["qts 4→4 too long g2"])
    }
}
