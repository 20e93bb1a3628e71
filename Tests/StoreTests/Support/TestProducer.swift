import Events
import Foundation
import PostgreSQL
import Primitives
import Store
import WriterCore

/// A database with the schema and two registered groups: channel 100, and basic group 200 of account `a`.
struct TestDatabase {
    let cluster: PostgresCluster
    let name: String
    let administrator: Session

    init() throws {
        cluster = try PostgresCluster.shared.get()
        name = try cluster.makeDatabase(from: TestDatabase.template.get())
        administrator = try Session(cluster.options(database: name))
    }

    /// Migrated once; each test gets a copy. The stages' roles may log in, and Postgres trusts whoever comes through its socket.
    private static let template = Result {
        let cluster = try PostgresCluster.shared.get()
        let name = try cluster.makeDatabase()
        let session = try Session(cluster.options(database: name))
        defer { session.close() }
        try Migrator.migrate(session)
        try session.script(
            """
            INSERT INTO public.groups (telegram_id, title, chat_type) VALUES (100, 'channel', 'channel');
            INSERT INTO public.groups (telegram_id, title, chat_type, primary_account) VALUES (200, 'basic', 'group', 'a');
            INSERT INTO public.crawler_status (group_id, status) SELECT id, 'active' FROM public.groups;
            ALTER ROLE aaltohub_writer LOGIN; ALTER ROLE aaltohub_listener LOGIN;
            ALTER ROLE aaltohub_supervisor LOGIN; ALTER ROLE aaltohub_ctl LOGIN; ALTER ROLE aaltohub_backfill LOGIN;
            """)
        return name
    }

    func options(_ user: String = "postgres") throws -> ConnectionOptions { try cluster.options(user: user, database: name) }

    /// The writer under its own role, so that every test also tries its grants.
    func writer() throws -> WriterStore { WriterStore(try options("aaltohub_writer")) }

    func integer(_ sql: String) throws -> Int64 { try administrator.query(sql)[0].integer(0) }
    func text(_ sql: String) throws -> String? { try administrator.query(sql)[0].textOrNull(0) }
}

/// A producer that numbers its records and knows nothing else.
struct TestProducer {
    let key: ProducerKey
    let writer: WriterStore
    var incarnation: UInt64
    var epoch: UInt64
    let stream: StreamID
    var next: UInt64 = 1

    init(
        _ writer: WriterStore, account: String = "a", role: String = "listener", incarnation: UInt64 = 1, epoch: UInt64 = 1,
        seed: UInt64 = 1
    ) {
        self.writer = writer
        key = ProducerKey(role: role, account: account)
        self.incarnation = incarnation
        self.epoch = epoch
        var generator = SeededGenerator(seed: seed)
        stream = StreamID(using: &generator)
    }

    func helloMessage(first: UInt64 = 1, checkpoint: [(BoxKey, Position)] = []) -> WireHello {
        .with {
            $0.contractVersion = Contract.version
            $0.role = key.role == "listener" ? .listener : .backfill
            $0.account = key.account
            $0.incarnation = incarnation
            $0.streams = [WireStream(stream, first: first, last: 0, open: true)]
            $0.checkpoint = checkpoint.map { WireBoxPosition($0.0, $0.1) }
            $0.build = "test"
        }
    }

    @discardableResult
    func hello(first: UInt64 = 1, checkpoint: [(BoxKey, Position)] = []) async throws -> HelloVerdict {
        try await writer.hello(helloMessage(first: first, checkpoint: checkpoint), of: key, epoch: epoch, credit: 100)
    }

    func batch(_ records: [WireRecord], first: UInt64) -> ReceivedBatch {
        ReceivedBatch(
            route: [1], batch: WireBatch(epoch: epoch, incarnation: incarnation, stream: stream, first: first, records: records))
    }

    /// Commits the records as the next ones of the stream.
    @discardableResult
    mutating func send(_ records: [WireRecord], timeoutsBefore: Int = 0) async throws -> CommittedBatch {
        let done = try await writer.commit(
            [batch(records, first: next)], of: key, epoch: epoch, credit: 100, timeoutsBefore: timeoutsBefore)
        next += UInt64(records.count)
        return done
    }
}

func record(
    _ changes: [WireChange], box: BoxKey? = nil, generation: UInt64 = 1, from: Int64 = 0, to: Int64 = 0, tooLong: Bool = false,
    receivedAt: Int64 = 1_700_000_100
) throws -> WireRecord {
    let header = WireHeader.with {
        if let box {
            $0.box = box.wire
            $0.generation = generation
            $0.from = from
            $0.to = to
        }
        $0.tooLong = tooLong
        $0.way = .push
        $0.receivedAt = receivedAt * 1_000_000_000
    }
    return try WireRecord(header, changes: changes)
}

let channel = WireChat.with {
    $0.kind = .channel
    $0.id = 100
}
let basicGroup = WireChat.with {
    $0.kind = .basicGroup
    $0.id = 200
}

func message(_ id: Int64, _ text: String? = "text", in chat: WireChat = channel, _ change: (inout WireMessage) -> Void = { _ in })
    -> WireChange
{
    .with {
        $0.message = .with {
            $0.chat = chat
            $0.id = id
            $0.date = 1_700_000_000 + id
            if let text { $0.text = text }
            $0.position = -1
            $0.generation = 1
            $0.observedAt = 1_700_000_000
            change(&$0)
        }
    }
}

func deletion(_ ids: [Int64], in chat: WireChat?, presumed: Bool = false) -> WireChange {
    .with {
        $0.deletion = .with {
            if let chat { $0.chat = chat }
            $0.ids = ids
            $0.presumed = presumed
        }
    }
}
