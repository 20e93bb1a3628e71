import Events
import Primitives

/// Records of one box, or of a producer that names none, that are not committed yet.
public struct Waiting: Hashable, Sendable {
    public var producer: ProducerKey
    /// nil: a crawl's records, which have none.
    public var box: BoxKey?
    /// Records.
    public var count: Int
    /// Unix nanoseconds at which the producer had the oldest.
    public var oldestAt: Int64
    /// How many are how old: by `AgeBucket`.
    public var ages: [Int]

    /// What people call it: the chat where the box is one, else the box and whose it is.
    public var group: String {
        switch box {
        case .channel(let id): ChatKey.channel(id).description
        case .common: "basic groups of \(producer.account)"
        case .qts: "qts of \(producer.account)"
        case nil: "\(producer)"
        }
    }

    /// Records of which only the number and the oldest one's time are known.
    public init(producer: ProducerKey, count: Int, oldestAt: Int64, now: Int64) {
        self.init(producer: producer, box: nil, count: count, oldestAt: oldestAt, ages: AgeBucket.none)
        ages[AgeBucket.index(nanoseconds: max(0, now - oldestAt))] = count
    }

    private init(producer: ProducerKey, box: BoxKey?, count: Int, oldestAt: Int64, ages: [Int]) {
        self.producer = producer
        self.box = box
        self.count = count
        self.oldestAt = oldestAt
        self.ages = ages
    }

    /// What the control command `queue` answers.
    public static func json(_ waiting: [Waiting]) -> JSON {
        let entries = waiting.map { entry -> JSON in
            [
                "group": .string(entry.group), "producer": .string("\(entry.producer)"), "count": .integer(Int64(entry.count)),
                "oldest_at": .double(Double(entry.oldestAt) / 1e9), "ages": .array(entry.ages.map { .integer(Int64($0)) }),
            ]
        }
        return ["waiting": .array(entries)]
    }

    /// By producer and box, in their order; first what has no box.
    ///
    /// - Parameter now: unix nanoseconds.
    public static func tally(_ queued: [(producer: ProducerKey, batches: [ReceivedBatch])], now: Int64) -> [Waiting] {
        struct Key: Hashable {
            var producer: ProducerKey
            var box: BoxKey?
        }
        var found: [Key: Waiting] = [:]
        for (producer, batches) in queued {
            for record in batches.lazy.flatMap(\.batch.records) {
                // A box that is none is the judge's to refuse; here it is like none.
                let key = Key(producer: producer, box: record.header.hasBox ? try? BoxKey(record.header.box) : nil)
                let at = record.header.receivedAt
                var entry = found[key] ?? Waiting(producer: producer, box: key.box, count: 0, oldestAt: at, ages: AgeBucket.none)
                entry.count += 1
                entry.oldestAt = min(entry.oldestAt, at)
                entry.ages[AgeBucket.index(nanoseconds: max(0, now.subtractingReportingOverflow(at).partialValue))] += 1
                found[key] = entry
            }
        }
        func isBefore(_ a: Waiting, _ b: Waiting) -> Bool {
            if a.producer != b.producer { return a.producer < b.producer }
            guard let one = a.box, let other = b.box else { return a.box == nil && b.box != nil }
            return one < other
        }
        return found.values.sorted(by: isBefore)
    }
}

/// The columns of a table of ages, as Postfix's qshape has them.
public enum AgeBucket {
    /// Seconds below which each but the last one holds what waits.
    public static let bounds: [Int64] = [300, 3_600, 21_600, 86_400, 604_800]
    public static let names = ["5m", "1h", "6h", "1d", "7d", "older"]
    static let none = [Int](repeating: 0, count: names.count)

    public static func index(seconds: Int64) -> Int { bounds.firstIndex { seconds < $0 } ?? bounds.count }
    static func index(nanoseconds: Int64) -> Int { index(seconds: nanoseconds / 1_000_000_000) }
}
