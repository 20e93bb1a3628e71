import Events
import Models
import Primitives
import ProducerCore
import TL
import WriterCore

/// Watches from outside: what was sent, answered and stored, and whether that may be.
struct Referee {
    struct Hole: Hashable {
        var account: String
        var box: BoxKey
        /// nil: a new generation.
        var to: Int64?
    }

    private(set) var complaints: [String] = []
    private(set) var commits = 0
    /// Every record by its number, as it was first sent.
    private var records: [StreamID: [UInt64: WireRecord]] = [:]
    private var applied: [StreamID: Set<UInt64>] = [:]
    /// What each producer was told, and what it sent since the last WELCOME.
    private struct Allowance {
        var credit: UInt32 = 0
        var committed: [StreamID: UInt64] = [:]
        var sent: [StreamID: UInt64] = [:]
        /// The first record that its last HELLO named.
        var first: [StreamID: UInt64] = [:]

        /// What is before the first record that it named, it never sends: a WELCOME that answers its predecessor's HELLO names no cursor
        /// of a stream that is newer than that.
        var outstanding: UInt64 {
            sent.reduce(0) { sum, lane in
                let before = max(committed[lane.key] ?? 0, (first[lane.key] ?? 1) - 1)
                return sum + lane.value - min(lane.value, before)
            }
        }

        mutating func note(_ stream: StreamID, _ number: UInt64, _ credit: UInt32) {
            committed[stream] = max(number, committed[stream] ?? 0)
            self.credit = credit
        }
    }
    private var allowances: [Pipeline.ProducerID: Allowance] = [:]
    /// Records without a position that are on a disk: only the disk can tell them again.
    private var durable: [String: [(stream: StreamID, number: UInt64)]] = [:]
    /// Accounts of whose spool something was taken away.
    private var robbed: Set<String> = []
    /// Holes that Telegram made.
    private var holes: Set<Hole> = []

    mutating func complain(_ text: String) { if complaints.count < 20 { complaints.append(text) } }

    // MARK: the link

    mutating func sent(_ frame: WireFrame, by producer: Pipeline.ProducerID) {
        if case .hello(let hello) = frame.body {
            for entry in hello.streams { if let id = entry.streamID { allowances[producer, default: Allowance()].first[id] = entry.first } }
        }
        guard case .events(let batch) = frame.body, let stream = batch.streamID else { return }
        for (offset, record) in batch.records.enumerated() {
            let n = batch.first + UInt64(offset)
            if let known = records[stream]?[n], known != record { complain("\(stream) \(n) means two things") }
            records[stream, default: [:]][n] = record
        }
        let last = batch.first + UInt64(batch.records.count) - 1
        guard var allowance = allowances[producer], allowance.credit > 0 else { return complain("EVENTS before a WELCOME") }
        allowance.sent[stream] = max(last, allowance.sent[stream] ?? 0)
        allowances[producer] = allowance
        let outstanding = allowance.outstanding
        if outstanding > UInt64(allowance.credit) { complain("\(outstanding) records are sent where \(allowance.credit) are allowed") }
    }

    /// A producer is told. A WELCOME may be the answer to its predecessor's HELLO: the route is the same.
    mutating func heard(_ frame: WireFrame, by producer: Pipeline.ProducerID) {
        switch frame.body {
        case .welcome(let welcome):
            allowances[producer, default: Allowance()].sent = [:]
            for cursor in welcome.cursors {
                // It may answer an earlier HELLO, which named records that are gone since.
                guard let stream = cursor.streamID, let first = allowances[producer]?.first[stream] else { continue }
                allowances[producer]?.note(stream, max(cursor.committed, first - 1), welcome.credit)
            }
            allowances[producer]?.credit = welcome.credit
        case .ack(let ack): if let stream = ack.streamID { allowances[producer]?.note(stream, ack.committed, ack.credit) }
        case .nack:
            // What stands behind the hole was not taken, in this stream or a later one: it does not count any more.
            let committed = allowances[producer]?.committed ?? [:]
            allowances[producer]?.sent = committed
        default: break
        }
    }

    /// The process is another one.
    mutating func began(_ producer: Pipeline.ProducerID) { allowances[producer] = nil }

