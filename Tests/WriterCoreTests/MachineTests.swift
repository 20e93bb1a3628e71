import Events
import Primitives
import Testing
import WriterCore

@Suite struct MachineTests {
    private static let second = Duration.seconds(1)
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    /// A machine with a welcomed producer.
    private func welcomed(batching: Batcher.Limits = .init()) -> WriterMachine {
        var machine = WriterMachine(epoch: 3, batching: batching)
        machine.received(WireFrame(.hello(Build.hello())), route: [7], now: at(0))
        guard case .commit(.hello, _) = machine.next(now: at(0)) else {
            Issue.record("HELLO is committed")
            return machine
        }
        machine.committed(answers: [], now: at(0))
        return machine
    }

    private func events(_ first: UInt64, count: Int = 1) -> WireFrame {
        WireFrame(.events(Build.batch(first, (0..<count).map { Build.record(Int64($0), Int64($0) + 1) }).batch))
    }

    /// How many frames the next transaction takes; nil if none begins.
    private func frames(_ machine: inout WriterMachine, now: Instant) -> Int? {
        while let action = machine.next(now: now) {
            if case .commit(.batches(_, let batches), _) = action { return batches.count }
        }
        return nil
    }

    private func sent(_ machine: inout WriterMachine, now: Instant) -> [String] {
        var out: [String] = []
        while true {
            // What else there is to do stays for the test to see.
            var after = machine
            guard case .send(let answers) = after.next(now: now) else { return out }
            machine = after
            out += answers.map(\.frame.name)
        }
    }

