import Events
import Primitives

/// A producer's half of the link to the writer: HELLO, sending within credit, acknowledgement, resending.
///
/// A pure machine. `append` records; send the frames that its functions return; call `advance` at `nextDeadline`. It says HELLO again
/// whenever the writer may be another one: after silence, after STALE, after a reconnect.
///
/// What a disk keeps of earlier lives goes first, stream by stream, without a hole (a *run*); where there is one, a HELLO with the
/// checkpoint behind it tells the writer, and the next run begins. A producer without a disk has one run: its own stream, in memory.
public struct ProducerMachine: Sendable {
    public enum Notice: Equatable, Sendable {
        /// WELCOME: where every box stands in the database.
        case welcomed(positions: [WireBoxPosition], database: WireDatabaseIdentity)
        /// The writer committed this stream up to this number.
        case acknowledged(StreamID, UInt64)
        /// All of a run is committed, and a hole follows: HELLO says so now.
        case runFinished
        /// The database is not the one that the kept records and positions belong to, as after the restore of a backup.
        case otherDatabase
        /// The writer's circuit is open.
        case held(reason: String)
        case resumed
        /// Nothing came for too long, or the writer asked for it: HELLO is said again.
        case lost(reason: String)
        /// A newer process of this producer lives: this one must end.
        case superseded(reason: String)
        /// The writer speaks another version of the contract.
        case incompatible(ours: UInt32, theirs: UInt32)
    }

    public struct Step: Equatable, Sendable {
        public var frames: [WireFrame] = []
        /// Read these records, and hand them to `read`; at most one is asked for at a time.
        public var reads: [SpoolRead] = []
        public var notices: [Notice] = []
    }

    /// Who speaks.
    public struct Producer: Sendable {
        public var role: WireRole
        public var account: String
        /// Larger than any before it: the clock in milliseconds at the start will do.
        public var incarnation: UInt64
        /// Drawn at the start of the process.
        public var stream: StreamID
        public var build: String

        public init(role: WireRole, account: String, incarnation: UInt64, stream: StreamID, build: String) {
            self.role = role
            self.account = account
            self.incarnation = incarnation
            self.stream = stream
            self.build = build
        }
    }

    private enum State: Equatable, Sendable {
        /// HELLO was said; nothing else may be sent.
        case waiting
        case welcomed
    }

    /// One stream on its way to the writer.
    private struct Lane: Sendable {
        let stream: StreamID
        /// The first record that is kept.
        var first: UInt64
        /// The last record; nil for our own stream, which the window counts.
        let last: UInt64?
        /// As the writer last said.
        var committed: UInt64 = 0
        /// Number of the last record sent in this epoch.
        var sent: UInt64 = 0
    }

    private struct Run: Sendable {
        var lanes: [Lane]
        var checkpoint: [WireBoxPosition]
    }

    public let producer: Producer
    public private(set) var window: RecordWindow
    /// The first one is being sent; our own stream is the last lane of the last one.
    private var runs: [Run]
    /// Records are on a disk, too: memory may forget those that are.
    private let isSpooled: Bool
    /// Without a disk: positions after every record that is no longer kept, sorted by the box.
    private var checkpoint: [(box: BoxKey, position: Position)] = []
    private var state = State.waiting
    private var database: WireDatabaseIdentity?
    public private(set) var epoch: UInt64 = 0
    private var credit: UInt32 = 0
    public private(set) var isHeld = false
    private var lastHello: Instant?
    private var lastHeard: Instant?
    private var lastPing: Instant?
    private var pings: UInt64 = 0
    /// What was asked for from the disk, and what came.
    private var reading: SpoolRead?
    private var ahead: (stream: StreamID, first: UInt64, records: [WireRecord])?

    /// A producer without a disk.
    ///
    /// - Parameter windowRecords: the most records kept unacknowledged.
    public init(_ producer: Producer, windowRecords: Int = ProducerLimits.windowRecords) {
        self.producer = producer
        window = RecordWindow(limit: windowRecords)
        runs = [Run(lanes: [Lane(stream: producer.stream, first: 1, last: nil)], checkpoint: [])]
        isSpooled = false
    }