    mutating func answered(_ frame: WireFrame, _ postgres: ModelPostgres) {
        switch frame.body {
        case .ack(let ack):
            guard let stream = ack.streamID else { return }
            let stored = postgres.cursor(of: stream)
            if ack.committed > stored { complain("ACK \(ack.committed) where \(stored) is committed") }
        case .welcome(let welcome):
            for cursor in welcome.cursors {
                guard let stream = cursor.streamID else { continue }
                if cursor.committed > postgres.cursor(of: stream) { complain("WELCOME tells more than is committed") }
            }
        default: break
        }
    }

    // MARK: Telegram

    mutating func told(_ answer: TLObject, of call: TLObject, account: String) {
        switch answer.name {
        case "updates.differenceTooLong":
            if let pts = answer["pts"]?.int { holes.insert(Hole(account: account, box: .common, to: pts)) }
        case "updates.channelDifferenceTooLong":
            guard let channel = call["channel"]?.object?["channel_id"]?.int, let pts = answer["dialog"]?.object?["pts"]?.int else { return }
            holes.insert(Hole(account: account, box: .channel(channel), to: pts))
        default: break
        }
    }

    mutating func refusedPosition(of call: TLObject, account: String) {
        guard let channel = call["channel"]?.object?["channel_id"]?.int else { return }
        holes.insert(Hole(account: account, box: .channel(channel), to: nil))
    }

    // MARK: the disk

    mutating func synced(_ account: String, _ stream: StreamID, _ number: UInt64) { durable[account, default: []].append((stream, number)) }

    /// Part of the spool is gone, by no fault of the process.
    mutating func rob(_ account: String) {
        robbed.insert(account)
        durable[account] = []
    }

    /// What was on a disk and is not stored.
    func lostFromDisk(_ account: String) -> [String] {
        (durable[account] ?? []).filter { !isApplied($0.stream, $0.number) }.map {
            "\(account): record \($0.number) was on the disk and is lost"
        }
    }

    // MARK: the database

    mutating func committed(
        _ key: ProducerKey, before: [BoxKey: Position], after: [BoxKey: Position], gaps: [Gap], accepted: [AcceptedRecord]
    ) {
        commits += 1
        for record in accepted {
            if !applied[record.stream, default: []].insert(record.number).inserted {
                complain("\(record.stream) \(record.number) is applied twice")
            }
            guard record.record.header.hasBox, let box = try? BoxKey(record.record.header.box) else { continue }
            let header = record.record.header
            guard let now = after[box], (now.generation, now.value) >= (header.generation, header.to) else {
                complain("\(key) \(box): a record up to \(header.to) is stored, and the position is \(after[box]?.value ?? -1)")
                continue
            }
        }
        for (box, old) in before.sorted(by: { $0.key < $1.key }) {
            guard let new = after[box] else { continue }
            if (new.generation, new.value) < (old.generation, old.value) {
                complain("\(key) \(box): from \(old.value) back to \(new.value)")
            }
        }
        for gap in gaps {
            let isExplained =
                switch gap.reason {
                case .tooLong:
                    // A listener whose spool knows less than the database asks from where that ends, and is refused again.
                    holes.contains(Hole(account: key.account, box: gap.box, to: gap.to))
                        || holes.contains(Hole(account: key.account, box: gap.box, to: nil))
                case .newGeneration:
                    // A listener that was robbed begins anew, and finds its box below where the database has it.
                    holes.contains(Hole(account: key.account, box: gap.box, to: nil)) || robbed.contains(key.account)
                case .hole, .checkpoint: robbed.contains(key.account)
                case .followed: before[gap.box] == nil
                }
            if !isExplained { complain("\(key) \(gap.box): a gap from \(gap.from ?? 0) to \(gap.to) (\(gap.reason.rawValue)) for nothing") }
        }
    }

    /// Whether this record was ever stored.
    func isApplied(_ stream: StreamID, _ n: UInt64) -> Bool { applied[stream]?.contains(n) ?? false }
}

extension ModelPostgres {
    func cursor(of stream: StreamID) -> UInt64 {
        for (_, state) in producers { if let found = state.streams.first(where: { $0.id == stream }) { return found.cursor } }
        return 0
    }
}
