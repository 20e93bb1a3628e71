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
}