    /// A producer whose records are on a disk.
    ///
    /// - Parameters:
    ///   - kept: of earlier lives, oldest first.
    ///   - database: whose positions they belong to; nil: of none that was ever heard of.
    ///   - windowRecords: the most records that no disk holds yet.
    public init(
        _ producer: Producer, kept: [KeptRun], database: WireDatabaseIdentity?, windowRecords: Int = ProducerLimits.windowRecords
    ) {
        self.producer = producer
        self.database = database
        window = RecordWindow(limit: windowRecords)
        isSpooled = true
        runs = kept.map { run in
            Run(lanes: run.streams.map { Lane(stream: $0.id, first: $0.first, last: $0.last) }, checkpoint: run.checkpoint)
        }
        if runs.isEmpty { runs = [Run(lanes: [], checkpoint: [])] }
        runs[runs.count - 1].lanes.append(Lane(stream: producer.stream, first: 1, last: nil))
    }

    public var isWelcomed: Bool { state == .welcomed }
    /// Of our own stream, as the writer last said.
    public var committed: UInt64 { own.committed }
    /// Records made or kept, and not acknowledged.
    public var unacknowledged: Int {
        runs.reduce(0) { sum, run in
            run.lanes.reduce(sum) { $0 + Int(last(of: $1) - min(max($1.committed, $1.first - 1), last(of: $1))) }
        }
    }
    /// Records that may still be sent now.
    public var creditLeft: UInt64 {
        let outstanding = runs[0].lanes.reduce(UInt64(0)) { $0 + $1.sent - $1.committed }
        return UInt64(credit) > outstanding ? UInt64(credit) - outstanding : 0
    }
    /// When the oldest record of our own stream came that is neither acknowledged nor only on the disk.
    public var oldestInMemory: UnixTime? { window.receivedAt(max(window.first, committed + 1)) }

    private var own: Lane {
        guard let lane = runs.last?.lanes.last else { preconditionFailure("our own stream is the last one") }
        return lane
    }

    private func last(of lane: Lane) -> UInt64 { lane.last ?? window.last }

    // MARK: records

    /// Keeps a record; `frames` of the next step send it.
    @discardableResult
    public mutating func append(_ record: WireRecord) -> UInt64 { window.append(record) }

    /// Our own records up to this number are on the disk: memory may forget the oldest of them.
    public mutating func spooled(through number: UInt64, memoryRecords: Int, memoryBytes: Int) {
        window.evict(records: memoryRecords, bytes: memoryBytes, durable: number)
    }

    /// What is sent before our own stream, now that its first segment begins with this checkpoint; for a spool that was empty.
    public mutating func began(checkpoint: [WireBoxPosition], database: WireDatabaseIdentity?) {
        if runs.count == 1, runs[0].lanes.count == 1, runs[0].checkpoint.isEmpty { runs[0].checkpoint = checkpoint }
        if self.database == nil { self.database = database }
    }

    /// The disk keeps nothing before this record any more.
    public mutating func released(before stream: StreamID, first: UInt64, checkpoint: [WireBoxPosition]) {
        guard let lane = runs[0].lanes.firstIndex(where: { $0.stream == stream }) else { return }
        runs[0].lanes.removeFirst(lane)
        runs[0].lanes[0].first = first
        runs[0].checkpoint = checkpoint
    }

    /// Records that were asked for: as many as fit a frame, at least one.
    public mutating func read(_ read: SpoolRead, _ records: [WireRecord]) -> Step {
        guard reading == read, !records.isEmpty else { return Step() }
        reading = nil
        ahead = (read.stream, read.from, records)
        return flush()
    }

    /// EVENTS for what may be sent now, and what has to be read for that.
    public mutating func flush() -> Step {
        var out = Step()
        guard state == .welcomed, !isHeld else { return out }
        for lane in runs[0].lanes.indices {
            while runs[0].lanes[lane].sent < last(of: runs[0].lanes[lane]) {
                // A disk may hold more of the stream behind a hole, of which HELLO has not spoken yet.
                let left = last(of: runs[0].lanes[lane]) - runs[0].lanes[lane].sent
                let most = Int(min(creditLeft, UInt64(Contract.maximumBatchRecords), left))
                guard most > 0 else { return out }
                let stream = runs[0].lanes[lane].stream
                let next = runs[0].lanes[lane].sent + 1
                let records = records(of: runs[0].lanes[lane], from: next, most: most)
                guard !records.isEmpty else {
                    let read = SpoolRead(stream: stream, from: next)
                    if reading != read { out.reads = [read] }
                    reading = read
                    return out
                }
                out.frames.append(
                    WireFrame(
                        .events(
                            WireBatch(
                                epoch: epoch, incarnation: producer.incarnation, stream: stream, first: next, records: records))))
                runs[0].lanes[lane].sent = next + UInt64(records.count) - 1
            }
        }
        return out
    }

