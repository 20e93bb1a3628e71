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
        /// Changes of one transaction: a record of a crawl holds a page of 100. At 12,000 rows a second it is over in a sixth of a second.
        public var drainChanges = 2_000
        /// The same of a crawl while live messages come: what a live one may have to wait for is one or two pages, 10 to 20 ms.
        public var crawlChangesBesideLive = 200
        /// So long after the last live record a crawl still is beside live ones.
        public var liveMemory: Duration = .seconds(2)
        /// A crawl that waited so long since its last turn has one before live ones, whatever comes.
        public var crawlPatience: Duration = .milliseconds(500)
        /// How long the first record may wait for company, whether or not any is to be expected. 0: a lone event is committed at once.
        public var linger: Duration = .zero
        /// How long live records wait for company at most, where it is to be expected: as long as a transaction takes, while more than
        /// `company` of them come in that time. A transaction costs the same for one of them as for ten, and what it costs is taken from
        /// those behind it.
        public var companyWait: Duration = .milliseconds(4)
        /// Records that have to come in the wait to make it worth it: 400 a second, where a transaction takes 4 ms.
        public var company = 1.6
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
        /// The largest number that it counts for: its changes, or its records where they hold none.
        var changes: Int
        var bytes: Int
        var arrived: Instant

        var isLive: Bool { Batcher.isLive(work.producer) }
    }

    public internal(set) var limits: Limits
    private var entries: [Entry] = []
    /// Entries before this index are taken; the array is cut when half of it is.
    private var head = 0
    public private(set) var queuedRecords = 0
    public private(set) var queuedBytes = 0
    /// Entries of listeners among those not taken.
    private var liveEntries = 0
    private var lastLive: Instant?
    private var lastCrawl: Instant?
    private var arrivals = Arrivals()
    /// What transactions of live records take, smoothed.
    private var usualTime = Duration.zero

    public init(limits: Limits = Limits()) { self.limits = limits }

    public var isEmpty: Bool { head == entries.count }
    /// What is queued, in its order.
    var queued: some Sequence<Work> { entries[head...].lazy.map(\.work) }
    /// Whether more may be read from the link.
    public var wantsInput: Bool { queuedBytes < limits.queueBytes && queuedRecords < limits.queueRecords }

    /// Queues a HELLO; one of the same producer that was not taken yet gives it its place. Producers repeat their HELLO until they are
    /// welcomed: at the end of the queue it would for ever stay behind the others' frames.
    public mutating func append(hello: WireHello, of producer: ProducerKey, route: [UInt8], now: Instant) {
        for i in entries.indices[head...] {
            guard case .hello(producer, _, _) = entries[i].work else { continue }
            return entries[i].work = .hello(producer, hello, route: route)
        }
        append(Entry(work: .hello(producer, hello, route: route), records: 0, changes: 0, bytes: 0, arrived: now))
    }

    public mutating func append(_ batch: ReceivedBatch, of producer: ProducerKey, now: Instant) {
        let bytes = batch.batch.records.reduce(0) { $0 + $1.approximateBytes }
        let changes = batch.batch.records.reduce(0) { $0 + max(1, $1.changeCount) }
        if Batcher.isLive(producer) {
            lastLive = now
            arrivals.came(batch.batch.records.count, now: now)
        }
        append(Entry(work: .batches(producer, [batch]), records: batch.batch.records.count, changes: changes, bytes: bytes, arrived: now))
    }

    private mutating func append(_ entry: Entry) {
        queuedRecords += entry.records
        queuedBytes += entry.bytes
        if entry.isLive { liveEntries += 1 }
        entries.append(entry)
    }

    /// Whether what it sends has just happened, and somebody waits to see it.
    private static func isLive(_ producer: ProducerKey) -> Bool { producer.role != "backfill" }

    /// When the next transaction may begin; nil when there is nothing to do.
    public func readyAt(now: Instant) -> Instant? {
        guard head < entries.count else { return nil }
        let first = entries[head]
        guard case .batches = first.work, queuedRecords < limits.steadyRecords else { return now }
        let wait = min(limits.companyWait, usualTime)
        let isCompanyExpected = first.isLive && arrivals.expected(in: wait, now: now) >= limits.company
        return max(now, first.arrived + max(limits.linger, isCompanyExpected ? wait : .zero))
    }

    /// How long a transaction took.
    public mutating func took(_ time: Duration, for work: Work) {
        guard case .batches(let producer, _) = work, Batcher.isLive(producer) else { return }
        usualTime += (time - usualTime) / Batcher.smoothing
    }

    /// Transactions that it takes to forget most of what the ones before them took.
    private static let smoothing = 8

    /// The next transaction: a HELLO alone, or the frames of the producer that waits longest, up to its next HELLO and the limits.
    /// Whole frames only, at least one.
    ///
    /// What is live goes before a crawl, and a crawl's transactions are small while anything live comes: a live message waits for the
    /// pages of the transaction in flight, never for those in the queue. A crawl that waited for `crawlPatience` has a turn all the same.
    public mutating func next(now: Instant) -> Work? {
        tidy()
        guard head < entries.count else { return nil }
        var at = head
        if liveEntries > 0, !entries[head].isLive {
            let waitsSince = max(entries[head].arrived, lastCrawl ?? entries[head].arrived)
            // The first live one: there is one.
            if now - waitsSince < limits.crawlPatience { at = entries.indices[head...].first { entries[$0].isLive } ?? head }
        }
        let first = take(at: at)
        if !first.isLive { lastCrawl = now }
        guard case .batches(let producer, var batches) = first.work else { return first.work }
        // Taken at the head, what follows stands one further on already.
        if at < head { at = head }
        let isDraining = queuedRecords + first.records >= limits.drainFrom || !first.isLive
        let isBesideLive = !first.isLive && (liveEntries > 0 || lastLive.map { now - $0 < limits.liveMemory } ?? false)
        let recordLimit = isDraining ? limits.drainRecords : limits.steadyRecords
        let changeLimit = isBesideLive ? limits.crawlChangesBesideLive : limits.drainChanges
        var (records, changes) = (first.records, first.changes)
        var passed = 0
        while at + passed < entries.count, passed < Batcher.lookAhead {
            let entry = entries[at + passed]
            guard entry.work.producer == producer else {
                passed += 1
                continue
            }
            guard case .batches(_, let more) = entry.work, records + entry.records <= recordLimit, changes + entry.changes <= changeLimit
            else { break }
            records += entry.records
            changes += entry.changes
            batches += more
            let before = head
            _ = take(at: at + passed)
            at += head - before
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
        } else {
            entry = entries.remove(at: index)
        }
        queuedRecords -= entry.records
        queuedBytes -= entry.bytes
        if entry.isLive { liveEntries -= 1 }
        return entry
    }

    /// Cuts what is taken off the array, when it is half of it.
    private mutating func tidy() {
        guard head > 64, head * 2 > entries.count else { return }
        entries.removeFirst(head)
        head = 0
    }
}

/// How fast live records come: the last so many frames, and how long ago the first of them was.
private struct Arrivals: Sendable {
    /// Enough to tell a stream from a burst: one that ends is forgotten within as long as it took.
    private static let frames = 32

    private var times: [Instant] = []
    private var counts: [Int] = []
    private var next = 0

    mutating func came(_ records: Int, now: Instant) {
        if times.count < Arrivals.frames {
            times.append(now)
            counts.append(records)
        } else {
            (times[next], counts[next]) = (now, records)
            next = (next + 1) % Arrivals.frames
        }
    }

    /// Records that come in so long a time, if they go on as they did.
    func expected(in wait: Duration, now: Instant) -> Double {
        guard times.count == Arrivals.frames, wait > .zero else { return 0 }
        let span = now - times[next]
        return span > .zero ? Double(counts.reduce(0, +)) * (wait.inSeconds / span.inSeconds) : 0
    }
}
