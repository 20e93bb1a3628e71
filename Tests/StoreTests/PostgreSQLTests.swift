import Foundation
import PostgreSQL
import Primitives
import Testing

/// The wrapper against a real server: values, errors, timeouts, lost connections, TLS.
@Suite struct PostgreSQLTests {
    let cluster: PostgresCluster

    init() throws { cluster = try PostgresCluster.shared.get() }

    func session(_ change: (inout ConnectionOptions) -> Void = { _ in }) throws -> Session {
        var options = try cluster.options(database: "postgres")
        change(&options)
        return try Session(options)
    }

    @Test func every_parameter_type_comes_back_as_it_was_sent() throws {
        let s = try session()
        let id = try #require(PostgresUUID("0123abcd-4567-89ef-0123-456789abcdef"))
        #expect(id.description == "0123abcd-4567-89ef-0123-456789abcdef")
        let row = try #require(
            try s.query(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $1 IS NULL",
                [
                    .bigint(.min), .int(-7), .text("Ääkköset 🎉"), .bytea([0, 255, 0]), .bool(true),
                    .timestamptz(UnixTime(nanoseconds: 1_700_000_000_123_456_789)), .uuid(id), .jsonb("{\"a\": [1, null]}"),
                ]
            ).first)
        #expect(row.integer(0) == .min)
        #expect(row.integer(1) == -7)
        #expect(row.text(2) == "Ääkköset 🎉")
        #expect(row.bytea(3) == [0, 255, 0])
        #expect(row.bool(4))
        #expect(row.timestamptz(5) == UnixTime(nanoseconds: 1_700_000_000_123_456_000))
        #expect(row.uuid(6) == id)
        #expect(row.text(7) == "{\"a\": [1, null]}")
        #expect(!row.bool(8))
    }

    @Test func null_and_empty_differ() throws {
        let s = try session()
        let row = try #require(
            try s.query(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
                [
                    .bigint(nil), .int(nil), .text(nil), .bytea(nil), .bool(nil), .timestamptz(nil), .uuid(nil), .jsonb(nil), .text(""),
                    .bytea([]),
                ]
            ).first)
        for column in 0..<8 { #expect(row.isNull(column)) }
        #expect(row.text(8) == "")
        #expect(row.bytea(9) == [])
    }

    @Test func arrays_with_nulls_unnest_into_columns() throws {
        let s = try session()
        let id = PostgresUUID(high: 1, low: 2)
        let rows = try s.query(
            "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t(a, b, c, d, e, f, g, h)",
            [
                .bigints([1, nil]), .ints([2, nil]), .texts(["x", nil]), .byteas([[], nil]), .bools([false, nil]),
                .timestamptzs([UnixTime(seconds: -1), nil]), .uuids([id, nil]), .jsonbs(["[]", nil]),
            ])
        #expect(rows.count == 2)
        #expect(rows[0].integer(0) == 1)
        #expect(rows[0].integer(1) == 2)
        #expect(rows[0].text(2) == "x")
        #expect(rows[0].bytea(3) == [])
        #expect(rows[0].boolOrNull(4) == false)
        #expect(rows[0].timestamptz(5) == UnixTime(seconds: -1))
        #expect(rows[0].uuid(6) == id)
        #expect(rows[0].text(7) == "[]")
        for column in 0..<8 { #expect(rows[1].isNull(column)) }
        #expect(try s.query("SELECT * FROM unnest($1)", [.bigints([])]).count == 0)
    }

    @Test func a_nul_byte_in_a_text_is_refused_before_anything_is_sent() throws {
        let s = try session()
        for parameter in [Parameter.text("a\0b"), .texts(["ok", "\0"]), .jsonb("\0")] {
            #expect(throws: PostgresError.badParameter("a text contains a NUL byte, which Postgres cannot store")) {
                try s.query("SELECT $1", [parameter])
            }
        }
        #expect(try s.query("SELECT 1").count == 1)
    }

    @Test func a_refusal_carries_state_message_detail_and_constraint() throws {
        let s = try session()
        try s.script("CREATE TEMP TABLE t (a bigint CONSTRAINT only_once UNIQUE)")
        try s.query("INSERT INTO t VALUES ($1)", [.bigint(1)])
        do {
            try s.query("INSERT INTO t VALUES ($1)", [.bigint(1)])
            Issue.record("the second row was accepted")
        } catch PostgresError.server(let error) {
            #expect(error.sqlState == "23505")
            #expect(error.constraint == "only_once")
            #expect(error.detail?.contains("already exists") == true)
            #expect(!error.isFatal)
        }
        #expect(try s.query("SELECT a FROM t").count == 1)
    }

    @Test func a_prepared_statement_survives_a_rolled_back_transaction_and_serves_any_batch_size() throws {
        let s = try session()
        let statement = Statement(name: "count", sql: "SELECT count(*) FROM unnest($1) AS t(a)")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try s.transaction {
                #expect(try s.query(statement, [.bigints([1])])[0].integer(0) == 1)
                throw Stop()
            }
        }
        #expect(!s.isInTransaction)
        #expect(try s.query(statement, [.bigints(Array(repeating: 1, count: 5000))])[0].integer(0) == 5000)
    }

    @Test func a_savepoint_undoes_only_its_own_part() throws {
        let s = try session()
        try s.script("CREATE TEMP TABLE t (a int PRIMARY KEY)")
        try s.transaction {
            try s.query("INSERT INTO t VALUES (1)")
            #expect(throws: PostgresError.self) {
                try s.savepoint {
                    try s.query("INSERT INTO t VALUES (2)")
                    try s.query("INSERT INTO t VALUES (1)")
                }
            }
            try s.savepoint { _ = try s.query("INSERT INTO t VALUES (3)") }
        }
        #expect(try s.query("SELECT a FROM t ORDER BY a").map { $0.integer(0) } == [1, 3])
    }

    @Test func a_commit_of_a_failed_transaction_is_an_error() throws {
        let s = try session()
        #expect(throws: PostgresError.self) {
            try s.transaction { _ = try? s.query("SELECT 1/0") }
        }
        #expect(!s.isInTransaction)
    }

    @Test func the_server_ends_a_slow_statement_and_the_session_goes_on() throws {
        let s = try session { $0.statementTimeoutMilliseconds = 50 }
        do {
            try s.query("SELECT pg_sleep(20)")
            Issue.record("it was not ended")
        } catch { #expect(error.sqlState == "57014") }
        #expect(try s.query("SELECT 1").count == 1)
    }

    @Test func a_server_that_answers_nothing_costs_the_session_and_no_more_than_the_time_allowed() throws {
        let s = try session {
            $0.statementTimeoutMilliseconds = 300
            $0.answerGraceMilliseconds = 200
        }
        // Stopped, as by a full disk: neither the session nor a cancel request would get an answer.
        let file = try String(contentsOfFile: "\(cluster.folder)/data/postmaster.pid", encoding: .utf8)
        let postmaster = try #require(file.split(separator: "\n").first.flatMap { Int32($0) })
        let stopped = [postmaster, s.announcedBackendPID]
        @Sendable func signal(_ signal: Int32) { for process in stopped { kill(process, signal) } }
        signal(SIGSTOP)
        defer { signal(SIGCONT) }
        // Whoever waits for the server is freed in the end, and fails below.
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) { signal(SIGCONT) }
        let began = ContinuousClock.now
        #expect {
            try s.query("SELECT 1")
        } throws: {
            guard case PostgresError.timedOut = $0 else { return false }
            return true
        }
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(!s.isOpen)
    }

    @Test func the_statements_of_a_pipeline_have_the_time_of_one_together() throws {
        let sleep = Statement(name: "sleep", sql: "SELECT pg_sleep($1::int8 / 1000.0)")
        let s = try session {
            $0.statementTimeoutMilliseconds = 2_000
            $0.answerGraceMilliseconds = 100
        }
        #expect(try s.pipeline([Call(sleep, [.bigint(10)]), Call(sleep, [.bigint(10)])]).count == 2)
        // None of them alone is too slow for the server.
        let slow = (0..<4).map { _ in Call(sleep, [.bigint(700)]) }
        #expect {
            try s.pipeline(slow)
        } throws: {
            guard case PostgresError.timedOut = $0 else { return false }
            return true
        }
        #expect(!s.isOpen)
    }

    @Test func a_transaction_in_one_pipeline_is_there_as_a_whole_or_not_at_all() throws {
        let s = try session()
        try s.script("CREATE TEMPORARY TABLE numbers (n int8 PRIMARY KEY)")
        let insert = Statement(name: "insert", sql: "INSERT INTO numbers VALUES ($1) RETURNING n")
        let numbers = { try s.query("SELECT n FROM numbers ORDER BY n").map { $0.integer(0) } }
        #expect(try s.transaction(of: [Call(insert, [.bigint(1)]), Call(insert, [.bigint(2)])]).map { $0[0].integer(0) } == [1, 2])
        for refused in [[3, 1, 4], [1], [3, 4, 1]] as [[Int64]] {
            #expect {
                try s.transaction(of: refused.map { Call(insert, [.bigint($0)]) })
            } throws: {
                ($0 as? PostgresError)?.sqlState == "23505"
            }
            #expect(s.isOpen && !s.isInTransaction)
            #expect(try numbers() == [1, 2])
        }
        try s.transaction(of: [Call(insert, [.bigint(3)])])
        #expect(try numbers() == [1, 2, 3])
    }

    @Test func a_killed_backend_is_a_lost_connection_and_the_next_call_opens_another() async throws {
        let connection = Connection(try cluster.options(database: "postgres"))
        let first = try await connection.run { s in try s.query("SELECT pg_backend_pid()")[0].integer(0) }
        try session().query("SELECT pg_terminate_backend($1)", [.int(Int32(first))])
        await #expect {
            try await connection.run { s in _ = try s.query("SELECT 1") }
        } throws: {
            ($0 as? PostgresError)?.endsTheSession == true
        }
        let second = try await connection.run { s in try s.query("SELECT pg_backend_pid()")[0].integer(0) }
        #expect(second != first)
        await connection.close()
        await #expect(throws: PostgresError.closed) { try await connection.run { _ in } }
    }

    @Test func an_abandoned_connection_lets_everybody_go_and_ends_what_the_server_runs() async throws {
        let connection = Connection(try cluster.options(database: "postgres"))
        let pid = try await connection.run { s in try s.query("SELECT pg_backend_pid()")[0].integer(0) }
        let running = Task { try await connection.run { s in _ = try s.query("SELECT pg_sleep(25)") } }
        let watcher = try session()
        func isActive() throws -> Bool {
            try watcher.query(
                "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%sleep%'", [.int(Int32(pid))]
            ).count == 1
        }
        while try !isActive() { try await Task.sleep(for: .milliseconds(5)) }
        let queued = Task { try await connection.run { _ in } }
        let closing = Task { await connection.close() }
        try await Task.sleep(for: .milliseconds(50))
        let began = ContinuousClock.now
        connection.abandon()
        await #expect(throws: PostgresError.closed) { try await running.value }
        await #expect(throws: PostgresError.closed) { try await queued.value }
        await closing.value
        await #expect(throws: PostgresError.closed) { try await connection.run { _ in } }
        while try isActive() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func a_connection_lost_at_commit_leaves_its_outcome_unknown() throws {
        let s = try session()
        try s.script("CREATE TABLE IF NOT EXISTS commit_probe (a int)")
        #expect {
            try s.transaction {
                try s.query("INSERT INTO commit_probe VALUES (1)")
                try session().query("SELECT pg_terminate_backend($1)", [.int(s.announcedBackendPID)])
            }
        } throws: {
            guard case PostgresError.commitOutcomeUnknown = $0 else { return false }
            return true
        }
        #expect(!s.isOpen)
    }

    @Test func a_body_that_leaves_its_transaction_open_costs_the_session() async throws {
        let connection = Connection(try cluster.options(database: "postgres"))
        try await connection.run { s in _ = try s.query("BEGIN") }
        #expect(try await connection.run { s in s.isInTransaction } == false)
        await connection.close()
    }

    @Test func nobody_listening_and_a_wrong_database_are_told_apart() throws {
        #expect {
            try Session(ConnectionOptions("host=127.0.0.1 port=1 dbname=x", applicationName: "tests"))
        } throws: {
            guard case PostgresError.unreachable(_, sqlState: nil) = $0 else { return false }
            return true
        }
        #expect {
            try Session(cluster.options(database: "absent"))
        } throws: {
            ($0 as? PostgresError)?.sqlState == "3D000"
        }
    }

    @Test func timeouts_are_always_set_and_a_given_one_is_kept() throws {
        let options = try ConnectionOptions("postgresql://u:secret@h/d?connect_timeout=3", applicationName: "writer")
        #expect(options["connect_timeout"] == "3")
        #expect(options["tcp_user_timeout"] == "20000")
        #expect(options["keepalives_idle"] == "10")
        #expect(options["application_name"] == "writer")
        #expect(options["password"] == nil)
        let row = try #require(
            try session().query(
                """
                SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
                       current_setting('lock_timeout'), current_setting('application_name'), current_setting('synchronous_commit')
                """
            ).first)
        #expect((0..<5).map { row.text($0) } == ["30s", "1min", "20s", "tests", "on"])
    }

    @Test func the_server_too_notices_a_cut_connection() throws {
        try session().script(
            "DO $$ BEGIN CREATE ROLE tcp_user LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        // The settings of a unix socket's session say nothing: this one comes over TCP.
        let s = try Session(
            ConnectionOptions(
                "host=127.0.0.1 port=\(cluster.port) user=tcp_user dbname=postgres sslmode=require", applicationName: "tests", password: "x"
            ))
        let row = try s.query(
            """
            SELECT current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count'),
                   current_setting('tcp_user_timeout')
            """)[0]
        #expect((0..<4).map { row.text($0) } == ["10", "5", "3", "20000"])
    }

    @Test func a_malformed_connection_string_is_not_repeated() throws {
        #expect {
            try ConnectionOptions("postgresql://u:secret@[h/d", applicationName: "x")
        } throws: {
            !"\($0)".contains("secret")
        }
    }

    @Test func tls_with_full_verification_works_and_a_wrong_name_is_refused() throws {
        try session().script(
            "DO $$ BEGIN CREATE ROLE tls_user LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        func open(host: String, password: String) throws -> Session {
            try Session(
                ConnectionOptions(
                    "host=\(host) hostaddr=127.0.0.1 port=\(cluster.port) user=tls_user dbname=postgres sslmode=verify-full "
                        + "sslrootcert=\(cluster.folder)/ca.crt", applicationName: "tests", password: password))
        }
        #expect(try open(host: "localhost", password: "right").usesTLS)
        #expect(throws: PostgresError.self) { try open(host: "elsewhere", password: "right") }
        #expect {
            try open(host: "localhost", password: "wrong")
        } throws: {
            ($0 as? PostgresError)?.sqlState == "28P01"
        }
    }
}
