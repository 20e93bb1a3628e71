import Events
import Primitives
import WriterCore

/// Short ways to write frames and states in transcripts.
enum Build {
    static func stream(_ n: UInt8) -> StreamID {
        guard let id = try? StreamID(bytes: [UInt8](repeating: n, count: 16)) else { preconditionFailure("16 bytes") }
        return id
    }

    /// A record that moves a channel's box from `from` to `to`, with one message named after `to` in it.
    static func record(
        _ from: Int64, _ to: Int64, box: BoxKey? = .channel(5), generation: UInt64 = 1, tooLong: Bool = false, text: String? = nil
    ) -> WireRecord {
        var header = WireHeader()
        header.box = (box ?? .common).wire
        if box == nil { header.clearBox() }
        header.generation = generation
        header.from = from
        header.to = to
        header.tooLong = tooLong
        header.receivedAt = 1_000
        let change = WireChange.with { $0.message = message(max(1, to), text ?? "m\(to)") }
        guard let record = try? WireRecord(header, changes: [change]) else { preconditionFailure("a small record") }
        return record
    }

    static func message(_ id: Int64, _ text: String) -> WireMessage {
        .with {
            $0.chat = .with {
                $0.kind = .channel
                $0.id = 5
            }
            $0.id = id
            $0.date = 1_000
            $0.text = text
            $0.position = id
            $0.generation = 1
        }
    }

    /// The producer of `hello`.
    static let key = ProducerKey(role: "listener", account: "main")

    static func batch(_ first: UInt64, _ records: [WireRecord], stream: StreamID = stream(1), epoch: UInt64 = 3, incarnation: UInt64 = 10)
        -> ReceivedBatch
    {
        ReceivedBatch(
            route: [7], batch: WireBatch(epoch: epoch, incarnation: incarnation, stream: stream, first: first, records: records))
    }

    /// A producer welcomed in epoch 3 as incarnation 10 with one open stream.
    static func state(cursor: UInt64 = 0, position: Int64? = 100) -> ProducerState {
        ProducerState(
            incarnation: 10, epoch: 3, streams: [StreamState(id: stream(1), cursor: cursor, ordinal: 0, last: nil)],
            positions: position.map { [.channel(5): Position(value: $0)] } ?? [:])
    }

    static func hello(
        incarnation: UInt64 = 10, streams: [WireStream] = [WireStream(stream(1), first: 1, last: 0, open: true)],
        checkpoint: [WireBoxPosition] = []
    ) -> WireHello {
        .with {
            $0.contractVersion = Contract.version
            $0.role = .listener
            $0.account = "main"
            $0.incarnation = incarnation
            $0.streams = streams
            $0.checkpoint = checkpoint
        }
    }

    static func judged(_ batches: [ReceivedBatch], _ state: ProducerState?) -> Judgement {
        judge(batches: batches, stored: state, epoch: 3, credit: 100)
    }
}

extension Answer {
    /// `NACK 5`, `STALE 0`, `ACK 7`: the name with the number it carries.
    var summary: String {
        switch frame.body {
        case .ack(let ack): "ACK \(ack.committed)"
        case .nack(let refusal): "NACK \(refusal.expected)"
        case .stale(let refusal): "STALE \(refusal.expected)"
        default: frame.name
        }
    }
}
