import Events
import PostgreSQL
import Synchronization
import WriterCore

/// What a writer knows after it has opened its database.
public struct WriterStart: Sendable {
    /// Larger than any that the database has stored.
    public var epoch: UInt64
    public var database: WireDatabaseIdentity
}

/// The writer's transactions. One connection, which holds the lock that makes this the only writer of the database.
///
/// Each call is one transaction and throws what ended it; `FailureClass(error)` says what that calls for. Every judgement stands on the
/// state that the database has under the producer's lock: it is read there; or remembered, and verified there by the same transaction.
public final class WriterStore: Sendable {
    /// Key of the writer's session lock: the migrator's plus one.
    static let lockKey = Migrator.lockKey + 1
    /// Cursors of streams that no HELLO lists any more are kept this many days, in case an operator brings back a spool.
    static let unlistedStreamDays: Int32 = 30
    /// Changes are kept this many days for the broadcast and the change feed, unless the operator says otherwise.
    public static let outboxDays: Int32 = 7
    /// Deletions of messages that never came are kept this many days: longer than any replay goes back.
    static let tombstoneDays: Int32 = 30
    /// Rows of each kind that are forgotten in one transaction: it ends soon, and lets the next commit in.
    static let forgottenAtOnce: Int32 = 5_000

    private let connection: Connection
    private let outboxDays: Int32
    private let beforeCommit: @Sendable () -> Void
    private let remembered: Remembered

    /// Touched by the connection's thread alone.
    private final class Remembered: Sendable {
        let memory: Mutex<ProducerMemory>

        init(_ memory: sending ProducerMemory) { self.memory = Mutex(memory) }
    }

    /// Connects at first use, and again at the first use after a lost connection.
    ///
    /// - Parameters:
    ///   - outboxDays: how many days changes are kept for who follows them.
    ///   - memory: of what the last commits left.
    ///   - beforeCommit: called before COMMIT is said: when all of a batch is written, or goes with it.
    public init(
        _ options: ConnectionOptions, outboxDays: Int32 = WriterStore.outboxDays, memory: ProducerMemory = ProducerMemory(),
        beforeCommit: @escaping @Sendable () -> Void = {}
    ) {
        self.outboxDays = outboxDays
        self.beforeCommit = beforeCommit
        let remembered = Remembered(memory)
        self.remembered = remembered
        connection = Connection(options) { session in
            remembered.memory.withLock { $0.forgetAll() }
            try Pooler.refuse(session, options: options)
            try Migrator.check(session)
            guard try session.query("SELECT pg_try_advisory_lock($1)", [.bigint(Self.lockKey)])[0].bool(0) else {
                throw StoreError.anotherWriter
            }
            // At every connection: the database may have been restored while the writer lived.
            _ = try DatabaseIdentity.renew(session)
            // Every statement of the writer is a lookup by key; a plan made while a table was empty must not read it whole later.
            // Forbidden scans look costly, and what looks costly would be compiled for 0.2 s.
            try session.script("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off")
        }
    }

    /// Takes the writer's lock and draws an epoch: larger than any stored, and than the clock.
    ///
    /// - Parameter unixMilliseconds: the time.
    public func open(unixMilliseconds: Int64) async throws -> WriterStart {
        try await connection.run { session in
            let row = try session.query(
                "SELECT greatest(coalesce(max(epoch), 0) + 1, $1) FROM aaltohub.producers", [.bigint(unixMilliseconds)])[0]
            return WriterStart(epoch: UInt64(row.integer(0)), database: try DatabaseIdentity.read(session))
        }
    }

    /// HELLO as a transaction. Everything but `welcome` changes nothing.
    public nonisolated(nonsending) func hello(
        _ hello: WireHello, of producer: ProducerKey, epoch: UInt64, credit: UInt32
    ) async throws -> HelloVerdict {
        try await connection.run { [remembered] session in
            struct Refused: Error { var verdict: HelloVerdict }
            remembered.memory.withLock { $0.forget(producer) }
            let database = try DatabaseIdentity.read(session)
            do {
                let table = ProducerTable(session, producer)
                let first = [Call(ProducerStatements.insert, producer.parameters)] + table.lock(streams: .all, boxes: nil)
                let verdict = try session.transaction(beginningWith: first) { answers in
                    let stored = try table.state(Array(answers.dropFirst()))
                    let verdict = judge(hello: hello, stored: stored, epoch: epoch, credit: credit, database: database)
                    guard case .welcome(let welcomed) = verdict else { throw Refused(verdict: verdict) }
                    try table.store(welcomed, build: hello.build)
                    return (verdict, [])
                }
                if case .welcome(let welcomed) = verdict { remembered.memory.withLock { $0.welcomed(welcomed.state, of: producer) } }
                return verdict
            } catch let refused as Refused {
                return refused.verdict
            }
        }
    }

