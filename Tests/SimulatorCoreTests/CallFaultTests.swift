import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct CallFaultTests {
    private let start = UnixTime(seconds: 1_790_000_000)

    private func failure(_ effect: CallFaults.Effect?) -> String? { if case .fail(let failure)? = effect { failure.name } else { nil } }

    @Test func a_rule_lets_some_pass_and_then_fails_so_many() {
        var faults = Faults()
        faults.calls.rules = [
            .init(method: "messages.getHistory", effect: .fail(Failure(-503, "Timeout")), skip: 1, remaining: 2)
        ]
        let seen = (0..<5).map { _ in failure(faults.effect(on: "messages.getHistory", by: 1, about: nil, now: start)) }
        #expect(seen == [nil, "Timeout", "Timeout", nil, nil])
        #expect(faults.effect(on: "updates.getState", by: 1, about: nil, now: start) == nil)
        #expect(faults.counts == ["failed_calls": 2])
    }

    @Test func a_rule_for_one_channel_leaves_the_others_alone() {
        var faults = Faults()
        faults.calls.rules = [
            .init(method: "updates.getChannelDifference", user: 1, place: .channel(5), effect: .fail(.frozenParticipantMissing))
        ]
        func told(_ user: Int64, _ channel: Int64) -> String? {
            failure(faults.effect(on: "updates.getChannelDifference", by: user, about: .channel(channel), now: start))
        }
        #expect(told(1, 5) == "FROZEN_PARTICIPANT_MISSING")
        #expect(told(1, 6) == nil)
        #expect(told(2, 5) == nil)
    }

    @Test func a_flood_wait_lasts_and_calls_within_it_are_counted() {
        var faults = Faults()
        faults.calls.rules = [.init(method: "contacts.resolveUsername", effect: .flood(seconds: 30), remaining: 1)]
        func call(_ method: String, _ user: Int64, after seconds: Int64) -> String? {
            failure(faults.effect(on: method, by: user, about: nil, now: start + .seconds(seconds)))
        }
        #expect(call("contacts.resolveUsername", 1, after: 0) == "FLOOD_WAIT_30")
        #expect(call("contacts.resolveUsername", 1, after: 10) == "FLOOD_WAIT_21")
        #expect(call("updates.getState", 1, after: 10) == nil)
        #expect(call("contacts.resolveUsername", 2, after: 10) == nil)
        #expect(call("contacts.resolveUsername", 1, after: 30) == nil)
        #expect(faults.calls.violations == ["contacts.resolveUsername": 1])
    }

    @Test func a_limit_lets_so_many_through_in_its_time() {
        var faults = Faults()
        faults.calls.limits = [.init(method: "messages.getHistory", calls: 3, time: .seconds(10))]
        func call(after seconds: Int64) -> String? {
            failure(faults.effect(on: "messages.getHistory", by: 1, about: nil, now: start + .seconds(seconds)))
        }
        #expect((0..<3).map { call(after: $0) } == [nil, nil, nil])
        #expect(call(after: 4) == "FLOOD_WAIT_7")
        #expect(call(after: 11) == nil)
    }

    @Test func an_answer_may_be_unknown_and_only_that_call_suffers() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        fixture.server.faults.calls.rules = [.init(method: "updates.getState", effect: .unknown, remaining: 1)]
        #expect(throws: TLError.self) { try fixture.call(alice, TLObject("updates.getState")) }
        let state = try fixture.call(alice, TLObject("updates.getState"))
        #expect(state["pts"]?.int == 1)
        #expect(fixture.server.calls["updates.getState"] == 3, "one at login and these")
    }

    @Test func a_failed_call_does_nothing() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        fixture.server.faults.calls.rules = [
            .init(method: "messages.sendMessage", effect: .fail(Failure(500, "RPC_CALL_FAIL")), remaining: 1)
        ]
        let before = fixture.server.world.contents.count
        #expect(throws: ServerFixture.Unencodable.self) {
            try fixture.call(alice, fixture.send("x", to: .user(fixture.users[1]), by: 0, randomID: 1))
        }
        #expect(fixture.server.world.contents.count == before)
    }
}