    /// Records of a lane that are in memory; empty: they are on the disk.
    private mutating func records(of lane: Lane, from number: UInt64, most: Int) -> [WireRecord] {
        if lane.last == nil, number >= window.first { return window.batch(from: number, most: most) }
        guard let (stream, first, all) = ahead, stream == lane.stream, number >= first, number < first + UInt64(all.count) else {
            return []
        }
        let begin = Int(number - first)
        // What was read fits one frame.
        let records = Array(all[begin..<min(begin + most, all.count)])
        if begin + records.count == all.count { ahead = nil }
        return records
    }

    // MARK: events

    /// The socket has a peer, for the first time or again.
    public mutating func connected(now: Instant) -> Step {
        state = .waiting
        isHeld = false
        return Step(frames: [hello(now: now)])
    }

    /// A frame from the writer. Frames of an earlier epoch say nothing any more.
    public mutating func received(_ frame: WireFrame, now: Instant) -> Step {
        lastHeard = now
        switch frame.body {
        case .welcome(let welcome): return welcomed(welcome, now: now)
        case .ack(let ack): return acknowledged(ack, now: now)
        case .nack(let refusal): return refused(refusal, now: now)
        case .stale(let refusal): return stale(refusal, now: now)
        case .hold(let hold):
            isHeld = true
            return Step(notices: [.held(reason: hold.reason)])
        case .go(let go):
            guard isHeld else { return Step() }
            isHeld = false
            if go.credit > 0 { credit = go.credit }
            return flushed([.resumed])
        case .ping(let ping): return Step(frames: [WireFrame(.pong(ping))])
        case .incompatible(let versions):
            return Step(notices: [.incompatible(ours: Contract.version, theirs: versions.ours)])
        case .pong, .hello, .events, nil: return Step()
        }
    }

    /// Repeats HELLO while there is no WELCOME; looks after a quiet writer.
    public mutating func advance(now: Instant) -> Step {
        guard let lastHello else { return connected(now: now) }
        if state == .waiting {
            return lastHello + ProducerLimits.helloEvery <= now ? Step(frames: [hello(now: now)]) : Step()
        }
        let heard = max(lastHeard ?? lastHello, lastHello)
        if heard + ProducerLimits.silenceMost <= now {
            var step = connected(now: now)
            step.notices = [.lost(reason: "nothing heard for \(Int(ProducerLimits.silenceMost.inSeconds)) s")]
            return step
        }
        if max(lastPing ?? heard, heard) + ProducerLimits.pingEvery <= now {
            lastPing = now
            pings += 1
            return Step(frames: [WireFrame(.ping(.with { $0.id = pings }))])
        }
        return Step()
    }

    /// When `advance` has something to do.
    public var nextDeadline: Instant {
        guard let lastHello else { return .zero }
        if state == .waiting { return lastHello + ProducerLimits.helloEvery }
        let heard = max(lastHeard ?? lastHello, lastHello)
        return min(heard + ProducerLimits.silenceMost, max(lastPing ?? heard, heard) + ProducerLimits.pingEvery)
    }

    // MARK: steps

    private mutating func flushed(_ notices: [Notice]) -> Step {
        var step = flush()
        step.notices = notices
        return step
    }

    private mutating func hello(now: Instant) -> WireFrame {
        lastHello = now
        let run = runs[0]
        return WireFrame(
            .hello(
                .with {
                    $0.contractVersion = Contract.version
                    $0.role = producer.role
                    $0.account = producer.account
                    $0.incarnation = producer.incarnation
                    $0.streams = run.lanes.map { WireStream($0.stream, first: $0.first, last: last(of: $0), open: $0.last == nil) }
                    $0.checkpoint = isSpooled ? run.checkpoint : checkpoint.map { WireBoxPosition($0.box, $0.position) }
                    if let database { $0.database = database }
                    $0.build = producer.build
                }))
    }

