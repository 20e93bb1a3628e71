import Foundation
import PostgreSQL
import Store
import Testing

/// The schema on an empty database and over the predecessor's, its refusals, and each role's rights.
@Suite struct MigrationTests {
    let cluster: PostgresCluster
    let database: String

    init() throws {
        cluster = try PostgresCluster.shared.get()
        database = try cluster.makeDatabase()
    }

    func session(_ user: String = "postgres") throws -> Session {
        var options = try cluster.options(user: user, database: database)
        options.statementTimeoutMilliseconds = 0
        return try Session(options)
    }

    @Test func an_empty_database_gets_every_step_once() throws {
        let s = try session()
        #expect(throws: SchemaError.tooOld(found: 0, needed: Migration.all.count)) { try Migrator.check(s) }
        #expect(try Migrator.migrate(s).map(\.number) == Array(1...Migration.all.count))
        #expect(try Migrator.migrate(s).isEmpty)
        try Migrator.check(s)
        #expect(try s.query("SELECT count(*) FROM aaltohub.migrations")[0].integer(0) == Migration.all.count)
    }

    @Test func steps_are_numbered_without_a_hole() {
        #expect(Migration.all.map(\.number) == Array(1...Migration.all.count))
    }

    @Test func a_dry_run_prints_what_would_run_and_changes_nothing() throws {
        let s = try session()
        let sql = try Migrator.dryRun(s)
        #expect(sql.contains("CREATE TABLE IF NOT EXISTS public.messages"))
        #expect(sql.contains("-- step 3: delivery"))
        #expect(try s.query("SELECT to_regnamespace('aaltohub') IS NULL")[0].bool(0))
        // What it prints is runnable as it stands, and is the same as migrating.
        try s.script(sql)
        try Migrator.check(s)
        #expect(try Migrator.dryRun(s) == "")
    }

