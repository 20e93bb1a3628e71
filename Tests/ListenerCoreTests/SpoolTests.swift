import Events
import Primitives
import ProducerCore
import Testing

@testable import ListenerCore

private let otherStream: StreamID = {
    var generator = SeededGenerator(seed: 6)
    return StreamID(using: &generator)
}()

/// The bytes of a spool's files, as a shell would have them.
private struct Disk {
    var files: [UInt64: [UInt8]] = [:]
    private var newest: UInt64 = 0

    mutating func perform(_ action: SpoolAction) {
        switch action {
        case .open(let segment, let header):
            files[segment] = header
            newest = segment
        case .append(let bytes, _): files[newest]? += bytes
        case .delete(let segment): files[segment] = nil
        case .read: break
        }
    }

    func scan() -> SpoolScan {
        var scan = SpoolScan(account: "main")
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) { scan.add(name: name, bytes: bytes) }
        scan.finish()
        return scan
    }

    func read(_ read: SpoolRead, _ segments: [UInt64]) throws -> [WireRecord] {
        var tail = SpoolTail()
        return tail.read(read, segments, limits: .init(records: .max, bytes: .max)) { (name) throws(SpoolReader.Damage) in
            guard let bytes = files[name] else { throw .header("no such file") }
            return bytes
        }
    }
}

private func producer(_ stream: StreamID = streamID) -> ProducerMachine.Producer {
    .init(role: .listener, account: "main", incarnation: 1_000, stream: stream, build: "test")
}

/// A record of one channel that ends at `to`, with a payload of so many bytes.
private func makeRecord(_ to: Int64, bytes: Int = 0) -> WireRecord {
    var record = WireRecord()
    record.header = .with {
        $0.box = BoxKey.channel(3).wire
        $0.generation = 1
        $0.from = to - 1
        $0.to = to
        $0.receivedAt = to
    }
    record.payloadBytes = [UInt8](repeating: 7, count: bytes)
    return record
}

/// A spool of small segments, into which one life wrote so many records.
private func written(
    _ count: Int, stream: StreamID = streamID, on disk: Disk = Disk(), from first: Int64 = 1, bytes: Int = 300 << 10
) -> (Disk, SpoolLedger) {
    var disk = disk
    var ledger = SpoolLedger(disk.scan(), producer: producer(stream), limit: ListenerLimits.spoolLeast)
    disk.perform(ledger.open(known: [:], database: .with { $0.systemIdentifier = 4 }))
    for n in 0..<count {
        for action in ledger.append(makeRecord(first + Int64(n), bytes: bytes), number: UInt64(n + 1)) { disk.perform(action) }
    }
    return (disk, ledger)
}

@Suite struct SpoolTests {
    @Test func what_was_written_is_read_again_with_its_stream_numbers_positions_and_database() throws {
        let (disk, _) = written(3, bytes: 10)
        let scan = disk.scan()
        #expect(scan.segments.map(\.first) == [1] && scan.segments.map(\.last) == [3])
        #expect(scan.segments[0].stream == streamID && scan.segments[0].since == UnixTime(nanoseconds: 1))
        #expect(scan.positions == [.channel(3): Position(value: 3)])
        #expect(scan.database?.systemIdentifier == 4)
        #expect(scan.isUsable && !scan.isDamaged)
        #expect(try disk.read(SpoolRead(stream: streamID, from: 2), [1]).map(\.header.to) == [2, 3])
    }

