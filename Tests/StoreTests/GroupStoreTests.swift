import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// Registering, finding and turning groups on and off, under the roles that do so.
@Suite struct GroupStoreTests {
    let database: TestDatabase
    let connection: Connection
    let groups: GroupStore

    init() throws {
        database = try TestDatabase()
        connection = Connection(try database.options("aaltohub_ctl"))
        groups = GroupStore(connection)
    }

    @Test func a_group_is_added_once_and_found_by_every_name() async throws {
        let (group, isNew) = try await groups.add(.channel(555), title: "Aalto", username: "AaltoHub", account: nil)
        #expect(isNew)
        #expect(group.isEnabled && group.status == "active")
        let (again, isNewAgain) = try await groups.add(.channel(555), title: nil, username: nil, account: nil)
        #expect(!isNewAgain && again == group)
        for name in ["555", "-1000000000555", "channel:555", "@aaltohub", "aalto", String(group.id.description.prefix(8))] {
            #expect(try await groups.find(GroupReference(name)) == group, "\(name)")
        }
        await #expect(throws: StoreError.notFound("the group @nobody")) { try await groups.find(GroupReference("@nobody")) }
        try await AccountStore(connection, masterKey: Array(0..<32)).register("one", phone: nil, apiID: 1)
        _ = try await groups.add(.basicGroup(555), title: "Aalto", username: nil, account: nil)
        await #expect {
            try await groups.find(GroupReference("555"))
        } throws: {
            guard case StoreError.ambiguous("555", let matches) = $0 else { return false }
            return matches.count == 2
        }
        #expect(try await groups.find(GroupReference("group:555")).chat == .basicGroup(555))
    }

    @Test func a_basic_group_belongs_to_the_only_account_or_the_one_that_is_named() async throws {
        let accounts = AccountStore(connection, masterKey: Array(0..<32))
        func refusesToGuess(_ chat: ChatKey) async {
            await #expect {
                try await groups.add(chat, title: nil, username: nil, account: nil)
            } throws: {
                if case StoreError.invalid(let text) = $0 { text.contains("--account") } else { false }
            }
        }
        await refusesToGuess(.basicGroup(1))
        try await accounts.register("one", phone: nil, apiID: 1)
        #expect(try await groups.add(.basicGroup(1), title: nil, username: nil, account: nil).group.primaryAccount == "one")
        try await accounts.register("two", phone: nil, apiID: 1)
        await refusesToGuess(.basicGroup(2))
        await #expect(throws: StoreError.notFound("the group group:2")) { try await groups.find(.chat(.basicGroup(2))) }
        #expect(try await groups.add(.basicGroup(1), title: nil, username: nil, account: nil).group.primaryAccount == "one")
        #expect(try await groups.add(.basicGroup(2), title: nil, username: nil, account: "two").group.primaryAccount == "two")
        await #expect(throws: StoreError.notFound("the account three")) {
            try await groups.add(.basicGroup(3), title: nil, username: nil, account: "three")
        }
    }

    @Test func a_listener_sees_enabled_channels_and_its_own_basic_groups() async throws {
        let listener = GroupStore(Connection(try database.options("aaltohub_listener")))
        #expect(try await listener.captured(by: "a").map(\.chat) == [.channel(100), .basicGroup(200)])
        #expect(try await listener.captured(by: "b").map(\.chat) == [.channel(100)])
        _ = try await groups.setEnabled(false, .chat(.channel(100)))
        #expect(try await listener.captured(by: "a").map(\.chat) == [.basicGroup(200)])
    }

    @Test func of_two_accounts_one_stores_a_basic_group_that_nobody_was_named_for() async throws {
        let accounts = AccountStore(connection, masterKey: Array(0..<32))
        for name in ["b", "a"] { try await accounts.register(name, phone: nil, apiID: 1) }
        try database.administrator.script("UPDATE public.groups SET primary_account = NULL WHERE telegram_id = 200")
        let listener = GroupStore(Connection(try database.options("aaltohub_listener")))
        #expect(try await listener.captured(by: "a").map(\.chat) == [.channel(100), .basicGroup(200)])
        #expect(try await listener.captured(by: "b").map(\.chat) == [.channel(100)])
        let writer = try database.writer()
        var a = TestProducer(writer, account: "a", seed: 1)
        var b = TestProducer(writer, account: "b", seed: 2)
        try await a.hello()
        try await b.hello()
        try await a.send([record([message(1, "a's", in: basicGroup)])])
        let foreign = try await b.send([record([message(1, "b's", in: basicGroup), deletion([1], in: nil)])])
        #expect(foreign.changes.isEmpty)
        #expect(try database.text("SELECT account_id || text || is_deleted FROM public.messages") == "aa'sfalse")
        // What it missed while it was off is a gap of that account, too.
        try await a.send([record([], box: .common, from: 4, to: 5)])
        _ = try await groups.setEnabled(false, .number(200))
        try await a.send([record([], box: .common, from: 5, to: 9)])
        _ = try await groups.setEnabled(true, .number(200))
        #expect(try database.text("SELECT account || from_value || '-' || to_value FROM aaltohub.gaps WHERE closed_at IS NULL") == "a5-9")
    }

    @Test func what_a_disabled_group_missed_is_a_gap_once_it_is_enabled_again() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([record([message(1)], box: .channel(100), from: 4, to: 5)])
        let off = try await groups.setEnabled(false, .number(100))
        #expect(!off.isEnabled && off.status == "inactive")
        // Only positions arrive for a chat that is not captured.
        try await producer.send([record([], box: .channel(100), from: 5, to: 9)])
        let on = try await groups.setEnabled(true, .number(100))
        #expect(on.isEnabled && on.status == "active")
        #expect(
            try database.text("SELECT account || from_value || '-' || to_value || reason || (closed_at IS NULL) FROM aaltohub.gaps")
                == "a5-9disabledtrue")
        // Off and on with nothing in between leaves nothing to fill.
        _ = try await groups.setEnabled(false, .number(100))
        _ = try await groups.setEnabled(true, .number(100))
        #expect(try database.integer("SELECT count(*) FROM aaltohub.gaps WHERE closed_at IS NULL") == 1)
    }

    @Test func status_counts_what_there_is_and_shows_no_secret() async throws {
        var producer = TestProducer(try database.writer())
        try await producer.hello()
        try await producer.send([
            record([message(1), message(2, "a\0b"), deletion([9], in: channel)], box: .channel(100), from: 4, to: 5),
            record([], box: .channel(100), from: 8, to: 9),
        ])
        let accounts = AccountStore(connection, masterKey: Array(0..<32))
        try await accounts.register("one", phone: "+358 40 1234567", apiID: 7)
        try await accounts.store(session: [1, 2, 3], of: "one", dcID: 2, userID: 77, nonce: Array(repeating: 5, count: 12))
        let snapshot = try await StatusQueries.snapshot(Connection(database.options("aaltohub_supervisor")), previous: nil)
        #expect(snapshot.gapCount == 1)
        #expect(snapshot.queues.deadLetters == 1)
        #expect(snapshot.queues.outboxRows == 1)
        #expect(snapshot.groups.map(\.telegramID) == [200, 100])
        #expect(snapshot.groups[1].lastMessageAt == UnixTime(seconds: 1_700_000_001))
        #expect(snapshot.accounts.map(\.name) == ["one"])
        #expect(!"\(snapshot)".contains("1234567"))
        let listed = try await AccountStore.list(Connection(database.options("aaltohub_supervisor")))
        #expect(listed.map(\.phoneMasked) == ["+35********67"])
        #expect(listed.map(\.hasSession) == [true])
    }
}

/// How a person may name a group.
@Suite struct GroupReferenceTests {
    @Test(arguments: [
        ("-1000000001234", GroupReference.chat(.channel(1234))), ("-1234", .chat(.basicGroup(1234))), ("1234", .number(1234)),
        ("channel:7", .chat(.channel(7))), ("group:7", .chat(.basicGroup(7))), ("@Aalto_Hub", .username("aalto_hub")),
        ("https://t.me/AaltoHub", .username("aaltohub")), ("Otaniemi: news", .text("Otaniemi: news")),
    ])
    func a_name_is_read_as_a_person_means_it(text: String, expected: GroupReference) throws {
        #expect(try GroupReference(text) == expected)
    }

    @Test func what_names_no_group_is_refused() {
        for text in ["", "0", "@", "@no spaces"] { #expect(throws: StoreError.self) { try GroupReference(text) } }
    }
}
