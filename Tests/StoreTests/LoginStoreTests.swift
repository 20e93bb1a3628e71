import PostgreSQL
import Primitives
import Store
import Testing

/// Logins that the supervisor stores and cannot read, and the pause of an account: under the roles that do it.
@Suite struct LoginStoreTests {
    let database: TestDatabase
    let tool: Connection
    let supervisor: Connection
    let key = [UInt8](0..<32)
    let nonce = [UInt8](repeating: 7, count: 12)

    init() throws {
        database = try TestDatabase()
        tool = Connection(try database.options("aaltohub_ctl"))
        supervisor = Connection(try database.options("aaltohub_supervisor"))
    }

    @Test func the_supervisor_stores_logins_that_it_can_never_read() async throws {
        let logins = AccountStore(supervisor, masterKey: key)
        let session = Array("a very secret auth key".utf8)
        try await logins.store(
            session: session, of: "new", dcID: 2, userID: 9, phone: "+358401234567", apiID: 12, nonce: { nonce })
        try await logins.store(session: session + [2], of: "new", for: .backfill, dcID: 2, userID: 9, apiID: 12, nonce: { nonce })
        let stored = try #require(try await AccountStore.list(supervisor).first)
        #expect(stored.name == "new" && stored.state == .active && stored.userID == 9 && stored.apiID == 12)
        #expect(stored.phoneMasked == "+35********67" && stored.hasSession && stored.hasBackfillSession)
        let readers = AccountStore(tool, masterKey: key)
        #expect(try await readers.session(of: "new") == session)
        #expect(try await readers.session(of: "new", for: .backfill) == session + [2])
        // Neither a column, nor the row as a whole, nor a change that would show or replace it.
        await #expect(throws: PostgresError.self) { try await logins.session(of: "new") }
        await #expect(throws: PostgresError.self) { try await logins.session(of: "new", for: .backfill) }
        for sql in [
            "SELECT * FROM aaltohub.accounts", "SELECT sealed_login FROM aaltohub.accounts", "DELETE FROM aaltohub.accounts",
            "UPDATE aaltohub.accounts SET sealed_session = NULL", "UPDATE aaltohub.accounts SET paused_at = now() RETURNING sealed_session",
            "UPDATE aaltohub.accounts SET user_id = 10", "INSERT INTO aaltohub.accounts (name) VALUES ('b')",
            "SELECT sealed_session FROM aaltohub.authorisations", "DELETE FROM aaltohub.authorisations",
        ] {
            await #expect(throws: PostgresError.self, "\(sql)") { try await supervisor.run { _ = try $0.query(sql) } }
        }
    }

    @Test func the_function_itself_refuses_another_user_an_old_version_and_everybody_else() async throws {
        let logins = AccountStore(supervisor, masterKey: key)
        try await logins.store(session: [1], of: "main", dcID: 2, userID: 9, apiID: 12, nonce: { nonce })
        for purpose in [LoginPurpose.listener, .backfill] {
            do {
                try await logins.store(session: [2], of: "main", for: purpose, dcID: 2, userID: 10, phone: "+49301112299", apiID: 12) {
                    nonce
                }
                Issue.record("another user's login was stored")
            } catch StoreError.invalid(let why) {
                #expect(why.contains("belongs to the Telegram user 9, this login to 10"))
            }
        }
        #expect(try await AccountStore(tool, masterKey: key).session(of: "main") == [1])
        #expect(try await AccountStore.list(tool).map(\.phoneMasked) == [nil])
        // Somebody else stored one after the version was looked up: nothing is overwritten.
        let late = try await supervisor.run { session in
            try session.query(
                "SELECT outcome, present FROM aaltohub.store_login('main', 'listener', 1, '\\x00', 'k', 2, 9, NULL, 12, 'active')"
            ).map { ($0.text(0), $0.integer(1)) }
        }
        #expect(late.map(\.0) == ["version"] && late.map(\.1) == [1])
        await #expect(throws: StoreError.notFound("the account nobody")) {
            try await logins.store(session: [1], of: "nobody", for: .backfill, dcID: 2, userID: 9, apiID: 12) { nonce }
        }
        await #expect(throws: StoreError.self) { try await logins.store(session: [1], of: "../x", dcID: 2, userID: 9, apiID: 12) { nonce } }
        for role in ["aaltohub_listener", "aaltohub_writer", "aaltohub_backfill"] {
            let other = AccountStore(Connection(try database.options(role)), masterKey: key)
            await #expect(throws: PostgresError.self, "\(role)") {
                try await other.store(session: [3], of: "main", dcID: 2, userID: 9, nonce: nonce)
            }
        }
    }

    @Test func logins_that_are_stored_at_once_all_count_and_the_last_one_opens() async throws {
        let stores = try (0..<4).map { _ in AccountStore(Connection(try database.options("aaltohub_supervisor")), masterKey: key) }
        try await withThrowingTaskGroup { group in
            for (i, store) in stores.enumerated() {
                group.addTask { [nonce] in
                    try await store.store(session: [UInt8(i)], of: "main", dcID: 2, userID: 9, apiID: 12, nonce: { nonce })
                }
            }
            try await group.waitForAll()
        }
        let version = try database.administrator.query("SELECT session_version FROM aaltohub.accounts")[0].integer(0)
        #expect(version == 4)
        #expect(try await AccountStore(tool, masterKey: key).session(of: "main")?.count == 1)
    }

    @Test func an_account_is_paused_by_who_may_and_seen_by_its_stages() async throws {
        try await AccountStore(tool, masterKey: key).register("main", phone: nil, apiID: 1)
        for (role, isPaused) in [("aaltohub_supervisor", true), ("aaltohub_ctl", false)] {
            let connection = Connection(try database.options(role))
            #expect(try await AccountStore.setPaused(isPaused, of: "main", by: "ann", connection))
            #expect(try await !AccountStore.setPaused(isPaused, of: "main", by: "ben", connection), "it is so already")
            let row = try #require(try await AccountStore.list(connection).first)
            #expect((row.pausedAt != nil) == isPaused && row.pausedBy == (isPaused ? "ann" : nil))
            for stage in ["aaltohub_listener", "aaltohub_backfill"] {
                let reader = Connection(try database.options(stage))
                #expect(try await AccountStore.isPaused("main", reader) == isPaused)
                #expect(try await !AccountStore.isPaused("nobody", reader))
            }
        }
        await #expect(throws: StoreError.notFound("the account nobody")) {
            try await AccountStore.setPaused(true, of: "nobody", by: "ann", supervisor)
        }
    }
}