    /// Whatever a kill or a rotten disk leaves: what is before it is read, nothing is made up, and nothing behind it is believed.
    @Test func every_cut_and_every_flipped_bit_ends_the_segment_at_a_whole_record() throws {
        let (disk, _) = written(4, bytes: 5)
        let bytes = try #require(disk.files[1])
        var ends: [Int] = []
        var reader = try SpoolReader(bytes)
        let start = reader.offset
        while try reader.next() != nil { ends.append(reader.offset) }
        func scan(_ bytes: [UInt8]) -> SpoolScan {
            var disk = disk
            disk.files[1] = bytes
            return disk.scan()
        }
        for cut in 0..<bytes.count {
            let scan = scan(Array(bytes[..<cut]))
            #expect(scan.isUsable == (cut >= start), "cut at \(cut)")
            #expect(scan.records == UInt64(ends.count { $0 <= cut }), "cut at \(cut)")
        }
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            let scan = scan(flipped)
            #expect(scan.isDamaged || scan.records < 4, "bit \(bit)")
            #expect(scan.isUsable == (bit / 8 >= start), "bit \(bit)")
            #expect(scan.records == UInt64(bit / 8 < start ? 0 : ends.count { $0 <= bit / 8 }), "bit \(bit)")
        }
    }

    @Test func a_segment_of_another_account_is_not_used() {
        let (disk, _) = written(1)
        var scan = SpoolScan(account: "second")
        for (name, bytes) in disk.files { scan.add(name: name, bytes: bytes) }
        scan.finish()
        #expect(!scan.isUsable && scan.unusable.map(\.name) == [1])
    }

    @Test func segments_are_deleted_whole_and_oldest_first_when_all_of_them_is_acknowledged() {
        var (_, ledger) = written(12)
        func deleted(_ actions: [SpoolAction]) -> [UInt64] {
            actions.map { if case .delete(let segment) = $0 { segment } else { 0 } }
        }
        #expect(ledger.count == 3)
        #expect(deleted(ledger.acknowledge(streamID, 3)) == [])
        #expect(deleted(ledger.acknowledge(streamID, 4)) == [1])
        #expect(ledger.oldestKept?.first == 5 && ledger.oldestKept?.checkpoint.map(\.position.value) == [4])
        #expect(deleted(ledger.acknowledge(streamID, 12)) == [2], "the open one stays")
        #expect(ledger.count == 1)
    }

    @Test func what_an_earlier_connection_was_told_does_not_count() {
        var (disk, _) = written(4, stream: otherStream)
        var ledger: SpoolLedger
        (disk, ledger) = written(1, on: disk, from: 5)
        ledger.welcomed()
        #expect(ledger.acknowledge(streamID, 1) == [])
        #expect(ledger.acknowledge(otherStream, 4) == [.delete(segment: 1)])
    }

    @Test func it_is_full_before_its_limit_and_has_room_again_two_segments_below() {
        var (_, ledger) = written(20)
        #expect(!ledger.isFull && ledger.hasRoom)
        for n in 21...24 { _ = ledger.append(makeRecord(Int64(n), bytes: 300 << 10), number: UInt64(n)) }
        #expect(ledger.isFull && !ledger.hasRoom)
        #expect(ledger.bytes <= ledger.limit)
        _ = ledger.acknowledge(streamID, 8)
        #expect(!ledger.isFull && ledger.hasRoom)
        ledger.diskIsFull(true)
        #expect(ledger.isFull && !ledger.hasRoom)
    }

    @Test func lives_without_a_hole_between_them_are_one_run() {
        var (disk, _) = written(2, stream: otherStream, bytes: 1)
        let ledger: SpoolLedger
        (disk, ledger) = written(3, on: disk, from: 3, bytes: 1)
        #expect(disk.scan().segments.map(\.continues) == [true, true])
        #expect(ledger.positions == [.channel(3): Position(value: 5)])
        let again = SpoolLedger(disk.scan(), producer: producer(), limit: 1 << 30)
        #expect(
            again.runs.map(\.streams) == [[KeptStream(id: otherStream, first: 1, last: 2), KeptStream(id: streamID, first: 1, last: 3)]])
        #expect(again.runs.map(\.checkpoint.count) == [0])
    }

    @Test func a_deleted_segment_and_a_rotten_record_begin_a_new_run_with_the_checkpoint_behind_them() throws {
        let (disk, _) = written(12)
        var without = disk
        without.files[2] = nil
        let scan = without.scan()
        #expect(scan.isDamaged)
        let runs = SpoolLedger(scan, producer: producer(), limit: 1 << 30).runs
        #expect(runs.map { $0.streams.map(\.first) } == [[1], [9]])
        #expect(runs.map { $0.checkpoint.map(\.position.value) } == [[], [8]])

        var rotten = disk
        let bytes = try #require(disk.files[2])
        rotten.files[2]?[bytes.count - 1] ^= 1
        let cut = SpoolLedger(rotten.scan(), producer: producer(), limit: 1 << 30).runs
        #expect(cut.map { $0.streams.map { [$0.first, $0.last] } } == [[[1, 7]], [[9, 12]]])
        #expect(cut.map { $0.checkpoint.map(\.position.value) } == [[], [8]])
        // What is read for the first run ends where it ends.
        let read = SpoolRead(stream: streamID, from: 2)
        #expect(SpoolLedger(scan, producer: producer(), limit: 1 << 30).read(read) == .read(read, segments: [1]))
    }

    /// A life whose last records were committed and never reached the disk: the next one begins further on, and nothing is missing.
    @Test func what_the_database_alone_knows_stands_in_the_next_checkpoint() {
        var (disk, _) = written(2, stream: otherStream, bytes: 1)
        var ledger = SpoolLedger(disk.scan(), producer: producer(), limit: 1 << 30)
        disk.perform(ledger.open(known: [.channel(3): Position(value: 9), .common: Position(value: 4)], database: nil))
        #expect(ledger.positions == [.channel(3): Position(value: 9), .common: Position(value: 4)])
        #expect(disk.scan().positions == ledger.positions)
        #expect(ledger.open(known: [.channel(3): Position(value: 8)], database: nil) != .delete(segment: 1))
        #expect(ledger.positions[.channel(3)] == Position(value: 9))
    }
}

