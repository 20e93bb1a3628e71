import PostgreSQL
import Primitives
import Store
import Synchronization
import Testing

/// User names are resolved once for ever: Postgres is the memory that all processes share.
@Suite struct UsernameStoreTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    /// A process of its own: its own connection and name.
    private func process(_ name: String, authorisation: String = "main", role: String = "aaltohub_listener") throws -> UsernameStore {
        UsernameStore(Connection(try database.options(role)), authorisation: authorisation, process: name)
    }

    /// Counts the calls, and answers when it is let.
    private final class Server: Sendable {
        private let asked = Mutex<[String]>([])
        var calls: [String] { asked.withLock { $0 } }
        func ask(_ name: String) -> (owner: UsernameStore.Owner, accessHash: Int64?)? {
            asked.withLock { $0.append(name) }
            return name == "nobody" ? nil : (.init(type: .channel, id: 77, title: "A title"), 770)
        }
    }

    @Test func defect_17_the_same_username_a_thousand_times_is_one_call_across_processes_and_restarts() async throws {
        let server = Server()
        let owner = UsernameStore.Owner(type: .channel, id: 77, title: "A title")
        // Eight processes at once, each asked often.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                let store = try process("process \(number)", role: number % 2 == 0 ? "aaltohub_listener" : "aaltohub_ctl")
                group.addTask {
                    for round in 0..<100 {
                        let name = ["@Aalto_Group", "aalto_group", "AALTO_GROUP"][round % 3]
                        let found = try await store.resolve(name) { server.ask($0) }
                        #expect(found == owner)
                    }
                }
            }
            try await group.waitForAll()
        }
        // And after a restart: nothing of the processes above is left but the table.
        let restarted = try process("restarted")
        for _ in 0..<200 { #expect(try await restarted.resolve("aalto_group", needsHash: true) { server.ask($0) } == owner) }
        #expect(server.calls == ["aalto_group"])
        // Its access hash came with it.
        let entities = try await EntityStore(Connection(database.options("aaltohub_ctl")), authorisation: "main").load()
        #expect(entities == [Entity(type: .channel, id: 77, accessHash: 770, username: "aalto_group")])
    }

    @Test func an_id_serves_every_login_but_a_hash_only_its_own() async throws {
        let server = Server()
        _ = try await process("a").resolve("name") { server.ask($0) }
        let backfill = try process("b", authorisation: "main/backfill")
        #expect(try await backfill.resolve("name") { server.ask($0) }?.id == 77)
        #expect(server.calls.count == 1)
        #expect(try await backfill.resolve("name", needsHash: true) { server.ask($0) }?.id == 77)
        #expect(try await backfill.resolve("name", needsHash: true) { server.ask($0) }?.id == 77)
        #expect(server.calls.count == 2)
    }

    @Test func a_name_whose_hash_the_server_refused_is_asked_for_anew() async throws {
        let server = Server()
        let store = try process("a")
        _ = try await store.resolve("name") { server.ask($0) }
        try await EntityStore(Connection(database.options("aaltohub_listener")), authorisation: "main").markRefused(.channel, 77, hash: 770)
        #expect(try await store.resolve("name") { server.ask($0) }?.id == 77)
        #expect(server.calls.count == 1)
        _ = try await store.resolve("name", needsHash: true) { server.ask($0) }
        #expect(server.calls.count == 2)
    }

    @Test func a_name_that_nobody_has_is_not_asked_for_again_within_a_day() async throws {
        let server = Server()
        let store = try process("a")
        for _ in 0..<3 { #expect(try await store.resolve("nobody") { server.ask($0) } == nil) }
        #expect(server.calls.count == 1)
        try database.administrator.script("UPDATE aaltohub.usernames SET resolved_at = now() - interval '25 hours'")
        #expect(try await store.resolve("nobody") { server.ask($0) } == nil)
        #expect(server.calls.count == 2)
    }

    @Test func a_question_that_fails_or_dies_leaves_the_name_to_the_next() async throws {
        struct Broken: Error {}
        let (a, b) = (try process("a"), try process("b"))
        await #expect(throws: Broken.self) { try await a.resolve("name") { _ in throw Broken() } }
        #expect(try await b.look(up: "name") == .claimed)
        // b dies with its claim; a waits for it no longer than the claim lasts.
        #expect(try await a.look(up: "name") == .busy)
        await #expect(throws: StoreError.self) { try await a.resolve("name", patience: .zero) { _ in nil } }
        try database.administrator.script("UPDATE aaltohub.usernames SET claimed_until = now()")
        #expect(try await a.look(up: "name") == .claimed)
    }

    @Test func all_processes_of_an_account_share_one_budget_a_day() async throws {
        try database.administrator.script(
            """
            INSERT INTO aaltohub.usernames (authorisation, name, calls)
            SELECT CASE WHEN n % 2 = 0 THEN 'main' ELSE 'main/backfill' END, 'name' || n, ARRAY[now()] FROM generate_series(1, 150) n
            """)
        let store = try process("a")
        #expect(try await store.look(up: "another") == .spent)
        await #expect(throws: StoreError.self) { try await store.resolve("another") { _ in nil } }
        #expect(try await process("b", authorisation: "other").look(up: "another") == .claimed)
        try database.administrator.script("UPDATE aaltohub.usernames SET calls = ARRAY[now() - interval '25 hours'] WHERE name = 'name1'")
        #expect(try await store.look(up: "another") == .claimed)
    }

    @Test func each_call_for_one_name_counts_for_a_day() async throws {
        let store = try process("a")
        for _ in 0..<3 {
            #expect(try await store.look(up: "name") == .claimed)
            try await store.release("name")
        }
        try database.administrator.script(
            "UPDATE aaltohub.usernames SET calls = array_fill(now() - interval '23 hours', ARRAY[146]) || calls")
        #expect(try await store.look(up: "name") == .claimed, "the day's last")
        try await store.release("name")
        #expect(try await store.look(up: "name") == .spent)
        #expect(try await store.look(up: "another") == .spent)
        try database.administrator.script(
            "UPDATE aaltohub.usernames SET calls = ARRAY(SELECT call - interval '2 hours' FROM unnest(calls) AS call)")
        #expect(try await store.look(up: "name") == .claimed)
        #expect(try database.integer("SELECT cardinality(calls) FROM aaltohub.usernames") == 5, "what is older is forgotten")
    }
}
