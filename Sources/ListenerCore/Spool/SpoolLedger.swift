import Events
import Primitives
import ProducerCore

/// What the shell does with the spool's files.
public enum SpoolAction: Sendable, Equatable {
    /// Make this segment with this header; both are on the disk before `spoolOpened` is said and before anything of it is sent.
    case open(segment: UInt64, header: [UInt8])
    /// Append to the newest segment; `spoolSynced` follows when it is on the disk, soon and for many at once.
    case append([UInt8], number: UInt64)
    /// Everything in this segment is committed.
    case delete(segment: UInt64)
    /// Read records of these segments, from this number on; `spoolRead` brings them.
    case read(SpoolRead, segments: [UInt64])
}

/// The spool's books: which segment holds what, what may be deleted, when it is full. The files are the shell's.
///
/// Only whole segments are deleted, oldest first, when everything in them is acknowledged on the present connection. A spool that is full
/// refuses nothing: `isFull` says when Telegram should not be read.
public struct SpoolLedger: Sendable {
    private struct Segment: Sendable {
        var name: UInt64
        var stream: StreamID
        var first: UInt64
        var last: UInt64
        var bytes: Int
        var checkpoint: [WireBoxPosition]
        var continues: Bool
        /// When the first of its records came; nil without any.
        var since: UnixTime?
    }

    /// What every header says of its writer.
    private let producer: ProducerMachine.Producer
    /// Bytes that all segments together may have.
    public let limit: Int
    private let segmentBytes: Int
    private var segments: [Segment] = []
    private var nextName: UInt64
    private var isOpen = false
    /// Where each box stands after everything received: the next segment's checkpoint.
    public private(set) var positions: [BoxKey: Position]
    public private(set) var database: WireDatabaseIdentity?
    /// Number of the last record that is on the disk; 0 before the first.
    public private(set) var synced: UInt64 = 0
    /// The disk has no room, whatever the limit says.
    public private(set) var isDiskFull = false
    private var acknowledged: [StreamID: UInt64] = [:]

    /// - Parameters:
    ///   - limit: bytes of all segments together, at least `ListenerLimits.spoolLeast`.
    ///   - most: bytes of a segment; a simulation has small ones.
    public init(_ scan: SpoolScan, producer: ProducerMachine.Producer, limit: Int, segmentBytes most: Int = ListenerLimits.segmentBytes) {
        self.producer = producer
        self.limit = max(limit, min(ListenerLimits.spoolLeast, ListenerLimits.segmentsLeast * most))
        segmentBytes = min(most, self.limit / ListenerLimits.segmentsLeast)
        segments = scan.segments.map {
            Segment(
                name: $0.name, stream: $0.stream, first: $0.first, last: $0.last, bytes: $0.bytes, checkpoint: $0.checkpoint,
                continues: $0.continues, since: $0.since)
        }
        let names = scan.segments.map(\.name) + scan.unusable.map(\.name)
        nextName = (names.max() ?? 0) + 1
        positions = scan.positions
        database = scan.database
    }

    // MARK: what it holds

    public var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
    public var count: Int { segments.count }
    public var isFull: Bool { isDiskFull || bytes + segmentBytes > limit }
    /// Far enough from full that Telegram may be read again after it was not: two segments.
    public var hasRoom: Bool { !isDiskFull && bytes + 2 * segmentBytes <= limit }
    /// When the first record of the oldest segment came.
    public var oldest: UnixTime? { segments.lazy.compactMap(\.since).first }

    /// The pieces that have no hole, oldest first, for the producer's half of the link.
    public var runs: [KeptRun] {
        var out: [KeptRun] = []
        for segment in segments {
            if out.isEmpty || !segment.continues { out.append(KeptRun(checkpoint: segment.checkpoint)) }
            let run = out.count - 1
            guard segment.last >= segment.first else { continue }
            if let last = out[run].streams.last, last.id == segment.stream {
                out[run].streams[out[run].streams.count - 1].last = segment.last
            } else {
                out[run].streams.append(KeptStream(id: segment.stream, first: segment.first, last: segment.last))
            }
        }
        return out
    }

    // MARK: writing

