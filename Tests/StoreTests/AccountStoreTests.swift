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
        // The listener opens it under its own role.
        let listener = AccountStore(Connection(try database.options("aaltohub_listener")), masterKey: key)
        #expect(try await listener.session(of: "main") == session)
        try await accounts.store(session: session + [1], of: "main", dcID: 4, userID: nil, nonce: nonce)
        #expect(try await accounts.session(of: "main") == session + [1])
        let row = try database.administrator.query(
            "SELECT position('secret'::bytea IN sealed_session), session_version, state, user_id FROM aaltohub.accounts")[0]
        #expect(row.integer(0) == 0)
        #expect(row.integer(1) == 2)
        #expect(row.text(2) == "active")
        #expect(row.integer(3) == 9)
    }

    @Test func a_name_stays_with_its_telegram_user_and_an_active_account_stays_active_while_it_logs_in_again() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: "+358401234567", apiID: nil)
        #expect(try await AccountStore.list(connection).map(\.phoneMasked) == ["+35********67"])
        try await accounts.store(session: [1], of: "main", dcID: 2, userID: 9, nonce: nonce)
        do {
            // The number comes before it is known whose login it will be.
            try await accounts.register("main", phone: "+49301112299", apiID: nil)
            try await accounts.store(session: [2], of: "main", dcID: 2, userID: 10, phone: "+49301112299", nonce: nonce)
            Issue.record("another user's session was stored")
        } catch StoreError.invalid(let why) {
            #expect(why.contains("--account"))
        }
        #expect(try await accounts.session(of: "main") == [1])
        #expect(try await AccountStore.list(connection).map(\.phoneMasked) == ["+35********67"])
        try await accounts.store(pendingLogin: [5], of: "main", state: .codeSent, nonce: nonce)
        #expect(try await AccountStore.list(connection).map(\.state) == [.active])
        try await accounts.store(pendingLogin: nil, of: "main", state: .new, nonce: nonce)
        #expect(try await AccountStore.list(connection).map(\.state) == [.active])
        try await accounts.store(session: [3], of: "main", dcID: 2, userID: 9, phone: "+358407654321", nonce: nonce)
        #expect(try await accounts.session(of: "main") == [3])
        #expect(try await AccountStore.list(connection).map(\.phoneMasked) == ["+35********21"], "its user has another number now")
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

    @Test func defect_22_a_flood_wait_of_a_day_outlives_a_restart_and_is_shared_by_the_accounts_processes() async throws {
        let now = UnixTime(seconds: 1_000)
        let day = FloodWaitStore.Wait(method: "contacts.resolveUsername", seconds: 86_400, until: now + .seconds(86_400))
        let listener = FloodWaitStore(Connection(try database.options("aaltohub_listener")), account: "a")
        try await listener.save(day)
        try await listener.save(.init(method: "messages.sendMessage", peer: "channel:7", seconds: 30, until: now + .seconds(30)))
        // Another process of the account, after a restart.
        let tool = FloodWaitStore(connection, account: "a")
        #expect(
            try await tool.load(now: now) == [
                day, .init(method: "messages.sendMessage", peer: "channel:7", seconds: 30, until: now + .seconds(30)),
            ])
        #expect(try await tool.load(now: now + .seconds(86_399)) == [day])
        #expect(try await tool.load(now: now + .seconds(86_400)).isEmpty)
        #expect(try await FloodWaitStore(connection, account: "b").load(now: now).isEmpty)
        #expect(try await FloodWaitStore.all(connection, now: now).map(\.account) == ["a", "a"])
    }

    @Test func a_wait_that_ends_earlier_does_not_shorten_the_stored_one() async throws {
        let waits = FloodWaitStore(connection, account: "a")
        for seconds: Int32 in [30, 90, 60] {
            try await waits.save(
                .init(method: "messages.getHistory", seconds: seconds, until: UnixTime(seconds: 1_000 + Int64(seconds))))
        }
        #expect(try await waits.load(now: UnixTime(seconds: 1_050)).map(\.seconds) == [90])
    }

    @Test func a_refused_hash_stays_in_the_table_and_is_not_used_until_a_new_one_comes() async throws {
        let store = EntityStore(Connection(try database.options("aaltohub_listener")), authorisation: "a")
        try await store.save([Entity(type: .channel, id: 5, accessHash: 50, username: "five")])
        // Not the hash that was refused: there is a newer one already.
        try await store.markRefused(.channel, 5, hash: 49)
        #expect(try await store.load().map(\.accessHash) == [50])
        try await store.markRefused(.channel, 5, hash: 50)
        #expect(try await store.load() == [Entity(type: .channel, id: 5, accessHash: nil, username: "five")])
        #expect(try database.integer("SELECT access_hash FROM public.entity_cache WHERE telegram_id = 5") == 50)
        // What says nothing of the hash does not revive it; the server's word does, were it the same.
        try await store.save([Entity(type: .channel, id: 5, accessHash: nil, username: "renamed")])
        #expect(try await store.load().map(\.accessHash) == [nil])
        try await store.save([Entity(type: .channel, id: 5, accessHash: 50, username: "renamed")])
        #expect(try await store.load().map(\.accessHash) == [50])
    }

    @Test func a_name_that_postgres_cannot_hold_costs_nobody_else_a_hash() async throws {
        let listener = Connection(try database.options("aaltohub_listener"))
        let store = EntityStore(listener, authorisation: "a")
        try await store.save([
            Entity(type: .user, id: 1, accessHash: 10, username: "a\0b"), Entity(type: .user, id: 2, accessHash: 20, username: "c"),
        ])
        #expect(try await Set(store.load().map(\.username)) == ["a\u{FFFD}b", "c"])
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: nil, apiID: nil)
        try await AccountStore(listener, masterKey: key).set(state: .frozen, of: "main", reason: "X\0Y")
        #expect(try await accounts.state(of: "main").reason == "X\u{FFFD}Y")
    }

    @Test func an_accounts_state_has_a_word_and_a_reason_and_a_new_session_clears_it() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: nil, apiID: nil)
        let listener = AccountStore(Connection(try database.options("aaltohub_listener")), masterKey: key)
        for state in [AccountState.frozen, .banned, .duplicated, .revoked] {
            try await listener.set(state: state, of: "main", reason: "SOME_ERROR")
            let read = try await accounts.state(of: "main")
            #expect(read.state == state && read.reason == "SOME_ERROR")
        }
        #expect(try await AccountStore.list(connection).map(\.stateReason) == ["SOME_ERROR"])
        try await accounts.store(session: [1], of: "main", dcID: 2, userID: 1, nonce: nonce)
        #expect(try await accounts.state(of: "main").state == .active)
        #expect(try await accounts.state(of: "main").reason == nil)
        await #expect(throws: StoreError.notFound("the account other")) { try await accounts.state(of: "other") }
    }

    @Test func salts_are_renewed_only_in_the_session_that_they_belong_to() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        let listener = AccountStore(Connection(try database.options("aaltohub_listener")), masterKey: key)
        try await accounts.register("main", phone: nil, apiID: nil)
        try await accounts.store(session: [1, 0], of: "main", dcID: 2, userID: 1, nonce: nonce)
        #expect(try await listener.renew(session: [1, 9], of: "main", nonce: nonce, if: { $0[0] == 1 }) == true)
        #expect(try await accounts.session(of: "main") == [1, 9])
        // Somebody logged in anew meanwhile: an old process must not bring its session back.
        try await accounts.store(session: [2, 0], of: "main", dcID: 2, userID: 1, nonce: nonce)
        #expect(try await listener.renew(session: [1, 10], of: "main", nonce: nonce, if: { $0[0] == 1 }) == false)
        #expect(try await accounts.session(of: "main") == [2, 0])
        try await accounts.forgetSession(of: "main")
        #expect(try await listener.renew(session: [2, 1], of: "main", nonce: nonce, if: { _ in true }) == false)
        #expect(try await accounts.session(of: "main") == nil)
        #expect(try await accounts.state(of: "main").state == .revoked)
    }

    @Test func backfill_has_a_session_of_its_own_that_opens_nowhere_else() async throws {
        let accounts = AccountStore(connection, masterKey: key)
        try await accounts.register("main", phone: nil, apiID: nil)
        #expect(try await accounts.session(of: "main", for: .backfill) == nil)
        try await accounts.store(session: [1], of: "main", for: .listener, dcID: 2, userID: 1, nonce: nonce)
        try await accounts.store(session: [2], of: "main", for: .backfill, dcID: 2, userID: 1, nonce: nonce)
        try await accounts.store(session: [3], of: "main", for: .backfill, dcID: 2, userID: 1, nonce: nonce)
        #expect(try await accounts.session(of: "main", for: .listener) == [1])
        #expect(try await accounts.session(of: "main", for: .backfill) == [3])
        #expect(try await AccountStore.list(connection).map(\.hasBackfillSession) == [true])
        // In the listener's place it does not open, and the listener may not even read it.
        try database.administrator.script(
            "UPDATE aaltohub.accounts SET sealed_session = b.sealed_session, session_version = b.session_version FROM aaltohub.authorisations b"
        )
        await #expect(throws: StoreError.self) { try await accounts.session(of: "main") }
        let listener = AccountStore(Connection(try database.options("aaltohub_listener")), masterKey: key)
        await #expect(throws: PostgresError.self) { try await listener.session(of: "main", for: .backfill) }
        try await accounts.forgetSession(of: "main", for: .backfill)
        #expect(try await accounts.session(of: "main", for: .backfill) == nil)
    }

    @Test func the_servers_config_is_kept() async throws {
        let store = TelegramConfigStore(Connection(try database.options("aaltohub_listener")), account: "main")
        #expect(try await store.load() == nil)
        for version in 1...2 { try await store.save("{\"v\": \(version)}", expires: UnixTime(seconds: 100)) }
        #expect(try await store.load()?.config == "{\"v\": 2}")
        #expect(try await store.load()?.expires == UnixTime(seconds: 100))
    }
}
