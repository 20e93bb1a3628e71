import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// The short way of new messages: that it is taken, and that nothing but the truth of the database is ever committed on it.
@Suite struct NewsWritingTests {
    let database: TestDatabase

    init() throws {
        database = try TestDatabase()
        // Tells by which statement each row came: only the ordinary way has a conflict clause.
        try database.administrator.script(
            """
            CREATE TABLE public.ways (id int8 GENERATED ALWAYS AS IDENTITY, message int8, short boolean);
            GRANT INSERT ON public.ways TO aaltohub_writer;
            CREATE FUNCTION public.note_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.ways (message, short) VALUES (NEW.telegram_message_id, current_query() NOT LIKE '%ON CONFLICT%');
                RETURN NEW;
            END $$;
            CREATE TRIGGER note_way AFTER INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION public.note_way();
            """)
    }

    /// The messages in the order of their rows' making, those that came the short way with a plus.
    private func ways() throws -> String? {
        try database.text("SELECT string_agg(message || CASE WHEN short THEN '+' ELSE '' END, ' ' ORDER BY id) FROM public.ways")
    }

    private func writer(cautious: Int = 0) throws -> WriterStore {
        WriterStore(try database.options("aaltohub_writer"), memory: ProducerMemory(cautiousTransactions: cautious))
    }

    private func live(_ id: Int64, _ text: String = "text", edited: Int64 = 0) throws -> WireRecord {
        try record([message(id, text) { $0.editDate = edited }], box: .channel(100), from: id - 1, to: id)
    }

    private func texts() throws -> [String] {
        try database.administrator.query("SELECT telegram_message_id || text FROM public.messages ORDER BY 1").map { $0.text(0) }
    }

