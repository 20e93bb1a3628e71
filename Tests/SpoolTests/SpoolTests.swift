import Events
import Glibc
import ListenerCore
import Primitives
import ProducerCore
import Testing

@testable import Spool

private let stream: StreamID = {
    var generator = SeededGenerator(seed: 1)
    return StreamID(using: &generator)
}()
private let producer = ProducerMachine.Producer(role: .listener, account: "main", incarnation: 1, stream: stream, build: "test")

/// A folder of its own, removed at the end.
private final class Place {
    let folder: SpoolFolder

    init() throws {
        var template = Array("/tmp/spool-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template))
        folder = SpoolFolder(String(cString: path) + "/spool")
        try folder.make()
    }

    deinit {
        for segment in (try? folder.segments()) ?? [] { unlink(folder.file(segment)) }
        rmdir(folder.path)
        rmdir(String(folder.path.dropLast("/spool".count)))
    }
}

private func makeRecord(_ to: Int64, bytes: Int) -> WireRecord {
    var record = WireRecord()
    record.header = .with {
        $0.box = BoxKey.channel(3).wire
        $0.generation = 1
        $0.from = to - 1
        $0.to = to
        $0.receivedAt = to
    }
    record.payloadBytes = [UInt8](repeating: UInt8(truncatingIfNeeded: to), count: bytes)
    return record
}

@Suite struct SpoolWriterTests {
    @Test(.timeLimit(.minutes(1))) func what_is_synced_is_found_by_the_next_process() async throws {
        let place = try Place()
        let (events, event) = AsyncStream.makeStream(of: SpoolWriter.Event.self)
        let writer = SpoolWriter(place.folder) { event.yield($0) }
        var ledger = SpoolLedger(try await place.folder.scan(account: "main"), producer: producer, limit: ListenerLimits.spoolLeast)
        writer.perform(ledger.open(known: [:], database: nil))
        var iterator = events.makeAsyncIterator()
        guard case .opened? = await iterator.next() else {
            Issue.record("the first segment is not there")
            return
        }
        for n in 1...Int64(10) {
            for action in ledger.append(makeRecord(n, bytes: 200 << 10), number: UInt64(n)) { writer.perform(action) }
        }
        var synced: UInt64 = 0
        while synced < 10, let next = await iterator.next() { if case .synced(let number) = next { synced = number } }
        #expect(synced == 10)
        let scan = try await place.folder.scan(account: "main")
        #expect(scan.records == 10 && scan.segments.count == 2 && !scan.isDamaged)
        #expect(scan.positions == [.channel(3): Position(value: 10)])

        // The open segment grows between two reads.
        guard case .read(let read, let segments) = ledger.read(SpoolRead(stream: stream, from: 4)) else { return }
        writer.perform(.read(read, segments: segments))
        guard case .read(_, let records)? = await iterator.next() else {
            Issue.record("nothing read")
            return
        }
        #expect(records.map(\.header.to) == Array(4...10))
        for action in ledger.append(makeRecord(11, bytes: 5), number: 11) { writer.perform(action) }
        guard case .read(let more, let last) = ledger.read(SpoolRead(stream: stream, from: 11)) else { return }
        writer.perform(.read(more, segments: last))
        var late: [Int64] = []
        while late.isEmpty, let next = await iterator.next() { if case .read(_, let records) = next { late = records.map(\.header.to) } }
        #expect(late == [11])

        for action in ledger.acknowledge(stream, 11) { writer.perform(action) }
        await writer.close()
        #expect(try place.folder.segments() == [2])
    }