    /// The frames of one producer in one transaction: rows, deletions, gaps, positions, cursors, outbox, dead letters.
    ///
    /// What Postgres refuses for its content goes to `failed_messages` in the same transaction; everything else rolls the whole back
    /// and is thrown.
    ///
    /// - Parameter timeoutsBefore: how often in a row this very work ran out of its time: see `TimeoutBlame`.
    public nonisolated(nonsending) func commit(
        _ batches: [ReceivedBatch], of producer: ProducerKey, epoch: UInt64, credit: UInt32, timeoutsBefore: Int = 0
    ) async throws -> CommittedBatch {
        try await connection.run { [beforeCommit, remembered] session in
            let boxes = boxes(of: batches)
            // What ran out of its time is searched for the change that is at fault.
            if timeoutsBefore == 0, let state = remembered.memory.withLock({ $0.guess(producer, boxes: boxes) }),
                let news = NewsWriting(batches, of: producer, boxes: boxes, by: state, epoch: epoch, credit: credit)
            {
                beforeCommit()
                let done = try news.commit(session)
                remembered.memory.withLock { memory in
                    if let done { memory.committed(done.judgement, by: state, of: producer) } else { memory.refused(producer) }
                }
                if let done { return done }
            }
            let table = ProducerTable(session, producer)
            let (state, done) = try session.transaction(beginningWith: table.lock(streams: .listed, boxes: boxes)) { answers in
                let state = try table.state(answers)
                let judgement = judge(batches: batches, stored: state, epoch: epoch, credit: credit)
                guard judgement.supersededBy == nil else { return ((state, CommittedBatch(judgement: judgement)), []) }
                // Outside every savepoint: the header is readable though the payload is not, so the position moves over the poison.
                var writing = BatchWriting(
                    session, producer: producer, timeoutsBefore: timeoutsBefore, before: table.calls(for: judgement))
                try writing.write(judgement.accepted)
                beforeCommit()
                let done = CommittedBatch(judgement: judgement, changes: writing.changes, failed: writing.failed, pieces: writing.pieces)
                return ((state, done), writing.before)
            }
            if let state { remembered.memory.withLock { $0.committed(done.judgement, by: state, of: producer) } }
            return done
        }
    }

    /// The dead letters that wait, the oldest first.
    public func waitingLetters() async throws -> [PostgresUUID] {
        try await connection.run { try $0.query(DeadLetterStatements.waiting).map { $0.uuid(0) } }
    }

    /// Tries dead letters again in one transaction, with what this build reads of them, through the same merge as any other copy: what is
    /// newer stands. Those that are stored are marked resolved; the others stay with their new error and are counted.
    ///
    /// - Returns: how each fared. What fails for the database's reasons rolls the whole back and is thrown.
    public func retry(_ letters: [PostgresUUID]) async throws -> [RetriedLetter] {
        try await connection.run { session in try session.transaction { try DeadLetterRetry(session).run(letters) } }
    }

    /// Deletes some of what nobody needs any more.
    ///
    /// - Returns: how many rows, and whether there may be more.
    public func forget() async throws -> (rows: Int64, isMore: Bool) {
        try await connection.run { [outboxDays] session in
            try session.transaction {
                let limit = Parameter.int(Self.forgottenAtOnce)
                let changes = try session.query(ForgetStatements.outbox, [.int(outboxDays), limit])[0].integer(0)
                let tombstones = try session.query(ForgetStatements.tombstones, [.int(Self.tombstoneDays), limit])[0].integer(0)
                return (changes + tombstones, max(changes, tombstones) >= Int64(Self.forgottenAtOnce))
            }
        }
    }

    public func close() async { await connection.close() }

    /// Ends without waiting for a transaction in flight, which is rolled back or committed and then sent again and skipped.
    public func abandon() { connection.abandon() }
}

/// What a committed transaction did.
public struct CommittedBatch: Sendable {
    public var judgement: Judgement
    /// The rows that changed; copies that said nothing new, and chats that are not registered, are not among them.
    public var changes: [RowChange] = []
    public var failed: [FailedPiece] = []
    /// What was stored, with the traces for the tap; what stands in `failed` is not among it.
    public var pieces: [Piece] = []
}

/// A row of `messages` that a transaction inserted or changed.
public struct RowChange: Hashable, Sendable {
    public var chat: ChatKey
    public var messageID: Int64
    public var kind: Kind

    public enum Kind: String, Sendable { case inserted, updated, deleted }

    public init(chat: ChatKey, messageID: Int64, kind: Kind) {
        self.chat = chat
        self.messageID = messageID
        self.kind = kind
    }
}

private func boxes(of batches: [ReceivedBatch]) -> [BoxKey] {
    var seen: Set<BoxKey> = []
    for received in batches {
        for record in received.batch.records where record.header.hasBox {
            // A box that is none is the judge's to refuse.
            if let box = try? BoxKey(record.header.box) { seen.insert(box) }
        }
    }
    return seen.sorted()
}
