import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// What is kept of edits: a row for each version of a message that has several, none for the others.
@Suite struct HistoryTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func producer() async throws -> TestProducer {
        let producer = TestProducer(try database.writer())
        try await producer.hello()
        return producer
    }

    /// `edit date:text` in order.
    private func versions(_ id: Int64 = 1) throws -> [String] {
        try database.administrator.query(
            """
            SELECT edit_date || ':' || coalesce(text, '-') FROM aaltohub.message_versions WHERE telegram_message_id = $1
            ORDER BY edit_date, settled, generation, position, content_hash
            """, [.bigint(id)]
        ).map { $0.text(0) }
    }

    private func edit(_ text: String, at date: Int64, pts: Int64 = -1, hidden: Bool = false) -> WireChange {
        message(1, text) {
            $0.editDate = date
            $0.editHide = hidden
            $0.edited = true
            $0.position = pts
        }
    }

    @Test func a_text_that_comes_back_is_a_third_version() async throws {
        var producer = try await producer()
        try await producer.send([record([message(1, "A")])])
        #expect(try versions() == [])
        try await producer.send([record([edit("B", at: 5, pts: 7)], receivedAt: 1_700_000_200)])
        #expect(try versions() == ["0:A", "5:B"])
        try await producer.send([record([edit("A", at: 9, pts: 8)])])
        #expect(try versions() == ["0:A", "5:B", "9:A"])
        #expect(try database.text("SELECT text FROM public.messages") == "A")
        #expect(
            try database.integer("SELECT extract(epoch FROM received_at)::bigint FROM aaltohub.message_versions WHERE edit_date = 5")
                == 1_700_000_200)
        // Everything once more changes nothing.
        try await producer.send([record([message(1, "A"), edit("B", at: 5, pts: 7), edit("A", at: 9, pts: 8)])])
        #expect(try versions() == ["0:A", "5:B", "9:A"])
    }

    @Test func every_version_of_one_batch_is_kept_though_it_is_folded_to_one_row() async throws {
        var producer = try await producer()
        try await producer.send([record([message(1, "A"), edit("B", at: 5), edit("C", at: 5, pts: 3), edit("D", at: 9), message(2, "x")])])
        #expect(try versions() == ["0:A", "5:B", "5:C", "9:D"])
        #expect(try versions(2) == [])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 2)
    }

    @Test func a_copy_that_loses_is_kept_and_so_is_the_one_that_it_met() async throws {
        var producer = try await producer()
        try await producer.send([record([edit("B", at: 5)])])
        try await producer.send([record([message(1, "A")])])
        #expect(try versions() == ["0:A", "5:B"])
        #expect(try database.text("SELECT text FROM public.messages") == "B")
    }

    @Test func a_hidden_edit_counts_and_a_copy_of_the_same_version_does_not() async throws {
        var producer = try await producer()
        try await producer.send([record([message(1, "A")])])
        // Fetched, live, seen by others: the same version.
        try await producer.send([record([message(1, "A") { $0.settled = true }, message(1, "A") { $0.position = 4 }])])
        try await producer.send([record([message(1, "A") { $0.views = 100 }])])
        #expect(try versions() == [])
        try await producer.send([record([edit("A", at: 6, hidden: true)])])
        #expect(try versions() == ["0:A", "6:A"])
        #expect(
            try database.administrator.query("SELECT hidden FROM aaltohub.message_versions ORDER BY edit_date").map { $0.bool(0) }
                == [false, true])
    }

    @Test func versions_stay_with_a_deleted_message_and_only_registered_groups_have_any() async throws {
        var producer = try await producer()
        try await producer.send([record([deletion([1], in: channel)])])
        try await producer.send([record([message(1, "A"), edit("B", at: 5)])])
        #expect(try versions() == ["0:A", "5:B"])
        let stranger = WireChat.with {
            $0.kind = .channel
            $0.id = 999
        }
        try await producer.send([record([message(1, "A", in: stranger), message(1, "B", in: stranger) { $0.editDate = 5 }])])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.message_versions") == 2)
    }

    @Test func a_version_rolls_back_with_its_message() async throws {
        var producer = try await producer()
        try await producer.send([record([message(1, "A")])])
        let done = try await producer.send([record([edit("B", at: 5), message(2) { $0.entities = "{no json" }])])
        #expect(done.failed.map(\.messageID) == [2])
        #expect(try versions() == ["0:A", "5:B"])
        try database.administrator.script("ALTER TABLE aaltohub.outbox RENAME TO away")
        let records = try [record([edit("C", at: 6)])]
        await #expect(throws: PostgresError.self) { try await producer.send(records) }
        #expect(try versions() == ["0:A", "5:B"])
    }

    @Test func what_the_predecessor_had_stored_is_kept_where_it_said_something_else() async throws {
        try database.administrator.script(
            """
            INSERT INTO public.messages (telegram_message_id, group_id, text, sent_at)
            SELECT i, id, 'old ' || i, now() FROM public.groups, generate_series(1, 2) i WHERE telegram_id = 100
            """)
        var producer = try await producer()
        try await producer.send([record([edit("new", at: 5), message(2, "old 2")])])
        #expect(try versions() == ["0:old 1", "5:new"])
        #expect(try versions(2) == [])
    }
}