    @Test(.timeLimit(.minutes(1))) func a_segment_that_grew_and_was_closed_between_two_reads_is_read_to_its_end() async throws {
        let place = try Place()
        let (events, event) = AsyncStream.makeStream(of: SpoolWriter.Event.self)
        let writer = SpoolWriter(place.folder) { event.yield($0) }
        var ledger = SpoolLedger(try await place.folder.scan(account: "main"), producer: producer, limit: ListenerLimits.spoolLeast)
        writer.perform(ledger.open(known: [:], database: nil))
        var iterator = events.makeAsyncIterator()
        func append(_ numbers: ClosedRange<Int>, bytes: Int) {
            for n in numbers {
                for action in ledger.append(makeRecord(Int64(n), bytes: bytes), number: UInt64(n)) { writer.perform(action) }
            }
        }
        func read(from number: Int) async -> [Int64] {
            writer.perform(ledger.read(SpoolRead(stream: stream, from: UInt64(number))))
            while let next = await iterator.next() { if case .read(_, let records) = next { return records.map(\.header.to) } }
            return []
        }
        // One is left in what the first read knows of the segment.
        let frame = Contract.maximumBatchRecords
        append(1...frame + 1, bytes: 5)
        #expect(await read(from: 1) == (1...Int64(frame)).map(\.self))
        append(frame + 2...frame + 10, bytes: 200 << 10)
        var next = frame + 1
        while next <= frame + 10 {
            let numbers = await read(from: next)
            guard !numbers.isEmpty else { break }
            #expect(numbers == (0..<numbers.count).map { Int64(next + $0) })
            next += numbers.count
        }
        #expect(next == frame + 11)
        await writer.close()
        #expect(try place.folder.segments().count > 1)
    }

    @Test(.timeLimit(.minutes(1))) func records_wait_for_company_and_nothing_else_waits_with_them() {
        let queue = CommandQueue()
        let record = SpoolAction.append([1], number: 1)
        let longest = 3_600_000
        queue.put(record)
        queue.put(record)
        #expect(queue.take(wait: longest)?.count == 2, "one is enough to begin with")
        queue.put(record)
        #expect(queue.take(wait: 1, wanted: 2)?.count == 1, "alone when its time is over")
        queue.put(record)
        queue.put(.delete(segment: 1))
        #expect(queue.take(wait: longest, wanted: 64)?.count == 2, "anything else does not wait")
        #expect(queue.take(wait: 1, wanted: 64)?.isEmpty == true, "nothing came")
        queue.put(record)
        queue.close()
        #expect(queue.take(wait: longest, wanted: 64)?.count == 1, "the end does not wait, either")
        #expect(queue.take(wait: longest, wanted: 64) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func closing_writes_and_syncs_what_is_queued() async throws {
        let place = try Place()
        let writer = SpoolWriter(place.folder) { _ in }
        var ledger = SpoolLedger(SpoolScan(account: "main"), producer: producer, limit: ListenerLimits.spoolLeast)
        writer.perform(ledger.open(known: [:], database: nil))
        for n in 1...Int64(3) { for action in ledger.append(makeRecord(n, bytes: 5), number: UInt64(n)) { writer.perform(action) } }
        await writer.close()
        #expect(try await place.folder.scan(account: "main").records == 3)
    }

    @Test(.timeLimit(.minutes(1))) func a_folder_that_is_gone_is_a_failure_that_names_it() async throws {
        let place = try Place()
        let (events, event) = AsyncStream.makeStream(of: SpoolWriter.Event.self)
        let writer = SpoolWriter(SpoolFolder("\(place.folder.path)/absent")) { event.yield($0) }
        var ledger = SpoolLedger(SpoolScan(account: "main"), producer: producer, limit: ListenerLimits.spoolLeast)
        writer.perform(ledger.open(known: [:], database: nil))
        var iterator = events.makeAsyncIterator()
        guard case .failed(let error)? = await iterator.next() else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == ENOENT && error.description.contains("absent") && !error.isFull)
        await writer.close()
    }

    @Test func an_unusable_file_is_kept_under_another_name() async throws {
        let place = try Place()
        let file = open(place.folder.file(7), O_CREAT | O_WRONLY, 0o600)
        close(file)
        let scan = try await place.folder.scan(account: "main")
        #expect(scan.unusable.map(\.name) == [7] && !scan.isUsable)
        try place.folder.setAside(7)
        #expect(try place.folder.segments() == [])
        unlink(place.folder.file(7) + ".unusable")
    }
}
