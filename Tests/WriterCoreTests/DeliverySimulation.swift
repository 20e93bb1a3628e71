import Events
import Primitives
import WriterCore

/// Listener, link, writers and database of one account in one thread, from one seed: the real `judge` functions under every fault that
/// the delivery document names. One channel's box, and records without a position beside it.
struct DeliverySimulation {
    /// Whether the listener keeps records over a crash, as far as they are synced.
    let hasSpool: Bool
    var generator: SeededGenerator
    private(set) var faults = 0

    // MARK: Telegram
    private(set) var serverPTS: Int64 = 10
    private let window: Int64 = 12
    /// Records without a position that were written to a disk, or to a memory that never died: these may not be lost.
    private(set) var durableMarks: Set<Int64> = []
    private var nextMark: Int64 = 1

    // MARK: the listener
    private struct Segment {
        var stream: StreamID
        var first: UInt64
        var records: [WireRecord] = []
        var synced = 0
        var open = true
        var next: UInt64 { first + UInt64(records.count) }
    }
    private var segments: [Segment] = []
    private var checkpoint: Int64?
    private var position: Int64?
    private var incarnation: UInt64 = 0
    private var connection = 0
    private var epoch: UInt64 = 0
    private var welcomed = false
    private var sent: [StreamID: UInt64] = [:]
    private var acked: [StreamID: UInt64] = [:]
    private let credit: UInt64 = 6

    // MARK: writers
    private struct Letter {
        var connection: Int
        var frame: WireFrame
    }
    private struct Writer {
        var epoch: UInt64
        var inbox: [Letter] = []
        var isPaused = false
    }
    private var writers: [Writer] = []
    private var replies: [Letter] = []

    // MARK: the database
    private var stored: ProducerState?
    private var base: Int64?
    private(set) var gaps: [Gap] = []
    private(set) var applied: [Int64: Int] = [:]
    private(set) var marks: [Int64: Int] = [:]
    private var lastEpoch: UInt64 = 0
    /// Whether anything happened that a gap may be recorded for.
    private(set) var mayHaveGaps = false

    static let box = BoxKey.channel(5)

    init(seed: UInt64, hasSpool: Bool) {
        self.hasSpool = hasSpool
        generator = SeededGenerator(seed: seed)
        startWriter()
        startListener()
    }

    var storedPosition: Int64? { stored?.positions[DeliverySimulation.box]?.value }

    // MARK: steps

