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

    /// Locks the producer's row until the end of the transaction and reads its state: `state` reads the answers.
    ///
    /// - Parameter boxes: whose positions to read; nil: all of the account.
    func lock(streams: Streams, boxes: [BoxKey]?) -> [Call] {
        [
            Call(ProducerStatements.lock, producer.parameters),
            Call(streams == .all ? ProducerStatements.streams : ProducerStatements.listedStreams, producer.parameters),
            boxes.map { Call(ProducerStatements.positionsOf, [.text(producer.account)] + $0.parameters) }
                ?? Call(ProducerStatements.positions, [.text(producer.account)]),
        ]
    }

    /// The state in the answers to `lock`; nil when there is no row.
    func state(_ answers: [Rows]) throws -> ProducerState? {
        guard let row = answers[0].first else { return nil }
        var state = ProducerState(incarnation: UInt64(row.integer(0)), epoch: UInt64(row.integer(1)))
        state.streams = try answers[1].map { row in
            StreamState(
                id: try StreamID(bytes: row.bytea(0)), cursor: UInt64(row.integer(1)), ordinal: row.integerOrNull(2).map { Int($0) },
                last: row.integerOrNull(3).map { UInt64($0) })
        }
        for i in 0..<answers[2].count {
            let row = answers[2][i]
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
        try session.pipeline(calls(for: welcomed.positions, welcomed.gaps))
    }

    /// What a judgement says of cursors, positions and gaps.
    func calls(for judgement: Judgement) -> [Call] {
        let cursors = judgement.cursors
        let moved = Call(
            ProducerStatements.moveCursors, [.byteas(cursors.map(\.id.bytes)), .bigints(cursors.map { Int64($0.cursor) })])
        // So that what a crawl brings does not stand before live changes in the broadcast: see ChangeStore.
        let named = Call(ProducerStatements.name, [.text(producer.role)])
        return (cursors.isEmpty ? [] : [moved]) + calls(for: judgement.positions, judgement.gaps)
            + (producer.role == "backfill" ? [named] : [])
    }

    /// Moves what the judgement moves, if the database has the state that it was judged by. Each is a lookup by key, with nothing to plan.
    ///
    /// - Parameter state: has every stream and box that moves; else nil.
    static func moves(_ judgement: Judgement, from state: ProducerState, of producer: ProducerKey) -> [Call]? {
        var calls: [Call] = []
        for cursor in judgement.cursors {
            guard let old = state.streams.first(where: { $0.id == cursor.id }) else { return nil }
            calls.append(
                Call(
                    ProducerStatements.moveCursorFrom,
                    producer.parameters + [
                        .bigint(Int64(state.incarnation)), .bigint(Int64(state.epoch)), .bytea(cursor.id.bytes),
                        .bigint(Int64(old.cursor)), .bigint(Int64(cursor.cursor)),
                    ]))
        }
        for change in judgement.positions {
            guard let old = state.positions[change.box] else { return nil }
            calls.append(
                Call(
                    ProducerStatements.movePositionFrom,
                    [.text(producer.account), .text(change.box.column), .bigint(change.box.channelID)] + old.columns
                        + change.position.columns))
        }
        return calls
    }

    private func calls(for positions: [PositionChange], _ gaps: [Gap]) -> [Call] {
        var calls: [Call] = []
        if !positions.isEmpty {
            calls.append(
                Call(
                    ProducerStatements.movePositions,
                    [.text(producer.account)] + positions.map(\.box).parameters + [
                        .bigints(positions.map { Int64($0.position.generation) }), .bigints(positions.map(\.position.value)),
                        .ints(positions.map(\.position.date)), .ints(positions.map(\.position.seq)),
                    ]))
        }
        if !gaps.isEmpty {
            calls.append(
                Call(
                    ProducerStatements.recordGaps,
                    [.text(producer.account)] + gaps.map(\.box).parameters + [
                        .bigints(gaps.map { Int64($0.generation) }), .bigints(gaps.map(\.from)), .bigints(gaps.map(\.to)),
                        .texts(gaps.map(\.reason.rawValue)),
                    ]))
        }
        return calls
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

extension Position {
    /// The columns generation, value, date and seq.
    fileprivate var columns: [Parameter] { [.bigint(Int64(generation)), .bigint(value), .int(date), .int(seq)] }
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