    /// The first segment of this process's stream.
    ///
    /// - Parameters:
    ///   - known: positions that the database has; what is further than our own counts.
    public mutating func open(known: [BoxKey: Position], database: WireDatabaseIdentity?) -> SpoolAction {
        learn(known, database: database)
        isOpen = true
        return newSegment(first: 1)
    }

    /// What the database says it has: the next checkpoint says so, too.
    public mutating func learn(_ known: [BoxKey: Position], database: WireDatabaseIdentity?) {
        for (box, position) in known where positions[box].map({ position.isBeyond($0) }) ?? true { positions[box] = position }
        if let database { self.database = database }
    }

    /// Writes a record down, in a new segment when the newest one has its size.
    public mutating func append(_ record: WireRecord, number: UInt64) -> [SpoolAction] {
        precondition(isOpen, "a record before the first segment")
        var out: [SpoolAction] = []
        if let newest = segments.last, newest.bytes >= segmentBytes { out.append(newSegment(first: number)) }
        let bytes = SpoolFormat.record(record, number: number)
        let newest = segments.count - 1
        segments[newest].last = number
        segments[newest].bytes += bytes.count
        if segments[newest].since == nil { segments[newest].since = UnixTime(nanoseconds: record.header.receivedAt) }
        positions.take(record.header)
        out.append(.append(bytes, number: number))
        return out
    }

    private mutating func newSegment(first: UInt64) -> SpoolAction {
        let checkpoint = positions.wire
        let hello = WireHello.with {
            $0.contractVersion = Contract.version
            $0.role = producer.role
            $0.account = producer.account
            $0.incarnation = producer.incarnation
            $0.streams = [WireStream(producer.stream, first: first, last: first - 1, open: true)]
            $0.checkpoint = checkpoint
            if let database { $0.database = database }
            $0.build = producer.build
        }
        let header = SpoolFormat.header(hello)
        // It begins where the one before ends, whoever wrote that.
        segments.append(
            Segment(
                name: nextName, stream: producer.stream, first: first, last: first - 1, bytes: header.count, checkpoint: checkpoint,
                continues: true))
        nextName += 1
        return .open(segment: nextName - 1, header: header)
    }

    public mutating func wrote(through number: UInt64) { synced = max(synced, number) }

    public mutating func diskIsFull(_ isFull: Bool) { isDiskFull = isFull }

    // MARK: forgetting

    /// A new connection: what the one before said of other streams says nothing any more.
    public mutating func welcomed() { acknowledged = [:] }

    /// Everything of the stream up to this number is committed.
    ///
    /// - Returns: the segments that nobody needs any more.
    public mutating func acknowledge(_ stream: StreamID, _ number: UInt64) -> [SpoolAction] {
        acknowledged[stream] = number
        var out: [SpoolAction] = []
        while let oldest = segments.first, segments.count > 1 {
            let isDone = oldest.last < oldest.first || acknowledged[oldest.stream].map { $0 >= oldest.last } ?? false
            // Behind a hole the checkpoint is what tells the writer of it: only the HELLO with it may let go of what is before.
            guard isDone, segments[1].continues else { break }
            segments.removeFirst()
            out.append(.delete(segment: oldest.name))
        }
        return out
    }

    /// Everything before the next hole is committed, and the writer will hear of the hole.
    public mutating func finishRun() -> [SpoolAction] {
        let end = segments.indices.dropFirst().first { !segments[$0].continues } ?? 0
        let out = segments[..<end].map { SpoolAction.delete(segment: $0.name) }
        segments.removeFirst(end)
        return out
    }

    /// What HELLO says of the oldest segment: nothing before it is kept.
    public var oldestKept: (stream: StreamID, first: UInt64, checkpoint: [WireBoxPosition])? {
        segments.first.map { ($0.stream, $0.first, $0.checkpoint) }
    }

    // MARK: reading back

    /// Where the records from this number on are, as far as none is missing.
    public func read(_ read: SpoolRead) -> SpoolAction {
        var names: [UInt64] = []
        for segment in segments where segment.stream == read.stream && segment.last >= max(read.from, segment.first) {
            // Up to the next hole.
            if !segment.continues, !names.isEmpty { break }
            names.append(segment.name)
        }
        return .read(read, segments: names)
    }
}