    mutating func step(withFaults: Bool) {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<12: serverEvent()
        case 12..<30: listenerReads()
        case 30..<40: listenerSyncs()
        case 40..<60: listenerSends()
        case 60..<85: writerWorks(withFaults: withFaults)
        case 85..<94: deliverReply()
        default: if withFaults { fault() }
        }
    }

    private mutating func fault() {
        faults += 1
        switch Int.random(in: 0..<9, using: &generator) {
        case 0, 1: crashListener()
        case 2: reconnect()
        case 3: startWriter()
        case 4:
            // The old writer is paused, a new one started; the old goes on some time later.
            writers[writers.count - 1].isPaused = true
            startWriter()
        case 5: if writers.count > 1 { writers.removeFirst() }
        case 6: for i in writers.indices { writers[i].isPaused = false }
        case 7: for _ in 0..<Int64.random(in: 1...20, using: &generator) { serverEvent() }
        default: listenerSaysHello()
        }
    }

    private mutating func startWriter() {
        // Whatever the old one had read and not committed stays in it, if it lives.
        if let last = writers.last, !last.isPaused { writers.removeLast() }
        if writers.count > 2 { writers.removeFirst() }
        lastEpoch += 1
        writers.append(Writer(epoch: max(lastEpoch, (stored?.epoch ?? 0) + 1)))
        lastEpoch = writers[writers.count - 1].epoch
        reconnect()
    }

    // MARK: Telegram and the listener

    private mutating func serverEvent() { serverPTS += 1 }

    private mutating func startListener() {
        incarnation += 1
        if !hasSpool {
            segments = []
            checkpoint = nil
        } else if Int.random(in: 0..<12, using: &generator) == 0, !segments.isEmpty {
            // The operator deletes the spool: what was in it is Telegram's to tell again, or a gap.
            for segment in segments {
                for record in segment.records.prefix(segment.synced) { durableMarks.subtract(DeliverySimulation.marks(of: record)) }
            }
            segments = []
            checkpoint = nil
        }
        for i in segments.indices {
            segments[i].records.removeSubrange(segments[i].synced...)
            segments[i].open = false
        }
        segments.removeAll { $0.records.isEmpty }
        // Where the spool ends; without one, only WELCOME can tell.
        position = segments.flatMap(\.records).map(\.header.to).max() ?? checkpoint
        if let checkpoint, let now = position { position = max(checkpoint, now) }
        segments.append(Segment(stream: StreamID(using: &generator), first: 1))
        reconnect()
    }

    private mutating func crashListener() { startListener() }

    private mutating func reconnect() {
        connection += 1
        welcomed = false
        // What was under way on the old connection may be lost, or may still be read later.
        if Bool.random(using: &generator), !writers.isEmpty { writers[writers.count - 1].inbox = [] }
        replies = []
        listenerSaysHello()
    }

    private mutating func listenerSaysHello() {
        welcomed = false
        var hello = WireHello()
        hello.contractVersion = Contract.version
        hello.role = .listener
        hello.account = "main"
        hello.incarnation = incarnation
        hello.streams = segments.map { WireStream($0.stream, first: $0.first, last: $0.next - 1, open: $0.open) }
        if let checkpoint { hello.checkpoint = [WireBoxPosition(DeliverySimulation.box, Position(value: checkpoint))] }
        post(WireFrame(.hello(hello)))
    }

    private mutating func post(_ frame: WireFrame) {
        writers[writers.count - 1].inbox.append(Letter(connection: connection, frame: frame))
    }

    /// Pushes or a difference: everything up to the server's pts in one record, or too long; sometimes something without a position.
    private mutating func listenerReads() {
        guard let known = position else { return }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            var header = WireHeader()
            header.trace = UInt64(nextMark)
            append(WireRecord.with { $0.header = header })
            if !hasSpool { durableMarks.insert(nextMark) }
            nextMark += 1
            return
        }
        guard serverPTS > known else { return }
        var header = WireHeader()
        header.box = DeliverySimulation.box.wire
        header.generation = 1
        header.from = known
        let isTooLong = serverPTS - known > window
        header.to = isTooLong ? serverPTS : Int64.random(in: known + 1...serverPTS, using: &generator)
        header.tooLong = isTooLong
        if isTooLong { mayHaveGaps = true }
        position = header.to
        append(WireRecord.with { $0.header = header })
    }

    private mutating func append(_ record: WireRecord) { segments[segments.count - 1].records.append(record) }

    private static func marks(of record: WireRecord) -> [Int64] { record.header.hasBox ? [] : [Int64(record.header.trace)] }

    private mutating func listenerSyncs() {
        guard hasSpool, !segments.isEmpty else { return }
        let last = segments.count - 1
        for record in segments[last].records[segments[last].synced...] { durableMarks.formUnion(DeliverySimulation.marks(of: record)) }
        segments[last].synced = segments[last].records.count
    }

    private mutating func listenerSends() {
        guard welcomed else { return }
        for segment in segments {
            let done = acked[segment.stream] ?? 0
            let next = max((sent[segment.stream] ?? 0) + 1, segment.first)
            if next >= segment.next { continue }
            guard next - 1 - min(done, next - 1) < credit else { return }
            let start = Int(next - segment.first)
            let count = min(Int.random(in: 1...3, using: &generator), segment.records.count - start)
            post(
                WireFrame(
                    .events(
                        WireBatch(
                            epoch: epoch, incarnation: incarnation, stream: segment.stream, first: next,
                            records: Array(segment.records[start..<start + count])))))
            sent[segment.stream] = next + UInt64(count) - 1
            return
        }
    }

    private mutating func deliverReply() {
        guard !replies.isEmpty else { return }
        let letter = replies.removeFirst()
        guard letter.connection == connection else { return }
        switch letter.frame.body {
        case .welcome(let welcome):
            welcomed = true
            epoch = welcome.epoch
            sent = [:]
            for cursor in welcome.cursors { if let stream = cursor.streamID { acknowledge(stream, cursor.committed) } }
            for (stream, n) in acked { sent[stream] = n }
            let told = welcome.positions.first.map { $0.position.value }
            let start = told ?? serverPTS
            position = max(position ?? start, start)
            if checkpoint == nil { checkpoint = position }
        case .ack(let ack):
            guard ack.incarnation == incarnation, let stream = ack.streamID else { return }
            acknowledge(stream, ack.committed)
        case .nack(let refusal):
            if let stream = refusal.streamID { sent = [stream: refusal.expected - 1] }
            listenerSaysHello()
        default: listenerSaysHello()
        }
    }

    /// Forgets what is committed: the checkpoint takes its place.
    private mutating func acknowledge(_ stream: StreamID, _ committed: UInt64) {
        guard committed > acked[stream] ?? 0 else { return }
        acked[stream] = committed
        // Oldest first only.
        while let first = segments.first {
            let done = acked[first.stream] ?? 0
            let count = min(first.records.count, Int(max(done, first.first - 1) - (first.first - 1)))
            for record in first.records.prefix(count) where record.header.hasBox {
                checkpoint = max(checkpoint ?? record.header.to, record.header.to)
            }
            segments[0].records.removeFirst(count)
            segments[0].first += UInt64(count)
            segments[0].synced = max(0, segments[0].synced - count)
            guard segments[0].records.isEmpty, !segments[0].open else { return }
            segments.removeFirst()
        }
    }

    // MARK: the writers' transactions, each atomic in the database

    private mutating func writerWorks(withFaults: Bool) {
        let i = Int.random(in: 0..<writers.count, using: &generator)
        guard !writers[i].isPaused, let letter = writers[i].inbox.first else { return }
        // A transaction that fails leaves nothing behind; the work is tried again.
        if withFaults, Int.random(in: 0..<8, using: &generator) == 0 { return }
        let isLatest = i == writers.count - 1
        let writerEpoch = writers[i].epoch
        var answers: [WireFrame] = []
        if case .hello(let hello) = letter.frame.body {
            writers[i].inbox.removeFirst()
            switch judge(hello: hello, stored: stored, epoch: writerEpoch, credit: UInt32(credit), database: WireDatabaseIdentity()) {
            case .welcome(let welcomed):
                stored = welcomed.state
                record(welcomed.gaps)
                if base == nil { base = storedPosition }
                answers = [WireFrame(.welcome(welcomed.answer))]
            case .refused(let frame), .otherDatabase(let frame): answers = [frame]
            case .superseded: if !isLatest { writers.remove(at: i) }
            }
        } else {
            // What waits goes together.
            var batches: [ReceivedBatch] = []
            while let next = writers[i].inbox.first, case .events(let batch) = next.frame.body, batches.count < 4 {
                batches.append(ReceivedBatch(route: [UInt8(next.connection & 255)], batch: batch))
                writers[i].inbox.removeFirst()
            }
            let out = judge(batches: batches, stored: stored, epoch: writerEpoch, credit: UInt32(credit))
            apply(out)
            answers = (out.acknowledgements + out.refusals).map(\.frame)
            if out.supersededBy != nil, !isLatest { writers.remove(at: i) }
        }
        // Committed, and the answer is lost with the writer.
        if withFaults, Int.random(in: 0..<25, using: &generator) == 0, isLatest { return startWriter() }
        if isLatest { replies += answers.map { Letter(connection: letter.connection, frame: $0) } }
    }

    private mutating func apply(_ judgement: Judgement) {
        for accepted in judgement.accepted {
            let header = accepted.record.header
            if header.hasBox {
                if base == nil { base = header.from }
                if !header.tooLong { for pts in header.from + 1...max(header.to, header.from + 1) { applied[pts, default: 0] += 1 } }
            } else {
                marks[Int64(header.trace), default: 0] += 1
            }
        }
        for change in judgement.cursors {
            guard let index = stored?.streams.firstIndex(where: { $0.id == change.id }) else { continue }
            stored?.streams[index] = change
        }
        for change in judgement.positions { stored?.positions[change.box] = change.position }
        record(judgement.gaps)
    }

    private mutating func record(_ new: [Gap]) { gaps += new }

    // MARK: what must always hold

    /// Events up to the stored position that are neither stored nor in a recorded gap.
    var silentlyLost: [Int64] {
        guard let base, let known = storedPosition, known > base else { return [] }
        return (base + 1...known).filter { pts in
            applied[pts] == nil && !gaps.contains { ($0.from ?? .min) < pts && pts <= $0.to }
        }
    }

    var appliedTwice: [Int64] { marks.filter { $0.value > 1 }.map(\.key).sorted() }
    var durableLost: [Int64] { durableMarks.filter { marks[$0] == nil }.sorted() }
    var isCaughtUp: Bool { storedPosition == serverPTS && segments.allSatisfy { $0.records.isEmpty } }

    /// No more faults: everything must arrive.
    mutating func heal() {
        for i in writers.indices { writers[i].isPaused = false }
        reconnect()
        for n in 0..<4_000 {
            step(withFaults: false)
            // A listener that hears nothing says HELLO again.
            if n % 200 == 199, !isCaughtUp { reconnect() }
        }
        for _ in 0..<20_000 where !isCaughtUp {
            listenerReads()
            listenerSyncs()
            listenerSends()
            writerWorks(withFaults: false)
            deliverReply()
        }
    }
}
