import Events
import Models
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// What the whole-pipeline simulation takes for Postgres, beside the real one: the same transactions in the same order, and after each
/// the same answers and the same rows. It is what makes the simulation's word worth something.
@Suite struct ModelContractTests {
    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6]) func the_model_and_postgres_answer_and_store_alike(seed: UInt64) async throws {
        var both = try await Both(seed: seed)
        for step in 0..<40 {
            try await both.step()
            let (model, real) = (both.model.lines, try both.database.lines())
            #expect(model == real, "seed \(seed) step \(step)")
            if model != real { return }
        }
        // Not by doing nothing.
        #expect(both.model.rows.count > 5 && both.model.rows.values.contains { $0.deletion != nil })
        #expect(!both.model.tombstones.isEmpty && both.model.gaps.count > 2 && both.refusals > 2)
    }
}

/// One world with two stores.
private struct Both {
    struct Producer {
        let key: ProducerKey
        var incarnation: UInt64 = 1
        var stream: StreamID
        var next: UInt64 = 1
        var position: Int64 = 10
    }

    var generator: SeededGenerator
    let database: TestDatabase
    let store: WriterStore
    var model: ModelPostgres
    var producers: [Producer] = []
    var epoch: UInt64 = 5
    var refusals = 0

    init(seed: UInt64) async throws {
        generator = SeededGenerator(seed: seed)
        database = try TestDatabase()
        // Each guess from memory is tried, however many were wrong before it.
        store = WriterStore(try database.options("aaltohub_writer"), memory: ProducerMemory(cautiousTransactions: 0))
        model = ModelPostgres(groups: [.channel(100), .basicGroup(200)], primary: "a")
        model.database = try await store.open(unixMilliseconds: 1).database
        for (role, account) in [("listener", "a"), ("listener", "b"), ("backfill", "a")] {
            producers.append(Producer(key: ProducerKey(role: role, account: account), stream: StreamID(using: &generator)))
        }
        for i in producers.indices { try await hello(i) }
    }

    mutating func step() async throws {
        let i = Int.random(in: producers.indices, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: try await hello(i)
        case 1:
            // Another life: its own stream, sometimes with a checkpoint beyond what is stored.
            producers[i].incarnation += 1
            producers[i].stream = StreamID(using: &generator)
            producers[i].next = 1
            try await hello(i, checkpoint: Bool.random(using: &generator) ? producers[i].position + 5 : nil)
        case 2:
            // A life that is over.
            producers[i].incarnation -= 1
            try await hello(i)
            try await send(i)
            producers[i].incarnation += 1
        case 3:
            epoch += 1
            try await hello(i)
        default: try await send(i)
        }
    }

    private mutating func hello(_ i: Int, checkpoint: Int64? = nil) async throws {
        let producer = producers[i]
        if let checkpoint { producers[i].position = checkpoint }
        let hello = WireHello.with {
            $0.contractVersion = Contract.version
            $0.role = producer.key.role == "listener" ? .listener : .backfill
            $0.account = producer.key.account
            $0.incarnation = producer.incarnation
            $0.streams = [WireStream(producer.stream, first: producer.next, last: 0, open: true)]
            if let checkpoint { $0.checkpoint = [WireBoxPosition(.channel(100), Position(value: checkpoint))] }
        }
        let real = try await store.hello(hello, of: producer.key, epoch: epoch, credit: 9)
        let modelled = model.hello(hello, of: producer.key, epoch: epoch, credit: 9)
        #expect(inOrder(real) == inOrder(modelled))
        if case .refused = modelled { refusals += 1 }
    }

    /// Streams that HELLO no longer lists have no order, and Postgres gives them in any.
    private func inOrder(_ verdict: HelloVerdict) -> HelloVerdict {
        guard case .welcome(var welcomed) = verdict else { return verdict }
        welcomed.state.streams.sort { ($0.ordinal ?? .max, "\($0.id)") < ($1.ordinal ?? .max, "\($1.id)") }
        return .welcome(welcomed)
    }

