import PostgreSQL
import Primitives
import Store
import Testing

/// A claim lasts as long as its process asks, and belongs to that process alone.
@Suite(.timeLimit(.minutes(1))) struct UsernameClaimTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func process(_ name: String, renewal: Duration = UsernameStore.renewal) throws -> UsernameStore {
        UsernameStore(Connection(try database.options("aaltohub_listener")), authorisation: "main", process: name, renewal: renewal)
    }

    @Test func a_question_that_takes_longer_than_a_claim_is_asked_by_one_process() async throws {
        let (a, b) = (try process("a", renewal: .milliseconds(20)), try process("b"))
        let administrator = database.administrator
        let owner = try await a.resolve("name") { _ in
            // The claim as it is at its end: only its renewal keeps the other from asking.
            try administrator.script("UPDATE aaltohub.usernames SET claimed_until = now() + interval '1 millisecond'")
            while true {
                let left = try administrator.query("SELECT claimed_until > now() + interval '30 seconds' FROM aaltohub.usernames")[0]
                if left.bool(0) { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await b.look(up: "name") == .busy)
            return (.init(type: .channel, id: 77, title: nil), 770)
        }
        #expect(owner?.id == 77)
        #expect(try await b.look(up: "name") == .found(.init(type: .channel, id: 77, title: nil)))
    }

    @Test func an_answer_is_not_entered_in_the_middle_of_anothers_look_up() async throws {
        let store = try process("a")
        let owner = UsernameStore.Owner(type: .channel, id: 77, title: nil)
        #expect(try await store.look(up: "name") == .claimed)
        // What a look-up holds from its first statement to its last.
        let other = database.administrator
        let key = "hashtextextended('aaltohub.usernames name', 0)"
        try other.query("SELECT pg_advisory_lock(\(key))")
        async let entered: Void = store.resolved("name", owner)
        let waits =
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
            + "(SELECT oid FROM pg_database WHERE datname = current_database())"
        while try !other.query(waits)[0].bool(0) {
            guard try database.integer("SELECT count(*) FROM aaltohub.usernames WHERE telegram_id IS NOT NULL") == 0 else {
                Issue.record("it was entered meanwhile")
                break
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        try other.query("SELECT pg_advisory_unlock(\(key))")
        try await entered
        #expect(try await store.look(up: "name") == .found(owner))
    }

    @Test func a_process_frees_no_claim_of_a_later_one_of_its_name() async throws {
        let (first, second) = (try process("listener"), try process("listener"))
        #expect(try await first.look(up: "name") == .claimed)
        try database.administrator.script("UPDATE aaltohub.usernames SET claimed_until = now()")
        #expect(try await second.look(up: "name") == .claimed)
        try await first.release("name")
        #expect(try await first.look(up: "name") == .busy)
        try await second.release("name")
        #expect(try await first.look(up: "name") == .claimed)
    }
}
