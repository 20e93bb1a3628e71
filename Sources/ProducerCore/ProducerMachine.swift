import Events
import Primitives

/// A producer's half of the link to the writer: HELLO, sending within credit, acknowledgement, resending.
///
/// A pure machine. `append` records; send the frames that its functions return; call `advance` at `nextDeadline`. It says HELLO again
/// whenever the writer may be another one: after silence, after STALE, after a reconnect.
public struct ProducerMachine: Sendable {
    public enum Notice: Equatable, Sendable {
        /// WELCOME: where every box stands in the database.
        case welcomed(positions: [WireBoxPosition], database: WireDatabaseIdentity)
        /// The writer committed up to this number.
        case acknowledged(UInt64)
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

    public let producer: Producer
    public private(set) var window: RecordWindow
    /// Positions after every record that is no longer kept, sorted by the box.
    private var checkpoint: [(box: BoxKey, position: Position)] = []
    private var state = State.waiting
    private var database: WireDatabaseIdentity?
    public private(set) var epoch: UInt64 = 0
    /// Of our stream, as the writer last said.
    public private(set) var committed: UInt64 = 0
    /// Number of the last record sent in this epoch.
    private var sent: UInt64 = 0
    private var credit: UInt32 = 0
    public private(set) var isHeld = false
    private var lastHello: Instant?
    private var lastHeard: Instant?
    private var lastPing: Instant?
    private var pings: UInt64 = 0

    /// `windowRecords`: the most records kept unacknowledged.
    public init(_ producer: Producer, windowRecords: Int = ProducerLimits.windowRecords) {
        self.producer = producer
        window = RecordWindow(limit: windowRecords)
    }

    public var isWelcomed: Bool { state == .welcomed }
    /// Records made and not acknowledged.
    public var unacknowledged: Int { window.count }
    /// Records that may still be sent now.
    public var creditLeft: UInt64 {
        let allowed = committed + UInt64(credit)
        return allowed > sent ? allowed - sent : 0
    }

    // MARK: records

    /// Keeps a record; `frames` of the next step send it.
    @discardableResult
    public mutating func append(_ record: WireRecord) -> UInt64 { window.append(record) }

    /// EVENTS for what may be sent now.
    public mutating func flush() -> [WireFrame] {
        guard state == .welcomed, !isHeld else { return [] }
        var out: [WireFrame] = []
        while sent < window.last, creditLeft > 0 {
            let next = max(sent + 1, window.first)
            let records = window.batch(from: next, most: Int(min(creditLeft, UInt64(Contract.maximumBatchRecords))))
            if records.isEmpty { break }
            out.append(
                WireFrame(
                    .events(
                        WireBatch(
                            epoch: epoch, incarnation: producer.incarnation, stream: producer.stream, first: next, records: records))))
            sent = next + UInt64(records.count) - 1
        }
        return out
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
        case .welcome(let welcome): return welcomed(welcome)
        case .ack(let ack): return acknowledged(ack)
        case .nack(let refusal): return refused(refusal, now: now)
        case .stale(let refusal): return stale(refusal, now: now)
        case .hold(let hold):
            isHeld = true
            return Step(notices: [.held(reason: hold.reason)])
        case .go(let go):
            guard isHeld else { return Step() }
            isHeld = false
            if go.credit > 0 { credit = go.credit }
            return Step(frames: flush(), notices: [.resumed])
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

    private mutating func hello(now: Instant) -> WireFrame {
        lastHello = now
        return WireFrame(
            .hello(
                .with {
                    $0.contractVersion = Contract.version
                    $0.role = producer.role
                    $0.account = producer.account
                    $0.incarnation = producer.incarnation
                    $0.streams = [WireStream(producer.stream, first: window.first, last: window.last, open: true)]
                    $0.checkpoint = checkpoint.map { WireBoxPosition($0.box, $0.position) }
                    if let database { $0.database = database }
                    $0.build = producer.build
                }))
    }

    private mutating func welcomed(_ welcome: WireWelcome) -> Step {
        guard welcome.epoch >= epoch else { return Step() }
        epoch = welcome.epoch
        database = welcome.database
        credit = welcome.credit
        isHeld = false
        state = .welcomed
        let cursor = welcome.cursors.first { $0.streamID == producer.stream }?.committed ?? 0
        // What was committed though its ACK was lost is over; the rest is sent again.
        forget(upTo: cursor)
        sent = committed
        return Step(frames: flush(), notices: [.welcomed(positions: welcome.positions, database: welcome.database)])
    }

    private mutating func acknowledged(_ ack: WireAck) -> Step {
        guard state == .welcomed, ack.epoch == epoch, ack.incarnation == producer.incarnation, ack.streamID == producer.stream else {
            return Step()
        }
        credit = ack.credit
        forget(upTo: ack.committed)
        return Step(frames: flush(), notices: [.acknowledged(committed)])
    }

    /// A hole: go on from where the writer waits.
    private mutating func refused(_ refusal: WireRefusal, now: Instant) -> Step {
        guard state == .welcomed, refusal.epoch == epoch, refusal.streamID == producer.stream else { return Step() }
        guard refusal.expected >= window.first, refusal.expected <= window.last + 1 else {
            var step = connected(now: now)
            step.notices = [.lost(reason: "the writer waits for record \(refusal.expected): \(refusal.reason)")]
            return step
        }
        sent = refusal.expected - 1
        return Step(frames: flush())
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

    private mutating func forget(upTo number: UInt64) {
        for record in window.acknowledge(number) { note(record) }
        committed = max(committed, min(number, window.first - 1))
        sent = max(sent, committed)
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
