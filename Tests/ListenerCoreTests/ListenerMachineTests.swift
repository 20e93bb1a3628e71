import Events
import Foundation
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

@testable import ListenerCore

@Suite struct ListenerMachineTests {
    private func machine(_ groups: [CapturedGroup] = [basicGroup, channel]) -> ListenerMachine {
        ListenerMachine(producer: makeProducer(), groups: groups, peers: book(), seed: 1)
    }

    /// What is done, in words; logs and samples left out.
    private func words(_ actions: [ListenerMachine.Action], samples: Bool = false) -> [String] {
        actions.compactMap { action in
            switch action {
            case .call(let id, let call): "#\(id.number) \(call.name)"
            case .send(let frame): ListenerCoreTests.words([frame])[0]
            case .spool: nil
            case .tap(let sample): samples ? "tap \(sample.kind) \(sample.group)" : nil
            case .log: nil
            case .quarantine: "quarantine"
            case .connect(let wanted): wanted ? "connect" : "hang up"
            case .stop(let reason): "stop \(reason)"
            }
        }
    }

    private let stored: [(BoxKey, Position)] = [
        (.common, Position(value: 100, date: 9, seq: 4)), (.qts, Position(value: 5)), (.channel(3), Position(value: 30)),
    ]
    private let state = TLObject("updates.differenceEmpty", ["date": 9, "seq": 4])
    private let channelEmpty = TLObject("updates.channelDifferenceEmpty", ["final": true, "pts": 30, "timeout": 300])

    private func running(windowRecords: Int = ProducerLimits.windowRecords) -> ListenerMachine {
        var machine = ListenerMachine(
            producer: makeProducer(), groups: [basicGroup, channel], peers: book(), seed: 1, windowRecords: windowRecords)
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

    @Test func before_the_first_welcome_nothing_is_asked_and_nothing_taken() throws {
        var machine = machine()
        #expect(words(machine.telegramConnected(now: at(0), clock: clock)) == [])
        #expect(words(machine.linkConnected(now: at(0), clock: clock)) == ["HELLO 1…0 "])
        #expect(words(machine.pushed(try bytes(newMessage(101, in: peer(basicGroup)).object), now: at(1), clock: clock)) == [])
        #expect(!machine.isReady)
        #expect(
            words(machine.welcomed(Writer.welcome(stored), now: at(2), clock: clock)) == [
                "#1 updates.getDifference", "#2 updates.getChannelDifference",
            ])
        _ = machine.answered(.init(number: 1), state, now: at(2), clock: clock)
        #expect(machine.isReady)
    }

    @Test func defect_02_a_session_made_anew_soon_after_a_start_is_not_taken_for_the_first_one() {
        var machine = machine()
        _ = machine.telegramConnected(now: at(0), clock: clock)
        _ = machine.linkConnected(now: at(0), clock: clock)
        #expect(words(machine.sessionRenewed(now: at(0), clock: clock)) == [], "the connection's own, before the writer's welcome")
        _ = machine.welcomed(Writer.welcome(stored), now: at(0), clock: clock)
        _ = machine.answered(.init(number: 1), state, now: at(0), clock: clock)
        _ = machine.answered(.init(number: 2), channelEmpty, now: at(0), clock: clock)
        #expect(words(machine.sessionRenewed(now: at(3), clock: clock)).contains("#3 updates.getDifference"))
    }

    /// The same moment and positions, as after a failure that many share.
    @Test func the_seed_alone_decides_the_chance_in_a_wait() {
        func wait(seed: UInt64, from start: Double) -> Duration {
            var machine = ListenerMachine(producer: makeProducer(), groups: [basicGroup], peers: book(), seed: seed)
            _ = machine.telegramConnected(now: at(start), clock: clock)
            _ = machine.linkConnected(now: at(start), clock: clock)
            _ = machine.welcomed(Writer.welcome(stored), now: at(start), clock: clock)
            _ = machine.failed(.init(number: 1), .timeout, now: at(start), clock: clock)
            guard let again = machine.engine?.nextDeadline else { return .zero }
            return again - at(start)
        }
        #expect(wait(seed: 1, from: 0) == wait(seed: 1, from: 3))
        #expect(Set((1...4).map { wait(seed: $0, from: 0) }).count == 4)
    }

    @Test func a_database_without_positions_starts_where_the_server_stands() {
        var machine = machine([basicGroup])
        _ = machine.telegramConnected(now: at(0), clock: clock)
        _ = machine.linkConnected(now: at(0), clock: clock)
        #expect(words(machine.welcomed(Writer.welcome(), now: at(0), clock: clock)) == ["#1 updates.getState"])
        let state = TLObject("updates.state", ["pts": 50, "qts": 2, "date": 9, "seq": 1, "unread_count": 0])
        #expect(words(machine.answered(.init(number: 1), state, now: at(1), clock: clock)) == ["EVENTS e1 1…2"])
        #expect(machine.isReady)
    }

