import Events
import Foundation
import PostgreSQL
import Primitives
import Store
import SupervisorCore
import Testing
import WriterCore

/// The outbox as the writer fills it and the supervisor reads it, each under its own role.
@Suite struct ChangeStoreTests {
    let database: TestDatabase
    let store: ChangeStore

    init() throws {
        database = try TestDatabase()
        store = ChangeStore(Connection(try database.options("aaltohub_supervisor")))
    }

    @Test func changes_come_in_the_order_of_their_commits_with_the_row_as_it_is_now() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([
            record([
                message(1, "Moi \"👋\"\n") {
                    $0.senderID = 42
                    $0.entities = #"[{"type":"bold","offset":0,"length":3}]"#
                }, message(2, "other"),
            ])
        ])
        try await producer.send([record([deletion([1], in: channel)])])
        let page = try await store.page(after: 0, limit: 10)
        #expect(page.changes.map(\.event) == [.insert, .insert, .update])
        #expect(page.changes.map(\.id) == page.changes.map(\.id).sorted())
        #expect(page.through == page.changes.last?.id)
        #expect(!page.isMore)
        #expect(page.changes[0].messageID == page.changes[2].messageID)
        let group = try database.text("SELECT id::text FROM public.groups WHERE telegram_id = 100")
        #expect(page.changes.allSatisfy { $0.groupID == group })
        let row = try #require(try JSONSerialization.jsonObject(with: Data(page.changes[0].row)) as? [String: Any])
        #expect(Set(row.keys) == Set(ChangeStore.columns))
        #expect(row["text"] as? String == "Moi \"👋\"\n")
        #expect(row["is_deleted"] as? Bool == true)
        #expect(row["id"] as? String == page.changes[0].messageID)
        #expect((row["entities"] as? [[String: Any]])?.first?["type"] as? String == "bold")
        #expect(!page.changes[0].row.contains(10), "one line")
        let age = Date().timeIntervalSince1970 - Double(page.changes[2].committedAt.nanoseconds) / 1e9
        #expect((-1...60).contains(age))

        let first = try await store.page(after: 0, limit: 2)
        #expect(first.isMore)
        let rest = try await store.page(after: first.through, limit: 2)
        #expect(first.changes + rest.changes == page.changes)

        let announced = try await store.announcements(after: 0, limit: 10)
        #expect(announced.changes.map(\.id) == page.changes.map(\.id))
        let rows = try await store.rows(of: announced.changes.map(\.message) + [MessageKey(high: 1, low: 2)])
        #expect(rows.map { $0?.row } == page.changes.map { Optional($0.row) } + [nil])
        #expect(rows.map { $0?.isDeleted } == [true, false, true, nil])
    }

    /// What was sent more than an hour ago is of the past when it is new here, or when a crawl says something of it.
    @Test func what_nobody_waits_for_is_told_apart() async throws {
        let now = Int64(Date().timeIntervalSince1970)
        func sent(_ id: Int64, _ text: String, secondsAgo: Int64, edited: Int64? = nil) -> WireChange {
            message(id, text) {
                $0.date = now - secondsAgo
                if let edited { $0.editDate = edited }
            }
        }
        let writer = try database.writer()
        var listener = TestProducer(writer)
        var backfill = TestProducer(writer, role: "backfill", seed: 9)
        try await listener.hello()
        try await backfill.hello()
        try await listener.send([record([sent(1, "now", secondsAgo: 5)])])
        try await listener.send([record([sent(2, "caught up", secondsAgo: 7_200)])])
        try await listener.send([record([sent(2, "edited", secondsAgo: 7_200, edited: now)])])
        try await backfill.send([record([sent(3, "a look at the last hour", secondsAgo: 600)])])
        try await backfill.send([record([sent(4, "crawled", secondsAgo: 86_400)])])
        try await backfill.send([record([sent(4, "crawled again", secondsAgo: 86_400, edited: now)])])
        try await listener.send([record([deletion([4], in: channel)])])
        let changes = try await store.page(after: 0, limit: 100).changes
        #expect(changes.map(\.isHistory) == [false, true, false, false, true, true, false])
        #expect(try await store.announcements(after: 0, limit: 100).changes.map(\.isHistory) == changes.map(\.isHistory))
    }

    @Test func what_is_forgotten_shows_in_the_bounds_and_is_forgotten_in_steps() async throws {
        let empty = try await store.bounds()
        #expect((empty.pruned, empty.newest) == (0, 0))
        #expect(empty.oldest == nil)
        let writer = WriterStore(try database.options("aaltohub_writer"), outboxDays: 2)
        var producer = TestProducer(writer)
        try await producer.hello()
        try await producer.send([record((1...6).map { message($0) })])
        let ids = try await store.page(after: 0, limit: 10).changes.map(\.id)
        try database.administrator.script(
            "UPDATE aaltohub.outbox SET created_at = now() - interval '3 days' WHERE telegram_message_id <= 4")
        let forgotten = try await writer.forget()
        #expect(forgotten.rows == 4)
        #expect(!forgotten.isMore)
        let (page, bounds) = try await store.boundedPage(after: ids[1], limit: 10)
        #expect(page.changes.map(\.id) == Array(ids[4...]))
        #expect(bounds.pruned == ids[3])
        #expect(bounds.oldest == ids[4])
        #expect(bounds.newest == ids[5])
        try database.administrator.script("UPDATE aaltohub.outbox SET created_at = now() - interval '3 days'")
        _ = try await writer.forget()
        let none = try await store.bounds()
        #expect((none.pruned, none.newest) == (ids[5], ids[5]))
        #expect(none.oldest == nil)
    }

    @Test func a_message_that_was_removed_by_hand_holds_nobody_up() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record((1...3).map { message($0) })])
        let ids = try await store.page(after: 0, limit: 10).changes.map(\.id)
        try database.administrator.script("DELETE FROM public.messages WHERE telegram_message_id IN (2, 3)")
        let page = try await store.page(after: 0, limit: 10)
        #expect(page.changes.map(\.id) == [ids[0]])
        #expect(page.through == ids[2])
        #expect(try await store.announcements(after: 0, limit: 10).through == ids[2])
    }

    @Test func a_sink_finds_again_how_far_it_was() async throws {
        #expect(try await store.cursors(of: "supabase") == nil)
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record((1...9).map { message($0) })])
        let (newest, epoch) = (try await store.bounds().newest, try await store.bounds().epoch)
        #expect(try await store.store(SinkCursors(live: newest - 2, history: 3), of: "supabase", epoch: epoch))
        #expect(try await store.store(SinkCursors(live: newest, history: 4), of: "supabase", epoch: epoch))
        #expect(try await store.store(SinkCursors(live: 1, history: 1), of: "other", epoch: epoch))
        // What another database had is not written over what this one says.
        #expect(try await !store.store(SinkCursors(live: newest - 1, history: 5), of: "supabase", epoch: epoch + 1))
        #expect(try await !store.store(SinkCursors(live: newest + 1, history: 5), of: "supabase", epoch: epoch))
        #expect(try await !store.store(SinkCursors(live: newest, history: newest + 1), of: "supabase", epoch: epoch))
        #expect(try await store.cursors(of: "supabase") == SinkCursors(live: newest, history: 4))
    }
}
