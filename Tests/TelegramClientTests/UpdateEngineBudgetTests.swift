import Primitives
import TL
import Testing

@testable import TelegramClient

/// Polls of channels that the account has not joined have a budget of their own.
@Suite struct UpdateEngineBudgetTests {
    private func leftChannel(_ id: Int64) -> TLObject {
        var object = channelObject(id, hash: id * 11)
        object["left"] = true
        return object
    }

    /// Channels 1…3 are joined, 11…25 are not; all are to be polled 300 s after the start, the others a little earlier.
    private func engine() -> UpdateEngine {
        let ids = Array(1...3) + Array(11...25) as [Int64]
        var engine = settledEngine(channels: Dictionary(uniqueKeysWithValues: ids.map { ($0, 30) }))
        _ = engine.push(push(loose(1), chats: ids.filter { $0 > 10 }.map(leftChannel)), now: at(5))
        // A word of a joined channel postpones its poll.
        for id in 1...3 as ClosedRange<Int64> { _ = engine.push(push(inChannel(id, 31)), now: at(10)) }
        return engine
    }

    /// Polls until the time, at their instants. Common calls are answered; channels' calls as `answers` says.
    private func polls(
        _ engine: inout UpdateEngine, until end: Instant, answers: (Int64) -> UpdateAnswer?
    ) -> [(channel: Int64, at: Instant)] {
        var out: [(Int64, Instant)] = []
        while let next = engine.nextDeadline, next <= end {
            var pending = engine.advance(now: next)
            while !pending.isEmpty {
                guard case .request(let id, let request) = pending.removeFirst() else { continue }
                var answer: UpdateAnswer?
                switch request {
                case .getDifference: answer = .differenceEmpty(date: 1_800_000_000, seq: 10)
                case .getPeerDialogs(let peers):
                    answer = .peerDialogs(peers.map { .init(channel: $0.channel, pts: nil) }, users: [], chats: [])
                case .getChannelDifference(let channel, _, _, _):
                    out.append((channel, next))
                    answer = answers(channel)
                default: break
                }
                if let answer { pending += engine.answer(id, answer, receivedAt: someTime, now: next) }
            }
        }
        return out
    }

    private func quiet(_ channel: Int64) -> UpdateAnswer? {
        .channelDifferenceEmpty(pts: channel > 10 ? 30 : 31, final: true, timeout: 300)
    }

    @Test func channels_that_are_not_joined_take_no_turn_of_those_that_are() throws {
        var engine = engine()
        let polled = polls(&engine, until: at(330), answers: quiet)
        let joined = polled.filter { $0.channel < 10 }.map(\.at), others = polled.filter { $0.channel > 10 }.map(\.at)
        #expect(joined.count == 3 && others.count == 15)
        // They are due in the midst of the others, which take more than ten seconds.
        #expect(others[14] - others[0] >= .seconds(10))
        #expect(joined[0] == at(310))
        #expect(joined[2] - joined[0] <= .seconds(1))
        // Each at its own pace.
        #expect(zip(others, others.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(850) })
        #expect(zip(joined, joined.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(400) })
    }

    @Test func calls_for_them_that_hang_leave_room_for_the_others() {
        var engine = engine()
        let polled = polls(&engine, until: at(340)) { $0 > 10 ? nil : quiet($0) }
        #expect(polled.count { $0.channel > 10 } == UpdateLimits.notJoinedCallsInFlight)
        #expect(polled.count { $0.channel < 10 } == 3)
        // And both together stay below the limit of all.
        #expect(UpdateLimits.notJoinedCallsInFlight < UpdateLimits.channelCallsInFlight)
    }

    @Test func a_flood_wait_slows_both_and_answers_quicken_their_own() {
        var engine = engine()
        let others = engine.currentNotJoinedPollRate, joined = engine.currentPollRate
        #expect(others == UpdateLimits.notJoinedPollRate)
        let due = engine.advance(now: at(301))
        guard case .request(let id, .getChannelDifference(11, _, _, _))? = due.first(where: { $0.isChannelCall }) else {
            Issue.record("\(words(due))")
            return
        }
        _ = engine.fail(id, .flood(seconds: 1), receivedAt: someTime, now: at(301))
        #expect(engine.currentNotJoinedPollRate == others / 2 && engine.currentPollRate == joined / 2)
        _ = polls(&engine, until: at(304), answers: quiet)
        #expect(engine.currentNotJoinedPollRate > others / 2 && engine.currentPollRate == joined / 2)
    }

    @Test func a_channel_that_is_joined_goes_over_to_the_others() {
        var engine = engine()
        _ = engine.push(push(loose(2), chats: [channelObject(12, hash: 132)]), now: at(20))
        let polled = polls(&engine, until: at(300.6)) { _ in nil }
        // The first of each budget, at once.
        #expect(Set(polled.map(\.channel)) == [11, 12])
        // What a min object says of it is not to be believed.
        var min = leftChannel(1)
        min["min"] = true
        _ = engine.push(push(loose(3), chats: [min]), now: at(300.6))
        #expect(engine.channels[0].isJoined)
    }
}

extension UpdateOutput {
    fileprivate var isChannelCall: Bool { if case .request(_, .getChannelDifference) = self { true } else { false } }
}
