import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// What a poisonous event does, which goes to the dead letters alone, and what a sick database does, which makes no dead letter.
@Suite struct WriterErrorTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func failures() throws -> Int64 { try database.integer("SELECT count(*) FROM public.failed_messages") }
    private func texts() throws -> [Int64] {
        try database.administrator.query("SELECT telegram_message_id FROM public.messages ORDER BY 1").map { $0.integer(0) }
    }

    // MARK: data

    @Test func every_kind_of_poison_goes_alone_and_its_position_is_passed() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        let poison: [(name: String, state: String?, change: WireChange)] = [
            ("NUL in a text", nil, message(1, "a\0b")),
            ("NUL in JSON", "22P05", message(2) { $0.entities = #"["a\u0000b"]"# }),
            ("half a surrogate", "22P02", message(3) { $0.media = #"["\ud800"]"# }),
            ("no JSON", "22P02", message(4) { $0.reactions = "{" }),
            ("JSON too deep", "54001", message(5) { $0.forward = String(repeating: "[", count: 200_000) }),
            ("a number that no column holds", "22003", message(6) { $0.media = #"{"size":1e400000}"# }),
            ("sent in 1970", nil, message(7) { $0.date = 0 }),
            ("sent before 1970", nil, message(8) { $0.date = -1 }),
            ("sent after 2106", nil, message(9) { $0.date = Int64(UInt32.max) + 1 }),
            ("edited before 1970", nil, message(10) { $0.editDate = -5 }),
        ]
        var records: [WireRecord] = []
        for (place, entry) in poison.enumerated() {
            let at = Int64(2 * place)
            records.append(try record([message(100 + at)], box: .channel(100), from: at, to: at + 1))
            records.append(try record([entry.change], box: .channel(100), from: at + 1, to: at + 2))
        }
        // A byte that is no UTF-8, in a field that the contract says is text.
        var broken = try record([message(11, "AAAA")], box: .channel(100), from: 20, to: 21)
        let place = try #require(broken.payloadBytes.lastIndex(of: UInt8(ascii: "A")))
        broken.payloadBytes[place] = 0xFF
        records.append(broken)
        let done = try await producer.send(records)
        #expect(done.failed.count == poison.count + 1)
        for (place, entry) in poison.enumerated() {
            let number = Int64(2 * place + 2)
            let row = try database.administrator.query(
                "SELECT sql_state, octet_length(payload_bytes) > 0, length(error_message) <= 500 FROM public.failed_messages WHERE record_number = $1",
                [.bigint(number)]
            ).first
            #expect(row != nil, "\(entry.name) was stored")
            #expect(row?.textOrNull(0) == entry.state, "\(entry.name)")
            #expect(row?.bool(1) == true && row?.bool(2) == true, "\(entry.name)")
        }
        #expect(try texts() == stride(from: 100, to: 120, by: 2).map { Int64($0) })
        #expect(try database.integer("SELECT value FROM aaltohub.positions") == 21)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 21)
    }

    @Test func dates_at_the_end_of_telegrams_time_are_stored_and_do_not_pass_for_the_newest() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([
            record([message(1), message(2) { $0.date = Int64(UInt32.max) }, message(3) { $0.editDate = Int64(UInt32.max) }])
        ])
        #expect(try texts() == [1, 2, 3])
        #expect(try database.integer("SELECT extract(year FROM max(sent_at))::bigint FROM public.messages") == 2106)
        #expect(try database.integer("SELECT count(*) FROM public.crawler_status WHERE last_message_at <= now()") == 1)
    }

    @Test func what_is_as_large_as_a_record_may_be_is_stored() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        let letters = 7 << 20
        // Incompressible texts would be as good: no index holds them.
        let long = (0..<letters).map { "\(Character(UnicodeScalar(UInt8(97 + ($0 &* 2_654_435_761) >> 7 % 26))))" }.joined()
        let done = try await producer.send([record([message(1, long)]), record([message(2) { $0.entities = "[\"\(long)\"]" }])])
        #expect(done.failed.isEmpty)
        #expect(try database.integer("SELECT length(text) FROM public.messages WHERE telegram_message_id = 1") == letters)
        try await producer.send([record([message(1, "short") { $0.editDate = 5 }])])
        #expect(try database.integer("SELECT sum(length(text)) FROM aaltohub.message_versions") == Int64(letters + 5))
    }

    // MARK: environment

    @Test func a_commit_whose_answer_is_lost_is_neither_guessed_nor_done_twice() async throws {
        let cutter = try CommitCutter(to: database.cluster)
        let options = try ConnectionOptions(
            "host=\(cutter.folder) port=\(database.cluster.port) user=aaltohub_writer dbname=\(database.name)", applicationName: "tests")
        let writer = WriterStore(options)
        var producer = TestProducer(writer)
        try await producer.hello()
        for (place, cut) in [CommitCutter.Cut.beforeTheServerHasIt, .afterTheServerHasAnswered].enumerated() {
            let at = Int64(place)
            let records = try [
                record([message(at + 1, "A"), message(at + 1, "B") { $0.editDate = 5 }], box: .channel(100), from: at, to: at + 1)
            ]
            cutter.cutNext(cut)
            await #expect {
                try await producer.send(records)
            } throws: {
                guard case PostgresError.commitOutcomeUnknown = $0 else { return false }
                return FailureClass($0) == .environment
            }
            // The server may still be at work on what was cut off; its lock tells.
            var again: CommittedBatch?
            while again == nil {
                do {
                    again = try await producer.send(records)
                } catch StoreError.anotherWriter {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(again?.judgement.repeated == (cut == .beforeTheServerHasIt ? 0 : 1))
            #expect(again?.judgement.acknowledgements.count == 1)
        }
        #expect(try texts() == [1, 2])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 2)
        #expect(try database.integer("SELECT count(*) FROM aaltohub.message_versions") == 4)
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 2)
        #expect(try failures() == 0)
        await writer.close()
    }

    @Test func a_server_without_room_for_a_connection_is_waited_for() async throws {
        try database.administrator.script("ALTER DATABASE \(database.name) CONNECTION LIMIT 0")
        var producer = TestProducer(try database.writer())
        await #expect {
            try await producer.hello()
        } throws: {
            ($0 as? PostgresError)?.sqlState == "53300" && FailureClass($0) == .environment
        }
        try database.administrator.script("ALTER DATABASE \(database.name) CONNECTION LIMIT -1")
        try await producer.hello()
        try await producer.send([record([message(1)])])
        #expect(try failures() == 0)
    }

    /// Each makes the server refuse for reasons that only an operator can mend; nothing may become a dead letter of it.
    @Test(arguments: [
        ("25006", "ALTER DATABASE %d SET default_transaction_read_only = on", "ALTER DATABASE %d RESET default_transaction_read_only"),
        ("42P01", "ALTER TABLE aaltohub.message_versions RENAME TO away", "ALTER TABLE aaltohub.away RENAME TO message_versions"),
        ("42501", "REVOKE INSERT ON public.messages FROM aaltohub_writer", "GRANT INSERT ON public.messages TO aaltohub_writer"),
        ("28000", "ALTER ROLE %r NOLOGIN", "ALTER ROLE %r LOGIN"),
    ])
    func what_only_an_operator_can_mend_holds_and_makes_no_dead_letter(state: String, breaking: String, mending: String) async throws {
        // A role of its own, since another test's writer must still log in.
        let role = "writer_\(database.name)"
        try database.administrator.script("CREATE ROLE \(role) LOGIN IN ROLE aaltohub_writer")
        func run(_ sql: String) throws {
            try database.administrator.script(sql.replacing("%d", with: database.name).replacing("%r", with: role))
        }
        let writer = WriterStore(try database.options(role))
        var producer = TestProducer(writer)
        try await producer.hello()
        try await producer.send([record([message(1, "A")])])
        try run(breaking)
        // A role's or a database's settings are those of the next session.
        try database.administrator.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        let records = try [record([message(1, "B") { $0.editDate = 5 }])]
        await #expect(throws: PostgresError.self) { try await producer.send(records) }
        var machine = WriterMachine(epoch: 1)
        machine.received(WireFrame(.hello(producer.helloMessage())), route: [1], now: Instant(nanoseconds: 0))
        _ = machine.next(now: Instant(nanoseconds: 0))
        do {
            try await producer.send(records)
            Issue.record("\(state) was not refused")
        } catch {
            #expect((error as? PostgresError)?.sqlState == state)
            machine.failed(FailureClass(error), reason: "\(error)", now: Instant(nanoseconds: 0))
        }
        // At once, without five tries.
        #expect(machine.isHeld)
        try run(mending)
        #expect(try failures() == 0)
        var mended: CommittedBatch?
        while mended == nil {
            do { mended = try await producer.send(records) } catch { #expect(FailureClass(error) != .data) }
        }
        #expect(try database.text("SELECT text FROM public.messages") == "B")
        #expect(try database.integer("SELECT committed FROM aaltohub.streams") == 2)
        await writer.close()
        try database.administrator.script("DROP ROLE \(role)")
    }
}
