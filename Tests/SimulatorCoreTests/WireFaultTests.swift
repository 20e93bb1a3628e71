import MTProto
import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct WireFaultTests {
    private static let options = TransportOptions(mode: .intermediate, isObfuscated: false)
    private static let state = TLObject("updates.getState")

    private func wire() throws -> Wire {
        var wire = Wire()
        try wire.connect(1, WireFaultTests.options)
        try wire.logIn(1, as: 1)
        _ = wire.takeEvents(1)
        return wire
    }

    private func phone(_ user: Int) -> JSON { .string("999661000\(user)") }

    @Test(arguments: [16, 17, 20, 32, 33, 48, 64] as [Int64]) func a_refused_packet_is_asked_again(_ code: Int64) throws {
        var wire = try wire()
        let before = wire.endpoint.server.calls["updates.getState"]
        try wire.control(["cmd": "bad_message", "code": .integer(code), "account": phone(1)])
        let state = try wire.call(1, WireFaultTests.state)
        #expect(state["pts"]?.int == 1)
        #expect(wire.endpoint.server.faults.counts["bad_messages"] == 1)
        #expect(wire.endpoint.server.calls["updates.getState"] == (before ?? 0) + 1, "what was refused was not done")
    }

    @Test func an_announced_answer_must_be_asked_for() throws {
        var wire = try wire()
        try wire.control(["cmd": "calls", "method": "updates.getState", "effect": "announce", "count": 1])
        let state = try wire.call(1, WireFaultTests.state)
        #expect(state["pts"]?.int == 1)
        #expect(wire.endpoint.server.faults.counts["announced_answers"] == 1)
        let later = try wire.call(1, WireFaultTests.state)
        #expect(later["pts"]?.int == 1)
    }

    @Test func a_swallowed_answer_never_comes_and_a_delayed_one_comes_late() throws {
        var wire = try wire()
        try wire.control(["cmd": "calls", "method": "updates.getState", "effect": "swallow", "count": 1])
        try wire.control(["cmd": "calls", "method": "updates.getState", "effect": "delay", "milliseconds": 2_000, "count": 1])
        let lost = try wire.begin(1, WireFaultTests.state)
        try wire.settle()
        let late = try wire.begin(1, WireFaultTests.state)
        try wire.settle()
        #expect(wire.answer(1, late) == nil)
        try wire.settle()
        #expect(wire.answer(1, late) != nil)
        #expect(wire.answer(1, lost) == nil)
    }

    @Test func after_a_cut_the_answer_comes_over_the_next_connection_and_the_call_was_done_once() throws {
        var wire = try wire()
        try wire.control(["cmd": "calls", "method": "messages.sendMessage", "effect": "cut", "count": 1])
        let users = wire.endpoint.server.world.accountOrder
        let hash = wire.endpoint.server.world.accessHash(of: .user(users[0]), for: users[1])
        let peer = TLObject("inputPeerUser", ["user_id": .integer(users[0]), "access_hash": .integer(hash)])
        let handle = try wire.begin(
            1, TLObject("messages.sendMessage", ["peer": .object(peer), "message": "once", "random_id": 5]))
        try wire.settle()
        #expect(wire.isClosed(1) && wire.answer(1, handle) == nil)
        try wire.reconnect(1, WireFaultTests.options, after: .seconds(1)) { _ in }
        try wire.settle()
        #expect(wire.answer(1, handle) != nil)
        #expect(wire.endpoint.server.world.contents.count == 1)
    }

    @Test func a_lost_session_is_announced_and_what_it_held_is_gone() throws {
        var wire = try wire()
        #expect(wire.newSessions(1) == 1)
        try wire.control(["cmd": "new_session", "account": phone(1)])
        try wire.message("nobody listens")
        _ = try wire.call(1, WireFaultTests.state)
        #expect(wire.newSessions(1) == 2)
        let told = wire.takeUpdates(1)
        #expect(told.isEmpty)
        try wire.control(["cmd": "new_session", "account": phone(1), "lose": false])
        try wire.settle()
        #expect(wire.newSessions(1) == 3)
        try wire.message("somebody does")
        try wire.settle()
        let heard = wire.takeUpdates(1)
        #expect(heard.count == 1)
    }

    @Test(arguments: [-10_800, 10_800] as [Int64]) func a_clock_that_jumps_is_followed(_ seconds: Int64) throws {
        var wire = try wire()
        try wire.control(["cmd": "clock", "seconds": .integer(seconds)])
        #expect(wire.moment.time.seconds == 1_790_000_000 + seconds + (wire.now - .zero).components.seconds)
        let handle = try wire.begin(1, WireFaultTests.state)
        for _ in 0..<3 { try wire.settle() }
        #expect(wire.answer(1, handle) != nil)
        #expect(wire.takeEvents(1).contains { if case .clockCorrected = $0 { true } else { false } })
    }

    @Test func half_open_connections_are_silent_and_the_next_one_works() throws {
        var wire = try wire()
        #expect(try wire.control(["cmd": "half_open", "account": phone(1)])["connections"]?.integer == 1)
        let calls = wire.endpoint.server.calls
        let handle = try wire.begin(1, WireFaultTests.state)
        try wire.message("into the void")
        try wire.settle()
        let told = wire.takeUpdates(1)
        #expect(wire.answer(1, handle) == nil && told.isEmpty && !wire.isClosed(1))
        #expect(wire.endpoint.server.calls == calls, "nobody reads it")
        try wire.reconnect(1, WireFaultTests.options, after: .seconds(2)) { _ in }
        try wire.settle()
        #expect(wire.answer(1, handle) != nil)
        let after = wire.takeUpdates(1)
        #expect(after.count == 1, "what went into the void was not acknowledged")
    }

    @Test func latency_keeps_order_and_ends() throws {
        var wire = try wire()
        try wire.control(["cmd": "latency", "milliseconds": 3_000])
        let handle = try wire.begin(1, WireFaultTests.state)
        try wire.settle()
        #expect(wire.answer(1, handle) == nil)
        try wire.control(["cmd": "latency", "milliseconds": 0])
        let second = try wire.begin(1, WireFaultTests.state)
        try wire.settle()
        #expect(wire.answer(1, second) == nil, "it stands behind what is late")
        try wire.settle()
        #expect(wire.answer(1, handle) != nil && wire.answer(1, second) != nil)
    }

    @Test(arguments: Forgery.allCases) func forged_packets_are_not_read(_ kind: Forgery) throws {
        var wire = try wire()
        let told = try wire.control(["cmd": "forge", "kind": .string(kind.rawValue), "account": phone(1)])
        #expect(told["packets"]?.integer == 1)
        try wire.settle()
        let updates = wire.takeUpdates(1)
        #expect(updates.isEmpty)
        let why = wire.takeEvents(1).compactMap { event -> MessageError? in
            if case .closeConnection(.badPacket(let error)) = event { error } else { nil }
        }
        let expected: MessageError =
            switch kind {
            case .foreignSession: .foreignSession
            case .messageKey: .wrongMessageKey
            case .shortPadding, .longPadding, .length: .badPadding
            case .messageID: .badMessageID
            }
        #expect(why == [expected])
    }

    @Test func a_transport_error_ends_the_connection() throws {
        var wire = try wire()
        try wire.control(["cmd": "transport_error", "code": -429])
        _ = try wire.begin(1, WireFaultTests.state)
        try wire.settle()
        #expect(wire.isClosed(1))
        #expect(wire.endpoint.server.faults.counts["transport_errors"] == 1)
    }

    @Test func refused_connections_are_closed_until_the_time_is_over() throws {
        var wire = try wire()
        try wire.control(["cmd": "refuse", "seconds": 5])
        wire.endpoint.opened(7, now: wire.now)
        let refused = wire.endpoint.takeOutput()
        guard case .close? = refused.first?.output else {
            Issue.record("not refused")
            return
        }
        wire.now = wire.now + .seconds(6)
        wire.endpoint.opened(8, now: wire.now)
        #expect(wire.endpoint.takeOutput().isEmpty)
    }

    @Test func salts_roll_and_the_client_follows() throws {
        var wire = try wire()
        try wire.control(["cmd": "salts", "seconds": 2, "accept_previous": false])
        for _ in 0..<5 {
            wire.now = wire.now + .seconds(2)
            let state = try wire.call(1, WireFaultTests.state)
            #expect(state["pts"]?.int == 1)
        }
        let refused = wire.endpoint.server.faults.counts["bad_salts"] ?? 0
        #expect((1...5).contains(refused), "the first salt of a period is not known before, unless it was asked for")
    }

    @Test func delayed_pushes_come_late_and_doubled_ones_twice() throws {
        var wire = try wire()
        try wire.control(["cmd": "pushes", "account": phone(1), "delay": 1, "delay_ms": [2_000, 2_000], "count": 1])
        try wire.message("late")
        try wire.message("in time")
        try wire.settle()
        let first = wire.takeUpdates(1)
        try wire.settle()
        let second = wire.takeUpdates(1)
        func texts(_ updates: [TLObject]) -> [String] {
            updates.compactMap { ($0["message"] ?? $0["updates"]?.vector?.first?["message"]?["message"])?.string }
        }
        #expect(texts(first) == ["in time"] && texts(second) == ["late"])
        try wire.control(["cmd": "pushes", "double": 1, "count": 1])
        try wire.message("twice")
        try wire.settle()
        let twice = wire.takeUpdates(1)
        #expect(texts(twice) == ["twice", "twice"])
    }

    @Test func updates_that_nothing_caused_are_pushed_on_demand() throws {
        var wire = try wire()
        for what in ["too_long", "config", "dc_options"] { try wire.control(["cmd": "push", "account": phone(1), "what": .string(what)]) }
        let update: JSON = ["_": "updateUserTyping", "user_id": 5, "action": ["_": "sendMessageTypingAction"]]
        try wire.control(["cmd": "push", "account": phone(1), "update": update])
        try wire.settle()
        let told = wire.takeUpdates(1)
        #expect(
            told.map { $0["update"]?.object?.name ?? $0.name } == ["updatesTooLong", "updateConfig", "updateDcOptions", "updateUserTyping"])
    }
}
