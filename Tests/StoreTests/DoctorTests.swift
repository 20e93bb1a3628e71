import Foundation
import PostgreSQL
import Store
import Testing

/// Each wrong thing about a database gets one line that says what to do, and the right exit code.
@Suite struct DoctorTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    @Test func a_good_database_passes_every_look() async throws {
        let findings = await DatabaseDoctor.examine(try database.options("aaltohub_writer"), role: "aaltohub_writer")
        #expect(findings.map(\.name) == ["database", "pooler", "schema", "role"])
        #expect(findings.filter { !$0.isGood } == [])
    }

    @Test func a_missing_server_database_schema_or_role_is_named() async throws {
        func bad(_ options: ConnectionOptions, role: String = "aaltohub_writer") async -> [String] {
            await DatabaseDoctor.examine(options, role: role).filter { !$0.isGood }.map(\.text)
        }
        let absent = await bad(try ConnectionOptions("host=/nowhere dbname=x user=x", applicationName: "tests"))
        #expect(absent.count == 1 && absent[0].contains("is Postgres running"))
        // Nobody answered: that may be different soon. A server that says no will say so again.
        let away = try ConnectionOptions("host=/nowhere dbname=x user=x", applicationName: "tests")
        #expect(await DatabaseDoctor.examine(away, role: "aaltohub_writer").map(\.isTemporary) == [true])
        let refused = await DatabaseDoctor.examine(try database.cluster.options(database: "absent"), role: "aaltohub_writer")
        #expect(refused.map(\.isTemporary) == [false])
        let noDatabase = await bad(try database.cluster.options(database: "absent"))
        #expect(noDatabase.count == 1 && noDatabase[0].contains("createdb"))
        let empty = try database.cluster.makeDatabase()
        let old = await bad(try database.cluster.options(database: empty))
        #expect(old == ["the database's schema is at step 0, this build needs \(Migration.all.count): run aaltohubctl migrate"])
        let wrongRole = await bad(try database.options("aaltohub_writer"), role: "aaltohub_listener")
        #expect(wrongRole.count == 1 && wrongRole[0].contains("GRANT aaltohub_listener TO aaltohub_writer"))
    }

    @Test func errors_end_a_process_with_the_code_that_fits() throws {
        func server(_ state: String) -> PostgresError { .server(ServerError(sqlState: state, message: "")) }
        #expect(exitCode(of: SchemaError.tooOld(found: 0, needed: 1)) == 78)
        #expect(exitCode(of: StoreError.transactionPooler) == 78)
        #expect(exitCode(of: StoreError.sealBroken("x")) == 78)
        #expect(exitCode(of: StoreError.anotherWriter) == 69)
        #expect(exitCode(of: StoreError.notFound("x")) == 65)
        #expect(exitCode(of: PostgresError.unreachable("", sqlState: nil)) == 75)
        #expect(exitCode(of: PostgresError.unreachable("", sqlState: "28P01")) == 78)
        #expect(exitCode(of: PostgresError.unreachable("", sqlState: "57P03")) == 75)
        #expect(exitCode(of: server("42501")) == 78)
        #expect(exitCode(of: server("22P02")) == 65)
        #expect(exitCode(of: CancellationError()) == nil)
    }

    static let pgbouncer = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: pgbouncer != nil, "pgbouncer is not installed"), arguments: ["transaction", "session"])
    func a_transaction_pooler_is_refused_and_a_session_pooler_is_not(mode: String) async throws {
        let pooler = try PgBouncer(program: #require(Self.pgbouncer), cluster: database.cluster, mode: mode)
        defer { pooler.stop() }
        let options = try ConnectionOptions(
            "host=\(pooler.folder) port=\(pooler.port) user=aaltohub_writer dbname=\(database.name)", applicationName: "tests")
        try await pooler.ready(options)
        let writer = WriterStore(options)
        let findings = await DatabaseDoctor.examine(options, role: "aaltohub_writer")
        if mode == "transaction" {
            await #expect(throws: StoreError.transactionPooler) { try await writer.open(unixMilliseconds: 1) }
            #expect(findings.map(\.isGood) == [true, false])
        } else {
            #expect(try await writer.open(unixMilliseconds: 1).epoch == 1)
            #expect(findings.filter { !$0.isGood } == [])
        }
        await writer.close()
    }
}

/// A pooler before the shared cluster, for as long as one test runs.
private struct PgBouncer {
    let folder: String
    let port: Int
    private let process = Process()

    init(program: String, cluster: PostgresCluster, mode: String) throws {
        folder = "\(cluster.folder)/bouncer-\(mode)"
        port = Int.random(in: 52_000..<60_000)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try """
        [databases]
        * = host=\(cluster.folder) port=\(cluster.port)
        [pgbouncer]
        listen_addr =
        listen_port = \(port)
        unix_socket_dir = \(folder)
        auth_type = trust
        auth_file = \(folder)/users
        pool_mode = \(mode)
        logfile = \(folder)/log
        """.write(toFile: "\(folder)/ini", atomically: true, encoding: .utf8)
        try "\"aaltohub_writer\" \"\"\n".write(toFile: "\(folder)/users", atomically: true, encoding: .utf8)
        if geteuid() == 0 {
            // It refuses root, like Postgres.
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments = ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, "-q", "\(folder)/ini"]
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        } else {
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["-q", "\(folder)/ini"]
        }
        try process.run()
    }

    /// Waits until it accepts connections.
    func ready(_ options: ConnectionOptions) async throws {
        for _ in 0..<100 {
            do {
                _ = try Session(options)
                return
            } catch PostgresError.unreachable(let text, _) {
                guard process.isRunning else { throw PostgresError.unreachable("pgbouncer ended: \(text)", sqlState: nil) }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        _ = try Session(options)
    }

    func stop() {
        // Foundation starts a process with SIGTERM blocked when a worker thread of Dispatch starts it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