    @Test func new_messages_of_a_known_box_take_it_with_all_that_belongs_to_them() async throws {
        var producer = TestProducer(try writer())
        try await producer.hello()
        try await producer.send([live(1)])
        let done = try await producer.send([live(2), live(3)])
        #expect(try ways() == "1 2+ 3+")
        #expect(done.changes.map(\.messageID) == [2, 3] && done.changes.allSatisfy { $0.kind == .inserted })
        #expect(done.judgement.acknowledgements.count == 1 && done.pieces.count == 2 && done.failed.isEmpty)
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 3)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 3)
        #expect(
            try database.text("SELECT string_agg(event || telegram_message_id, ' ' ORDER BY change_id) FROM aaltohub.outbox")
                == "insert1 insert2 insert3")
        #expect(try database.integer("SELECT extract(epoch FROM max(last_message_at))::int8 FROM public.crawler_status") == 1_700_000_003)
        // An edit goes the ordinary way; what is new after it does not.
        try await producer.send([record([message(2, "edited") { $0.editDate = 1_700_000_050 }], box: .channel(100), from: 3, to: 4)])
        try await producer.send([live(5)])
        #expect(try ways() == "1 2+ 3+ 5+")
        #expect(try database.integer("SELECT count(*) FROM aaltohub.message_versions") == 2)
    }

    @Test func a_listener_that_comes_back_takes_it_from_its_first_message_on() async throws {
        let store = try writer()
        var first = TestProducer(store)
        try await first.hello()
        try await first.send([live(1)])
        var second = TestProducer(store, incarnation: 2, seed: 2)
        try await second.hello()
        try await second.send([live(2)])
        #expect(try ways() == "1 2+")
        #expect(try texts() == ["1text", "2text"])
    }

    /// Each is done to the database behind the writer's back, as a restored dump or an operator's hand would.
    @Test(arguments: [
        ("UPDATE aaltohub.streams SET committed = 1", "NACK"),
        ("UPDATE aaltohub.streams SET committed = 3", "repeated"),
        ("UPDATE aaltohub.streams SET place = NULL", "STALE"),
        ("DELETE FROM aaltohub.streams", "STALE"),
        ("UPDATE aaltohub.producers SET incarnation = 9", "STALE"),
        ("UPDATE aaltohub.producers SET epoch = 9", "superseded"),
        ("UPDATE aaltohub.positions SET value = 1", "gap"),
        ("UPDATE aaltohub.positions SET value = 7", "seen"),
        ("UPDATE aaltohub.positions SET generation = 2", "seen"),
        ("UPDATE aaltohub.positions SET seq = 5", "applied"),
        ("DELETE FROM aaltohub.positions", "applied"),
    ])
    func what_the_database_says_otherwise_is_what_counts(meanwhile: String, outcome: String) async throws {
        var producer = TestProducer(try writer())
        try await producer.hello()
        try await producer.send([live(1)])
        try await producer.send([live(2)])
        try database.administrator.script(meanwhile)
        let judgement = try await producer.send([live(3)]).judgement
        let found =
            judgement.supersededBy != nil
            ? "superseded"
            : judgement.refusals.first.map { $0.frame.name.uppercased() }
                ?? (judgement.repeated > 0 ? "repeated" : judgement.seen > 0 ? "seen" : judgement.gaps.isEmpty ? "applied" : "gap")
        #expect(found == outcome)
        let isStored = ["gap", "applied"].contains(outcome)
        #expect(try ways() == (isStored ? "1 2+ 3" : "1 2+"))
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == (isStored ? 3 : 2))
    }

    @Test func a_message_that_is_there_already_is_merged_and_the_database_is_asked_first_for_a_while() async throws {
        let store = try writer(cautious: 2)
        var one = TestProducer(store)
        var other = TestProducer(store, account: "b", seed: 2)
        try await one.hello()
        try await other.hello()
        try await one.send([live(1)])
        try await other.send([live(1)])
        for id in 2...3 as ClosedRange<Int64> { try await one.send([live(id)]) }
        // The other account's copy of 2: refused, and merged; two transactions from now on are cautious.
        try await other.send([live(2)])
        try await other.send([live(3)])
        try await other.send([live(4)])
        try await other.send([live(5)])
        #expect(try ways() == "1 2+ 3+ 4 5+")
        #expect(try texts() == (1...5).map { "\($0)text" })
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 5)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams WHERE account = 'b'") == 5)
    }

    @Test func poison_among_news_goes_to_the_dead_letters_alone() async throws {
        var producer = TestProducer(try writer())
        try await producer.hello()
        try await producer.send([live(1)])
        // One that Postgres refuses, and one that is refused before it is sent.
        let refused = try record([message(3) { $0.entities = "{" }], box: .channel(100), from: 2, to: 3)
        #expect(try await producer.send([live(2), refused, live(4)]).failed.count == 1)
        #expect(try await producer.send([live(5), live(6, "a\0b"), live(7)]).failed.count == 1)
        #expect(try await producer.send([live(8)]).failed.isEmpty)
        #expect(try ways() == "1 2 4 5 7 8+")
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages") == 2)
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 8)
    }

    @Test func a_message_that_was_deleted_before_it_came_is_deleted() async throws {
        var producer = TestProducer(try writer())
        try await producer.hello()
        try await producer.send([live(1), record([deletion([2], in: channel)], box: .channel(100), from: 1, to: 2)])
        try await producer.send([record([message(2), message(3)], box: .channel(100), from: 2, to: 3)])
        #expect(try ways() == "1 2+ 3+")
        #expect(try database.text("SELECT string_agg(telegram_message_id::text, ' ') FROM public.messages WHERE is_deleted") == "2")
        // And one that is deleted in the batch that brings it.
        try await producer.send([record([message(4), deletion([4, 1], in: channel)], box: .channel(100), from: 3, to: 4)])
        #expect(try ways() == "1 2+ 3+ 4+")
        #expect(
            try database.text(
                "SELECT string_agg(telegram_message_id::text, ' ' ORDER BY telegram_message_id) FROM public.messages WHERE is_deleted")
                == "1 2 4")
    }

    @Test func many_boxes_at_once_a_second_try_and_a_crawl_do_not_take_it() async throws {
        let store = try writer()
        var producer = TestProducer(store)
        try await producer.hello()
        try await producer.send([live(1)])
        try await producer.send([live(2)], timeoutsBefore: 1)
        var crawl = TestProducer(store, role: "backfill", seed: 2)
        try await crawl.hello()
        try await crawl.send([record([message(9)])])
        let boxes = try (1...17).map { try record([], box: .channel(1_000 + $0), from: 1, to: 2) }
        try await producer.send(boxes)
        try await producer.send(
            [live(3)] + (1...17).map { try record([], box: .channel(1_000 + $0), from: 2, to: 3) } + [
                record([message(4)], box: .channel(100), from: 3, to: 4)
            ])
        #expect(try ways() == "1 2 9 3 4")
        #expect(try database.integer("SELECT count(*) FROM aaltohub.positions WHERE value = 3") == 17)
    }

    @Test func an_answer_that_is_lost_is_neither_guessed_nor_done_twice() async throws {
        let cutter = try CommitCutter(to: database.cluster)
        let options = try ConnectionOptions(
            "host=\(cutter.folder) port=\(database.cluster.port) user=aaltohub_writer dbname=\(database.name)", applicationName: "tests")
        let store = WriterStore(options)
        var producer = TestProducer(store)
        try await producer.hello()
        try await producer.send([live(1)])
        for (place, cut) in [CommitCutter.Cut.beforeTheServerHasIt, .afterTheServerHasAnswered].enumerated() {
            // Prepared on this connection, so that COMMIT is in what is cut.
            let id = Int64(2 * place + 2)
            try await producer.send([live(id)])
            cutter.cutNext(cut)
            await #expect {
                try await producer.send([live(id + 1)])
            } throws: {
                guard case PostgresError.commitOutcomeUnknown = $0 else { return false }
                return FailureClass($0) == .environment
            }
            var again: CommittedBatch?
            while again == nil {
                do {
                    again = try await producer.send([live(id + 1)])
                } catch StoreError.anotherWriter {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(again?.judgement.repeated == place)
            #expect(again?.judgement.acknowledgements.count == 1)
        }
        #expect(try texts() == (1...5).map { "\($0)text" })
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 5)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 5)
        await store.close()
    }
}
