import Primitives
import Testing

@testable import SupervisorCore

@Suite struct AskingTimesTests {
    private func at(_ seconds: Int) -> Instant { Instant.zero + .seconds(seconds) }

    @Test func an_address_that_answers_is_asked_seldom_and_sooner_for_a_key_that_is_missing() {
        var times = AskingTimes()
        #expect(times.isDue(now: at(0), isWanted: false))
        times.answered(now: at(0))
        #expect(!times.isDue(now: at(29), isWanted: true))
        #expect(times.isDue(now: at(30), isWanted: true))
        #expect(!times.isDue(now: at(599), isWanted: false))
        #expect(times.isDue(now: at(600), isWanted: false))
    }

    @Test func one_that_is_down_is_asked_less_and_less_whatever_is_wanted() {
        var times = AskingTimes()
        var generator = SeededGenerator(seed: 1)
        var asked: [Int] = []
        for second in 0..<3_600 where times.isDue(now: at(second), isWanted: true) {
            asked.append(second)
            times.failed(now: at(second), using: &generator)
        }
        #expect((10...40).contains(asked.count), "\(asked)")
        let late = asked.filter { $0 > 1_800 }
        #expect(zip(late, late.dropFirst()).allSatisfy { $1 - $0 >= 60 }, "\(late)")
        times.answered(now: at(4_000))
        #expect(!times.isDue(now: at(4_029), isWanted: true))
        // It begins anew with the short waits.
        times.failed(now: at(4_030), using: &generator)
        #expect(times.isDue(now: at(4_036), isWanted: false))
    }
}
