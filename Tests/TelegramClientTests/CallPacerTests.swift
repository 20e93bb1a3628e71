import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct CallPacerTests {
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    @Test func pages_of_history_go_at_the_pace_that_is_set() {
        var pacer = CallPacer(pages: .milliseconds(750))
        let turns = (0..<5).map { _ in pacer.reserve("messages.getHistory", now: at(0), latest: at(60)) }
        for (before, after) in zip(turns, turns.dropFirst()) {
            // The rate is a whole number of calls in 1000 s.
            #expect((after! - before!).inSeconds > 0.749 && (after! - before!).inSeconds < 0.752)
        }
        var unpaced = CallPacer(pages: .zero)
        #expect((0..<50).allSatisfy { _ in unpaced.reserve("messages.getHistory", now: at(0), latest: at(60)) == at(0) })
        unpaced.flooded("messages.getHistory", until: at(30), now: at(0))
        #expect(unpaced.reserve("messages.getHistory", now: at(1), latest: at(60)) == at(30))
    }

    @Test func who_goes_ahead_leaves_at_once_and_the_ones_after_it_wait_for_it() {
        let method = "messages.getHistory"
        var pacer = CallPacer(pages: .seconds(2))
        func turn(_ second: Double, goesAhead: Bool = false) -> Instant? {
            pacer.reserve(method, now: at(second), latest: at(second + 5), goesAhead: goesAhead)
        }
        #expect(turn(0) == at(0) && turn(0) == at(2))
        #expect(turn(1, goesAhead: true) == at(1) && turn(1, goesAhead: true) == at(1))
        // The turns at 4 and 6 are taken by those two.
        #expect(turn(1) == nil && turn(3) == at(8))
        // Even where nobody else would be let in.
        #expect(turn(4) == nil && turn(4, goesAhead: true) == at(4))
    }

    @Test func another_pace_is_taken_over_but_no_faster_than_the_server_bears() {
        let method = "messages.getHistory"
        func gap(_ pacer: inout CallPacer, _ second: Double) -> Double? {
            let turns = (0..<2).compactMap { _ in pacer.reserve(method, now: at(second), latest: at(1_000)) }
            return turns.count == 2 ? (turns[1] - turns[0]).inSeconds : nil
        }
        var pacer = CallPacer(pages: .seconds(2))
        #expect(gap(&pacer, 0) == 2)
        pacer.setPages(.milliseconds(500))
        #expect(gap(&pacer, 100) == 0.5)
        pacer.setPages(.zero)
        #expect(gap(&pacer, 200) == 0)
        pacer.setPages(.seconds(4))
        #expect(gap(&pacer, 300) == 4)
        // Slowed down to a page in 8 s, it does not jump to two a second, but rises to them.
        pacer.flooded(method, until: at(400), now: at(390))
        pacer.setPages(.milliseconds(500))
        #expect(gap(&pacer, 400) == 8)
        for _ in 0..<100 { pacer.succeeded(method) }
        #expect(gap(&pacer, 500) == 0.5)
        pacer.setPages(.seconds(2))
        #expect(gap(&pacer, 600) == 2)
    }

    @Test func nothing_waits_before_the_first_complaint() {
        var pacer = CallPacer()
        for _ in 0..<1_000 { #expect(pacer.reserve("updates.getDifference", now: at(1), latest: at(1)) == at(1)) }
        #expect(pacer.rates.isEmpty)
    }

    @Test func after_a_wait_the_calls_that_waited_do_not_leave_together() {
        var pacer = CallPacer()
        pacer.flooded("messages.search", until: at(30), now: at(0))
        #expect(pacer.reserve("messages.search", now: at(10), latest: at(20)) == nil)
        var turns: [Instant?] = []
        for _ in 0..<5 { turns.append(pacer.reserve("messages.search", now: at(30), latest: at(90))) }
        #expect(turns == [at(30), at(31), at(32), at(33), at(34)])
        // Another method is not concerned.
        #expect(pacer.reserve("users.getUsers", now: at(10), latest: at(10)) == at(10))
    }

    @Test func complaints_halve_the_rate_once_per_wait_and_successes_raise_it_until_nothing_is_paced() {
        var pacer = CallPacer()
        // Ten calls were under way when the server complained: one complaint.
        for _ in 0..<10 { pacer.flooded("messages.search", until: at(5), now: at(0)) }
        #expect(pacer.rates.map(\.perSecond) == [1])
        pacer.flooded("messages.search", until: at(12), now: at(6))
        #expect(pacer.rates.map(\.perSecond) == [0.5])
        for _ in 0..<10 { pacer.succeeded("messages.search") }
        #expect(pacer.rates.map(\.perSecond) == [1])
        for _ in 0..<380 { pacer.succeeded("messages.search") }
        #expect(pacer.rates.isEmpty)
        for round in 1...40 { pacer.flooded("messages.search", until: at(Double(20 * round + 1)), now: at(Double(20 * round))) }
        #expect(pacer.rates.map(\.perSecond) == [0.017])
    }

    @Test func the_scarcest_calls_are_paced_from_the_beginning_and_never_faster() {
        var pacer = CallPacer()
        let turns = (0..<2).map { _ in pacer.reserve("contacts.resolveUsername", now: at(0), latest: at(60)) }
        #expect(turns == [at(0), at(5)])
        for _ in 0..<1_000 { pacer.succeeded("contacts.resolveUsername") }
        #expect(pacer.rates.map(\.perSecond) == [0.2])
        // A dozen more do not fit into a minute; refusing takes no turn.
        for _ in 0..<30 { _ = pacer.reserve("contacts.resolveUsername", now: at(0), latest: at(60)) }
        #expect(pacer.next("contacts.resolveUsername", now: at(0)) == at(65))
    }

    @Test func it_is_bounded() {
        var pacer = CallPacer()
        for i in 0..<(CallPacer.lanesMost + 50) { pacer.flooded("m\(i)", until: at(1), now: at(0)) }
        #expect(pacer.rates.count == CallPacer.lanesMost)
    }
}

@Suite struct CallCountsTests {
    private func rpc(_ code: Int32, _ message: String) -> CallFailure { .rpc(RPCError(code: code, message: message)) }

    @Test func calls_errors_and_waits_are_counted_per_method() {
        var counts = CallCounts()
        for _ in 0..<3 { counts.called("messages.getHistory") }
        counts.failed("messages.getHistory", rpc(420, "FLOOD_WAIT_30"))
        counts.failed("messages.getHistory", rpc(420, "FLOOD_WAIT_7"))
        counts.failed("messages.getHistory", .timeout)
        counts.held("messages.getHistory")
        counts.called("users.getUsers")
        #expect(counts.entries.map(\.method) == ["messages.getHistory", "users.getUsers"])
        let history = counts["messages.getHistory"]
        #expect(history.calls == 3 && history.failures == 3 && history.waits == 2 && history.waitedSeconds == 37 && history.held == 1)
        #expect(history.errors == ["FLOOD_WAIT_X": 2, "timeout": 1])
        #expect(counts["never.called"] == CallCounts.Method())
    }

    @Test func waits_of_any_length_can_be_summed_up() {
        var counts = CallCounts()
        for _ in 0..<4 { counts.failed("messages.getHistory", rpc(420, "FLOOD_WAIT_9223372036854775807")) }
        #expect(counts["messages.getHistory"].waitedSeconds == 4 * UInt64(Int32.max))
    }

    @Test func names_of_errors_are_few_and_hold_no_text_of_a_server() {
        #expect(CallCounts.name(of: rpc(303, "FILE_MIGRATE_5")) == "FILE_MIGRATE_X")
        #expect(CallCounts.name(of: rpc(400, String(repeating: "A", count: 101))) == "code 400")
        #expect(CallCounts.name(of: rpc(400, "FILE_REFERENCE_3_EXPIRED")) == "FILE_REFERENCE_X_EXPIRED")
        #expect(CallCounts.name(of: rpc(-503, "Timeout")) == "code -503")
        #expect(CallCounts.name(of: rpc(400, "hello \"you\"")) == "code 400")
        var counts = CallCounts()
        for i in 0..<100 { counts.failed("m", rpc(400, "ERROR_A\(i)")) }
        #expect(counts["m"].errors.count == CallCounts.errorsMost + 1)
        #expect(counts["m"].failures == 100)
        for i in 0..<500 { counts.called("m\(i)") }
        #expect(counts.entries.count == CallCounts.methodsMost + 1)
    }
}

@Suite struct AccountTroubleTests {
    @Test func what_stops_an_account_has_a_word_and_an_advice() {
        func trouble(_ code: Int32, _ message: String) -> AccountTrouble? { AccountTrouble(RPCError(code: code, message: message)) }
        #expect(trouble(401, "SESSION_REVOKED") == .revoked)
        #expect(trouble(401, "AUTH_KEY_UNREGISTERED") == .revoked)
        #expect(trouble(401, "USER_DEACTIVATED_BAN") == .banned)
        #expect(trouble(401, "USER_DEACTIVATED") == .banned)
        #expect(trouble(406, "AUTH_KEY_DUPLICATED") == .duplicated)
        #expect(trouble(420, "FROZEN_METHOD_INVALID") == .frozen)
        // One channel only.
        #expect(trouble(400, "FROZEN_PARTICIPANT_MISSING") == nil)
        #expect(trouble(406, "CHANNEL_PRIVATE") == nil)
        for trouble in AccountTrouble.allCases { #expect(trouble.advice(account: "main").contains("main")) }
    }
}

@Suite struct QuarantineBudgetTests {
    @Test func a_burst_is_kept_and_a_flood_only_now_and_then() {
        var budget = QuarantineBudget(now: .zero)
        #expect((0..<1_000).count { _ in budget.take(now: .zero) } == QuarantineBudget.burst)
        #expect(budget.take(now: .zero + .seconds(1)) == false)
        #expect(budget.take(now: .zero + .seconds(2)) == true)
        #expect(budget.take(now: .zero + .seconds(2)) == false)
        #expect((0..<1_000).count { _ in budget.take(now: .zero + .seconds(86_400)) } == QuarantineBudget.burst)
    }
}
