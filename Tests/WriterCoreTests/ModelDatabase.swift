import Events
import WriterCore

/// What Postgres keeps for the writer, and nothing else: producers, cursors, positions, gaps, and how often each event was applied.
struct ModelDatabase {
    private(set) var producers: [ProducerKey: ProducerState] = [:]
    private(set) var gaps: [ProducerKey: [Gap]] = [:]
    /// By producer, how often each pts of its one box was applied.
    private(set) var applied: [ProducerKey: [Int64: Int]] = [:]

    /// What a transaction says: answers to send once it is committed, or that a newer writer has taken over.
    enum Outcome {
        case answers([Answer])
        case superseded
    }

    /// Larger than any stored.
    var nextEpoch: UInt64 { (producers.values.map(\.epoch).max() ?? 0) + 1 }

    /// One transaction, committed.
    mutating func commit(_ work: Work, epoch: UInt64, credit: UInt32) -> Outcome {
        let stored = producers[work.producer]
        switch work {
        case .hello(let key, let hello, let route):
            switch judge(hello: hello, stored: stored, epoch: epoch, credit: credit, database: WireDatabaseIdentity()) {
            case .welcome(let welcomed):
                producers[key] = welcomed.state
                gaps[key, default: []] += welcomed.gaps
                return .answers([Answer(route: route, frame: WireFrame(.welcome(welcomed.answer)))])
            case .refused(let frame), .otherDatabase(let frame): return .answers([Answer(route: route, frame: frame)])
            case .superseded: return .superseded
            }
        case .batches(let key, let batches):
            let judgement = judge(batches: batches, stored: stored, epoch: epoch, credit: credit)
            guard judgement.supersededBy == nil else { return .superseded }
            for record in judgement.accepted {
                let header = record.record.header
                for pts in header.from + 1...header.to { applied[key, default: [:]][pts, default: 0] += 1 }
            }
            for cursor in judgement.cursors {
                guard let i = producers[key]?.streams.firstIndex(where: { $0.id == cursor.id }) else { continue }
                producers[key]?.streams[i] = cursor
            }
            for change in judgement.positions { producers[key]?.positions[change.box] = change.position }
            gaps[key, default: []] += judgement.gaps
            return .answers(judgement.acknowledgements + judgement.refusals)
        }
    }

    func position(_ key: ProducerKey) -> Int64 { producers[key]?.positions[World.box]?.value ?? 0 }

    /// Events up to the stored position that are neither applied nor in a recorded gap.
    func lost(_ key: ProducerKey) -> [Int64] {
        guard position(key) > 0 else { return [] }
        let (applied, gaps) = (applied[key] ?? [:], gaps[key] ?? [])
        return (1...position(key)).filter { pts in applied[pts] == nil && !gaps.contains { ($0.from ?? .min) < pts && pts <= $0.to } }
    }

    func twice(_ key: ProducerKey) -> [Int64] { (applied[key] ?? [:]).filter { $0.value > 1 }.map(\.key).sorted() }
}
