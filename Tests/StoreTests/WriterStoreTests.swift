import Events
import Foundation
import PostgreSQL
import Primitives
import Store
import Synchronization
import Testing
import WriterCore

/// The writer's transactions on a real server, under the writer's own role.
@Suite struct WriterStoreTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    @Test func a_record_stores_row_position_cursor_status_and_outbox_together() async throws {
        var producer = TestProducer(try database.writer())
        guard case .welcome(let welcomed) = try await producer.hello() else { return #expect(Bool(false), "not welcomed") }
        #expect(welcomed.answer.cursors.map(\.committed) == [0])
        #expect(welcomed.answer.database.systemIdentifier != 0)
        let done = try await producer.send([
            record(
                [
                    message(7, "Moi 👋") {
                        $0.senderID = 42
                        $0.senderName = "Aino"
                        $0.entities = #"[{"type":"bold","offset":0,"length":3}]"#
                        $0.mediaType = "photo"
                        $0.mediaID = 99
                        $0.views = 3
                        $0.reactions = #"{"👍":1}"#
                        $0.position = 11
                        $0.replyTo = 5
                        $0.groupedID = -4
                    }
                ], box: .channel(100), from: 10, to: 11)
        ])
        #expect(done.changes == [RowChange(chat: .channel(100), messageID: 7, kind: .inserted)])
        #expect(done.judgement.acknowledgements.count == 1)
        let row = try #require(
            try database.administrator.query(
                """
                SELECT text, sender_id, sender_name, entities::text, media_type, media_id, views, reactions::text, reply_to_message_id,
                       grouped_id, is_deleted, sent_at, account_id, edited_at, received_at FROM public.messages
                """
            ).first)
        #expect(row.text(0) == "Moi 👋")
        #expect(row.integer(1) == 42)
        #expect(row.text(2) == "Aino")
        #expect(row.text(3).contains("bold"))
        #expect(row.text(4) == "photo")
        #expect(row.integer(5) == 99)
        #expect(row.integer(6) == 3)
        #expect(row.text(7).contains("👍"))
        #expect(row.integer(8) == 5)
        #expect(row.integer(9) == -4)
        #expect(!row.bool(10))
        #expect(row.timestamptz(11) == UnixTime(seconds: 1_700_000_007))
        #expect(row.isNull(12))
        #expect(row.isNull(13))
        #expect(row.timestamptz(14) == UnixTime(seconds: 1_700_000_100))
        #expect(
            try database.integer("SELECT value FROM aaltohub.positions WHERE account = 'a' AND box = 'channel' AND channel_id = 100") == 11)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 1)
        #expect(try database.text("SELECT event FROM aaltohub.outbox") == "insert")
        #expect(try database.integer("SELECT count(*) FROM public.crawler_status WHERE last_message_at IS NOT NULL") == 1)
    }

    @Test func a_batch_sent_again_is_skipped_and_acknowledged() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        let records = try [
            record([message(1)], box: .channel(100), from: 1, to: 2), record([message(2)], box: .channel(100), from: 2, to: 3),
        ]
        try await producer.send(records)
        producer.next = 1
        let again = try await producer.send(records)
        #expect(again.judgement.repeated == 2)
        #expect(again.changes.isEmpty)
        #expect(again.judgement.acknowledgements.count == 1)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 2)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 2)
    }

    @Test func what_an_account_stores_behind_another_one_is_read_again() async throws {
        let suspects = "SELECT string_agg(telegram_message_id::text, ',' ORDER BY 1) FROM public.messages WHERE suspect"
        let writer = try database.writer()
        var ahead = TestProducer(writer)
        var behind = TestProducer(writer, account: "b", seed: 2)
        try await ahead.hello()
        try await behind.hello()
        func live(_ id: Int64, _ to: Int64, edited: Int64 = 0) throws -> WireRecord {
            let change = message(id, "text \(edited)") {
                $0.position = to
                $0.editDate = edited
            }
            return try record([change], box: .channel(100), from: to - 1, to: to)
        }
        try await ahead.send([live(1, 2)])
        // Message 2 and its deletion lie in here.
        try await ahead.send([record([], box: .channel(100), from: 2, to: 20, tooLong: true)])
        // The first one is stored already; the second was passed over.
        try await behind.send([live(1, 2), live(2, 3)])
        #expect(try database.text(suspects) == "2")
        // An edit makes it no surer, and views do not.
        try await behind.send([live(2, 4, edited: 1_700_000_050)])
        try await behind.send([record([message(2, "text 0") { $0.views = 7 }])])
        #expect(try database.text(suspects) == "2")
        // What is fetched comes from where the server is, whoever fetches it.
        var backfill = TestProducer(writer, account: "b", role: "backfill", seed: 3)
        try await backfill.hello()
        try await backfill.send([record([message(3) { $0.settled = true }])])
        #expect(try database.text(suspects) == "2")
        let again = message(2, "text 1700000050") {
            $0.editDate = 1_700_000_050
            $0.settled = true
        }
        try await backfill.send([record([again])])
        #expect(try database.text(suspects) == nil)
        // With the other one again: whatever lies between, its own box has told.
        try await behind.send([live(4, 20)])
        try await ahead.send([live(5, 21)])
        #expect(try database.text(suspects) == nil)
    }

    @Test func a_hole_in_a_stream_is_refused_and_changes_nothing() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        producer.next = 3
        let done = try await producer.send([record([message(1)])])
        #expect(done.judgement.refusals.count == 1)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 0)
    }

    @Test func an_older_incarnation_is_stale_once_a_newer_one_said_hello() async throws {
        var old = TestProducer(try database.writer(), incarnation: 5)
        try await old.hello()
        let writer = old.writer
        let new = TestProducer(writer, incarnation: 6, seed: 2)
        try await new.hello()
        let done = try await old.send([record([message(1)])])
        #expect(done.judgement.refusals.count == 1)
        guard case .refused = try await old.hello() else { return #expect(Bool(false), "the old one was welcomed") }
        #expect(try database.integer("SELECT incarnation FROM aaltohub.producers") == 6)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
    }

    @Test func a_writer_of_an_older_epoch_learns_that_it_is_superseded() async throws {
        var producer = TestProducer(try database.writer(), epoch: 9)
        try await producer.hello()
        producer.epoch = 8
        guard case .superseded(storedEpoch: 9) = try await producer.hello() else { return #expect(Bool(false), "not superseded") }
        let done = try await producer.send([record([message(1)])])
        #expect(done.judgement.supersededBy == 9)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
    }

    @Test func an_epoch_is_larger_than_any_stored_and_than_the_clock() async throws {
        let writer = try database.writer()
        #expect(try await writer.open(unixMilliseconds: 1000).epoch == 1000)
        try await TestProducer(writer, epoch: 5000).hello()
        #expect(try await writer.open(unixMilliseconds: 1000).epoch == 5001)
    }

    @Test func a_checkpoint_beyond_the_position_is_a_recorded_gap() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello(checkpoint: [(.common, Position(value: 10, date: 1, seq: 2))])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.gaps") == 0)
        producer.incarnation = 2
        guard case .welcome(let welcomed) = try await producer.hello(checkpoint: [(.common, Position(value: 15, date: 3, seq: 4))]) else {
            return #expect(Bool(false), "not welcomed")
        }
        #expect(welcomed.answer.positions == [WireBoxPosition(.common, Position(value: 15, date: 3, seq: 4))])
        #expect(try database.text("SELECT box || from_value || '-' || to_value || reason FROM aaltohub.gaps") == "common10-15checkpoint")
    }

    @Test func a_record_beyond_the_position_is_applied_and_leaves_a_gap() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record([message(1)], box: .channel(100), from: 1, to: 2)])
        try await producer.send([record([message(2)], box: .channel(100), from: 5, to: 6)])
        let seen = try await producer.send([record([message(3)], box: .channel(100), from: 4, to: 6)])
        #expect(seen.judgement.seen == 1)
        #expect(try database.text("SELECT from_value || '-' || to_value FROM aaltohub.gaps") == "2-5")
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 2)
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 6)
    }

    @Test func a_position_that_another_producer_of_the_account_moves_meanwhile_never_goes_back() async throws {
        let writer = try database.writer()
        let producer = TestProducer(writer)
        try await producer.hello(checkpoint: [(.channel(100), Position(value: 10, date: 0, seq: 0))])
        try database.administrator.script("BEGIN; UPDATE aaltohub.positions SET value = 20")
        var sender = producer
        let records = try [record([message(1)], box: .channel(100), from: 10, to: 11)]
        let sent = try await waitingForCommit { try await sender.send(records) }
        #expect(sent.judgement.seen == 1)
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 20)
    }

    /// Commits the administrator's open transaction once that of `body` waits for it, or is over.
    private func waitingForCommit<T: Sendable>(_ body: sending @escaping () async throws -> T) async throws -> T {
        let isOver = Mutex(false)
        let working = Task {
            defer { isOver.withLock { $0 = true } }
            return try await body()
        }
        let other = try Session(database.options())
        let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while !isOver.withLock({ $0 }), try other.query(waits).count == 0 { try await Task.sleep(for: .milliseconds(5)) }
        try database.administrator.script("COMMIT")
        return try await working.value
    }

    @Test func an_old_writer_that_waited_for_the_new_ones_transaction_stores_nothing() async throws {
        var sender = TestProducer(try database.writer(), epoch: 3)
        try await sender.hello()
        // The new writer's HELLO is about to be committed.
        try database.administrator.script("BEGIN; UPDATE aaltohub.producers SET epoch = 9")
        let sent = try await waitingForCommit { [sender] in
            var sender = sender
            return try await sender.send([record([message(1)], box: .channel(100), from: 1, to: 2)])
        }
        #expect(sent.judgement.supersededBy == 9)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 0)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.positions") == 0)
        sender.epoch = 9
        try await sender.send([record([message(1)], box: .channel(100), from: 1, to: 2)])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 1)
    }

    @Test func what_a_transaction_in_flight_commits_is_known_to_the_one_that_waited_for_it() async throws {
        let sender = TestProducer(try database.writer())
        try await sender.hello()
        // The first try at this record, whose writer was killed after it said COMMIT.
        try database.administrator.script("BEGIN; SELECT FROM aaltohub.producers FOR UPDATE; UPDATE aaltohub.streams SET committed = 1")
        let sent = try await waitingForCommit {
            var sender = sender
            return try await sender.send([record([message(1)])])
        }
        #expect(sent.judgement.repeated == 1)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 0)
    }

    @Test func a_checkpoint_that_waited_for_a_position_to_move_is_judged_by_where_it_is_then() async throws {
        let producer = TestProducer(try database.writer())
        try await producer.hello(checkpoint: [(.channel(100), Position(value: 10))])
        try database.administrator.script("BEGIN; UPDATE aaltohub.positions SET value = 20")
        _ = try await waitingForCommit { try await producer.hello(checkpoint: [(.channel(100), Position(value: 15))]) }
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 20)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.gaps") == 0)
    }

    @Test func a_stream_goes_on_where_its_spool_begins() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.hello(first: 5)
        producer.next = 5
        #expect(try await producer.send([record([message(1)])]).judgement.refusals.isEmpty)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 5)
    }

    @Test func only_registered_groups_are_stored_and_of_a_basic_group_only_the_primary_accounts_copy() async throws {
        let writer = try database.writer()
        var a = TestProducer(writer, account: "a", seed: 1)
        var b = TestProducer(writer, account: "b", seed: 2)
        try await a.hello()
        try await b.hello()
        let stranger = WireChat.with {
            $0.kind = .channel
            $0.id = 999
        }
        let sameNumber = WireChat.with {
            $0.kind = .channel
            $0.id = 200
        }
        try await a.send([record([message(1, in: stranger), message(1, in: sameNumber), message(1, in: basicGroup), message(1)])])
        try await b.send([record([message(2, in: basicGroup), message(1), message(2)])])
        #expect(
            try database.administrator.query(
                """
                SELECT g.title || m.telegram_message_id || coalesce(m.account_id, '') FROM public.messages m JOIN public.groups g ON g.id = m.group_id
                ORDER BY 1
                """
            ).map { $0.text(0) } == ["basic1a", "channel1", "channel2"])
    }

    @Test func a_delete_before_its_message_is_remembered() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record([deletion([1, 2], in: channel), deletion([3, 4], in: nil)])])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.tombstones") == 4)
        try await producer.send([record([message(1), message(3), message(3, in: basicGroup), message(5)])])
        #expect(
            try database.administrator.query(
                "SELECT chat_type || telegram_message_id FROM public.messages m JOIN public.groups g ON g.id = m.group_id WHERE is_deleted ORDER BY 1"
            ).map { $0.text(0) } == ["channel1", "group3"])
    }

    @Test func a_delete_without_a_chat_touches_only_that_accounts_basic_groups() async throws {
        let writer = try database.writer()
        var a = TestProducer(writer, account: "a", seed: 1)
        var b = TestProducer(writer, account: "b", seed: 2)
        try await a.hello()
        try await b.hello()
        try await a.send([record([message(1), message(1, in: basicGroup), message(2, in: basicGroup)])])
        let foreign = try await b.send([record([deletion([1], in: nil)])])
        #expect(foreign.changes.isEmpty)
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE is_deleted") == 0)
        let done = try await a.send([record([deletion([1], in: nil)])])
        #expect(done.changes == [RowChange(chat: .basicGroup(200), messageID: 1, kind: .deleted)])
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE is_deleted") == 1)
        #expect(try database.text("SELECT event FROM aaltohub.outbox ORDER BY change_id DESC LIMIT 1") == "update")
    }

    @Test func a_copy_that_shows_readers_nothing_new_is_not_announced() async throws {
        let announced = "SELECT string_agg(event || telegram_message_id, ' ' ORDER BY change_id) FROM aaltohub.outbox"
        var live = TestProducer(try database.writer())
        try await live.hello()
        let first = [message(1) { $0.position = 7 }, message(2) { $0.position = 8 }]
        try await live.send([try record(first, box: .channel(100), from: 6, to: 8)])
        // The first is confirmed, the second doubted: the rows take note of both.
        try await live.send([try record([message(1) { $0.settled = true }, message(2) { $0.settled = false }])])
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE merge_settled AND telegram_message_id = 1") == 1)
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE suspect AND telegram_message_id = 2") == 1)
        #expect(try database.text(announced) == "insert1 insert2")
        let second = [message(1) { $0.views = 5 }, message(2, "another") { $0.position = 9 }, deletion([1], in: channel)]
        try await live.send([try record(second)])
        #expect(try database.text(announced)?.hasPrefix("insert1 insert2 update") == true)
        let later = "SELECT string_agg(DISTINCT event || telegram_message_id, ' ') FROM aaltohub.outbox WHERE change_id > 2"
        #expect(try database.text(later) == "update1 update2")
    }

    @Test func what_postgres_refuses_goes_to_failed_messages_and_the_rest_commits() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        var changes = (1...20).map { message(Int64($0)) }
        changes[4] = message(5, "a\0b")
        changes[11] = message(12) { $0.entities = "{not json" }
        var records = try changes.enumerated().map {
            try record([$0.element], box: .channel(100), from: Int64($0.offset), to: Int64($0.offset + 1))
        }
        records[17].payloadBytes = [255, 255, 255]
        let done = try await producer.send(records)
        #expect(done.failed.map(\.messageID) == [nil, 5, 12])
        #expect(done.pieces.map(\.number) == (1...20).filter { ![5, 12, 18].contains($0) })
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 17)
        #expect(
            try database.administrator.query(
                "SELECT telegram_message_id, sql_state, record_number, group_id IS NULL, octet_length(payload_bytes) > 0 FROM public.failed_messages ORDER BY record_number"
            ).map { [$0.integerOrNull(0).map { "\($0)" }, $0.textOrNull(1), "\($0.integer(2))", "\($0.bool(3))", "\($0.bool(4))"] }
                == [["5", nil, "5", "false", "true"], ["12", "22P02", "12", "false", "true"], [nil, nil, "18", "true", "true"]])
        // The position moved over the poison, and so did the cursor.
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 20)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 20)
    }

    @Test func an_error_of_the_database_rolls_everything_back_and_a_retry_stores_it_once() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        let records = try [record([message(1)], box: .channel(100), from: 1, to: 2)]
        try database.administrator.script("ALTER TABLE public.messages RENAME TO messages_away")
        await #expect {
            try await producer.send(records)
        } throws: {
            FailureClass($0) == .operators
        }
        try database.administrator.script("ALTER TABLE public.messages_away RENAME TO messages")
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 0)
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages") == 0)
        try await producer.send(records)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 1)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 1)
    }

    @Test func a_connection_killed_in_between_loses_nothing() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record([message(1)])])
        try database.administrator.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        let records = try [record([message(2)])]
        await #expect {
            try await producer.send(records)
        } throws: {
            FailureClass($0) == .environment
        }
        try await producer.send(records)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 2)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 2)
    }

    /// A writer whose statements and locks end soon.
    private func hasty() throws -> WriterStore {
        var options = try database.options("aaltohub_writer")
        options.statementTimeoutMilliseconds = 1_000
        options.lockTimeoutMilliseconds = 300
        return WriterStore(options)
    }

    @Test func a_locked_table_makes_no_message_a_dead_letter() async throws {
        var producer = TestProducer(try hasty())
        try await producer.hello()
        let records = try (1...3).map { try record([message($0)]) }
        try database.administrator.script("BEGIN; LOCK TABLE public.messages IN SHARE MODE")
        await #expect {
            try await producer.send(records, timeoutsBefore: 9)
        } throws: {
            FailureClass($0) == .environment
        }
        try database.administrator.script("ROLLBACK")
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages") == 0)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 0)
        #expect(try await producer.send(records).changes.count == 3)
    }

    @Test func a_database_too_slow_for_all_makes_no_message_a_dead_letter_and_one_slow_message_does() async throws {
        var producer = TestProducer(try hasty())
        try await producer.hello()
        let records = try (1...3).map { try record([message($0)]) }
        try database.administrator.script(
            """
            CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN new; END';
            CREATE TRIGGER dawdle BEFORE INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION public.dawdle();
            """)
        await #expect {
            try await producer.send(records, timeoutsBefore: 3)
        } throws: {
            FailureClass($0) == .timeout
        }
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages") == 0)
        try database.administrator.script(
            """
            DROP TRIGGER dawdle ON public.messages;
            CREATE TRIGGER dawdle BEFORE INSERT ON public.messages FOR EACH ROW WHEN (new.telegram_message_id = 2)
                EXECUTE FUNCTION public.dawdle();
            """)
        await #expect(throws: PostgresError.self) { try await producer.send(records, timeoutsBefore: 2) }
        let done = try await producer.send(records, timeoutsBefore: 3)
        #expect(done.failed.map(\.messageID) == [2])
        #expect(done.changes.map(\.messageID) == [1, 3])
        #expect(try database.text("SELECT sql_state FROM public.failed_messages") == "57014")
    }

    @Test func a_second_writer_is_refused() async throws {
        let first = try database.writer()
        _ = try await first.open(unixMilliseconds: 1)
        let second = try database.writer()
        await #expect(throws: StoreError.anotherWriter) { try await second.open(unixMilliseconds: 1) }
        await first.close()
        _ = try await second.open(unixMilliseconds: 1)
    }

    @Test func a_reconnect_while_the_old_session_still_has_the_lock_waits_for_it() async throws {
        let old = try database.writer()
        var producer = TestProducer(try database.writer())
        _ = try await old.open(unixMilliseconds: 1)
        await #expect {
            try await producer.hello()
        } throws: {
            FailureClass($0) == .environment
        }
        await old.close()
        try await producer.hello()
        #expect(try await producer.send([record([message(1)])]).changes.count == 1)
    }

    @Test func a_writer_refuses_a_database_that_was_not_migrated() async throws {
        let empty = try database.cluster.makeDatabase()
        let writer = WriterStore(try database.cluster.options(database: empty))
        await #expect(throws: SchemaError.tooOld(found: 0, needed: Migration.all.count)) { try await writer.open(unixMilliseconds: 1) }
    }

    @Test func access_lost_shows_in_the_status_and_a_new_supergroup_takes_over_its_basic_group() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        let lost = WireChange.with {
            $0.groupState = .with {
                $0.chat = channel
                $0.state = .lostAccess
                $0.reason = "CHANNEL_PRIVATE"
            }
        }
        let migration = WireChange.with {
            $0.migration = .with {
                $0.basicGroupID = 200
                $0.channelID = 300
                $0.maxID = 77
            }
        }
        let supergroup = WireChat.with {
            $0.kind = .channel
            $0.id = 300
        }
        try await producer.send([record([lost, migration, message(1, in: supergroup)])])
        #expect(
            try database.text(
                "SELECT status || error_count || last_error FROM public.crawler_status s JOIN public.groups g ON g.id = s.group_id WHERE telegram_id = 100"
            ) == "error1CHANNEL_PRIVATE")
        #expect(
            try database.text(
                """
                SELECT new.title || old.migrated_max_id || s.is_enabled FROM public.groups old JOIN public.groups new ON new.id = old.migrated_to
                JOIN public.crawler_status s ON s.group_id = new.id
                """) == "basic77true")
        #expect(
            try database.integer(
                "SELECT count(*) FROM public.messages m JOIN public.groups g ON g.id = m.group_id WHERE g.telegram_id = 300") == 1)
    }

    @Test func what_nobody_needs_any_more_is_forgotten() async throws {
        let writer = try database.writer()
        var producer = TestProducer(writer)
        try await producer.hello()
        let long = Int64(Date().timeIntervalSince1970) - 31 * 86_400
        // Deletions before their message: of long ago, of now, and of a message that comes after all, each with and without a chat.
        try await producer.send([record([deletion([1], in: channel), deletion([11], in: nil)], receivedAt: long)])
        try await producer.send([record([deletion([2, 3], in: channel), deletion([12, 13], in: nil)], receivedAt: long + 31 * 86_400)])
        try await producer.send([record([message(3), message(13, in: basicGroup), message(4)])])
        try database.administrator.script(
            "UPDATE aaltohub.outbox SET created_at = now() - interval '8 days' WHERE telegram_message_id IN (3, 13)")
        let (rows, isMore) = try await writer.forget()
        #expect(rows == 6)
        #expect(!isMore)
        #expect(
            try database.administrator.query("SELECT telegram_message_id FROM aaltohub.tombstones ORDER BY 1").map { $0.integer(0) } == [
                2, 12,
            ])
        #expect(try database.administrator.query("SELECT telegram_message_id FROM aaltohub.outbox").map { $0.integer(0) } == [4])
        // Forgetting a tombstone undeletes nothing.
        try await producer.send([
            record([
                message(3, "later") {
                    $0.editDate = 5
                    $0.position = 9
                }
            ])
        ])
        #expect(
            try database.integer("SELECT count(*) FROM public.messages WHERE is_deleted AND telegram_message_id = 3 AND text = 'later'")
                == 1)
        #expect(try await writer.forget().rows == 0)
    }

    @Test func the_time_of_reception_is_that_of_the_first_copy_whichever_is_stored_first() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        func receivedAt() throws -> Int64 { try database.integer("SELECT extract(epoch FROM received_at)::bigint FROM public.messages") }
        try await producer.send([record([message(1)], receivedAt: 1_700_000_500)])
        try await producer.send([record([message(1) { $0.views = 3 }], receivedAt: 1_700_000_400)])
        #expect(try receivedAt() == 1_700_000_400)
        try await producer.send([record([message(1) { $0.views = 4 }], receivedAt: 1_700_000_600)])
        #expect(try receivedAt() == 1_700_000_400)
        // Received earlier and nothing else: no change for anybody.
        #expect(try await producer.send([record([message(1)], receivedAt: 1_700_000_300)]).changes.isEmpty)
    }

    @Test func a_taken_over_row_yields_to_any_copy_and_keeps_its_id_and_media() async throws {
        try database.administrator.script(
            """
            INSERT INTO public.messages (telegram_message_id, group_id, text, sender_name, media_type, media_url, sent_at)
            SELECT 1, id, 'old', 'Old', 'photo', 'https://x/y', now() FROM public.groups WHERE telegram_id = 100
            """)
        let before = try database.administrator.query("SELECT id FROM public.messages")[0].uuid(0)
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([
            record([
                message(1, "new") {
                    $0.senderName = "New"
                    $0.mediaType = "photo"
                    $0.mediaID = 5
                }
            ])
        ])
        let row = try database.administrator.query("SELECT id, text, sender_name, media_url FROM public.messages")[0]
        #expect(row.uuid(0) == before)
        #expect(row.text(1) == "new")
        #expect(row.text(2) == "New")
        #expect(row.text(3) == "https://x/y")
        // Another file: the address of the old one goes.
        try await producer.send([
            record([
                message(1, "new") {
                    $0.editDate = 9
                    $0.mediaType = "photo"
                    $0.mediaID = 6
                }
            ])
        ])
        #expect(try database.administrator.query("SELECT media_url IS NULL FROM public.messages")[0].bool(0))
    }
}