    @Test func a_lone_event_goes_at_once_and_what_came_meanwhile_goes_together() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        #expect(frames(&machine, now: at(0)) == 1)
        for n in 2...30 { machine.received(events(UInt64(n)), route: [7], now: at(0)) }
        #expect(frames(&machine, now: at(0)) == nil)
        machine.committed(answers: [], now: at(0))
        #expect(frames(&machine, now: at(0)) == 29)
    }

    @Test func steady_batches_hold_fifty_and_a_backlog_is_drained_in_larger_ones() {
        var machine = welcomed()
        for n in 1...120 { machine.received(events(UInt64(n)), route: [7], now: at(0)) }
        #expect(frames(&machine, now: at(0)) == 50)
        machine.committed(answers: [], now: at(0))
        for n in 121...3_000 { machine.received(events(UInt64(n)), route: [7], now: at(0)) }
        #expect(frames(&machine, now: at(0)) == 2_000)
        machine.committed(answers: [], now: at(0))
        #expect(frames(&machine, now: at(0)) == 950)
        machine.committed(answers: [], now: at(0))
        #expect(machine.queuedRecords == 0)
        #expect(machine.queuedBytes == 0)
    }

    @Test func a_linger_waits_for_company_but_no_longer() {
        var limits = Batcher.Limits()
        limits.linger = .seconds(2)
        var machine = welcomed(batching: limits)
        machine.received(events(1), route: [7], now: at(10))
        #expect(frames(&machine, now: at(10)) == nil)
        #expect(machine.nextDeadline(now: at(10)) == at(12))
        machine.received(events(2), route: [7], now: at(11))
        #expect(frames(&machine, now: at(12)) == 2)
        machine.committed(answers: [], now: at(12))
        for n in 3...52 { machine.received(events(UInt64(n)), route: [7], now: at(12)) }
        #expect(frames(&machine, now: at(12)) == 50)
    }

    @Test func company_is_waited_for_where_it_is_to_be_expected_and_as_long_as_a_transaction_takes() {
        var machine = welcomed()
        var number: UInt64 = 0
        /// So many frames at this distance, each taken as soon as it may be and committed in that time; how long each waited.
        func come(_ count: Int, of records: Int = 1, every distance: Double, taking time: Double, from start: Double) -> [Double] {
            (0..<count).map { i in
                let now = at(start + Double(i) * distance)
                machine.received(events(number + 1, count: records), route: [7], now: now)
                number += UInt64(records)
                let isAtOnce = frames(&machine, now: now) != nil
                let begun = isAtOnce ? now : machine.nextDeadline(now: now) ?? now
                if !isAtOnce { #expect(frames(&machine, now: begun) == 1) }
                machine.committed(answers: [], now: begun + .seconds(time))
                return (begun - now).inSeconds
            }
        }
        func all(_ waits: some Collection<Double>, are wait: Double) -> Bool { waits.allSatisfy { abs($0 - wait) < 1e-5 } }
        // A hundred a second: at once, each.
        #expect(all(come(50, every: 0.01, taking: 0.004, from: 1), are: 0))
        // A thousand, in transactions of 4 ms: once that is known, none goes alone at once. Nor does it wait longer where they take longer.
        #expect(all(come(100, of: 10, every: 0.01, taking: 0.004, from: 2).suffix(50), are: 0.004))
        #expect(all(come(100, of: 45, every: 0.1, taking: 0.05, from: 4).suffix(50), are: 0.004))
        // A thousand, in transactions of 1 ms: one more in that time is not worth the wait. Of five thousand there are five.
        #expect(all(come(100, of: 10, every: 0.01, taking: 0.001, from: 20).suffix(50), are: 0))
        #expect(all(come(100, of: 20, every: 0.004, taking: 0.001, from: 22).suffix(50), are: 0.001))
        // What comes after a pause is alone again.
        #expect(all(come(5, every: 0.01, taking: 0.004, from: 40), are: 0))
    }

    @Test func a_hello_is_a_transaction_of_its_own_between_the_frames_around_it() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        machine.received(WireFrame(.hello(Build.hello(incarnation: 11))), route: [8], now: at(0))
        machine.received(events(2), route: [8], now: at(0))
        #expect(frames(&machine, now: at(0)) == 1)
        machine.committed(answers: [], now: at(0))
        guard case .commit(.hello(_, let hello, let route), _) = machine.next(now: at(0)) else {
            Issue.record("HELLO next")
            return
        }
        #expect(hello.incarnation == 11)
        #expect(route == [8])
    }

    @Test func a_repeated_hello_waits_only_once() {
        var machine = WriterMachine(epoch: 3)
        for n in 10...20 { machine.received(WireFrame(.hello(Build.hello(incarnation: UInt64(n)))), route: [7], now: at(0)) }
        guard case .commit(.hello(_, let hello, _), _) = machine.next(now: at(0)) else {
            Issue.record("HELLO")
            return
        }
        #expect(hello.incarnation == 20)
        machine.committed(answers: [], now: at(0))
        #expect(machine.next(now: at(0)) == nil)
    }

    @Test func a_repeated_hello_keeps_its_place_in_a_queue_that_never_empties() {
        var batcher = Batcher()
        let busy = ProducerKey(role: "listener", account: "busy")
        var taken: [Work] = []
        for n in 0..<10 {
            batcher.append(Build.batch(UInt64(n + 1), [Build.record(1, 2)]), of: busy, now: at(Double(n)))
            batcher.append(hello: Build.hello(incarnation: UInt64(n + 1)), of: Build.key, route: [UInt8(n)], now: at(Double(n)))
            batcher.append(Build.batch(UInt64(n + 1), [Build.record(1, 2)]), of: busy, now: at(Double(n)))
            if n > 0, let work = batcher.next(now: at(Double(n))) { taken.append(work) }
        }
        guard let first = taken.firstIndex(where: { $0.recordCount == 0 }) else {
            Issue.record("HELLO starves")
            return
        }
        #expect(first == 1)
        #expect(taken[first] == .hello(Build.key, Build.hello(incarnation: 3), route: [2]))
    }

    @Test func frames_of_two_producers_go_in_transactions_of_their_own() {
        var machine = welcomed()
        var other = Build.hello(streams: [WireStream(Build.stream(2), first: 1, last: 0, open: true)])
        other.account = "second"
        machine.received(WireFrame(.hello(other)), route: [9], now: at(0))
        _ = machine.next(now: at(0))
        machine.committed(answers: [], now: at(0))
        for n in 1...6 {
            let stream = Build.stream(n % 2 == 0 ? 1 : 2)
            let batch = Build.batch(UInt64((n + 1) / 2), [Build.record(1, 2)], stream: stream)
            machine.received(WireFrame(.events(batch.batch)), route: [7], now: at(0))
        }
        guard case .commit(let first, _) = machine.next(now: at(0)) else {
            Issue.record("the first producer's frames")
            return
        }
        machine.committed(answers: [], now: at(0))
        guard case .commit(let second, _) = machine.next(now: at(0)) else {
            Issue.record("the second producer's frames")
            return
        }
        #expect(first.producer.account == "second")
        #expect(second.producer.account == "main")
        #expect([first.recordCount, second.recordCount] == [3, 3])
    }

    @Test func what_cannot_be_judged_is_answered_at_once() {
        var machine = welcomed()
        machine.received(WireFrame(.events(Build.batch(1, [Build.record(1, 2)], stream: Build.stream(9)).batch)), route: [7], now: at(0))
        machine.received(WireFrame(.events(Build.batch(1, []).batch)), route: [7], now: at(0))
        machine.received(WireFrame(.go(WireGo())), route: [7], now: at(0))
        machine.receivedGarbage(.undecodable, route: [7])
        machine.received(WireFrame(.ping(.with { $0.id = 4 })), route: [7], now: at(0))
        machine.received(WireFrame(.hello(.with { $0.contractVersion = 99 })), route: [7], now: at(0))
        machine.received(WireFrame(.hello(.with { $0.contractVersion = 1 })), route: [7], now: at(0))
        #expect(sent(&machine, now: at(0)) == ["STALE", "STALE", "STALE", "STALE", "PONG", "INCOMPATIBLE", "STALE"])
    }

    @Test func five_failures_open_the_circuit_then_one_trial_closes_it() {
        var machine = welcomed()
        machine.unixOffset = 1_000_000_000_000
        machine.received(events(1), route: [7], now: at(0))
        var now = at(0)
        var waits: [Double] = []
        for failure in 1...5 {
            #expect(frames(&machine, now: now) == 1)
            machine.failed(.environment, reason: "57P01 terminating", now: now)
            guard let deadline = machine.nextDeadline(now: now) else {
                Issue.record("a deadline")
                return
            }
            waits.append((deadline - now).inSeconds)
            if failure < 5 {
                #expect(sent(&machine, now: now).isEmpty)
                #expect(frames(&machine, now: deadline - .nanoseconds(1)) == nil)
                now = deadline
            }
        }
        #expect(waits == [1, 2, 4, 8, 30])
        guard case .send(let answers) = machine.next(now: now) else {
            Issue.record("HOLD")
            return
        }
        #expect(answers[0].frame.hold.reason == "57P01 terminating")
        #expect(answers[0].frame.hold.retryAt == (now + .seconds(30)).nanoseconds + 1_000_000_000_000)
        #expect(machine.isHeld)
        // A HELLO meanwhile is told to hold, too.
        machine.received(WireFrame(.hello(Build.hello())), route: [8], now: now)
        #expect(sent(&machine, now: now) == ["HOLD"])
        // The trial fails, the next one succeeds.
        now = now + .seconds(30)
        #expect(frames(&machine, now: now) == 1)
        machine.failed(.environment, reason: "still", now: now)
        #expect(sent(&machine, now: now) == ["HOLD"])
        #expect(frames(&machine, now: now + .seconds(29)) == nil)
        now = now + .seconds(30)
        #expect(frames(&machine, now: now) == 1)
        machine.committed(answers: [], now: now)
        #expect(sent(&machine, now: now) == ["GO"])
        #expect(!machine.isHeld)
    }

    @Test func a_conflict_is_tried_again_at_once_but_not_for_ever() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        #expect(frames(&machine, now: at(0)) == 1)
        machine.failed(.conflict, reason: "40P01", now: at(0))
        #expect(frames(&machine, now: at(0)) == 1)
        for _ in 2...10 {
            machine.failed(.conflict, reason: "40P01", now: at(0))
            #expect(frames(&machine, now: at(0)) == 1)
        }
        #expect(machine.circuit.state == .closed)
        machine.failed(.conflict, reason: "40P01", now: at(0))
        #expect(machine.nextDeadline(now: at(0)) == at(1))
        var schedule = RetrySchedule()
        let waits = (0..<12).map { _ in schedule.failed(.conflict) }
        #expect(waits == [Duration](repeating: .zero, count: 10) + [.seconds(1), .seconds(2)])
    }

    @Test func a_hello_that_the_database_refuses_is_answered_and_stops_nobody() {
        var machine = WriterMachine(epoch: 3)
        machine.received(WireFrame(.hello(Build.hello())), route: [7], now: at(0))
        guard case .commit(.hello, _) = machine.next(now: at(0)) else {
            Issue.record("HELLO is committed")
            return
        }
        machine.failed(.data, reason: "a NUL byte", now: at(0))
        #expect(sent(&machine, now: at(0)) == ["STALE"])
        #expect(machine.circuit.state == .closed)
        #expect(machine.lastFailure == nil)
        #expect(machine.next(now: at(1)) == nil)
    }

    @Test func old_rows_are_forgotten_between_commits_and_only_while_all_is_well() {
        var machine = welcomed()
        #expect(machine.next(now: at(1)) == nil)
        #expect(machine.nextDeadline(now: at(1)) == at(60))
        machine.received(events(1), route: [7], now: at(60))
        machine.received(events(2), route: [7], now: at(60))
        #expect(machine.next(now: at(60)) == .forget)
        #expect(machine.next(now: at(60)) == nil)
        #expect(machine.queuedRecords == 2)
        machine.forgot(isMore: true, now: at(60))
        #expect(frames(&machine, now: at(60)) == 2)
        #expect(machine.next(now: at(61)) == nil)
        machine.committed(answers: [], now: at(61))
        #expect(machine.next(now: at(61)) == .forget)
        machine.forgot(isMore: false, now: at(62))
        #expect(machine.next(now: at(63)) == nil)
        #expect(machine.nextDeadline(now: at(63)) == at(3662))
        // Not while a commit waits for the database, nor while paused, nor on the way out.
        machine.received(events(3), route: [7], now: at(3_661))
        #expect(frames(&machine, now: at(3_661)) == 1)
        machine.failed(.environment, reason: "down", now: at(3_661))
        #expect(frames(&machine, now: at(3_662)) == 1)
        machine.committed(answers: [], now: at(3_662))
        machine.pause(reason: "paused")
        #expect(sent(&machine, now: at(3_662)) == ["HOLD"])
        #expect(machine.next(now: at(3_700)) == nil)
        machine.resume()
        #expect(sent(&machine, now: at(3_661.9)) == ["GO"])
        #expect(machine.next(now: at(3_700)) == .forget)
        machine.forgot(isMore: true, now: at(3_700))
        machine.drain(now: at(3_700))
        guard case .send = machine.next(now: at(3_702)) else {
            Issue.record("HOLD")
            return
        }
        #expect(machine.next(now: at(3_702)) == .finished(left: 0))
    }

    @Test func a_transaction_that_never_ends_is_noticed() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        #expect(frames(&machine, now: at(10)) == 1)
        #expect(!machine.isStuck(now: at(910)))
        #expect(machine.isStuck(now: at(911)))
        machine.failed(.environment, reason: "at last", now: at(911))
        #expect(!machine.isStuck(now: at(2_000)))
    }

    @Test func a_fault_of_ours_opens_the_circuit_at_once() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        _ = frames(&machine, now: at(0))
        machine.failed(.operators, reason: "42P01 no such table", now: at(0))
        #expect(sent(&machine, now: at(0)) == ["HOLD"])
        #expect(machine.nextDeadline(now: at(0)) == at(30))
    }

    @Test func timeouts_in_a_row_are_told_to_the_next_try() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        var told: [Int] = []
        for (n, failure) in [FailureClass.timeout, .timeout, .timeout, .environment].enumerated() {
            guard case .commit(_, let timeouts) = machine.next(now: at(Double(n) * 10)) else {
                Issue.record("try \(n)")
                return
            }
            told.append(timeouts)
            machine.failed(failure, reason: "57014", now: at(Double(n) * 10))
        }
        #expect(told == [0, 1, 2, 3])
        #expect(machine.next(now: at(40)) == .commit(.batches(Build.key, [Build.batch(1, [Build.record(0, 1)])]), timeoutsBefore: 0))
    }

    @Test func tries_that_take_long_to_fail_open_the_circuit_too() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        var now = at(0)
        var words: [[String]] = []
        for _ in 0..<3 {
            #expect(frames(&machine, now: now) == 1)
            now = now + .seconds(30)
            machine.failed(.timeout, reason: "57014", now: now)
            words.append(sent(&machine, now: now))
            now = machine.nextDeadline(now: now) ?? now
        }
        #expect(words == [[], [], ["HOLD"]])
    }

    @Test func a_drain_commits_what_is_queued_and_takes_nothing_more() {
        var machine = welcomed()
        machine.received(events(1), route: [7], now: at(0))
        #expect(frames(&machine, now: at(0)) == 1)
        machine.received(events(2), route: [7], now: at(0))
        machine.drain(now: at(1))
        #expect(sent(&machine, now: at(1)) == ["HOLD"])
        machine.received(events(3), route: [7], now: at(1))
        #expect(sent(&machine, now: at(1)) == ["HOLD"])
        machine.committed(answers: [], now: at(1))
        #expect(frames(&machine, now: at(1)) == 1)
        machine.committed(answers: [], now: at(2))
        #expect(machine.next(now: at(2)) == .finished(left: 0))
        #expect(machine.next(now: at(2)) == nil)
    }

    @Test func a_drain_gives_up_after_its_time_and_says_what_is_left() {
        var machine = welcomed()
        machine.received(events(1, count: 4), route: [7], now: at(0))
        _ = frames(&machine, now: at(0))
        machine.failed(.environment, reason: "down", now: at(0))
        machine.received(events(5), route: [7], now: at(0))
        machine.drain(now: at(0))
        _ = sent(&machine, now: at(0))
        #expect(machine.nextDeadline(now: at(0)) == at(1))
        _ = frames(&machine, now: at(1))
        machine.failed(.environment, reason: "down", now: at(14))
        #expect(machine.next(now: at(15)) == .finished(left: 5))
    }

    @Test func a_pause_holds_everybody_until_resumed() {
        var machine = welcomed()
        machine.pause(reason: "paused by the operator")
        #expect(sent(&machine, now: at(0)) == ["HOLD"])
        machine.received(events(1), route: [7], now: at(0))
        #expect(frames(&machine, now: at(5)) == nil)
        #expect(machine.nextDeadline(now: at(5)) == nil)
        machine.resume()
        guard case .send(let answers) = machine.next(now: at(6)) else {
            Issue.record("GO")
            return
        }
        #expect(answers.map(\.frame.name) == ["GO"])
        #expect(frames(&machine, now: at(6)) == 1)
    }

    @Test func a_pause_from_before_the_database_was_open_still_holds() {
        var early = WriterMachine(epoch: 0)
        #expect(early.pauseReason == nil)
        early.pause(reason: "paused by the operator")
        var machine = WriterMachine(epoch: 3, pausedFor: early.pauseReason)
        machine.received(WireFrame(.hello(Build.hello())), route: [7], now: at(0))
        guard case .send(let answers) = machine.next(now: at(0)) else {
            Issue.record("HOLD")
            return
        }
        #expect(answers.map(\.frame.hold.reason) == ["paused by the operator"])
        #expect(machine.next(now: at(5)) == nil)
        machine.resume()
        #expect(sent(&machine, now: at(6)) == ["GO"])
        guard case .commit(.hello, _) = machine.next(now: at(6)) else {
            Issue.record("HELLO is committed")
            return
        }
    }

    @Test func a_full_queue_stops_the_reading() {
        var limits = Batcher.Limits()
        limits.queueRecords = 10
        var machine = welcomed(batching: limits)
        machine.received(events(1, count: 9), route: [7], now: at(0))
        #expect(machine.wantsInput)
        machine.received(events(10), route: [7], now: at(0))
        #expect(!machine.wantsInput)
        _ = frames(&machine, now: at(0))
        #expect(machine.wantsInput)
        #expect(Batcher.Limits().queueRecords == 40_000)
        #expect(Batcher.Limits(credit: 1_000_000).queueRecords == 4_000_000)
    }
}