    private mutating func welcomed(_ welcome: WireWelcome, now: Instant) -> Step {
        guard welcome.epoch >= epoch else { return Step() }
        if let database, welcome.hasDatabase, welcome.database != database { return Step(notices: [.otherDatabase]) }
        epoch = welcome.epoch
        database = welcome.database
        credit = welcome.credit
        isHeld = false
        state = .welcomed
        reading = nil
        ahead = nil
        var notices = [Notice.welcomed(positions: welcome.positions, database: welcome.database)]
        // What was committed though its ACK was lost is over; the rest is sent again.
        for i in runs[0].lanes.indices {
            let stream = runs[0].lanes[i].stream
            let cursor = welcome.cursors.first { $0.streamID == stream }?.committed ?? 0
            runs[0].lanes[i].committed = min(max(cursor, runs[0].lanes[i].first - 1), last(of: runs[0].lanes[i]))
            runs[0].lanes[i].sent = runs[0].lanes[i].committed
            notices.append(.acknowledged(stream, runs[0].lanes[i].committed))
        }
        forget()
        if let step = nextRun(after: notices, now: now) { return step }
        return flushed(notices)
    }

    private mutating func acknowledged(_ ack: WireAck, now: Instant) -> Step {
        guard state == .welcomed, ack.epoch == epoch, ack.incarnation == producer.incarnation,
            let lane = runs[0].lanes.firstIndex(where: { $0.stream == ack.streamID })
        else { return Step() }
        credit = ack.credit
        let committed = min(max(runs[0].lanes[lane].committed, ack.committed), last(of: runs[0].lanes[lane]))
        runs[0].lanes[lane].committed = committed
        runs[0].lanes[lane].sent = max(runs[0].lanes[lane].sent, committed)
        forget()
        let notices = [Notice.acknowledged(runs[0].lanes[lane].stream, committed)]
        if let step = nextRun(after: notices, now: now) { return step }
        return flushed(notices)
    }

    /// Goes on behind a hole, once everything before it is committed.
    private mutating func nextRun(after notices: [Notice], now: Instant) -> Step? {
        guard runs.count > 1, runs[0].lanes.allSatisfy({ $0.committed >= last(of: $0) }) else { return nil }
        runs.removeFirst()
        var step = connected(now: now)
        step.notices = notices + [.runFinished]
        return step
    }

    /// A hole: go on from where the writer waits.
    private mutating func refused(_ refusal: WireRefusal, now: Instant) -> Step {
        guard state == .welcomed, refusal.epoch == epoch, let at = runs[0].lanes.firstIndex(where: { $0.stream == refusal.streamID }) else {
            return Step()
        }
        let lane = runs[0].lanes[at]
        guard refusal.expected > lane.committed, refusal.expected <= last(of: lane) + 1 else {
            var step = connected(now: now)
            step.notices = [.lost(reason: "the writer waits for record \(refusal.expected): \(refusal.reason)")]
            return step
        }
        runs[0].lanes[at].sent = refusal.expected - 1
        // What follows in later streams was refused with it.
        for later in runs[0].lanes.indices.dropFirst(at + 1) { runs[0].lanes[later].sent = runs[0].lanes[later].committed }
        return flush()
    }

    private mutating func stale(_ refusal: WireRefusal, now: Instant) -> Step {
        if refusal.incarnation > producer.incarnation { return Step(notices: [.superseded(reason: refusal.reason)]) }
        // A refusal of EVENTS that were sent before the HELLO that is now being answered says nothing new.
        if refusal.epoch < epoch || state == .waiting {
            return refusal.stream.isEmpty ? Step(notices: [.lost(reason: refusal.reason)]) : Step()
        }
        var step = connected(now: now)
        step.notices = [.lost(reason: refusal.reason)]
        return step
    }

    /// Memory lets go of what is committed of our own stream.
    private mutating func forget() {
        let gone = window.acknowledge(own.committed)
        guard !isSpooled else { return }
        for record in gone { note(record) }
        runs[0].lanes[0].first = window.first
    }

    /// The checkpoint moves over a record that is no longer kept.
    private mutating func note(_ record: WireRecord) {
        guard record.header.hasBox, let box = try? BoxKey(record.header.box) else { return }
        let header = record.header
        let position = Position(generation: header.generation, value: header.to, date: header.date, seq: header.seq)
        if let i = checkpoint.firstIndex(where: { $0.box == box }) {
            checkpoint[i].position = position
        } else {
            checkpoint.append((box, position))
            checkpoint.sort { $0.box < $1.box }
        }
    }
}
