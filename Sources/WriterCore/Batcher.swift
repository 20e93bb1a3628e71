import Events
import Primitives

/// What one transaction does.
public enum Work: Hashable, Sendable {
    case hello(ProducerKey, WireHello, route: [UInt8])
    /// Frames of one producer, in their order; one transaction locks one producer.
    case batches(ProducerKey, [ReceivedBatch])

    public var producer: ProducerKey {
        switch self {
        case .hello(let key, _, _), .batches(let key, _): key
        }
    }

    /// Records in it; 0 for a HELLO.
    public var recordCount: Int {
        switch self {
        case .hello: 0
        case .batches(_, let batches): batches.reduce(0) { $0 + $1.batch.records.count }
        }
    }
}

/// Gathers frames into transactions: at once when nothing is in flight, together what arrived meanwhile.
public struct Batcher: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Records of one transaction in steady state: the predecessor's batch.
        public var steadyRecords = 50
        /// Records queued from which on the backlog is drained in larger transactions.
        public var drainFrom = 500
        /// Records of one transaction while draining: a commit's cost is spread thin by then, and a rollback still is short.
        public var drainRecords = 2_000
        /// How long the first record may wait for company. 0: a lone event is committed at once.
        public var linger: Duration = .zero
        /// Bytes queued from which on no more is read from the link; credit normally stops producers long before.
        public var queueBytes = 128 << 20
        /// Records queued from which on no more is read from the link: four producers' credit. What is not read are their PINGs, too.
        public var queueRecords: Int

        /// - Parameter credit: records that each producer may send ahead.
        public init(credit: UInt32 = Contract.defaultCredit) { queueRecords = max(40_000, 4 * Int(credit)) }
    }

    private struct Entry {
        var work: Work
        var records: Int
        var bytes: Int
        var arrived: Instant
    }

    public let limits: Limits
    private var entries: [Entry] = []
    /// Entries before this index are taken; the array is cut when half of it is.
    private var head = 0
    public private(set) var queuedRecords = 0
    public private(set) var queuedBytes = 0

    public init(limits: Limits = Limits()) { self.limits = limits }

    public var isEmpty: Bool { head == entries.count }
    /// Whether more may be read from the link.
    public var wantsInput: Bool { queuedBytes < limits.queueBytes && queuedRecords < limits.queueRecords }

    /// Queues a HELLO; one of the same producer that was not taken yet gives it its place. Producers repeat their HELLO until they are
    /// welcomed: at the end of the queue it would for ever stay behind the others' frames.
    public mutating func append(hello: WireHello, of producer: ProducerKey, route: [UInt8], now: Instant) {
        for i in entries.indices[head...] {
            guard case .hello(producer, _, _) = entries[i].work else { continue }
            return entries[i].work = .hello(producer, hello, route: route)
        }
        entries.append(Entry(work: .hello(producer, hello, route: route), records: 0, bytes: 0, arrived: now))
    }

    public mutating func append(_ batch: ReceivedBatch, of producer: ProducerKey, now: Instant) {
        let bytes = batch.batch.records.reduce(0) { $0 + $1.approximateBytes }
        queuedRecords += batch.batch.records.count
        queuedBytes += bytes
        entries.append(
            Entry(work: .batches(producer, [batch]), records: batch.batch.records.count, bytes: bytes, arrived: now))
    }

    /// When the next transaction may begin; nil when there is nothing to do.
    public func readyAt(now: Instant) -> Instant? {
        guard head < entries.count else { return nil }
        let first = entries[head]
        guard limits.linger > .zero, case .batches = first.work, queuedRecords < limits.steadyRecords else { return now }
        return max(now, first.arrived + limits.linger)
    }

    /// The next transaction: a HELLO alone, or the frames of the producer that waits longest, up to its next HELLO and the limit.
    /// Whole frames only, at least one.
    public mutating func next() -> Work? {
        guard head < entries.count else { return nil }
        let first = take(at: head)
        guard case .batches(let producer, var batches) = first.work else { return first.work }
        let limit = queuedRecords + first.records >= limits.drainFrom ? limits.drainRecords : limits.steadyRecords
        var records = first.records
        var passed = 0
        while head + passed < entries.count, passed < Batcher.lookAhead {
            let entry = entries[head + passed]
            guard entry.work.producer == producer else {
                passed += 1
                continue
            }
            guard case .batches(_, let more) = entry.work, records + entry.records <= limit else { break }
            records += entry.records
            batches += more
            _ = take(at: head + passed)
        }
        return .batches(producer, batches)
    }

    /// Entries of other producers that one transaction passes over in search of its own producer's frames.
    private static let lookAhead = 64

    private mutating func take(at index: Int) -> Entry {
        let entry: Entry
        if index == head {
            entry = entries[head]
            head += 1
            if head > 64, head * 2 > entries.count {
                entries.removeFirst(head)
                head = 0
            }
        } else {
            entry = entries.remove(at: index)
        }
        queuedRecords -= entry.records
        queuedBytes -= entry.bytes
        return entry
    }
}