@Suite struct TimeoutBlameTests {
    /// Tries a transaction whose changes time out where the map says so, as the store does. The changes blamed; nil: rolled back.
    private func blamed(_ changes: [Bool], timeoutsBefore: Int) -> [Int]? {
        var search = Bisection(count: changes.count)
        var blame = TimeoutBlame(timeoutsBefore: timeoutsBefore, changes: changes.count)
        var anyStored = false
        while let range = search.next {
            if changes[range].contains(true) {
                guard blame.timedOut(changes: range.count, anyStored: anyStored) else { return nil }
                search.failed(error: "57014")
            } else {
                anyStored = true
                search.succeeded()
            }
        }
        return blame.isProven(anyStored: anyStored) ? search.refused.map(\.index) : nil
    }

    @Test func a_change_is_blamed_beside_others_that_are_stored() {
        for culprit in 0..<5 {
            let changes = (0..<5).map { $0 == culprit }
            #expect((0..<3).allSatisfy { blamed(changes, timeoutsBefore: $0) == nil })
            #expect(blamed(changes, timeoutsBefore: 3) == [culprit])
        }
    }

    @Test func a_database_too_slow_for_all_blames_nobody() {
        for tries in 0..<12 { #expect(blamed([Bool](repeating: true, count: 50), timeoutsBefore: tries) == nil, "\(tries)") }
    }

    @Test func a_change_alone_is_blamed_after_as_many_tries() {
        #expect((0..<6).map { blamed([true], timeoutsBefore: $0) } == [nil, nil, nil, [0], [0], [0]])
    }

    @Test func several_culprits_do_not_stop_a_producer_for_ever() {
        #expect((0..<8).map { blamed([true, true], timeoutsBefore: $0) } == [nil, nil, nil, nil, nil, nil, [0, 1], [0, 1]])
        #expect((3..<7).map { blamed([true, true, true, false], timeoutsBefore: $0) } == [nil, nil, [0, 1, 2], [0, 1, 2]])
        #expect(blamed([false, true, true, true], timeoutsBefore: 3) == [1, 2, 3])
    }
}

@Suite struct SQLStateTests {
    @Test func classes_lead_to_what_the_document_says() {
        let expected: [(String?, FailureClass)] = [
            ("22021", .data), ("22P02", .data), ("23505", .data), ("21000", .data), ("54000", .data),
            ("40001", .conflict), ("40P01", .conflict), ("40003", .environment),
            ("08006", .environment), ("53100", .environment), ("57P01", .environment), ("58030", .environment), (nil, .environment),
            ("57014", .timeout), ("55P03", .environment),
            ("42P01", .operators), ("XX000", .operators), ("0A000", .operators), ("25006", .operators), ("25P03", .environment),
            ("25P04", .environment), ("28P01", .operators),
            ("P0001", .operators), ("", .environment),
        ]
        for (state, failure) in expected { #expect(FailureClass(sqlstate: state) == failure, "\(state ?? "nil")") }
    }
}
