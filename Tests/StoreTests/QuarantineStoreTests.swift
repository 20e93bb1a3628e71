import PostgreSQL
import Primitives
import Store
import Testing

/// What could not be read is kept once, sealed and within bounds; the master key changes in one piece.
@Suite struct QuarantineStoreTests {
    let database: TestDatabase
    let tool: Connection
    let listener: Connection
    let key = [UInt8](0..<32)
    let nonce = [UInt8](repeating: 7, count: 12)

    init() throws {
        database = try TestDatabase()
        tool = Connection(try database.options("aaltohub_ctl"))
        listener = Connection(try database.options("aaltohub_listener"))
    }

    private func object(_ bytes: [UInt8], context: String = "push") -> QuarantineStore.Object {
        .init(bytes: bytes, context: context, layer: 229, reason: "unknown constructor", receivedAt: UnixTime(seconds: 50))
    }

    @Test func the_same_bytes_are_kept_once_sealed_and_counted() async throws {
        let keeping = QuarantineStore(listener, masterKey: key)
        let secret = Array("what somebody wrote".utf8)
        #expect(try await keeping.keep(object(secret), of: "main", nonce: nonce) == .new)
        #expect(try await keeping.keep(object(secret), of: "main", nonce: nonce) == .again)
        #expect(try await keeping.keep(object([1], context: "messages.getHistory"), of: "main", nonce: nonce) == .new)
        #expect(try await keeping.keep(object(secret), of: "other", nonce: nonce) == .new)
        let looking = QuarantineStore(tool, masterKey: key)
        let entries = try await looking.list(account: "main", limit: 10)
        #expect(entries.map(\.times) == [1, 2])
        #expect(entries.map(\.context) == ["messages.getHistory", "push"])
        #expect(try await looking.list(limit: 2).count == 2)
        #expect(try await looking.object(entries[1].id).bytes == secret)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.quarantine WHERE position('wrote'::bytea IN bytes) > 0") == 0)
        // The listener keeps, and never reads back.
        await #expect(throws: PostgresError.self) { try await keeping.object(entries[0].id) }
        await #expect(throws: StoreError.sealBroken("the quarantine of main")) {
            try await QuarantineStore(tool, masterKey: Array(1..<33)).object(entries[0].id)
        }
    }

    @Test func what_was_read_later_is_marked() async throws {
        let store = QuarantineStore(tool, masterKey: key)
        _ = try await store.keep(object([1]), of: "main", nonce: nonce)
        _ = try await store.keep(object([2]), of: "main", nonce: nonce)
        let id = try await store.list(limit: 1)[0].id
        try await store.markDecoded(id)
        #expect(try await store.list(onlyUnread: true, limit: 10).map(\.id) == [id - 1])
        #expect(try await store.object(id).entry.decodedAt != nil)
        await #expect(throws: StoreError.notFound("the quarantined object 99")) { try await store.object(99) }
    }

    @Test func its_room_is_bounded_in_rows_and_bytes() async throws {
        let store = QuarantineStore(listener, masterKey: key)
        #expect(
            try await store.keep(object([UInt8](repeating: 0, count: QuarantineStore.objectMost + 1)), of: "main", nonce: nonce) == .refused
        )
        try database.administrator.script(
            """
            INSERT INTO aaltohub.quarantine (account, received_at, context, layer, reason, digest, size, bytes, key_id)
            SELECT 'full', now(), 'push', 229, '', int4send(n), 1, '\\\\x00', '' FROM generate_series(1, 10000) n;
            INSERT INTO aaltohub.quarantine (account, received_at, context, layer, reason, digest, size, bytes, key_id)
            VALUES ('large', now(), 'push', 229, '', '\\\\x01', 67108860, '\\\\x00', '')
            """)
        #expect(try await store.keep(object([9]), of: "full", nonce: nonce) == .refused)
        let mended = try database.integer("SELECT min(id) FROM aaltohub.quarantine WHERE account = 'full'")
        try await QuarantineStore(tool, masterKey: key).markDecoded(mended)
        #expect(try await store.keep(object([9]), of: "full", nonce: nonce) == .new)
        #expect(try await store.keep(object([10]), of: "full", nonce: nonce) == .refused)
        #expect(try await store.keep(object([1, 2, 3, 4]), of: "large", nonce: nonce) == .new)
        #expect(try await store.keep(object([5]), of: "large", nonce: nonce) == .refused)
        #expect(try await store.keep(object([1, 2, 3, 4]), of: "large", nonce: nonce) == .again)
    }

    @Test func the_same_bytes_that_another_process_enters_meanwhile_are_counted_and_not_refused() async throws {
        let store = QuarantineStore(listener, masterKey: key)
        _ = try await store.keep(object([1, 2]), of: "main", nonce: nonce)
        // The other process has entered them and not committed yet: nobody sees them.
        let other = database.administrator
        try other.script(
            """
            CREATE TEMP TABLE kept AS SELECT * FROM aaltohub.quarantine;
            DELETE FROM aaltohub.quarantine;
            """)
        try other.script("BEGIN; INSERT INTO aaltohub.quarantine OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        let (same, nonce) = (object([1, 2]), nonce)
        async let kept = store.keep(same, of: "main", nonce: nonce)
        let waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        while try !other.query(waiting)[0].bool(0) {
            try await Task.sleep(for: .milliseconds(10))
        }
        try other.script("COMMIT")
        #expect(try await kept == .again)
        #expect(try database.integer("SELECT times FROM aaltohub.quarantine") == 2)
    }

    // MARK: another master key

    @Test func rotating_the_master_key_seals_everything_anew() async throws {
        let old = AccountStore(tool, masterKey: key)
        let newKey = [UInt8](repeating: 200, count: 32)
        for name in ["one", "two"] {
            try await old.register(name, phone: nil, apiID: nil)
            try await old.store(session: [1, 2, 3] + Array(name.utf8), of: name, dcID: 2, userID: 1, nonce: nonce)
        }
        try await old.register("half", phone: nil, apiID: nil)
        try await old.store(pendingLogin: [4], of: "half", state: .codeSent, nonce: nonce)
        try await old.store(session: [5], of: "one", for: .backfill, dcID: 2, userID: 1, nonce: nonce)
        _ = try await QuarantineStore(tool, masterKey: key).keep(object([6]), of: "one", nonce: nonce)
        var expected = AccountStore.Rotation()
        (expected.sessions, expected.pendingLogins, expected.quarantined) = (3, 1, 1)
        let nonce = nonce
        #expect(try await old.rotate(to: newKey, nonce: { nonce }) == expected)

        let new = AccountStore(tool, masterKey: newKey)
        #expect(try await new.session(of: "two") == [1, 2, 3] + Array("two".utf8))
        #expect(try await new.pendingLogin(of: "half") == [4])
        #expect(try await new.session(of: "one", for: .backfill) == [5])
        #expect(try await QuarantineStore(tool, masterKey: newKey).object(1).bytes == [6])
        await #expect(throws: StoreError.sealBroken("the session of one")) { try await old.session(of: "one") }
        // A listener that still runs under the old key does not put its session back.
        let running = AccountStore(listener, masterKey: key)
        #expect(try await running.renew(session: [7], of: "one", nonce: nonce, if: { _ in true }) == false)
        #expect(try await new.session(of: "one") == [1, 2, 3] + Array("one".utf8))
        await #expect(throws: StoreError.self) { try await new.rotate(to: newKey, nonce: { nonce }) }
    }

    @Test func a_rotation_that_cannot_open_everything_changes_nothing() async throws {
        let accounts = AccountStore(tool, masterKey: key)
        for name in ["one", "two"] {
            try await accounts.register(name, phone: nil, apiID: nil)
            try await accounts.store(session: [1], of: name, dcID: 2, userID: 1, nonce: nonce)
        }
        let stranger = AccountStore(tool, masterKey: [UInt8](repeating: 9, count: 32))
        try await stranger.store(session: [2], of: "two", dcID: 2, userID: 1, nonce: nonce)
        let before = try database.text("SELECT md5(string_agg(sealed_session::text || key_id, ',' ORDER BY name)) FROM aaltohub.accounts")
        let nonce = nonce
        await #expect(throws: StoreError.sealBroken("the session of two")) {
            try await accounts.rotate(to: [UInt8](repeating: 200, count: 32), nonce: { nonce })
        }
        let after = try database.text("SELECT md5(string_agg(sealed_session::text || key_id, ',' ORDER BY name)) FROM aaltohub.accounts")
        #expect(before == after)
    }
}
