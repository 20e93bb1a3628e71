import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct WatchdogTests {
    /// A server that pushes nothing of some channels, and answers at once.
    private struct Quiet {
        var engine: UpdateEngine
        var positions: [Int64: Int64]
        var now = at(0)
        var calls: [String: Int] = [:]
        var delivered: [Int64: Instant] = [:]

        init(channels: Int) {
            positions = Dictionary(uniqueKeysWithValues: (1...Int64(channels)).map { ($0, 100) })
            engine = settledEngine(channels: positions)
            now = at(60)
            note(engine.advance(now: now))
        }

        mutating func note(_ outputs: [UpdateOutput]) {
            for output in outputs {
                switch output {
                case .deliver(let delivery):
                    if case .channel(let id)? = delivery.box, delivery.from != delivery.to { delivered[id] = now }
                case .request(let id, let request):
                    calls[request.call.name, default: 0] += 1
                    note(engine.answer(id, answer(request), receivedAt: someTime, now: now))
                default: break
                }
            }
        }

        func answer(_ request: UpdateRequest) -> UpdateAnswer {
            switch request {
            case .getPeerDialogs(let peers):
                .peerDialogs(peers.map { .init(channel: $0.channel, pts: positions[$0.channel]) }, users: [], chats: [])
            case .getChannelDifference(let channel, _, let pts, _):
                pts == positions[channel]
                    ? .channelDifferenceEmpty(pts: pts, final: true, timeout: 30)
                    : .channelDifference(
                        DifferenceContent(messages: [message(pts + 1, in: channelPeer(channel))]), pts: positions[channel] ?? pts,
                        final: true,
                        timeout: 30)
            default: .differenceEmpty(date: 9, seq: 10)
            }
        }

        mutating func run(until end: Instant, pushing channels: ClosedRange<Int64>? = nil) {
            var next = now
            while let deadline = engine.nextDeadline, min(deadline, next) < end {
                now = max(now, min(deadline, next))
                if now >= next, let channels {
                    for id in channels {
                        positions[id, default: 0] += 1
                        note(engine.handle(push(inChannel(id, positions[id] ?? 0)), now: now))
                    }
                    next = next + .seconds(20)
                } else if now >= next {
                    next = end
                }
                note(engine.advance(now: now))
            }
            now = end
        }
    }

    /// With thousands of channels the budget of polls alone would need forty minutes for a round.
    @Test(arguments: [2, 30, 300]) func defect_12_a_channel_that_falls_silent_while_others_flow_is_found_within_fifteen_minutes(
        channels: Int
    ) {
        var world = Quiet(channels: channels)
        world.run(until: at(1_000), pushing: 1...1)
        // From now on the server is silent about the last one, where something happens.
        let silent = Int64(channels)
        world.positions[silent, default: 0] += 1
        world.delivered[silent] = nil
        let began = world.now
        world.run(until: began + .seconds(900), pushing: 1...1)
        #expect(world.delivered[silent] != nil)
        #expect((world.delivered[silent].map { $0 - began } ?? .seconds(901)) <= .seconds(900))
        #expect(world.engine.channelStatistics.first { $0.channel == silent }?.statistics.fetched == 1)
    }

    @Test func many_channels_are_compared_by_the_hundred_and_only_those_behind_are_asked_for() {
        var world = Quiet(channels: 250)
        world.calls = [:]
        world.positions[77] = 101
        world.now = at(100)
        world.note(world.engine.sessionRenewed(now: at(100)))
        world.run(until: at(110))
        #expect(world.calls["messages.getPeerDialogs"] == 3)
        #expect(world.calls["updates.getDifference"] == 1)
        #expect(world.delivered[77] != nil)
        #expect((world.calls["updates.getChannelDifference"] ?? 0) <= 1 + 20, "one behind, and polls at their own pace")
    }

    @Test func what_is_on_its_way_needs_no_call() {
        var engine = settledEngine(channels: Dictionary(uniqueKeysWithValues: (1...30).map { (Int64($0), Int64(100)) }))
        let asked = words(engine.sessionRenewed(now: at(100)))
        guard let number = asked.first(where: { $0.contains("getPeerDialogs") })?.dropFirst().prefix(while: { $0 != " " }),
            let id = UInt64(number)
        else {
            Issue.record("no call: \(asked)")
            return
        }
        let dialogs = (1...30).map { UpdateAnswer.Dialog(channel: $0, pts: $0 == 5 ? 101 : 100) }
        #expect(engine.answer(id, .peerDialogs(dialogs, users: [], chats: []), now: at(100)) == [])
        #expect(engine.push(push(inChannel(5, 101)), now: at(100.3)) == ["channel 5 100→101 [u101]"])
        #expect(!words(engine.advance(now: at(101))).contains { $0.contains("Difference 5 ") })
    }

    @Test func an_edit_of_an_old_message_does_not_make_the_newest_one_look_unknown() {
        var engine = settledEngine(channels: Dictionary(uniqueKeysWithValues: (1...30).map { (Int64($0), Int64(100)) }))
        let edit = TLObject(
            "updateEditChannelMessage",
            ["message": .object(message(3, in: channelPeer(5))), "pts": .integer(101), "pts_count": .integer(1)])
        #expect(engine.push(push(Update(edit, receivedAt: someTime)), now: at(50)).count == 1)
        let asked = words(engine.sessionRenewed(now: at(100)))
        guard let number = asked.first(where: { $0.contains("getPeerDialogs") })?.dropFirst().prefix(while: { $0 != " " }),
            let id = UInt64(number)
        else {
            Issue.record("no call: \(asked)")
            return
        }
        let dialogs = (1...30).map { UpdateAnswer.Dialog(channel: $0, pts: $0 == 5 ? 101 : 100, topMessage: 9) }
        #expect(engine.answer(id, .peerDialogs(dialogs, users: [], chats: []), now: at(100)) == [])
        #expect(!words(engine.advance(now: at(102))).contains { $0.contains("Difference 5 ") })
    }

    @Test func a_gap_that_closes_while_calls_must_wait_needs_no_call() {
        var engine = settledEngine(channels: [5: 100, 6: 100])
        _ = engine.push(push(inChannel(6, 102)), now: at(1))
        let outputs = engine.advance(now: at(1.5))
        guard case .request(let id, _)? = outputs.last else {
            Issue.record("no call: \(words(outputs))")
            return
        }
        _ = engine.fail(id, .flood(seconds: 10), receivedAt: someTime, now: at(1.5))
        _ = engine.push(push(inChannel(5, 102)), now: at(2))
        #expect(engine.advance(now: at(2.5)).isEmpty)
        #expect(engine.push(push(inChannel(5, 101)), now: at(3)) == ["channel 5 100→101 [u101]", "channel 5 101→102 [u102]"])
        let asked = words(engine.advance(now: at(12)))
        #expect(asked.contains { $0.contains("Difference 6 ") } && !asked.contains { $0.contains("Difference 5 ") })
    }

    @Test func one_channel_that_the_server_refuses_does_not_hide_the_others() {
        var engine = settledEngine(channels: Dictionary(uniqueKeysWithValues: (1...30).map { (Int64($0), Int64(100)) }))
        var pending = engine.sessionRenewed(now: at(100))
        var now = at(100)
        var compared: Set<Int64> = []
        var asked: Set<Int64> = []
        while now < at(400) {
            var next: [UpdateOutput] = []
            for case .request(let id, let request) in pending {
                switch request {
                case .getPeerDialogs(let peers):
                    if peers.contains(where: { $0.channel == 13 }) {
                        next += engine.fail(id, .lostAccess(reason: "CHANNEL_PRIVATE"), receivedAt: someTime, now: now)
                    } else {
                        compared.formUnion(peers.map(\.channel))
                        next += engine.answer(
                            id, .peerDialogs(peers.map { .init(channel: $0.channel, pts: 100) }, users: [], chats: []),
                            receivedAt: someTime,
                            now: now)
                    }
                case .getChannelDifference(let channel, _, _, _):
                    asked.insert(channel)
                    next += engine.fail(id, .lostAccess(reason: "CHANNEL_PRIVATE"), receivedAt: someTime, now: now)
                default: next += engine.answer(id, .differenceEmpty(date: 9, seq: 10), receivedAt: someTime, now: now)
                }
            }
            if next.isEmpty {
                now = max(now, engine.nextDeadline ?? at(400))
                next = engine.advance(now: now)
            }
            pending = next
            if compared.count == 29, asked.contains(13) { break }
        }
        #expect(compared.count == 29)
        #expect(asked.contains(13))
    }

    @Test func a_flood_wait_halves_the_rate_of_polls_and_answers_raise_it_again() {
        var engine = settledEngine(channels: [3: 30])
        let rate = engine.currentPollRate
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        _ = engine.fail(3, .flood(seconds: 5), now: at(10))
        #expect(engine.currentPollRate == rate / 2)
        _ = engine.advance(now: at(15))
        _ = engine.answer(4, .channelDifferenceEmpty(pts: 30, final: true, timeout: 30), now: at(15))
        #expect(engine.currentPollRate == rate / 2 + UpdateLimits.pollRateStep)
    }

    @Test func polls_follow_the_server_the_traffic_and_the_silence() {
        var rhythm = Rhythm(now: at(0))
        #expect(rhythm.pollInterval(now: at(0)) == UpdateLimits.pollDefault)
        rhythm.serverTimeout = .seconds(1)
        #expect(rhythm.pollInterval(now: at(0)) == UpdateLimits.pollSoonest)
        for second in 1...10 { rhythm.heard(now: at(Double(second))) }
        #expect(rhythm.pollInterval(now: at(10)) == UpdateLimits.pollSoonest)
        #expect(rhythm.pollInterval(now: at(210)) == .seconds(100))
        #expect(rhythm.pollInterval(now: at(100_000)) == UpdateLimits.pollLatest)
        rhythm.serverTimeout = .seconds(30)
        #expect(rhythm.pollInterval(now: at(10)) == .seconds(30))
    }

    @Test func statistics_tell_pushes_from_what_was_fetched() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.push(push(inChannel(3, 31)), now: at(10))
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(11))
        let content = DifferenceContent(messages: [message(32, in: channelPeer(3)), message(33, in: channelPeer(3))])
        _ = engine.answer(3, .channelDifference(content, pts: 33, final: true, timeout: 30), now: at(12))
        let statistics = engine.channelStatistics.first?.statistics
        #expect(statistics?.pushed == 1 && statistics?.fetched == 2)
        #expect(statistics?.lastPush == at(10) && statistics?.lastFetch == at(12))
        #expect(statistics?.delaySeconds == 0)
    }
}