    private mutating func send(_ i: Int) async throws {
        var records: [WireRecord] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) { records.append(try record(i)) }
        // Sent again, or with a hole before it.
        let slip = Int.random(in: 0..<8, using: &generator)
        let first = slip == 0 ? producers[i].next + 2 : slip == 1 ? max(1, producers[i].next - 1) : producers[i].next
        let stale: UInt64 = Int.random(in: 0..<10, using: &generator) == 0 ? 1 : 0
        let batch = ReceivedBatch(
            route: [UInt8(i)],
            batch: WireBatch(
                epoch: epoch - stale, incarnation: producers[i].incarnation, stream: producers[i].stream, first: first, records: records))
        let key = producers[i].key
        let real = try await store.commit([batch], of: key, epoch: epoch, credit: 9)
        let modelled = model.commit([batch], of: key, epoch: epoch, credit: 9)
        #expect(real.judgement == modelled.judgement)
        #expect(real.failed == modelled.failed)
        refusals += modelled.judgement.refusals.count
        for cursor in modelled.judgement.cursors where cursor.id == producers[i].stream { producers[i].next = cursor.cursor + 1 }
    }

    private mutating func record(_ i: Int) throws -> WireRecord {
        let isCrawl = producers[i].key.role == "backfill"
        let from = producers[i].position
        let to = from + Int64.random(in: 0...3, using: &generator)
        var changes: [WireChange] = []
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let chat = Bool.random(using: &generator) ? channel : basicGroup
            let id = Int64.random(in: 1...9, using: &generator)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                changes.append(deletion([id], in: chat.kind == .basicGroup && !isCrawl ? nil : chat, presumed: isCrawl))
                continue
            }
            let edit = Int64.random(in: 0...2, using: &generator)
            let text = "v\(Int.random(in: 0..<3, using: &generator))"
            let settled = Bool.random(using: &generator)
            changes.append(
                message(id, text, in: chat) {
                    $0.editDate = edit == 0 ? 0 : 1_700_000_000 + edit
                    $0.position = isCrawl ? -1 : to
                    $0.settled = isCrawl && settled
                    $0.views = edit
                })
        }
        if isCrawl { return try StoreTests.record(changes) }
        // Now and then from beyond where it stood, or over a gap that the server told.
        let slip: Int64 = Int.random(in: 0..<6, using: &generator) == 0 ? 4 : 0
        producers[i].position = to + slip
        return try StoreTests.record(
            changes, box: .channel(100), from: from + slip, to: to + slip, tooLong: Int.random(in: 0..<10, using: &generator) == 0)
    }
}

extension ModelPostgres {
    /// All that is stored, a line each.
    fileprivate var lines: [String] {
        var out: [String] = []
        for (key, row) in rows {
            out.append(
                "\(key.chat) \(key.id) \(row.content.text ?? "-") \(row.key.editDate) \(row.key.settled) \(row.key.pts) "
                    + "\(row.views ?? -1) \(row.deletion.map { "\($0.presumed)" } ?? "-") \(row.isSuspect)")
        }
        for (key, mark) in tombstones { out.append("tombstone \(key.chat) \(key.id) \(mark.presumed)") }
        for (account, marks) in chatlessTombstones { for (id, mark) in marks { out.append("tombstone \(account) \(id) \(mark.presumed)") } }
        for (account, boxes) in positions { for (box, p) in boxes { out.append("\(account) \(box) \(p.generation) \(p.value)") } }
        for row in gaps { out.append("gap \(row.account) \(row.gap.box) \(row.gap.from ?? -1) \(row.gap.to) \(row.gap.reason.rawValue)") }
        for (key, state) in producers {
            out.append("\(key) \(state.incarnation) \(state.epoch)")
            for stream in state.streams { out.append("\(stream.id) \(stream.cursor) \(stream.ordinal ?? -1)") }
        }
        return out.sorted()
    }
}

extension TestDatabase {
    /// The same, read back.
    fileprivate func lines() throws -> [String] {
        try [
            """
            SELECT CASE g.chat_type WHEN 'group' THEN 'group' ELSE 'channel' END || ':' || g.telegram_id || ' ' || m.telegram_message_id
                || ' ' || coalesce(m.text, '-') || ' ' || m.merge_edit_date || ' ' || m.merge_settled::text || ' ' || m.merge_position
                || ' ' || coalesce(m.views, -1) || ' ' || CASE WHEN m.is_deleted THEN m.deletion_presumed::text ELSE '-' END
                || ' ' || m.suspect::text
            FROM public.messages m JOIN public.groups g ON g.id = m.group_id
            """,
            """
            SELECT 'tombstone ' || coalesce(t.account, (SELECT g.chat_type || ':' || g.telegram_id FROM public.groups g WHERE g.id = t.group_id))
                || ' ' || t.telegram_message_id || ' ' || t.presumed::text FROM aaltohub.tombstones t
            """,
            """
            SELECT account || ' ' || box || CASE box WHEN 'channel' THEN ':' || channel_id ELSE '' END || ' ' || generation || ' ' || value
            FROM aaltohub.positions
            """,
            """
            SELECT 'gap ' || account || ' ' || box || CASE box WHEN 'channel' THEN ':' || channel_id ELSE '' END || ' '
                || coalesce(from_value, -1) || ' ' || to_value || ' ' || reason FROM aaltohub.gaps
            """,
            "SELECT role || '@' || account || ' ' || incarnation || ' ' || epoch FROM aaltohub.producers",
            "SELECT encode(id, 'hex') || ' ' || committed || ' ' || coalesce(place, -1) FROM aaltohub.streams",
        ].flatMap { sql in try administrator.query(sql).map { $0.text(0) } }.sorted()
    }
}
