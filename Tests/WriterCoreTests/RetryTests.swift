import Events
import Primitives
import Testing
import WriterCore

/// Dead letters in the writer's machine, and what waits in it.
@Suite struct RetryTests {
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    private func welcomed() -> WriterMachine {
        var machine = WriterMachine(epoch: 3)
        machine.received(WireFrame(.hello(Build.hello())), route: [7], now: at(0))
        _ = machine.next(now: at(0))
        machine.committed(answers: [], now: at(0))
        return machine
    }

    private func events(_ first: UInt64) -> WireFrame {
        WireFrame(.events(Build.batch(first, [Build.record(Int64(first), Int64(first) + 1)]).batch))
    }

    /// The next action in one word.
    private func next(_ machine: inout WriterMachine, _ now: Instant) -> String {
        switch machine.next(now: now) {
        case nil: "-"
        case .commit: "commit"
        case .retry(let request, let letters): "retry \(request) of \(letters.count)"
        case .refuseRetries(let requests, let reason): "refuse \(requests) \(reason)"
        case .send: "send"
        case .forget: "forget"
        case .finished: "finished"
        }
    }

    @Test func letters_are_retried_a_hundred_at_a_time_in_turn_with_commits() {
        var machine = welcomed()
        machine.retry((0..<250).map { "\($0)" }, request: 1)
        machine.retry(["x"], request: 2)
        #expect(machine.nextDeadline(now: at(1)) == at(1))
        #expect(next(&machine, at(1)) == "retry 1 of 100")
        #expect(machine.isCommitting)
        machine.received(events(1), route: [7], now: at(1))
        #expect(next(&machine, at(1)) == "-")
        machine.retried()
        #expect(next(&machine, at(1)) == "commit")
        machine.committed(answers: [], now: at(1))
        machine.received(events(2), route: [7], now: at(1))
        #expect(next(&machine, at(1)) == "retry 1 of 100")
        machine.retried()
        #expect(next(&machine, at(1)) == "commit")
        machine.committed(answers: [], now: at(1))
        #expect(next(&machine, at(1)) == "retry 1 of 50")
        machine.retried()
        #expect(next(&machine, at(1)) == "retry 2 of 1")
        machine.retried()
        #expect(next(&machine, at(1)) == "-")
    }

    @Test func a_failed_retry_drops_its_own_request_only() {
        var machine = welcomed()
        machine.retry((0..<250).map { "\($0)" }, request: 1)
        machine.retry(["x"], request: 2)
        #expect(next(&machine, at(1)) == "retry 1 of 100")
        machine.retryFailed()
        #expect(next(&machine, at(1)) == "retry 2 of 1")
        #expect(!machine.isHeld)
    }

    @Test func nothing_is_retried_while_nothing_is_committed() {
        var paused = welcomed()
        paused.pause(reason: "paused by me")
        _ = paused.next(now: at(1))
        #expect(paused.whyNoRetry == "the writer holds: paused by me")
        paused.retry(["x"], request: 1)
        #expect(next(&paused, at(1)) == "refuse [1] the writer holds: paused by me")

        var failing = welcomed()
        failing.received(events(1), route: [7], now: at(1))
        _ = failing.next(now: at(1))
        failing.retry(["x"], request: 1)
        failing.failed(.environment, reason: "gone", now: at(1))
        #expect(next(&failing, at(1)) == "refuse [1] the writer has trouble with its database: gone")

        var draining = welcomed()
        draining.retry(["x"], request: 5)
        draining.drain(now: at(1))
        _ = draining.next(now: at(1))
        #expect(next(&draining, at(1)) == "refuse [5] the writer is stopping")
        #expect(next(&draining, at(1)) == "finished")
    }

    @Test func a_retry_that_never_ends_is_noticed() {
        var machine = welcomed()
        machine.retry(["x"], request: 1)
        _ = machine.next(now: at(1))
        #expect(!machine.isStuck(now: at(900)))
        #expect(machine.isStuck(now: at(902)))
    }

    @Test func what_waits_is_counted_by_chat_and_age() {
        var machine = welcomed()
        let now: Int64 = 1_000_000_000_000_000
        func frame(_ first: UInt64, _ boxes: [BoxKey?], secondsAgo: Int64) -> WireFrame {
            var records = boxes.map { Build.record(1, 2, box: $0) }
            for i in records.indices { records[i].header.receivedAt = now - secondsAgo * 1_000_000_000 }
            return WireFrame(.events(Build.batch(first, records).batch))
        }
        #expect(machine.waiting(unix: now).isEmpty)
        machine.received(frame(1, [.channel(5), .channel(5), .common], secondsAgo: 4_000), route: [7], now: at(0))
        _ = machine.next(now: at(0))
        machine.received(frame(4, [.channel(5), nil], secondsAgo: 2), route: [7], now: at(0))
        // What a failed transaction holds waits as well.
        machine.failed(.environment, reason: "gone", now: at(0))
        let waiting = machine.waiting(unix: now)
        #expect(waiting.map(\.group) == ["listener@main", "basic groups of main", "channel:5"])
        #expect(waiting.map(\.count) == [1, 1, 3])
        #expect(waiting.map(\.ages) == [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [1, 0, 2, 0, 0, 0]])
        #expect(waiting[2].oldestAt == now - 4_000_000_000_000)
        #expect(AgeBucket.index(seconds: 604_800) == 5)
    }
}

@Suite struct DeadLetterTests {
    private func letter(_ changes: [WireChange], box: BoxKey? = nil) throws -> DeadLetter {
        let record = try WireRecord(WireHeader(), changes: changes)
        return DeadLetter(stream: Build.stream(1), number: 3, payload: record.payloadBytes, receivedAt: 5)
    }

    @Test func what_was_true_at_its_own_time_only_does_not_come_late() throws {
        let chat = WireChat.with {
            $0.kind = .channel
            $0.id = 5
        }
        let changes: [WireChange] = [
            .with { $0.message = Build.message(1, "a") },
            .with {
                $0.groupState = .with {
                    $0.chat = chat
                    $0.state = .lostAccess
                }
            },
            .with {
                $0.groupInfo = .with {
                    $0.chat = chat
                    $0.title = "old"
                }
            },
            .with {
                $0.progress = .with {
                    $0.chat = chat
                    $0.state = .done
                }
            },
            .with {
                $0.deletion = .with {
                    $0.chat = chat
                    $0.ids = [4]
                }
            },
        ]
        let contents = try letter(changes).contents
        #expect(contents.pieces.map(\.kind) == ["message", "delete"])
        #expect(contents.pieces.map(\.receivedAt) == [5, 5])
        #expect(contents.outdated == 3)
        #expect(contents.unreadable.isEmpty)
    }

    @Test func what_still_cannot_be_read_is_told() throws {
        let bytes = DeadLetter(stream: Build.stream(1), number: 3, payload: [255, 255], receivedAt: 5).contents
        #expect(bytes.pieces.isEmpty)
        #expect(bytes.unreadable.count == 1)
        let change = try letter([.with { $0.message = Build.message(0, "a") }]).contents
        #expect(change.unreadable.map(\.error) == ["unreadable change: \(ContractError.badField("message.id"))"])
    }
}