@Suite struct SpooledProducerTests {
    private let kept = [
        KeptRun(streams: [KeptStream(id: otherStream, first: 5, last: 8)], checkpoint: [WireBoxPosition(.channel(3), Position(value: 4))]),
        KeptRun(streams: [], checkpoint: [WireBoxPosition(.channel(3), Position(value: 20))]),
    ]

    private func welcome(_ cursors: [(StreamID, UInt64)], credit: UInt32 = 100) -> WireFrame {
        WireFrame(
            .welcome(
                .with {
                    $0.epoch = 1
                    $0.cursors = cursors.map { WireStreamCursor($0.0, committed: $0.1) }
                    $0.credit = credit
                    $0.contractVersion = Contract.version
                }))
    }
    private func ack(_ stream: StreamID, _ number: UInt64) -> WireFrame {
        WireFrame(.ack(WireAck(epoch: 1, incarnation: 1_000, stream: stream, committed: number, credit: 100)))
    }
    private func records(_ numbers: ClosedRange<Int64>) -> [WireRecord] { numbers.map { makeRecord($0) } }

    @Test func what_the_disk_holds_goes_first_and_behind_a_hole_hello_is_said_again() {
        var link = ProducerMachine(producer(), kept: kept, database: nil)
        link.append(makeRecord(21))
        #expect(link.unacknowledged == 5)
        #expect(words(link.connected(now: at(0)).frames) == ["HELLO 5…8 channel:3=4"])
        let asked = link.received(welcome([(otherStream, 5)]), now: at(0))
        #expect(asked.frames.isEmpty && asked.reads == [SpoolRead(stream: otherStream, from: 6)])
        #expect(link.flush().reads.isEmpty, "it is asked for once")
        // More than the run has may come along.
        #expect(words(link.read(SpoolRead(stream: otherStream, from: 6), records(6...12)).frames) == ["EVENTS e1 6…8"])
        #expect(link.received(ack(otherStream, 7), now: at(1)).notices == [.acknowledged(otherStream, 7)])
        let next = link.received(ack(otherStream, 8), now: at(1))
        #expect(words(next.frames) == ["HELLO 1…1 channel:3=20"])
        #expect(next.notices == [.acknowledged(otherStream, 8), .runFinished])
        #expect(words(link.received(welcome([]), now: at(2)).frames) == ["EVENTS e1 1…1"])
    }

    @Test func what_memory_forgot_is_read_back_and_the_rest_follows_from_memory() {
        var link = ProducerMachine(producer(), kept: [], database: nil)
        for n in 1...Int64(10) { link.append(makeRecord(n)) }
        link.spooled(through: 6, memoryRecords: 2, memoryBytes: 1 << 20)
        #expect(link.window.first == 7 && link.unacknowledged == 10)
        _ = link.connected(now: at(0))
        #expect(link.received(welcome([]), now: at(0)).reads == [SpoolRead(stream: streamID, from: 1)])
        // More than memory forgot may come along.
        let step = link.read(SpoolRead(stream: streamID, from: 1), records(1...8))
        #expect(words(step.frames) == ["EVENTS e1 1…6", "EVENTS e1 7…10"] || words(step.frames) == ["EVENTS e1 1…8", "EVENTS e1 9…10"])
        _ = link.received(ack(streamID, 10), now: at(1))
        #expect(link.unacknowledged == 0)
    }

    @Test func a_database_that_went_back_is_given_again_what_the_disk_still_has() {
        var link = ProducerMachine(producer(), kept: [], database: nil)
        for n in 1...Int64(4) { link.append(makeRecord(n)) }
        link.spooled(through: 4, memoryRecords: 100, memoryBytes: 1 << 20)
        _ = link.connected(now: at(0))
        _ = link.received(welcome([]), now: at(0))
        _ = link.received(ack(streamID, 4), now: at(0))
        _ = link.connected(now: at(1))
        #expect(link.received(welcome([(streamID, 2)]), now: at(1)).reads == [SpoolRead(stream: streamID, from: 3)])
        #expect(words(link.read(SpoolRead(stream: streamID, from: 3), records(3...4)).frames) == ["EVENTS e1 3…4"])
    }

