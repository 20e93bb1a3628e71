import EventLink
import Events
import Primitives
import ServiceKit

/// What a producer's end of the link tells of its records: how long until they left and until they were acknowledged, and, to whoever taps,
/// which ones, and the records themselves to who records them.
public struct LinkWatch: Sendable {
    /// Frames whose acknowledgement is awaited: as many as the largest credit that is any use; of more, the times are not told.
    static let mostFrames = 16_384

    private struct Sent {
        let stream: StreamID
        let last: UInt64
        let receivedAt: Int64
    }

    private let tap: TapPublisher
    private let status: ServiceStatus
    /// Oldest first; those before `head` are done.
    private var waiting: [Sent] = []
    private var head = 0
    /// The last record of each stream that ever left; what is sent again is no news.
    private var highest: [StreamID: UInt64] = [:]

    public init(tap: TapPublisher, status: ServiceStatus) {
        self.tap = tap
        self.status = status
    }

    /// The link took this frame.
    public mutating func sent(_ frame: WireFrame) {
        guard case .events(let batch) = frame.body, let stream = batch.streamID, !batch.records.isEmpty else { return }
        let last = batch.first + UInt64(batch.records.count) - 1
        let before = highest[stream] ?? 0
        if last > before {
            highest[stream] = last
            news(batch, stream, after: before, last: last)
        }
        tap.publish("sent", "events") {
            [
                "stream": .string(stream.description), "first": .integer(Int64(clamping: batch.first)),
                "last": .integer(Int64(clamping: last)), "epoch": .integer(Int64(clamping: batch.epoch)), "again": .bool(last <= before),
                "at": .integer(SystemClock.unix.nanoseconds),
            ]
        }
    }

    private mutating func news(_ batch: WireBatch, _ stream: StreamID, after before: UInt64, last: UInt64) {
        let skipped = Int(clamping: before >= batch.first ? before - batch.first + 1 : 0)
        let receivedAt = batch.records[skipped].header.receivedAt
        status.observe("receive_to_send_seconds", Double(max(0, SystemClock.unix.nanoseconds - receivedAt)) / 1e9)
        if waiting.count - head < Self.mostFrames { waiting.append(Sent(stream: stream, last: last, receivedAt: receivedAt)) }
        guard tap.hasViewers else { return }
        for i in skipped..<batch.records.count {
            tap.publishRecord {
                do throws(ContractError) {
                    return try TapRecording.sample(batch.records[i], stream: stream, number: batch.first + UInt64(i))
                } catch {
                    return ["error": .string("\(error)")]
                }
            }
        }
    }

    /// The disk has the stream's records up to this one.
    public func spooled(_ stream: StreamID, through number: UInt64) {
        tap.publish("spooled", "events") {
            [
                "stream": .string(stream.description), "last": .integer(Int64(clamping: number)),
                "at": .integer(SystemClock.unix.nanoseconds),
            ]
        }
    }

    /// The writer said this.
    public mutating func received(_ frame: WireFrame) {
        switch frame.body {
        case .ack(let ack):
            if let stream = ack.streamID { acknowledged(stream, ack.committed) }
        case .welcome(let welcome):
            // What was committed though its ACK was lost.
            for cursor in welcome.cursors { if let stream = cursor.streamID { acknowledged(stream, cursor.committed) } }
        default: break
        }
    }

    private mutating func acknowledged(_ stream: StreamID, _ committed: UInt64) {
        let now = SystemClock.unix.nanoseconds
        while head < waiting.count, waiting[head].stream == stream, waiting[head].last <= committed {
            status.observe("receive_to_acknowledge_seconds", Double(max(0, now - waiting[head].receivedAt)) / 1e9)
            head += 1
        }
        if head == waiting.count || head >= Self.mostFrames {
            waiting.removeFirst(head)
            head = 0
        }
        tap.publish("acknowledged", "events") {
            ["stream": .string(stream.description), "last": .integer(Int64(clamping: committed)), "at": .integer(now)]
        }
    }
}
