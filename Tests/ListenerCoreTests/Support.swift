import Events
import Primitives
import ProducerCore
import TL
import TelegramClient

@testable import ListenerCore

let clock = UnixTime(seconds: 1_800_000_000)
func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64((1_000 + seconds) * 1e9)) }

let basicGroup = CapturedGroup(kind: .basicGroup, id: 7, uuid: "uuid-7")
let channel = CapturedGroup(kind: .channel, id: 3, uuid: "uuid-3")

func peer(_ group: CapturedGroup) -> TLObject {
    group.kind == .basicGroup
        ? TLObject("peerChat", ["chat_id": .integer(group.id)]) : TLObject("peerChannel", ["channel_id": .integer(group.id)])
}
let privatePeer = TLObject("peerUser", ["user_id": 99])

func message(_ id: Int64, in peer: TLObject, text: String = "hello", _ more: [String: TLValue] = [:]) -> TLObject {
    var object = TLObject(
        "message",
        [
            "id": .integer(id), "peer_id": .object(peer), "date": 1_700_000_000, "message": .string(text),
            "from_id": .object(TLObject("peerUser", ["user_id": 42])),
        ])
    for (name, value) in more { object[name] = value }
    return object
}

func newMessage(_ pts: Int64, in peer: TLObject, text: String = "hello") -> Update {
    Update(
        TLObject(
            peer.name == "peerChannel" ? "updateNewChannelMessage" : "updateNewMessage",
            ["message": .object(message(pts, in: peer, text: text)), "pts": .integer(pts), "pts_count": 1]), receivedAt: clock)
}

func book() -> PeerBook {
    var book = PeerBook()
    book.restore(.init(.user, 42), .init(accessHash: 1, name: "Ann Bell"))
    book.restore(.init(.channel, 3), .init(accessHash: 33, name: "Station"))
    return book
}

func push(_ box: Box, from: Int64, _ items: Delivery.Item...) -> Delivery {
    Delivery(box: box, from: from, to: from + Int64(items.count), date: 9, seq: 4, way: .push, items: items, receivedAt: clock)
}

/// A record in one line: `common 100→102 filtered 1 [message 102]`.
func words(_ record: WireRecord) -> String {
    let header = record.header
    let changes = ((try? record.changes()) ?? []).map { change in
        switch change.kind {
        case .message(let m): "\(m.edited ? "edit" : "message") \(m.id)"
        case .deletion(let d): "delete \(d.ids.map(String.init).joined(separator: ","))"
        case .migration(let m): "migration \(m.basicGroupID)→\(m.channelID) at \(m.maxID)"
        case .groupState(let s): "\(s.state) \(s.reason)"
        case .counters(let c): "counters \(c.id)"
        case .groupInfo(let g): "title \(g.title)"
        case .topic(let t): "topic \(t.id) \(t.title)"
        case .progress, .mediaStored: "backfill's"
        case nil: "nothing"
        }
    }
    var out = header.hasBox ? "\((try? BoxKey(header.box)).map(\.description) ?? "?") \(header.from)→\(header.to)" : "loose"
    if header.generation > 1 { out += " g\(header.generation)" }
    if header.tooLong { out += " too long" }
    if header.filtered > 0 { out += " filtered \(header.filtered)" }
    return changes.isEmpty ? out : out + " [\(changes.joined(separator: " "))]"
}

func words(_ recorded: Recorded) -> String { words(recorded.record) }

func makeRecord(_ to: Int64) -> WireRecord {
    var record = WireRecord()
    record.header = .with {
        $0.box = BoxKey.common.wire
        $0.generation = 1
        $0.from = to - 1
        $0.to = to
    }
    return record
}

let streamID: StreamID = {
    var generator = SeededGenerator(seed: 5)
    return StreamID(using: &generator)
}()
func makeProducer() -> ProducerMachine.Producer {
    .init(role: .listener, account: "main", incarnation: 1_000, stream: streamID, build: "test")
}

/// The writer's words.
enum Writer {
    static func welcome(
        epoch: UInt64 = 1, committed: UInt64 = 0, credit: UInt32 = 10_000, _ positions: [(BoxKey, Position)] = []
    ) -> WireFrame {
        WireFrame(
            .welcome(
                .with {
                    $0.epoch = epoch
                    $0.cursors = [WireStreamCursor(streamID, committed: committed)]
                    $0.positions = positions.map { WireBoxPosition($0.0, $0.1) }
                    $0.credit = credit
                    $0.contractVersion = Contract.version
                }))
    }
    static func ack(_ committed: UInt64, epoch: UInt64 = 1, credit: UInt32 = 10_000) -> WireFrame {
        WireFrame(.ack(WireAck(epoch: epoch, incarnation: 1_000, stream: streamID, committed: committed, credit: credit)))
    }
    static func nack(_ expected: UInt64, epoch: UInt64 = 1) -> WireFrame {
        WireFrame(.nack(WireRefusal(epoch: epoch, incarnation: 1_000, stream: streamID, expected: expected, reason: "a hole")))
    }
    static func stale(epoch: UInt64, incarnation: UInt64 = 1_000) -> WireFrame {
        WireFrame(.stale(WireRefusal(epoch: epoch, incarnation: incarnation, stream: streamID, expected: 0, reason: "old")))
    }
}

/// Frames in words: `EVENTS e1 3…5`.
func words(_ frames: [WireFrame]) -> [String] {
    frames.map { frame in
        switch frame.body {
        case .events(let b): "EVENTS e\(b.epoch) \(b.first)…\(b.first + UInt64(b.records.count) - 1)"
        case .hello(let h):
            "HELLO \(h.streams.map { "\($0.first)…\($0.last)" }.joined()) "
                + h.checkpoint.map { "\((try? BoxKey($0.box)).map(\.description) ?? "?")=\($0.position.value)" }.joined(separator: " ")
        default: frame.name
        }
    }
}

extension ListenerMachine {
    /// With a spool that is empty yet.
    init(
        producer: ProducerMachine.Producer, groups: some Sequence<CapturedGroup>, peers: PeerBook, seed: UInt64,
        windowRecords: Int = ProducerLimits.windowRecords
    ) {
        self.init(
            producer: producer, groups: groups, peers: peers, seed: seed, spool: SpoolScan(account: producer.account),
            spoolLimit: 1 << 30, windowRecords: windowRecords)
    }

    /// The writer's welcome, and a disk that is ready at once.
    mutating func welcomed(_ frame: WireFrame, now: Instant, clock: UnixTime) -> [Action] {
        received(frame, now: now, clock: clock) + spoolOpened(now: now, clock: clock)
    }
}
