import PostgreSQL
import Primitives
import Store
import Testing

/// Sealed sessions, entities and flood waits, under the role that uses them.
@Suite struct AccountStoreTests {
    let database: TestDatabase
    let connection: Connection
    let key = [UInt8](0..<32)
    let nonce = [UInt8](repeating: 7, count: 12)

    init() throws {
        database = try TestDatabase()
        connection = Connection(try database.options("aaltohub_ctl"))
    }

    @Test func a_session_comes_back_and_stands_nowhere_in_clear() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: "+358401234567", apiID: 12)
        #expect(try await accounts.session(of: "main") == nil)
        let session = Array("a very secret auth key".utf8)
        try await accounts.store(session: session, of: "main", dcID: 4, userID: 9, nonce: nonce)
        // The listener opens, and renews, it under its own role.
        let listener = AccountStore(Connection(try database.options("aaltohub_listener")), masterKey: key)
        #expect(try await listener.session(of: "main") == session)
        try await listener.store(session: session + [1], of: "main", dcID: 4, userID: nil, nonce: nonce)
        #expect(try await accounts.session(of: "main") == session + [1])
        let row = try database.administrator.query(
            "SELECT position('secret'::bytea IN sealed_session), session_version, state, user_id FROM aaltohub.accounts")[0]
        #expect(row.integer(0) == 0)
        #expect(row.integer(1) == 2)
        #expect(row.text(2) == "active")
        #expect(row.integer(3) == 9)
    }

    @Test func another_key_another_name_or_an_older_version_does_not_open_it() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        for name in ["one", "two"] {
            try await accounts.register(name, phone: nil, apiID: nil)
            try await accounts.store(session: [1, 2, 3], of: name, dcID: 2, userID: 1, nonce: nonce)
        }
        let other = AccountStore(connection, masterKey: Array(1..<33))
        await #expect(throws: StoreError.sealBroken("the session of one")) { try await other.session(of: "one") }
        try database.administrator.script(
            "UPDATE aaltohub.accounts SET sealed_session = (SELECT sealed_session FROM aaltohub.accounts WHERE name = 'two') WHERE name = 'one'"
        )
        await #expect(throws: StoreError.sealBroken("the session of one")) { try await accounts.session(of: "one") }
        try database.administrator.script("UPDATE aaltohub.accounts SET session_version = 2 WHERE name = 'two'")
        await #expect(throws: StoreError.sealBroken("the session of two")) { try await accounts.session(of: "two") }
        await #expect(throws: StoreError.notFound("the account three")) { try await accounts.session(of: "three") }
    }

    @Test func every_damaged_byte_of_a_seal_is_noticed() throws {
        let seal = Seal(masterKey: key)
        let sealed = seal.seal([1, 2, 3, 4], purpose: "session", owner: "a", version: 1, nonce: nonce)
        #expect(try seal.open(sealed, purpose: "session", owner: "a", version: 1) == [1, 2, 3, 4])
        for i in sealed.indices {
            var damaged = sealed
            damaged[i] ^= 1
            #expect(throws: StoreError.self) { try seal.open(damaged, purpose: "session", owner: "a", version: 1) }
        }
        for length in 0..<sealed.count {
            #expect(throws: StoreError.self) { try seal.open(Array(sealed[..<length]), purpose: "session", owner: "a", version: 1) }
        }
        #expect(throws: StoreError.self) { try seal.open(sealed, purpose: "login", owner: "a", version: 1) }
    }

    @Test func a_login_that_stopped_half_way_is_kept_sealed_and_forgotten() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: "+358401234567", apiID: 12)
        try await accounts.store(pendingLogin: [9, 9], of: "main", state: .codeSent, nonce: nonce)
        #expect(try await accounts.pendingLogin(of: "main") == [9, 9])
        #expect(try await AccountStore.list(connection).map(\.state) == [.codeSent])
        try await accounts.store(pendingLogin: nil, of: "main", state: .new, nonce: nonce)
        #expect(try await accounts.pendingLogin(of: "main") == nil)
        #expect(try await accounts.pendingLogin(of: "nobody") == nil)
    }

    @Test func a_name_that_could_leave_a_path_is_refused() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        for name in ["", "../x", "a b", "-a", String(repeating: "a", count: 64), "ä"] {
            await #expect(throws: StoreError.self, "\(name)") { try await accounts.register(name, phone: nil, apiID: nil) }
        }
    }

    @Test func access_hashes_belong_to_their_authorisation() async throws {
        let listener = Connection(try database.options("aaltohub_listener"))
        let (a, b) = (EntityStore(listener, authorisation: "a"), EntityStore(listener, authorisation: "b"))
        try await a.save([
            Entity(type: .user, id: 1, accessHash: 10, username: "x"), Entity(type: .channel, id: 1, accessHash: 11, username: nil),
            Entity(type: .user, id: 1, accessHash: 12, username: nil),
        ])
        try await b.save([Entity(type: .user, id: 1, accessHash: -5, username: nil)])
        try await a.save([Entity(type: .channel, id: 1, accessHash: nil, username: "chan")])
        #expect(
            try await Set(a.load()) == [
                Entity(type: .user, id: 1, accessHash: 12, username: nil), Entity(type: .channel, id: 1, accessHash: 11, username: "chan"),
            ])
        #expect(try await b.load() == [Entity(type: .user, id: 1, accessHash: -5, username: nil)])
        #expect(try await GroupStore(connection).chat(ofUsername: "CHAN") == .channel(1))
    }

    @Test func flood_waits_outlive_a_restart_until_they_end() async throws {
        let waits = FloodWaitStore(Connection(try database.options("aaltohub_listener")), account: "a")
        try await waits.save(method: "messages.getHistory", seconds: 30, until: UnixTime(seconds: 1030))
        try await waits.save(method: "messages.getHistory", seconds: 90, until: UnixTime(seconds: 1090))
        #expect(try await waits.load(now: UnixTime(seconds: 1050)).map(\.until) == [UnixTime(seconds: 1090)])
        #expect(try await waits.load(now: UnixTime(seconds: 1090)).isEmpty)
    }
}
