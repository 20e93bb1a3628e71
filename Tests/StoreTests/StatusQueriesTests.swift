import PostgreSQL
import Primitives
import Store
import SupervisorCore
import Testing

/// The snapshot that the status is made of, read under the supervisor's own role and under the tool's.
@Suite struct StatusQueriesTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func snapshot(_ role: String = "aaltohub_supervisor", previous: DatabaseSnapshot? = nil) async throws -> DatabaseSnapshot {
        let connection = Connection(try database.options(role))
        let taken = try await StatusQueries.snapshot(connection, previous: previous)
        await connection.close()
        return taken
    }

    @Test func an_empty_database_is_a_snapshot_too() async throws {
        let snapshot = try await snapshot()
        #expect(snapshot.groups.map(\.title) == ["basic", "channel"] && snapshot.groups.allSatisfy { $0.isEnabled && $0.covered == nil })
        #expect(snapshot.gapCount == 0 && snapshot.gaps.isEmpty && snapshot.accounts.isEmpty && snapshot.queues.deadLetters == 0)
        #expect(snapshot.queues.outboxRows == 0 && snapshot.queues.oldestMediaAt == nil)
    }

    @Test func groups_queues_and_gaps_are_read_as_they_stand() async throws {
        try database.administrator.script(
            """
            INSERT INTO aaltohub.accounts (name, state, state_reason) VALUES ('a', 'active', NULL), ('b', 'revoked', 'AUTH_KEY_UNREGISTERED');
            UPDATE public.crawler_status SET status = 'error', error_count = 3, last_error = 'CHANNEL_PRIVATE', last_message_at = now()
                WHERE group_id = (SELECT id FROM public.groups WHERE title = 'channel');
            INSERT INTO aaltohub.coverage (group_id, low, high, since, is_live, observed_at)
                SELECT id, low, low + 9, now() - interval '20 days', low = 100, now()
                FROM public.groups, (VALUES (10), (100)) v (low) WHERE title = 'channel';
            INSERT INTO aaltohub.gaps (account, box, channel_id, generation, from_value, to_value, reason, found_at, closed_at) VALUES
                ('a', 'channel', 100, 0, 1, 5, 'too_long', now() - interval '2 hours', NULL),
                ('a', 'channel', 100, 0, 5, 9, 'too_long', now(), now()),
                ('a', 'common', 0, 0, 1, 5, 'spool_lost', now(), NULL),
                ('a', 'channel', 100, 0, 7, 7, 'disabled', now(), NULL);
            INSERT INTO aaltohub.crawl_jobs (group_id, account, kind, since, state, messages, total, error)
                SELECT id, 'a', kind, now(), state, 50, 200, error FROM public.groups,
                (VALUES ('manual', 'failed', 'old failure'), ('gap', 'running', NULL), ('initial', 'queued', NULL)) v (kind, state, error)
                WHERE title = 'channel';
            INSERT INTO public.failed_messages (group_id, error_message, resolved, created_at)
                SELECT id, 'x', resolved, now() - age * interval '1 second' FROM public.groups,
                (VALUES (false, 10), (NULL, 400), (true, 5)) v (resolved, age) WHERE title = 'channel';
            INSERT INTO aaltohub.media_files (file_kind, media_id, media_type, group_id, telegram_message_id, state)
                SELECT 'photo', n, 'photo', gen_random_uuid(), 1, state
                FROM (VALUES (1, 'queued'), (2, 'queued'), (3, 'leased'), (4, 'failed'), (5, 'done')) v (n, state);
            """)
        let snapshot = try await snapshot()
        let channel = try #require(snapshot.groups.first { $0.title == "channel" })
        #expect(channel.status == "error" && channel.lastError == "CHANNEL_PRIVATE" && channel.errorCount == 3)
        #expect(channel.lastMessageAt != nil)
        // A gap of its box has ended what was live.
        #expect(channel.ranges == 2 && channel.covered?.low == 100 && channel.covered?.isLive == false)
        #expect(channel.crawl?.kind == "gap" && channel.crawl?.state == "running" && channel.crawl?.progress == 0.25)
        #expect(channel.openGaps == 1 && channel.deadLetters == 2)
        // Its messages come in its account's common box.
        #expect(snapshot.groups.first { $0.title == "basic" }?.openGaps == 1)
        #expect(snapshot.gapCount == 2 && snapshot.gaps.map(\.group) == [channel.id, nil] && snapshot.gaps[0].reason == "too_long")
        #expect(snapshot.accounts.map(\.state) == ["active", "revoked"])
        let queues = snapshot.queues
        #expect(queues.deadLetters == 2 && queues.deadLetterAges.prefix(2).map(\.count) == [1, 1])
        #expect(queues.mediaQueued == 2 && queues.mediaLeased == 1 && queues.mediaFailed == 1 && queues.oldestMediaAt != nil)
        #expect(queues.crawlsQueued == 1 && queues.crawlsRunning == 1)

        // What is dear to count is taken over from the snapshot before.
        var previous = snapshot
        previous.queues.mediaFailed = 77
        #expect(try await self.snapshot(previous: previous).queues.mediaFailed == 77)
        #expect(try await self.snapshot("aaltohub_ctl").groups == snapshot.groups)
    }

    @Test(.timeLimit(.minutes(1))) func what_it_costs_does_not_grow_with_the_large_tables() async throws {
        let rows = 20_000
        // The triggers of the tables are not what is measured.
        try database.administrator.script(
            """
            SET session_replication_role = replica;
            INSERT INTO public.messages (telegram_message_id, group_id, sent_at, text)
                SELECT n, (SELECT id FROM public.groups WHERE title = 'channel'), now(), 'x' FROM generate_series(1, \(rows)) n;
            INSERT INTO aaltohub.outbox (event, message_id, group_id, telegram_message_id)
                SELECT 'insert', id, group_id, telegram_message_id FROM public.messages;
            INSERT INTO aaltohub.media_files (file_kind, media_id, media_type, group_id, telegram_message_id, state)
                SELECT 'photo', n, 'photo', gen_random_uuid(), n, 'done' FROM generate_series(1, \(rows)) n;
            INSERT INTO public.failed_messages (group_id, error_message, resolved)
                SELECT (SELECT id FROM public.groups WHERE title = 'channel'), 'x', true FROM generate_series(1, \(rows));
            INSERT INTO aaltohub.tombstones (account, telegram_message_id, deleted_at, presumed)
                SELECT 'a', n, now(), false FROM generate_series(1, \(rows)) n;
            RESET session_replication_role;
            ANALYZE
            """)
        let previous = try await snapshot()
        #expect(previous.queues.outboxRows == rows && previous.queues.messagesEstimate == rows)
        let large = "'messages', 'outbox', 'media_files', 'failed_messages', 'tombstones'"
        func read() throws -> (rows: Int64, looks: Int64) {
            let sums = try database.administrator.query(
                """
                SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint, sum(idx_scan)::bigint FROM pg_stat_user_tables
                WHERE relname IN (\(large))
                """)[0]
            return (sums.integer(0), sums.integer(1))
        }
        // What a connection has read is told when it has ended, a moment later.
        func settled(after looks: Int64) async throws -> (rows: Int64, looks: Int64) {
            while try read().looks <= looks { try await Task.sleep(for: .milliseconds(20)) }
            return try read()
        }
        let before = try await settled(after: 0)
        _ = try await snapshot(previous: previous)
        let after = try await settled(after: before.looks)
        #expect(after.rows - before.rows < 100)
    }

    @Test func nobody_waits_for_a_lock_because_of_it() async throws {
        try database.administrator.script("BEGIN; LOCK TABLE public.failed_messages IN ACCESS EXCLUSIVE MODE")
        await #expect {
            try await snapshot()
        } throws: {
            // It gave the lock up, long before its statement's own time was over.
            ($0 as? PostgresError)?.sqlState == "55P03"
        }
        try database.administrator.script("ROLLBACK")
        #expect(try await snapshot().queues.deadLetters == 0)
    }
}
