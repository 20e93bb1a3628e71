import Events
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

@testable import ListenerCore

/// An account that an operator pauses: Telegram is left alone, nothing is forgotten, and what came meanwhile is asked for afterwards.
@Suite struct AccountPauseTests {
    private let stored: [(BoxKey, Position)] = [
        (.common, Position(value: 100, date: 9, seq: 4)), (.qts, Position(value: 5)), (.channel(3), Position(value: 30)),
    ]
    private let state = TLObject("updates.differenceEmpty", ["date": 9, "seq": 4])
    private let channelEmpty = TLObject("updates.channelDifferenceEmpty", ["final": true, "pts": 30, "timeout": 300])

    /// Calls, frames and connecting, in words.
    private func words(_ actions: [ListenerMachine.Action]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .call(_, let call): call.name
            case .send(let frame): ListenerCoreTests.words([frame])[0]
            case .connect(let wanted): wanted ? "connect" : "hang up"
            case .stop(let reason): "stop \(reason)"
            case .spool, .tap, .log, .quarantine: nil
            }
        }
    }

    private func machine(isPaused: Bool, windowRecords: Int = ProducerLimits.windowRecords) -> ListenerMachine {
        ListenerMachine(
            producer: makeProducer(), groups: [basicGroup, channel], peers: book(), seed: 1, spool: SpoolScan(account: "main"),
            spoolLimit: 1 << 30, windowRecords: windowRecords, isAccountPaused: isPaused)
    }

    private func running(windowRecords: Int = ProducerLimits.windowRecords) -> ListenerMachine {
        var machine = machine(isPaused: false, windowRecords: windowRecords)
        _ = machine.begin(now: at(0), clock: clock)
        _ = machine.linkConnected(now: at(0), clock: clock)
        _ = machine.welcomed(Writer.welcome(stored), now: at(0), clock: clock)
        _ = machine.telegramConnected(now: at(0), clock: clock)
        _ = machine.answered(.init(number: 1), state, now: at(0), clock: clock)
        _ = machine.answered(.init(number: 2), channelEmpty, now: at(0), clock: clock)
        return machine
    }

    private func bytes(_ update: TLObject) throws -> [UInt8] {
        try TL.encode(
            TLObject("updates", ["updates": .objects([update]), "users": [], "chats": [], "date": 1_800_000_000, "seq": 0]))
    }

    @Test func a_paused_account_hangs_up_asks_nothing_and_fetches_the_difference_when_it_goes_on() throws {
        var machine = running()
        #expect(machine.isReady && machine.isFollowing)
        #expect(words(machine.accountPaused(true, now: at(1), clock: clock)) == ["hang up"])
        #expect(words(machine.accountPaused(true, now: at(1), clock: clock)) == [], "said once")
        // What was on its way still comes, and is left to the difference.
        #expect(words(machine.pushed(try bytes(newMessage(101, in: peer(basicGroup)).object), now: at(1), clock: clock)) == [])
        #expect(words(machine.telegramDisconnected(now: at(1), clock: clock)) == [])
        #expect(machine.isReady && !machine.isFollowing, "ready, for what it is told to do")
        #expect(machine.statusLine.contains("paused") && machine.status["account_paused"]?.bool == true)
        for minute in 1...60 {
            let words = words(machine.advance(now: at(Double(minute) * 60), clock: clock))
            #expect(!words.contains { $0.hasPrefix("updates.") || $0.hasPrefix("messages.") || $0 == "connect" }, "\(words)")
        }
        #expect(words(machine.accountPaused(false, now: at(4000), clock: clock)) == ["connect"])
        #expect(!machine.isFollowing)
        let first = words(machine.telegramConnected(now: at(4001), clock: clock))
        #expect(first == ["updates.getDifference", "updates.getChannelDifference"])
    }

    @Test func an_account_that_is_paused_at_the_start_is_ready_without_telegram() {
        var machine = machine(isPaused: true)
        #expect(words(machine.begin(now: at(0), clock: clock)) == [])
        #expect(machine.isReady && !machine.isFollowing)
        _ = machine.linkConnected(now: at(0), clock: clock)
        #expect(words(machine.welcomed(Writer.welcome(stored), now: at(0), clock: clock)) == [])
        #expect(words(machine.accountPaused(false, now: at(5), clock: clock)) == ["connect"])
        #expect(
            words(machine.telegramConnected(now: at(6), clock: clock)) == ["updates.getDifference", "updates.getChannelDifference"])
    }

    @Test func room_in_the_spool_does_not_wake_a_paused_account_nor_does_going_on_fill_a_full_one() throws {
        var machine = running(windowRecords: 100)
        _ = machine.received(WireFrame(.hold(.with { $0.reason = "circuit" })), now: at(1), clock: clock)
        for pts in 101..<220 where !machine.isPaused {
            _ = machine.pushed(try bytes(newMessage(Int64(pts), in: peer(basicGroup)).object), now: at(1), clock: clock)
        }
        #expect(machine.isPaused, "full")
        let last = machine.link.window.last
        _ = machine.accountPaused(true, now: at(2), clock: clock)
        // The connection still stands: a hang-up that is late must not matter.
        _ = machine.pushed(try bytes(newMessage(400, in: peer(basicGroup)).object), now: at(2), clock: clock)
        _ = machine.received(WireFrame(.go(.with { $0.credit = 10_000 })), now: at(3), clock: clock)
        let room = words(machine.received(Writer.ack(last), now: at(3), clock: clock))
        #expect(!machine.isPaused && !room.contains { $0.hasPrefix("updates.") }, "\(room)")
        let on = words(machine.accountPaused(false, now: at(4), clock: clock))
        #expect(on.contains("updates.getDifference") && on.last == "connect", "\(on)")
    }

    @Test func a_paused_account_still_drains() throws {
        var machine = running()
        _ = machine.pushed(try bytes(newMessage(101, in: peer(basicGroup)).object), now: at(1), clock: clock)
        _ = machine.accountPaused(true, now: at(2), clock: clock)
        _ = machine.telegramDisconnected(now: at(2), clock: clock)
        #expect(words(machine.drain(now: at(3), clock: clock)) == [])
        #expect(words(machine.received(Writer.ack(1), now: at(4), clock: clock)) == ["stop drained"])
    }
}