    @Test func a_pushed_message_leaves_as_a_record_at_once_and_shows_on_the_tap() throws {
        var machine = running()
        let actions = machine.pushed(try bytes(newMessage(101, in: peer(basicGroup)).object), now: at(1), clock: clock)
        #expect(words(actions, samples: true) == ["tap message 7", "EVENTS e1 1…1"])
        for case .tap(let sample) in actions {
            #expect(!sample.object.text.contains("hello") && !sample.object.text.contains("Ann"))
            #expect(sample.object["group_id"]?.string == "uuid-7")
            #expect(sample.full?["text"]?.string == "hello" && sample.full?["sender_name"]?.string == "Ann Bell")
        }
    }

    @Test func private_content_goes_nowhere() throws {
        var machine = running()
        let secret = newMessage(101, in: privatePeer, text: "secret words").object
        #expect(words(machine.pushed(try bytes(secret), now: at(1), clock: clock)) == [])
        _ = machine.received(WireFrame(.pong(.with { $0.id = 1 })), now: at(10), clock: clock)
        let actions = machine.advance(now: at(11), clock: clock)
        #expect(words(actions).contains("EVENTS e1 1…1"))
        #expect(!"\(actions)".contains("secret"))
    }

    @Test func bytes_that_nobody_can_read_are_kept_and_the_differences_asked() {
        var machine = running()
        #expect(
            words(machine.pushed([1, 2, 3, 4, 5, 6, 7, 8], now: at(1), clock: clock)) == [
                "quarantine", "#3 updates.getDifference", "#4 updates.getChannelDifference",
            ])
    }

    @Test func a_revoked_session_stops_with_the_need_to_log_in() {
        var machine = running()
        _ = machine.pushed([0], now: at(1), clock: clock)
        let error = RPCError(code: 401, message: "SESSION_REVOKED")
        #expect(
            words(machine.failed(.init(number: 3), .rpc(error), now: at(1), clock: clock)) == ["stop loginNeeded(\"SESSION_REVOKED\")"])
    }

    @Test func lost_access_is_told_to_the_writer() {
        var machine = running()
        _ = machine.pushed([0], now: at(1), clock: clock)
        let error = RPCError(code: 406, message: "CHANNEL_PRIVATE")
        #expect(words(machine.failed(.init(number: 4), .rpc(error), now: at(1), clock: clock)) == ["EVENTS e1 1…1"])
        #expect(machine.lostChannels == [3: "CHANNEL_PRIVATE"])
    }

    @Test func a_full_window_stops_reading_and_room_starts_it_again() throws {
        var machine = running(windowRecords: 100)
        _ = machine.received(WireFrame(.hold(.with { $0.reason = "circuit" })), now: at(1), clock: clock)
        for pts in Int64(101)...200 {
            _ = machine.pushed(try bytes(newMessage(pts, in: peer(basicGroup)).object), now: at(1), clock: clock)
        }
        #expect(machine.isPaused)
        #expect(words(machine.pushed(try bytes(newMessage(201, in: peer(basicGroup)).object), now: at(2), clock: clock)) == [])
        let after = words(machine.received(Writer.ack(50), now: at(3), clock: clock))
        #expect(after.contains("#3 updates.getDifference"))
        #expect(!machine.isPaused)
    }

    @Test func what_was_pushed_together_leaves_together() throws {
        var machine = running()
        let pushes = try (Int64(101)...105).map { try bytes(newMessage($0, in: peer(basicGroup)).object) }
        #expect(words(machine.pushed(together: pushes, now: at(1), clock: clock)) == ["EVENTS e1 1…5"])
        #expect(machine.counters.pushes == 5 && machine.counters.messages == 5)
    }

    @Test func a_window_that_fills_amid_what_was_pushed_together_stops_reading_there() throws {
        var machine = running(windowRecords: 100)
        _ = machine.received(WireFrame(.hold(.with { $0.reason = "circuit" })), now: at(1), clock: clock)
        let pushes = try (Int64(101)...300).map { try bytes(newMessage($0, in: peer(basicGroup)).object) }
        _ = machine.pushed(together: pushes, now: at(1), clock: clock)
        #expect(machine.isPaused)
        #expect(machine.link.unacknowledged == 100)
        #expect(words(machine.received(Writer.ack(50), now: at(3), clock: clock)).contains("#3 updates.getDifference"))
    }

    @Test func draining_tells_positions_waits_for_the_last_ack_and_stops() throws {
        var machine = running()
        _ = machine.pushed(try bytes(newMessage(101, in: privatePeer).object), now: at(1), clock: clock)
        #expect(words(machine.drain(now: at(2), clock: clock)) == ["EVENTS e1 1…1"])
        #expect(words(machine.pushed(try bytes(newMessage(102, in: privatePeer).object), now: at(2), clock: clock)) == [])
        #expect(words(machine.received(Writer.ack(1), now: at(3), clock: clock)) == ["stop drained"])
        var stuck = running()
        _ = stuck.pushed(try bytes(newMessage(101, in: peer(basicGroup)).object), now: at(1), clock: clock)
        _ = stuck.drain(now: at(2), clock: clock)
        #expect(words(stuck.advance(now: at(17), clock: clock)).contains("stop spooled(left: 1)"))
    }

    @Test func groups_may_change_while_it_runs() {
        var machine = running()
        let other = CapturedGroup(kind: .channel, id: 8, uuid: "uuid-8")
        #expect(words(machine.groupsChanged([basicGroup, channel, other], now: at(1), clock: clock)) == ["#3 messages.getDialogs"])
        #expect(words(machine.groupsChanged([basicGroup, channel, other], now: at(1), clock: clock)) == [])
        #expect(machine.registry.channels == [3, 8])
    }

    @Test func a_basic_group_that_is_captured_from_now_on_may_have_missed_what_was_not_told_yet() throws {
        var machine = running()
        let other = CapturedGroup(kind: .basicGroup, id: 8, uuid: "uuid-8")
        func records(_ actions: [ListenerMachine.Action]) -> [WireRecord] {
            actions.flatMap { action -> [WireRecord] in if case .send(let frame) = action { frame.events.records } else { [] } }
        }
        #expect(records(machine.pushed(try bytes(newMessage(101, in: peer(other)).object), now: at(1), clock: clock)).isEmpty)
        let told = records(machine.groupsChanged([basicGroup, channel, other], now: at(2), clock: clock))
        #expect(told.map { [$0.header.from, $0.header.to] } == [[100, 101]])
        #expect(told.allSatisfy { $0.header.tooLong && $0.header.box == BoxKey.common.wire })
        let next = records(machine.pushed(try bytes(newMessage(102, in: peer(other)).object), now: at(3), clock: clock))
        #expect(next.map { [$0.header.from, $0.header.to] } == [[101, 102]])
        #expect(next.allSatisfy { !$0.header.tooLong })
        // A channel has a box of its own, and nothing new is no gap.
        #expect(records(machine.groupsChanged([basicGroup, other], now: at(4), clock: clock)).isEmpty)
    }

    @Test func a_group_that_is_enabled_again_goes_on_where_it_was_left() throws {
        var machine = running()
        _ = machine.pushed(try bytes(newMessage(31, in: peer(channel)).object), now: at(1), clock: clock)
        _ = machine.groupsChanged([basicGroup], now: at(2), clock: clock)
        _ = machine.pushed(try bytes(newMessage(32, in: peer(channel)).object), now: at(3), clock: clock)
        let actions = machine.groupsChanged([basicGroup, channel], now: at(4), clock: clock)
        guard case .call(_, let call) = actions.first(where: { if case .call = $0 { true } else { false } }) else {
            Issue.record("no call")
            return
        }
        #expect(call.name == "updates.getChannelDifference" && call["pts"]?.int == 31)
    }

    /// A consumer that is slow by a hundred windows: Telegram keeps what there is no room for, and nothing comes twice.
    @Test func defect_10_a_slow_consumer_presses_back_and_nothing_is_dropped() throws {
        let total = ProcessInfo.processInfo.environment["AALTOHUB_SLOW"] != nil ? Int64(100_000) : 10_000
        var machine = running(windowRecords: 1_000)
        var seen: [Int64] = []
        var calls: [(UpdateRequestID, TLObject)] = []
        var sent: UInt64 = 0
        var most = 0
        func note(_ actions: [ListenerMachine.Action]) throws {
            for action in actions {
                switch action {
                case .call(let id, let call): calls.append((id, call))
                case .send(let frame):
                    guard case .events(let batch)? = frame.body else { continue }
                    sent = max(sent, batch.first + UInt64(batch.records.count) - 1)
                    for record in batch.records {
                        for change in try record.changes() { if case .message(let message)? = change.kind { seen.append(message.id) } }
                    }
                default: break
                }
            }
            most = max(most, machine.link.unacknowledged)
        }
        for pts in 101...(100 + total) {
            // Once it is full, the bytes are not even looked at.
            let push = machine.isPaused ? [0] : try bytes(newMessage(pts, in: peer(basicGroup)).object)
            try note(machine.pushed(push, now: at(1), clock: clock))
        }
        #expect(machine.isPaused)
        #expect(most <= 1_000)
        var now = 2.0
        while seen.count < Int(total), now < 10_000 {
            now += 1
            try note(machine.received(Writer.ack(sent), now: at(now), clock: clock))
            while !calls.isEmpty {
                let (id, call) = calls.removeFirst()
                guard call.name == "updates.getDifference", let pts = call["pts"]?.int else { continue }
                let end = min(pts + 100, 100 + total)
                let state = TLObject(
                    "updates.state", ["pts": .integer(end), "qts": 5, "date": 9, "seq": 4, "unread_count": 0])
                let isLast = end == 100 + total
                let answer = TLObject(
                    isLast ? "updates.difference" : "updates.differenceSlice",
                    [
                        "new_messages": .objects(pts < end ? (pts + 1...end).map { message($0, in: peer(basicGroup)) } : []),
                        "new_encrypted_messages": [], "other_updates": [], "chats": [], "users": [],
                        isLast ? "state" : "intermediate_state": .object(state),
                    ])
                try note(machine.answered(id, answer, now: at(now), clock: clock))
            }
            try note(machine.advance(now: at(now), clock: clock))
        }
        #expect(seen == Array(101...(100 + total)))
        #expect(most <= 1_000 + 100, "a window, and at most one slice above it")
    }

    @Test func what_nobody_can_read_is_quarantined_and_counted_and_the_rest_goes_on() throws {
        var machine = running()
        var bytes = try TL.encode(
            TLObject(
                "updates",
                [
                    "updates": .objects([newMessage(101, in: peer(basicGroup)).object, newMessage(102, in: peer(basicGroup)).object]),
                    "users": [], "chats": [.object(TLObject("chatEmpty", ["id": 7]))], "date": 1_800_000_000, "seq": 0,
                ]))
        let second = try TL.encode(newMessage(102, in: peer(basicGroup)).object)
        let offset = try #require((0...bytes.count - second.count).first { Array(bytes[$0..<$0 + second.count]) == second })
        bytes.replaceSubrange(offset..<offset + 4, with: [1, 2, 3, 4])
        #expect(words(machine.pushed(bytes, now: at(1), clock: clock)) == ["quarantine", "#3 updates.getDifference", "EVENTS e1 1…1"])
        #expect(machine.counters.unreadable == 1)
    }

    @Test func a_group_that_becomes_a_supergroup_is_followed_at_once_from_its_first_message() throws {
        var machine = running()
        func service(_ name: String, _ action: TLObject, in peer: TLObject, pts: Int64) -> TLObject {
            let message = TLObject(
                "messageService", ["id": .integer(pts), "peer_id": .object(peer), "date": 1_700_000_000, "action": .object(action)])
            return TLObject(name, ["message": .object(message), "pts": .integer(pts), "pts_count": 1])
        }
        let supergroup = TLObject("peerChannel", ["channel_id": 70])
        let from = service(
            "updateNewChannelMessage", TLObject("messageActionChannelMigrateFrom", ["title": "t", "chat_id": 7]), in: supergroup, pts: 2)
        let actions = words(machine.pushed(try bytes(from), now: at(1), clock: clock))
        #expect(actions.contains("EVENTS e1 1…1"))
        #expect(machine.registry.channels == [3, 70])
        // The table of groups does not know it yet: it is followed all the same.
        _ = machine.groupsChanged([basicGroup, channel, CapturedGroup(kind: .channel, id: 8, uuid: "uuid-8")], now: at(2), clock: clock)
        #expect(machine.registry.channels == [3, 8, 70])
        #expect(machine.registry.uuid(.channel, 70) == "uuid-7")
    }

    @Test func a_refused_access_hash_is_told_once_and_the_channel_kept() {
        var machine = running()
        _ = machine.pushed([0], now: at(1), clock: clock)
        let error = RPCError(code: 400, message: "CHANNEL_INVALID")
        #expect(words(machine.failed(.init(number: 4), .rpc(error), now: at(1), clock: clock)) == ["#5 messages.getDialogs"])
        let refused = machine.takeRefusedChannels()
        #expect(refused.map(\.channel) == [3] && refused.map(\.accessHash) == [33])
        #expect(machine.unresolved == [3] && machine.lostChannels.isEmpty)
        #expect(machine.takeRefusedChannels().isEmpty)
    }

    @Test func the_status_holds_counts_and_no_content() {
        let machine = running()
        #expect(machine.status["ready"]?.bool == true)
        #expect(machine.status["groups"]?.integer == 2)
        #expect(machine.statusLine == "2 groups, 0 records, 0 unacknowledged")
    }
}
