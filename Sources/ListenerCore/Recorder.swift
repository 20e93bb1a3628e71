import Events
import Primitives
import ProducerCore
import TelegramClient

/// A record with the changes that its payload holds, which samples show without reading it again.
public struct Recorded: Sendable, Equatable {
    public var record: WireRecord
    public var changes: [WireChange]
}

/// Makes the link's records out of the engine's deliveries: what is registered, and positions for the rest.
///
/// `from` of each record is the `to` of the last record written for its box, so whatever was filtered lies inside.
public struct Recorder: Sendable {
    private struct BoxState: Sendable {
        /// Of the last record written.
        var generation: UInt64
        var written: Int64
        /// Where the engine stands.
        var position: Int64
        var date: Int32
        var seq: Int32
        /// Updates left out since the last record.
        var filtered: UInt32 = 0
        /// When the first of them came.
        var since: Instant?
        var receivedAt: UnixTime
    }

    /// Sorted by the box.
    private var boxes: [(key: BoxKey, state: BoxState)] = []
    /// Boxes that have a `since`.
    private var waiting = 0
    private var generator: SeededGenerator
    /// Messages, edits and deletes put into records, and updates left out.
    public private(set) var kept: UInt64 = 0
    public private(set) var filtered: UInt64 = 0

    /// `written`: the positions from which the engine starts, which the writer knows. `seed` makes the traces.
    public init(written: [(BoxKey, Position)], seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        for (key, position) in written {
            boxes.append(
                (
                    key,
                    BoxState(
                        generation: position.generation, written: position.value, position: position.value, date: position.date,
                        seq: position.seq, receivedAt: UnixTime(seconds: 0))
                ))
        }
        boxes.sort { $0.key < $1.key }
    }

    // MARK: deliveries

    /// The records of one delivery: none when it is left out for now, two when what was left out must be told before it.
    public mutating func take(_ delivery: Delivery, registry: GroupRegistry, peers: PeerBook, now: Instant) -> [Recorded] {
        let mapping = ChangeMapping(registry: registry, peers: peers)
        var fold = CounterFold()
        var left = 0
        for item in delivery.items {
            let made = mapping.changes(item, generation: delivery.generation, receivedAt: delivery.receivedAt)
            if made.isEmpty { left += 1 }
            for change in made { fold.append(change) }
        }
        let changes = fold.changes
        kept += UInt64(changes.count)
        filtered += UInt64(left)
        guard let box = delivery.box else {
            return changes.isEmpty ? [] : [record(header(delivery, box: nil, from: 0, to: 0, filtered: 0), changes)]
        }
        let key = BoxKey(box)
        guard let i = index(of: key) else {
            // The first word on this box: it starts here.
            boxes.append((key, state(after: delivery)))
            boxes.sort { $0.key < $1.key }
            return [record(header(delivery, box: key, from: delivery.from, to: delivery.to, filtered: UInt32(left)), changes)]
        }
        // A gap and a new generation begin where the box stood, so that must be told first.
        if delivery.tooLong || delivery.generation != boxes[i].state.generation {
            let before = pendingRecord(i)
            boxes[i].state = state(after: delivery)
            return before + [record(header(delivery, box: key, from: delivery.from, to: delivery.to, filtered: UInt32(left)), changes)]
        }
        boxes[i].state.position = delivery.to
        boxes[i].state.date = delivery.date
        boxes[i].state.seq = delivery.seq
        boxes[i].state.filtered += UInt32(left)
        boxes[i].state.receivedAt = delivery.receivedAt
        if changes.isEmpty {
            if boxes[i].state.since == nil {
                boxes[i].state.since = now
                waiting += 1
            }
            return boxes[i].state.filtered >= ListenerLimits.filteredMost ? pendingRecord(i) : []
        }
        let header = header(delivery, box: key, from: boxes[i].state.written, to: delivery.to, filtered: boxes[i].state.filtered)
        written(i)
        return [record(header, changes)]
    }

    /// A word on a group itself, beside all positions.
    public mutating func groupState(
        _ kind: CapturedGroup.Kind, _ id: Int64, _ state: WireGroupState.State, reason: String, receivedAt: UnixTime
    ) -> Recorded {
        let header = WireHeader.with {
            $0.receivedAt = receivedAt.nanoseconds
            $0.trace = generator.next()
        }
        return record(
            header,
            [
                .with {
                    $0.groupState = .with {
                        $0.chat = WireChat(kind, id)
                        $0.state = state
                        $0.reason = reason
                    }
                }
            ])
    }