    @Test func two_migrators_at_once_apply_each_step_once() async throws {
        let (a, b) = try (cluster.options(database: database), cluster.options(database: database))
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for options in [a, b] {
                group.addTask { try await Connection(options).run { try Migrator.migrate($0).count } }
            }
            return try await group.reduce(0, +)
        }
        #expect(applied == Migration.all.count)
    }

    @Test func the_predecessors_rows_are_taken_over_with_their_ids_and_no_table_is_rewritten() throws {
        try takeOver(messages: 2_000)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["AALTOHUB_SLOW"] != nil, "slow: set AALTOHUB_SLOW=1"))
    func a_million_rows_are_taken_over() throws {
        try takeOver(messages: 1_000_000)
    }

    private func takeOver(messages: Int) throws {
        let s = try session()
        try s.script(Predecessor.schema)
        try Predecessor.fill(s, messages: messages)
        let digest = """
            SELECT md5(string_agg(md5((id, telegram_message_id, group_id, sender_id, sender_name, text, is_deleted, sent_at, created_at)::text), ''
                ORDER BY id)) FROM messages
            """
        let files =
            "SELECT string_agg(relname || ':' || relfilenode, ',' ORDER BY relname) FROM pg_class WHERE oid IN ('messages'::regclass, 'groups'::regclass, 'crawler_status'::regclass, 'failed_messages'::regclass)"
        let before = try (
            s.query(digest)[0].text(0), s.query(files)[0].text(0), s.query("SELECT id FROM groups ORDER BY id").map { $0.uuid(0) }
        )
        let started = ContinuousClock.now
        try Migrator.migrate(s)
        let took = ContinuousClock.now - started
        if messages >= 1_000_000 { print("taking over \(messages) rows took \(took)") }
        #expect(try s.query(digest)[0].text(0) == before.0)
        #expect(try s.query(files)[0].text(0) == before.1)
        #expect(try s.query("SELECT id FROM groups ORDER BY id").map { $0.uuid(0) } == before.2)
        #expect(try s.query("SELECT count(*) FROM messages")[0].integer(0) == messages)
        #expect(try s.query("SELECT count(*) FROM crawler_status WHERE is_enabled")[0].integer(0) == 199)
        #expect(try s.query("SELECT count(*) FROM entity_cache WHERE authorisation = 'predecessor'")[0].integer(0) == 10)
        // The same positive id may now be a basic group and a channel.
        try s.query("INSERT INTO groups (telegram_id, title, chat_type) VALUES (1500000000, 'basic', 'group')")
        #expect(throws: PostgresError.self) { try s.query("INSERT INTO groups (telegram_id, title) VALUES (1500000000, 'again')") }
    }

    @Test func tables_that_are_not_the_predecessors_are_refused_and_left_alone() throws {
        let s = try session()
        try s.script("CREATE TABLE messages (id int PRIMARY KEY, telegram_message_id int, group_id int, sent_at timestamptz)")
        #expect(throws: PostgresError.self) { try Migrator.migrate(s) }
        #expect(try s.query("SELECT to_regclass('public.groups') IS NULL")[0].bool(0))
    }

    @Test func a_schema_too_new_and_a_changed_step_are_refused() throws {
        let s = try session()
        try Migrator.migrate(s)
        let count = Migration.all.count
        try s.query("INSERT INTO aaltohub.migrations VALUES ($1, 'later', 'x', $2)", [.int(Int32(count + 1)), .int(Int32(count))])
        // It only adds: this build goes on working, but does not migrate.
        try Migrator.check(s)
        #expect(throws: SchemaError.tooNew(found: count + 1, known: count)) { try Migrator.migrate(s) }
        try s.query("UPDATE aaltohub.migrations SET readable_since = number")
        #expect(throws: SchemaError.tooNew(found: count + 1, known: count)) { try Migrator.check(s) }
        try s.script("DELETE FROM aaltohub.migrations WHERE name = 'later'; UPDATE aaltohub.migrations SET checksum = 'y' WHERE number = 2")
        #expect(throws: SchemaError.changed(number: 2, name: "columns")) { try Migrator.check(s) }
        #expect(throws: SchemaError.changed(number: 2, name: "columns")) { try Migrator.migrate(s) }
    }

    @Test func supabases_web_roles_reach_nothing_of_ours() throws {
        let s = try session()
        try s.script(
            """
            DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            DO $$ BEGIN CREATE ROLE authenticated NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            GRANT USAGE ON SCHEMA public TO anon, authenticated;
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated;
            """)
        try Migrator.migrate(s)
        try s.script("ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY")
        for role in ["anon", "authenticated"] {
            try s.script("SET ROLE \(role)")
            for sql in [
                "SELECT 1 FROM aaltohub.accounts", "SELECT 1 FROM aaltohub.migrations", "SELECT 1 FROM public.entity_cache",
                "SELECT 1 FROM public.failed_messages", "SELECT 1 FROM aaltohub.message_versions", "DELETE FROM public.messages",
                "INSERT INTO public.groups (telegram_id) VALUES (1)",
            ] {
                #expect(throws: PostgresError.self, "\(role): \(sql)") { try s.query(sql) }
            }
            try s.script("RESET ROLE")
        }
        // The stages pass row level security.
        try s.script("INSERT INTO public.groups (telegram_id) VALUES (5); SET ROLE aaltohub_writer")
        try s.query("INSERT INTO public.messages (telegram_message_id, group_id, sent_at) SELECT 1, id, now() FROM public.groups")
        #expect(try s.query("SELECT 1 FROM public.messages").count == 1)
    }
}

