import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// Dead letters that are tried again, listed and dropped.
@Suite struct RetryStoreTests {
    let database: TestDatabase
    let writer: WriterStore

    init() throws {
        database = try TestDatabase()
        writer = try database.writer()
    }

    private func producer() async throws -> TestProducer {
        let producer = TestProducer(writer)
        try await producer.hello()
        return producer
    }

    private func letters() async throws -> [PostgresUUID] { try await writer.waitingLetters() }

    private func letterOf(_ id: Int64) throws -> PostgresUUID {
        try database.administrator.query("SELECT id FROM public.failed_messages WHERE telegram_message_id = $1", [.bigint(id)])[0].uuid(0)
    }

    /// Makes the server refuse messages whose text is `bad`, or lets them pass.
    private func refuseBadTexts(_ refuse: Bool) throws {
        try database.administrator.script(
            refuse
                ? "ALTER TABLE public.messages ADD CONSTRAINT no_bad_text CHECK (text <> 'bad')"
                : "ALTER TABLE public.messages DROP CONSTRAINT no_bad_text")
    }

    @Test func a_letter_is_stored_once_the_reason_is_gone_and_counted_while_it_is_not() async throws {
        var producer = try await producer()
        try refuseBadTexts(true)
        try await producer.send([record([message(1, "bad"), message(2), deletion([1], in: channel)], receivedAt: 1_700_000_050)])
        let waiting = try await letters()
        #expect(waiting.count == 1)
        let again = try await writer.retry(waiting)
        #expect(again.map(\.result) == [.failed])
        #expect(again[0].error?.contains("no_bad_text") == true)
        #expect(
            try database.text("SELECT retry_count || sql_state || resolved::text || (resolved_at IS NULL) FROM public.failed_messages")
                == "123514falsetrue")
        try refuseBadTexts(false)
        let done = try await writer.retry(waiting + [PostgresUUID(high: 1, low: 1)])
        #expect(done.map(\.result) == [.stored, .unknown])
        #expect(done[0].changes == [RowChange(chat: .channel(100), messageID: 1, kind: .inserted)])
        // Its deletion had come meanwhile; the time of reception is the listener's.
        #expect(
            try database.text(
                "SELECT text || is_deleted || extract(epoch FROM received_at)::bigint FROM public.messages WHERE telegram_message_id = 1")
                == "badtrue1700000050")
        #expect(
            try database.text("SELECT retry_count || resolved::text || (resolved_at IS NOT NULL) FROM public.failed_messages")
                == "2truetrue")
        #expect(try await letters().isEmpty)
        #expect(try await writer.retry(waiting).map(\.result) == [.unknown])
    }

    @Test func what_is_stored_so_late_is_read_again() async throws {
        var producer = try await producer()
        try refuseBadTexts(true)
        try await producer.send([
            record([message(1, "bad") { $0.position = 2 }, message(2) { $0.position = 2 }], box: .channel(100), from: 1, to: 2)
        ])
        try refuseBadTexts(false)
        #expect(try await writer.retry(letters()).map(\.result) == [.stored])
        // It may have been deleted in a gap that is closed since.
        #expect(try database.text("SELECT string_agg(telegram_message_id::text, ',') FROM public.messages WHERE suspect") == "1")
    }

    @Test func a_retry_never_overwrites_a_newer_edit_and_is_a_version_of_it() async throws {
        var producer = try await producer()
        try refuseBadTexts(true)
        try await producer.send([record([message(1, "bad") { $0.editDate = 5 }])])
        try refuseBadTexts(false)
        try await producer.send([record([message(1, "newer") { $0.editDate = 9 }])])
        #expect(try await writer.retry(letters()).map(\.result) == [.stored])
        #expect(try database.text("SELECT text FROM public.messages") == "newer")
        #expect(
            try database.administrator.query("SELECT text FROM aaltohub.message_versions ORDER BY edit_date").map { $0.text(0) }
                == ["bad", "newer"])
    }

    @Test func a_record_with_a_meaningless_header_is_stored_without_moving_a_position() async throws {
        var producer = try await producer()
        var sick = try record([message(1), message(2)], box: .channel(100), from: 5, to: 6)
        sick.header.from = 9
        let done = try await producer.send([sick])
        #expect(done.failed.count == 1)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
        #expect(try await writer.retry(letters()).map(\.result) == [.stored])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 2)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.positions") == 0)
    }

    @Test func what_of_a_letter_fails_again_stays_in_a_letter_of_its_own() async throws {
        var producer = try await producer()
        var sick = try record([message(1), message(2, "bad"), message(3)], box: .channel(100), from: 5, to: 6)
        sick.header.from = 9
        try await producer.send([sick])
        try refuseBadTexts(true)
        #expect(try await writer.retry(letters()).map(\.result) == [.stored])
        #expect(
            try database.administrator.query("SELECT telegram_message_id FROM public.messages ORDER BY 1").map { $0.integer(0) } == [1, 3])
        #expect(try await letters() == [try letterOf(2)])
        try refuseBadTexts(false)
        #expect(try await writer.retry(letters()).map(\.result) == [.stored])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 3)
    }

    @Test func old_news_is_not_told_again() async throws {
        var producer = try await producer()
        try database.administrator.script("ALTER TABLE public.crawler_status ADD CONSTRAINT no_error CHECK (status <> 'error')")
        let lost = WireChange.with {
            $0.groupState = .with {
                $0.chat = channel
                $0.state = .lostAccess
                $0.reason = "CHANNEL_PRIVATE"
            }
        }
        #expect(try await producer.send([record([lost])]).failed.count == 1)
        try database.administrator.script("ALTER TABLE public.crawler_status DROP CONSTRAINT no_error")
        #expect(try await writer.retry(letters()).map(\.result) == [.outdated])
        #expect(try database.integer("SELECT count(*) FROM public.crawler_status WHERE status = 'error'") == 0)
        #expect(try await letters().isEmpty)
    }

    @Test func the_predecessors_letters_and_bytes_that_mean_nothing_stay() async throws {
        var producer = try await producer()
        var garbage = try record([message(1)])
        garbage.payloadBytes = [255, 255, 255]
        try await producer.send([garbage])
        try database.administrator.script("INSERT INTO public.failed_messages (error_message, payload) VALUES ('x', '{}')")
        let done = try await writer.retry(letters())
        #expect(done.map(\.result) == [.failed, .failed])
        #expect(try database.integer("SELECT sum(retry_count) FROM public.failed_messages") == 2)
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages WHERE resolved IS NOT TRUE") == 2)
    }

    @Test func one_that_runs_out_of_its_time_ends_the_retry_and_what_was_done_stays() async throws {
        var producer = try await producer()
        try refuseBadTexts(true)
        for id in 1...3 { try await producer.send([record([message(Int64(id), "bad")])]) }
        try refuseBadTexts(false)
        await writer.close()
        try database.administrator.script(
            """
            CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN new; END';
            CREATE TRIGGER dawdle BEFORE INSERT ON public.messages FOR EACH ROW WHEN (new.telegram_message_id = 2)
                EXECUTE FUNCTION public.dawdle();
            """)
        var options = try database.options("aaltohub_writer")
        options.statementTimeoutMilliseconds = 500
        let hasty = WriterStore(options)
        let done = try await hasty.retry(hasty.waitingLetters())
        #expect(done.map(\.result) == [.stored, .failed, .skipped])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 1)
        #expect(try database.text("SELECT sql_state FROM public.failed_messages WHERE telegram_message_id = 2") == "57014")
        #expect(try database.integer("SELECT retry_count FROM public.failed_messages WHERE telegram_message_id = 3") == 0)
        await hasty.close()
    }

    @Test func the_tool_lists_shows_and_drops_and_may_not_do_more() async throws {
        var producer = try await producer()
        try refuseBadTexts(true)
        for id in 1...4 { try await producer.send([record([message(Int64(id), "bad")])]) }
        try database.administrator.script(
            """
            UPDATE public.failed_messages SET created_at = now() - interval '2 hours' WHERE telegram_message_id IN (1, 2);
            UPDATE public.failed_messages SET created_at = now() - interval '30 days' WHERE telegram_message_id = 3;
            INSERT INTO public.failed_messages (error_message) VALUES ('the predecessor''s');
            """)
        try refuseBadTexts(false)
        _ = try await writer.retry([letterOf(2)])
        let connection = Connection(try database.options("aaltohub_ctl"))
        let store = DeadLetterStore(connection)
        #expect(try await store.count() == 4)
        #expect(try await store.list(limit: 10).map(\.messageID) == [nil, 4, 1, 3])
        #expect(try await store.list(isAll: true, limit: 2).count == 2)
        let letter = try await store.find(String(letterOf(3).description.prefix(13)))
        #expect(letter.messageID == 3)
        #expect(letter.group?.chat == .channel(100))
        #expect(letter.sqlState == "23514")
        await #expect(throws: StoreError.self) { try await store.find("") }
        await #expect(throws: StoreError.self) { try await store.find("ffffffff-0000") }
        let payload = try #require(try await store.payload(letter.id))
        #expect(payload.receivedAt == UnixTime(seconds: 1_700_000_100))
        let ages = try await store.ages()
        #expect(ages.map(\.group?.title) == ["channel", nil])
        #expect(ages.map(\.counts) == [[1, 0, 1, 0, 0, 1], [1, 0, 0, 0, 0, 0]])
        #expect(try await store.drop([letter.id]) == 1)
        #expect(try await store.drop(nil) == 3)
        // What has been resolved stays.
        #expect(try await store.list(isAll: true, limit: 10).map(\.messageID) == [2])
        await connection.close()
    }

    @Test func the_history_of_a_message_is_told_in_order() async throws {
        var producer = try await producer()
        try await producer.send([record([message(1, "A"), message(2, "only")])])
        try await producer.send([
            record([
                message(1, "C") {
                    $0.editDate = 5
                    $0.position = 9
                },
                message(1, "B") {
                    $0.editDate = 5
                    $0.position = 8
                },
            ])
        ])
        let connection = Connection(try database.options("aaltohub_ctl"))
        let group = try await GroupStore(connection).find(.chat(.channel(100)))
        let store = HistoryStore(connection)
        let history = try await store.history(group, 1)
        #expect(history.versions.map(\.text) == ["A", "B", "C"])
        #expect(history.versions.map(\.way) == ["fetched", "live", "live"])
        #expect(history.versions.map(\.isCurrent) == [false, false, true])
        #expect(try await store.history(group, 2).versions.map(\.text) == ["only"])
        await #expect(throws: StoreError.self) { try await store.history(group, 3) }
        await connection.close()
    }
}