    /// A basic group became a supergroup, beside all positions. The group's last message, when it comes, says its last id.
    public mutating func migration(_ group: Int64, to channel: Int64, receivedAt: UnixTime) -> Recorded {
        let header = WireHeader.with {
            $0.receivedAt = receivedAt.nanoseconds
            $0.trace = generator.next()
        }
        return record(
            header,
            [
                .with {
                    $0.migration = .with {
                        $0.basicGroupID = group
                        $0.channelID = channel
                    }
                }
            ])
    }

    // MARK: positions without content

    /// When `due` has something to say.
    public var nextDeadline: Instant? {
        if waiting == 0 { return nil }
        var first: Instant?
        for i in boxes.indices {
            if let since = boxes[i].state.since { first = min(first ?? since, since) }
        }
        return first.map { $0 + ListenerLimits.positionEvery }
    }

    /// The positions that have waited long enough. `all`: those that have not, too, before an orderly stop.
    public mutating func due(now: Instant, all: Bool = false) -> [Recorded] {
        if waiting == 0 { return [] }
        var out: [Recorded] = []
        for i in boxes.indices {
            guard let since = boxes[i].state.since, all || since + ListenerLimits.positionEvery <= now else { continue }
            out += pendingRecord(i)
        }
        return out
    }

    /// What a box passed since its last record, as a gap: a chat that is captured from now on may have had messages in there.
    public mutating func missed(in box: BoxKey) -> [Recorded] {
        guard let i = index(of: box) else { return [] }
        return pendingRecord(i).map { recorded in
            var recorded = recorded
            recorded.record.header.tooLong = true
            return recorded
        }
    }

    /// Where each box stands after the last record written.
    public var positions: [(BoxKey, Position)] {
        boxes.map {
            ($0.key, Position(generation: $0.state.generation, value: $0.state.written, date: $0.state.date, seq: $0.state.seq))
        }
    }

    private mutating func pendingRecord(_ i: Int) -> [Recorded] {
        let (key, state) = boxes[i]
        guard state.since != nil else { return [] }
        let header = WireHeader.with {
            $0.box = key.wire
            $0.generation = state.generation
            $0.from = state.written
            $0.to = state.position
            $0.date = state.date
            $0.seq = state.seq
            $0.way = .push
            $0.receivedAt = state.receivedAt.nanoseconds
            $0.trace = generator.next()
            $0.filtered = state.filtered
        }
        written(i)
        return [record(header, [])]
    }

    private mutating func written(_ i: Int) {
        boxes[i].state.written = boxes[i].state.position
        boxes[i].state.filtered = 0
        if boxes[i].state.since != nil { waiting -= 1 }
        boxes[i].state.since = nil
    }

    private func index(of key: BoxKey) -> Int? {
        var low = 0
        var high = boxes.count
        while low < high {
            let middle = (low + high) / 2
            if boxes[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < boxes.count && boxes[low].key == key ? low : nil
    }

    private func state(after delivery: Delivery) -> BoxState {
        BoxState(
            generation: delivery.generation, written: delivery.to, position: delivery.to, date: delivery.date, seq: delivery.seq,
            receivedAt: delivery.receivedAt)
    }

    private mutating func header(_ delivery: Delivery, box: BoxKey?, from: Int64, to: Int64, filtered: UInt32) -> WireHeader {
        .with {
            if let box {
                $0.box = box.wire
                $0.generation = delivery.generation
                $0.from = from
                $0.to = to
                $0.date = delivery.date
                $0.seq = delivery.seq
            }
            $0.way = delivery.way == .push ? .push : .difference
            $0.tooLong = delivery.tooLong
            $0.receivedAt = delivery.receivedAt.nanoseconds
            $0.trace = generator.next()
            $0.filtered = filtered
        }
    }

    private func record(_ header: WireHeader, _ changes: [WireChange]) -> Recorded {
        do {
            return Recorded(record: try WireRecord(header, changes: changes), changes: changes)
        } catch {
            // More than a record may hold: a gap says so, and a crawl brings it in pieces.
            var record = WireRecord()
            record.header = header
            record.header.tooLong = true
            return Recorded(record: record, changes: [])
        }
    }
}

extension BoxKey {
    public init(_ box: Box) {
        switch box {
        case .common: self = .common
        case .qts: self = .qts
        case .channel(let id): self = .channel(id)
        }
    }

    public var engineBox: Box {
        switch self {
        case .common: .common
        case .qts: .qts
        case .channel(let id): .channel(id)
        }
    }
}

extension BoxState {
    init(_ position: Position) {
        self.init(generation: position.generation, value: position.value, date: position.date, seq: position.seq)
    }
}