/// Each role's rights.
@Suite struct RoleTests {
    /// What each role may, and may not, do; every line is one statement tried as that role.
    @Test(arguments: [
        ("aaltohub_writer", "SELECT 1 FROM public.messages", true),
        ("aaltohub_writer", "UPDATE public.messages SET text = text", true),
        ("aaltohub_writer", "DELETE FROM public.messages", false),
        ("aaltohub_writer", "UPDATE aaltohub.message_versions SET settled = true", true),
        ("aaltohub_writer", "DELETE FROM aaltohub.message_versions", false),
        ("aaltohub_supervisor", "SELECT text FROM aaltohub.message_versions", true),
        ("aaltohub_listener", "SELECT 1 FROM aaltohub.message_versions", false),
        ("aaltohub_ctl", "UPDATE aaltohub.message_versions SET text = 'x'", false),
        ("aaltohub_ctl", "DELETE FROM public.failed_messages", true),
        ("aaltohub_supervisor", "DELETE FROM public.failed_messages", false),
        ("aaltohub_writer", "SELECT sealed_session FROM aaltohub.accounts", false),
        ("aaltohub_writer", "UPDATE public.groups SET primary_account = 'x'", false),
        ("aaltohub_writer", "SELECT access_hash FROM public.entity_cache", false),
        ("aaltohub_listener", "SELECT 1 FROM public.groups, public.crawler_status", true),
        ("aaltohub_listener", "SELECT sealed_session FROM aaltohub.accounts", true),
        ("aaltohub_listener", "UPDATE aaltohub.accounts SET name = 'x'", false),
        ("aaltohub_listener", "SELECT 1 FROM public.messages", false),
        (
            "aaltohub_listener",
            "INSERT INTO public.messages (telegram_message_id, group_id, sent_at) VALUES (1, gen_random_uuid(), now())", false
        ),
        ("aaltohub_listener", "SELECT 1 FROM aaltohub.positions", false),
        ("aaltohub_listener", "UPDATE aaltohub.streams SET committed = 1", false),
        ("aaltohub_listener", "SELECT 1 FROM aaltohub.migrations, aaltohub.database_identity", true),
        ("aaltohub_supervisor", "SELECT 1 FROM public.messages, aaltohub.gaps, aaltohub.outbox", true),
        ("aaltohub_supervisor", "UPDATE aaltohub.broadcast_sinks SET live_id = 1", true),
        ("aaltohub_supervisor", "UPDATE aaltohub.outbox_horizon SET pruned = 1", false),
        ("aaltohub_writer", "UPDATE aaltohub.outbox_horizon SET pruned = 1", true),
        ("aaltohub_writer", "SELECT 1 FROM aaltohub.broadcast_sinks", false),
        ("aaltohub_ctl", "SELECT 1 FROM aaltohub.broadcast_sinks, aaltohub.outbox_horizon", true),
        ("aaltohub_listener", "SELECT 1 FROM aaltohub.outbox_horizon", false),
        ("aaltohub_supervisor", "SELECT name, state FROM aaltohub.accounts", true),
        ("aaltohub_supervisor", "SELECT sealed_session FROM aaltohub.accounts", false),
        ("aaltohub_supervisor", "SELECT access_hash FROM public.entity_cache", false),
        ("aaltohub_supervisor", "UPDATE public.messages SET text = text", false),
        ("aaltohub_supervisor", "UPDATE aaltohub.positions SET value = 1", false),
        ("aaltohub_supervisor", "UPDATE public.crawler_status SET is_enabled = false", true),
        ("aaltohub_supervisor", "UPDATE aaltohub.admins SET role = 'reader'", true),
        ("aaltohub_supervisor", "SELECT 1 FROM aaltohub.audit_log", true),
        ("aaltohub_supervisor", "UPDATE aaltohub.audit_log SET actor = 'x'", false),
        ("aaltohub_supervisor", "DELETE FROM aaltohub.audit_log", false),
        ("aaltohub_ctl", "DELETE FROM aaltohub.audit_log", false),
        ("aaltohub_listener", "SELECT 1 FROM aaltohub.admins", false),
        ("aaltohub_writer", "UPDATE aaltohub.admins SET role = 'admin'", false),
        ("aaltohub_backfill", "SELECT id, telegram_message_id, suspect FROM public.messages", true),
        ("aaltohub_backfill", "SELECT text FROM public.messages", false),
        ("aaltohub_backfill", "UPDATE public.messages SET media_url = 'x'", false),
        ("aaltohub_backfill", "SELECT sealed_session FROM aaltohub.accounts", false),
        ("aaltohub_backfill", "SELECT sealed_session FROM aaltohub.authorisations", true),
        ("aaltohub_backfill", "UPDATE aaltohub.coverage SET high = 1", false),
        ("aaltohub_backfill", "UPDATE aaltohub.gaps SET closed_at = now()", false),
        ("aaltohub_backfill", "UPDATE aaltohub.crawl_jobs SET state = 'queued'", true),
        (
            "aaltohub_writer",
            "INSERT INTO aaltohub.crawl_jobs (group_id, account, kind, since) VALUES (gen_random_uuid(), 'a', 'gap', now())", false
        ),
        ("aaltohub_supervisor", "SELECT 1 FROM aaltohub.coverage, aaltohub.crawl_jobs, aaltohub.media_files, aaltohub.topics", true),
        ("aaltohub_supervisor", "UPDATE aaltohub.media_files SET state = 'queued'", false),
        ("aaltohub_ctl", "UPDATE aaltohub.media_files SET state = 'queued'", true),
        ("aaltohub_ctl", "UPDATE aaltohub.coverage SET high = 1", false),
        ("aaltohub_ctl", "UPDATE public.messages SET text = text", false),
        ("aaltohub_ctl", "INSERT INTO public.groups (telegram_id, title) VALUES (77, 'x')", true),
    ])
    func a_role_may_only_what_its_stage_does(role: String, sql: String, allowed: Bool) throws {
        let s = try TestDatabase().administrator
        try s.script("SET ROLE \(role)")
        do {
            try s.query(sql)
            #expect(allowed, "\(role) could: \(sql)")
        } catch {
            #expect(!allowed && error.sqlState == "42501", "\(role): \(sql): \(error)")
        }
    }
}
