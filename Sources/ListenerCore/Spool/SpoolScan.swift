import Events
import Primitives
import ProducerCore

/// What a spool holds, learnt by reading its segments once, oldest first.
public struct SpoolScan: Sendable {
    public struct Segment: Sendable, Hashable {
        /// Grows from file to file; it is the file's name.
        public var name: UInt64
        public var stream: StreamID
        public var first: UInt64
        /// Of the last whole record; `first - 1` without any.
        public var last: UInt64
        /// Bytes of the file.
        public var bytes: Int
        /// Nothing is missing between the segment before it and this one.
        public var continues: Bool
        public var checkpoint: [WireBoxPosition]
        /// When its first record came; nil without any.
        public var since: UnixTime?
        /// Why its end is not the file's end.
        public var damage: SpoolReader.Damage?
    }

    /// Why a file is none of this spool's.
    public struct Unusable: Sendable, Hashable {
        public var name: UInt64
        public var reason: String
    }

    public private(set) var segments: [Segment] = []
    public private(set) var unusable: [Unusable] = []
    /// Of the newest segment.
    public private(set) var database: WireDatabaseIdentity?
    /// Where every box stands after the last record.
    public private(set) var positions: [BoxKey: Position] = [:]

    private let account: String
    /// The newest segment's bytes, until it is known whether its positions are needed.
    private var pending: SpoolReader?

    /// - Parameter account: whose spool it is; segments of another one are not used.
    public init(account: String) { self.account = account }

    /// A start is possible without asking anybody where the boxes stand.
    public var isUsable: Bool { !segments.isEmpty }
    public var records: UInt64 { segments.reduce(0) { $0 + $1.last + 1 - $1.first } }
    public var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
    /// Something that was written cannot be read, or is gone. The end of the last file may be cut off by a kill: that is no damage.
    public var isDamaged: Bool {
        let hasHole = zip(segments, segments.dropFirst()).contains { !$1.continues && ($0.stream == $1.stream || $1.first > 1) }
        let hasRot = segments.contains { if case .record(_, let isTail) = $0.damage { !isTail || $0.last >= $0.first } else { false } }
        return !unusable.isEmpty || hasHole || hasRot
    }

    /// The next file, by rising names.
    public mutating func add(name: UInt64, bytes: [UInt8]) {
        var reader: SpoolReader
        do throws(SpoolReader.Damage) {
            reader = try SpoolReader(bytes)
        } catch {
            return unusable.append(Unusable(name: name, reason: error.description))
        }
        guard reader.hello.account == account else {
            return unusable.append(Unusable(name: name, reason: "of account \(reader.hello.account)"))
        }
        let begin = reader
        var segment = Segment(
            name: name, stream: reader.stream, first: reader.first, last: reader.first - 1, bytes: bytes.count, continues: true,
            checkpoint: reader.hello.checkpoint, since: nil, damage: nil)
        do throws(SpoolReader.Damage) {
            while let item = try reader.next() {
                if segment.since == nil { segment.since = UnixTime(nanoseconds: try reader.record(item).header.receivedAt) }
                segment.last = item.number
            }
        } catch {
            segment.damage = error
        }
        segment.continues = joins(segment)
        segments.append(segment)
        database = reader.hello.hasDatabase ? reader.hello.database : nil
        pending = begin
    }

    /// Every file was added.
    public mutating func finish() {
        if let pending { positions = end(of: pending) }
        pending = nil
    }

    /// Whether nothing lies between the newest segment and this one.
    private mutating func joins(_ next: Segment) -> Bool {
        guard let last = segments.last, let pending else { return true }
        if last.stream == next.stream { return next.first == last.last + 1 }
        guard next.first == 1 else { return false }
        // Another process wrote it: what it began from says whether the end of the one before is here.
        let end = end(of: pending)
        return !checkpoint(of: next).contains { box, position in end[box].map { position.isBeyond($0) } ?? true }
    }

    /// The positions after a segment's last whole record.
    private func end(of reader: SpoolReader) -> [BoxKey: Position] {
        var reader = reader
        var positions = boxes(reader.hello.checkpoint)
        // A damaged record ends it, as `add` noted.
        while let item = try? reader.next(), let record = try? reader.record(item) { positions.take(record.header) }
        return positions
    }

    private func checkpoint(of segment: Segment) -> [(BoxKey, Position)] {
        boxes(segment.checkpoint).sorted { $0.key < $1.key }
    }

    private func boxes(_ wire: [WireBoxPosition]) -> [BoxKey: Position] {
        var out: [BoxKey: Position] = [:]
        // A box of a kind that this build does not know is none that it follows.
        for entry in wire { if let box = try? BoxKey(entry.box) { out[box] = Position(entry.position) } }
        return out
    }
}

extension [BoxKey: Position] {
    /// Moves the record's box to where the record takes it.
    mutating func take(_ header: WireHeader) {
        guard header.hasBox, let box = try? BoxKey(header.box) else { return }
        let position = Position(generation: header.generation, value: header.to, date: header.date, seq: header.seq)
        if let known = self[box], known.isBeyond(position) { return }
        self[box] = position
    }

    /// Sorted by the box, as HELLO has them.
    var wire: [WireBoxPosition] { sorted { $0.key < $1.key }.map { WireBoxPosition($0.key, $0.value) } }
}
