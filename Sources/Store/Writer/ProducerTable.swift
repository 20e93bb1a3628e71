import Events
import PostgreSQL
import WriterCore

/// A producer's rows inside one transaction.
struct ProducerTable {
    enum Streams { case all, listed }

    private let session: Session
    private let producer: ProducerKey

    init(_ session: Session, _ producer: ProducerKey) {
        self.session = session
        self.producer = producer
    }

    /// Locks the producer's row until the end of the transaction and reads its state; nil when there is no row.
    ///
    /// - Parameter boxes: whose positions to read; nil: all of the account.
    func lock(streams: Streams, boxes: [BoxKey]?) throws -> ProducerState? {
        guard let row = try session.query(ProducerStatements.lock, producer.parameters).first else { return nil }
        var state = ProducerState(incarnation: UInt64(row.integer(0)), epoch: UInt64(row.integer(1)))
        let statement = streams == .all ? ProducerStatements.streams : ProducerStatements.listedStreams
        state.streams = try session.query(statement, producer.parameters).map { row in
            StreamState(
                id: try StreamID(bytes: row.bytea(0)), cursor: UInt64(row.integer(1)), ordinal: row.integerOrNull(2).map { Int($0) },
                last: row.integerOrNull(3).map { UInt64($0) })
        }
        let positions =
            if let boxes {
                try session.query(ProducerStatements.positionsOf, [.text(producer.account)] + boxes.parameters)
            } else {
                try session.query(ProducerStatements.positions, [.text(producer.account)])
            }
        for i in 0..<positions.count {
            let row = positions[i]
            state.positions[BoxKey(column: row.text(0), channelID: row.integer(1))] = Position(
                generation: UInt64(row.integer(2)), value: row.integer(3), date: Int32(row.integer(4)), seq: Int32(row.integer(5)))
        }
        return state
    }

    func store(_ welcomed: HelloVerdict.Welcomed, build: String) throws {
        try session.query(
            ProducerStatements.update,
            producer.parameters + [
                .bigint(Int64(welcomed.state.incarnation)), .bigint(Int64(welcomed.state.epoch)),
                .text(String(build.replacing("\0", with: "").prefix(200))),
            ])
        if !welcomed.streams.isEmpty {
            try session.query(
                ProducerStatements.storeStreams,
                producer.parameters + [
                    .byteas(welcomed.streams.map(\.id.bytes)), .bigints(welcomed.streams.map { Int64($0.cursor) }),
                    .ints(welcomed.streams.map { $0.ordinal.map { Int32($0) } }),
                    .bigints(welcomed.streams.map { $0.last.map { Int64($0) } }),
                ])
        }
        try session.query(ProducerStatements.forgetStreams, producer.parameters + [.int(WriterStore.unlistedStreamDays)])
        try store(welcomed.positions, welcomed.gaps)
    }

    func store(_ judgement: Judgement) throws {
        if !judgement.cursors.isEmpty {
            try session.query(
                ProducerStatements.moveCursors,
                [.byteas(judgement.cursors.map(\.id.bytes)), .bigints(judgement.cursors.map { Int64($0.cursor) })])
        }
        try store(judgement.positions, judgement.gaps)
    }

    private func store(_ positions: [PositionChange], _ gaps: [Gap]) throws {
        if !positions.isEmpty {
            try session.query(
                ProducerStatements.movePositions,
                [.text(producer.account)] + positions.map(\.box).parameters + [
                    .bigints(positions.map { Int64($0.position.generation) }), .bigints(positions.map(\.position.value)),
                    .ints(positions.map(\.position.date)), .ints(positions.map(\.position.seq)),
                ])
        }
        if !gaps.isEmpty {
            try session.query(
                ProducerStatements.recordGaps,
                [.text(producer.account)] + gaps.map(\.box).parameters + [
                    .bigints(gaps.map { Int64($0.generation) }), .bigints(gaps.map(\.from)), .bigints(gaps.map(\.to)),
                    .texts(gaps.map(\.reason.rawValue)),
                ])
        }
    }
}

extension ProducerKey {
    /// $1 and $2 of the producer's statements.
    var parameters: [Parameter] { [.text(role), .text(account)] }
}

extension [BoxKey] {
    /// The columns box and channel_id.
    fileprivate var parameters: [Parameter] { [.texts(map(\.column)), .bigints(map(\.channelID))] }
}

extension BoxKey {
    /// The value of the column box.
    var column: String {
        switch self {
        case .common: "common"
        case .qts: "qts"
        case .channel: "channel"
        }
    }

    /// The channel's id; 0 for the boxes that an account has once.
    var channelID: Int64 { if case .channel(let id) = self { id } else { 0 } }

    /// The table's CHECK lets nothing else in.
    init(column: String, channelID: Int64) {
        switch column {
        case "common": self = .common
        case "qts": self = .qts
        case "channel": self = .channel(channelID)
        default: preconditionFailure("a box named \(column)")
        }
    }
}
