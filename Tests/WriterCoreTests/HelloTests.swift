import Events
import Primitives
import Testing
import WriterCore

@Suite struct HelloTests {
    private let database = WireDatabaseIdentity.with { $0.systemIdentifier = 1 }

    private func judged(_ hello: WireHello, _ stored: ProducerState?, epoch: UInt64 = 3) -> HelloVerdict {
        judge(hello: hello, stored: stored, epoch: epoch, credit: 100, database: database)
    }

    private func welcomed(_ hello: WireHello, _ stored: ProducerState?, epoch: UInt64 = 3) throws -> HelloVerdict.Welcomed {
        guard case .welcome(let welcomed) = judged(hello, stored, epoch: epoch) else {
            Issue.record("not welcomed: \(judged(hello, stored, epoch: epoch))")
            throw ContractError.badField("test")
        }
        return welcomed
    }

    @Test func a_first_hello_stores_incarnation_epoch_streams_and_positions_without_a_gap() throws {
        let out = try welcomed(Build.hello(checkpoint: [WireBoxPosition(.common, Position(value: 50, date: 9, seq: 2))]), nil)
        #expect(out.state.incarnation == 10)
        #expect(out.state.epoch == 3)
        #expect(out.streams.map(\.cursor) == [0])
        #expect(out.positions == [PositionChange(box: .common, position: Position(value: 50, date: 9, seq: 2))])
        #expect(out.gaps.isEmpty)
        #expect(out.answer.cursors.map(\.committed) == [0])
        #expect(out.answer.positions.map(\.position.value) == [50])
        #expect(out.answer.credit == 100)
        #expect(out.answer.database == database)
    }

    @Test func a_reconnect_is_told_its_cursor_and_the_new_epoch() throws {
        let out = try welcomed(Build.hello(), Build.state(cursor: 7), epoch: 8)
        #expect(out.answer.cursors.map(\.committed) == [7])
        #expect(out.answer.epoch == 8)
        #expect(out.state.epoch == 8)
        #expect(out.streams.isEmpty)
    }

    @Test func an_older_incarnation_is_refused_with_the_living_one() {
        guard case .refused(let frame) = judged(Build.hello(incarnation: 9), Build.state()) else {
            Issue.record("not refused")
            return
        }
        #expect(frame.stale.incarnation == 10)
    }

    @Test func an_older_writer_must_end() {
        #expect(judged(Build.hello(), Build.state(), epoch: 2) == .superseded(storedEpoch: 3))
    }

    @Test func records_no_longer_kept_move_the_cursor_and_leave_a_gap() throws {
        let hello = Build.hello(
            streams: [WireStream(Build.stream(1), first: 21, last: 0, open: true)],
            checkpoint: [WireBoxPosition(.channel(5), Position(value: 140)), WireBoxPosition(.channel(6), Position(value: 3))])
        let out = try welcomed(hello, Build.state(cursor: 7))
        #expect(out.answer.cursors.map(\.committed) == [20])
        #expect(out.gaps == [Gap(box: .channel(5), generation: 1, from: 100, to: 140, reason: .checkpoint)])
        #expect(out.state.positions[.channel(5)] == Position(value: 140))
    }

    @Test func a_checkpoint_behind_the_position_changes_nothing() throws {
        let out = try welcomed(Build.hello(checkpoint: [WireBoxPosition(.channel(5), Position(value: 60))]), Build.state())
        #expect(out.gaps.isEmpty)
        #expect(out.positions.isEmpty)
        #expect(out.answer.positions.map(\.position.value) == [100])
    }

    @Test func a_checkpoint_of_a_new_generation_may_have_lost_everything() throws {
        let out = try welcomed(
            Build.hello(checkpoint: [WireBoxPosition(.channel(5), Position(generation: 2, value: 4))]), Build.state())
        #expect(out.gaps == [Gap(box: .channel(5), generation: 2, from: nil, to: 4, reason: .newGeneration)])
    }

    @Test func a_stream_that_is_listed_no_more_keeps_its_cursor() throws {
        let hello = Build.hello(incarnation: 11, streams: [WireStream(Build.stream(2), first: 1, last: 0, open: true)])
        let out = try welcomed(hello, Build.state(cursor: 7))
        #expect(out.state.streams.map(\.ordinal) == [0, nil])
        #expect(out.state.streams.map(\.cursor) == [0, 7])
        // Restored by the operator, it goes on where it was.
        let again = Build.hello(
            incarnation: 12,
            streams: [
                WireStream(Build.stream(1), first: 1, last: 9, open: false), WireStream(Build.stream(2), first: 1, last: 0, open: true),
            ])
        #expect(try welcomed(again, out.state).answer.cursors.map(\.committed) == [7, 0])
    }

    @Test func another_contract_version_is_refused_with_both_numbers() {
        var hello = Build.hello()
        hello.contractVersion = 99
        guard case .refused(let frame) = judged(hello, nil) else {
            Issue.record("not refused")
            return
        }
        #expect(frame.incompatible.ours == Contract.version)
        #expect(frame.incompatible.yours == 99)
    }

    @Test(
        arguments: [
            { (h: inout WireHello) in h.incarnation = 0 }, { $0.incarnation = .max }, { $0.streams[0].id = .init() },
            { $0.streams[0].first = 0 }, { $0.streams.append($0.streams[0]) },
            { $0.streams.insert(WireStream(Build.stream(2), first: 1, last: 0, open: true), at: 0) },
            { $0.checkpoint = [WireBoxPosition()] }, { $0.checkpoint = [WireBoxPosition(.common, Position(value: -1))] },
            { $0.checkpoint = [WireBoxPosition(.common, Position(value: 1)), WireBoxPosition(.common, Position(value: 2))] },
        ] as [@Sendable (inout WireHello) -> Void])
    func a_malformed_hello_is_refused_and_changes_nothing(_ damage: @Sendable (inout WireHello) -> Void) {
        var hello = Build.hello()
        damage(&hello)
        guard case .refused(let frame) = judged(hello, nil) else {
            Issue.record("not refused")
            return
        }
        #expect(!frame.stale.reason.isEmpty)
    }

    @Test func only_what_the_database_takes_for_an_accounts_name_makes_a_producer() throws {
        var hello = Build.hello()
        for name in ["main", "A.b-c_9", String(repeating: "x", count: 63)] {
            hello.account = name
            #expect(try hello.producer() == ProducerKey(role: "listener", account: name))
        }
        for name in ["", "a\0b", "-a", "ä", "a b", String(repeating: "x", count: 64)] {
            hello.account = name
            #expect(throws: ContractError.badField("hello.account")) { try hello.producer() }
        }
    }

    /// After the restore of a backup: neither cursors nor positions of the older database may be moved by what was kept for the newer.
    @Test func what_was_kept_for_another_database_changes_nothing_and_is_told_so() throws {
        var hello = Build.hello(incarnation: 11, checkpoint: [WireBoxPosition(.channel(5), Position(value: 500))])
        hello.database = .with {
            $0.systemIdentifier = 1
            $0.epoch = 9
        }
        guard case .otherDatabase(let frame) = judged(hello, Build.state(cursor: 7)) else {
            Issue.record("\(judged(hello, Build.state(cursor: 7)))")
            return
        }
        #expect(frame.welcome.database == database && frame.welcome.credit == 0)
        hello.database = database
        #expect(try welcomed(hello, Build.state(cursor: 7)).gaps.count == 1)
    }
}