    @Test func credit_is_for_all_streams_together_and_a_refused_earlier_one_takes_the_later_along() {
        var link = ProducerMachine(producer(), kept: [KeptRun(streams: kept[0].streams, checkpoint: [])], database: nil)
        for n in 1...Int64(5) { link.append(makeRecord(n)) }
        _ = link.connected(now: at(0))
        _ = link.received(welcome([(otherStream, 4)], credit: 6), now: at(0))
        #expect(words(link.read(SpoolRead(stream: otherStream, from: 5), records(5...8)).frames) == ["EVENTS e1 5…8", "EVENTS e1 1…2"])
        #expect(link.creditLeft == 0)
        let nack = WireRefusal(epoch: 1, incarnation: 1_000, stream: otherStream, expected: 5, reason: "a hole")
        #expect(link.received(WireFrame(.nack(nack)), now: at(1)).reads == [SpoolRead(stream: otherStream, from: 5)])
        #expect(words(link.read(SpoolRead(stream: otherStream, from: 5), records(5...8)).frames) == ["EVENTS e1 5…8", "EVENTS e1 1…2"])
    }

    @Test func another_database_is_told() {
        var link = ProducerMachine(producer(), kept: kept, database: .with { $0.epoch = 1 })
        let hello = link.connected(now: at(0)).frames
        #expect(hello.map(\.hello.database.epoch) == [1])
        var frame = welcome([])
        frame.welcome.database.epoch = 2
        #expect(link.received(frame, now: at(0)).notices == [.otherDatabase])
        #expect(!link.isWelcomed)
    }
}

@Suite struct SpooledListenerTests {
    private func machine(_ disk: Disk, windowRecords: Int = 100) -> ListenerMachine {
        ListenerMachine(
            producer: makeProducer(), groups: [basicGroup, channel], peers: book(), seed: 1, spool: disk.scan(),
            spoolLimit: ListenerLimits.spoolLeast, windowRecords: windowRecords)
    }
    private func calls(_ actions: [ListenerMachine.Action]) -> [String] {
        actions.compactMap { if case .call(_, let call) = $0 { "\(call.name) \(call["pts"]?.int ?? 0)" } else { nil } }
    }
    private func isOpen(_ action: ListenerMachine.Action) -> Bool { if case .spool(.open) = action { true } else { false } }
    private func stops(_ actions: [ListenerMachine.Action]) -> [ListenerMachine.StopReason] {
        actions.compactMap { if case .stop(let reason) = $0 { reason } else { nil } }
    }

    @Test func with_a_spool_it_starts_while_the_writer_is_away_and_only_when_its_segment_is_on_the_disk() {
        var disk = written(3, stream: otherStream, bytes: 1).0
        disk.files[1] = disk.files[1]
        var machine = machine(disk)
        #expect(calls(machine.telegramConnected(now: at(0), clock: clock)) == [])
        #expect(machine.begin(now: at(0), clock: clock).contains(where: isOpen))
        #expect(calls(machine.spoolOpened(now: at(1), clock: clock)).contains("updates.getChannelDifference 3"))
    }

    @Test func without_one_it_waits_for_the_writer_and_asks_nobody_where_it_stands() {
        var machine = machine(Disk())
        #expect(machine.begin(now: at(0), clock: clock) == [.connect(true)])
        #expect(calls(machine.telegramConnected(now: at(0), clock: clock)) == [])
        _ = machine.linkConnected(now: at(0), clock: clock)
        let welcomed = machine.received(Writer.welcome([(.channel(3), Position(value: 30))]), now: at(1), clock: clock)
        #expect(welcomed.contains(where: isOpen) && calls(welcomed) == [])
        #expect(calls(machine.spoolOpened(now: at(2), clock: clock)).contains("updates.getChannelDifference 30"))
    }

    /// The disk has all of it, and nobody takes it: there is no reason to wait.
    @Test func a_stop_without_the_writer_leaves_what_is_not_committed_to_the_spool() throws {
        var machine = machine(written(1, stream: otherStream, bytes: 1).0)
        _ = machine.begin(now: at(0), clock: clock)
        _ = machine.spoolOpened(now: at(0), clock: clock)
        #expect(stops(machine.drain(now: at(0), clock: clock)) == [.spooled(left: 1)])
    }

    @Test func a_full_disk_stops_the_reading_of_telegram_and_room_starts_it_again() {
        var machine = machine(written(1, stream: otherStream, bytes: 1).0)
        _ = machine.telegramConnected(now: at(0), clock: clock)
        _ = machine.begin(now: at(0), clock: clock)
        _ = machine.spoolOpened(now: at(0), clock: clock)
        _ = machine.spoolDisk(isFull: true, now: at(1), clock: clock)
        #expect(machine.isPaused)
        _ = machine.spoolDisk(isFull: false, now: at(2), clock: clock)
        #expect(!machine.isPaused)
    }

    @Test func a_record_that_is_not_where_it_was_written_ends_the_process_and_the_next_one_looks_again() {
        var machine = machine(written(1, stream: otherStream, bytes: 1).0)
        _ = machine.begin(now: at(0), clock: clock)
        guard case .spoolFailed? = stops(machine.spoolRead(SpoolRead(stream: otherStream, from: 1), [], now: at(1), clock: clock)).first
        else {
            Issue.record("it goes on")
            return
        }
    }
}
