import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// What backfill sends, as the writer commits it: progress with its page, coverage, jobs, gaps, status, counters, names, topics.
@Suite struct BackfillWritingTests {
    let database: TestDatabase
    let writer: WriterStore
    let store: BackfillStore
    /// Channel 100.
    let group: PostgresUUID

    init() throws {
        database = try TestDatabase()
        writer = try database.writer()
        store = BackfillStore(Connection(try database.options("aaltohub_backfill")))
        group = try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = 100")[0].uuid(0)
    }

    private func backfill() async throws -> TestProducer {
        let producer = TestProducer(writer, role: "backfill", seed: 7)
        guard case .welcome = try await producer.hello() else { throw StoreError.invalid("refused") }
        return producer
    }

    /// A listener that follows channel 100 up to pts 10.
    private func listener() async throws -> TestProducer {
        var producer = TestProducer(writer, seed: 3)
        try await producer.hello()
        try await producer.send([try record([], box: .channel(100), from: 0, to: 10)])
        return producer
    }

    private func progress(
        _ low: Int64, _ high: Int64, job: Int64 = 0, live: Bool = false, since: Int64 = 0, state: WireProgress.State = .running,
        messages: Int64 = 0, total: Int64 = 0, error: String = "", in chat: WireChat = channel
    ) -> WireChange {
        .with {
            $0.progress = .with {
                $0.chat = chat
                $0.job = job
                $0.low = low
                $0.high = high
                $0.since = since
                $0.top = live
                $0.live = live
                $0.fetchedAt = 1_700_000_500
                $0.nextID = high + 1
                $0.messages = messages
                $0.total = total
                $0.state = state
                $0.error = error
                $0.pages = 1
            }
        }
    }

    private func ranges() async throws -> [String] {
        try await store.coverage(of: group).map { "\($0.low)-\($0.high)\($0.isLive ? " live" : "")" }
    }

    private func status() throws -> String {
        let row = try database.administrator.query(
            """
            SELECT s.status, s.error_count, s.last_error, s.initial_crawl_progress, s.initial_crawl_total FROM public.crawler_status s
            JOIN public.groups g ON g.id = s.group_id WHERE g.telegram_id = 100
            """)[0]
        return "\(row.text(0)) \(row.integer(1)) \(row.textOrNull(2) ?? "-") \(row.integer(3))/\(row.integer(4))"
    }

    @Test func pages_and_progress_commit_together_and_coverage_joins_them() async throws {
        var producer = try await backfill()
        try await producer.send([
            try record([message(1), message(2), progress(1, 2, since: 1_700_000_000)]),
            try record([message(5), progress(3, 5)]), try record([message(9), progress(9, 9)]),
        ])
        #expect(try await ranges() == ["1-5", "9-9"])
        #expect(try await store.coverage(of: group)[0].since == 1_700_000_000)
        #expect(try await store.coverage()[group]?.count == 2)
        try await producer.send([try record([progress(6, 8)])])
        #expect(try await ranges() == ["1-9"])
        #expect(
            try await store.storedIDs(group, low: 1, high: 5, before: UnixTime(seconds: 1_800_000_000)) == [1, 2, 5])
        #expect(try await store.storedIDs(group, low: 1, high: 9, before: UnixTime(seconds: 1_700_000_005)) == [1, 2])
        let since = UnixTime(seconds: 1_700_000_002)
        #expect(try await store.storedIDs(group, low: 1, high: 9, since: since, before: UnixTime(seconds: 1_700_000_006)) == [2, 5])
    }

    @Test func a_page_with_a_message_that_postgres_refuses_still_counts() async throws {
        var producer = try await backfill()
        let job = try #require(try await store.createJob(group: group, account: "a", kind: .initial, since: UnixTime(seconds: 1)))
        let bad = message(2) { $0.entities = "not JSON" }
        let done = try await producer.send([
            try record([message(1), bad, message(3), progress(1, 3, job: job.id, messages: 3)])
        ])
        #expect(done.failed.map(\.messageID) == [2])
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 2)
        #expect(try await ranges() == ["1-3"])
        #expect(try await store.job(job.id)?.nextID == 4)
    }

    @Test func live_coverage_needs_a_listener_and_follows_what_it_brings_until_a_gap() async throws {
        var producer = try await backfill()
        try await producer.send([try record([message(1), progress(1, 1, live: true)])])
        #expect(try await ranges() == ["1-1"])
        #expect(try await store.isFollowed(group) == false)

        var listener = try await listener()
        #expect(try await store.isFollowed(group))
        // What changed between that page and the listener's first position nobody was told: no coverage is live before that is filled.
        let missed = try await store.openGaps(of: "a")
        #expect(missed.map(\.reason) == ["followed"])
        try await producer.send([try record([message(2), progress(2, 2, live: true)])])
        #expect(try await ranges() == ["1-2"])
        let fill = try #require(
            try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: missed.map(\.id)))
        try await producer.send([try record([progress(1, 2, job: fill.id, live: true, state: .done)])])
        #expect(try await ranges() == ["1-2 live"])
        try await listener.send([try record([message(3), message(4)], box: .channel(100), from: 10, to: 12)])
        #expect(try await ranges() == ["1-4 live"])
        // What a crawl stores is not what the live stream brought.
        try await producer.send([try record([message(9), progress(8, 9)])])
        #expect(try await ranges() == ["1-4 live", "8-9"])

        // A hole: what was live ends where it was, before this record's own message.
        try await listener.send([try record([message(20)], box: .channel(100), from: 15, to: 16)])
        #expect(try await ranges() == ["1-4", "8-9"])
        try await producer.send([try record([progress(5, 20, live: true)])])
        #expect(try await ranges() == ["1-20"])
        let gaps = try await store.openGaps(of: "a")
        #expect(gaps.map(\.reason) == ["hole"])
        #expect(gaps.map(\.box) == [.channel(100)])

        let job = try #require(
            try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: gaps.map(\.id)))
        try await producer.send([try record([progress(10, 20, job: job.id, live: true, state: .done)])])
        #expect(try await ranges() == ["1-20 live"])
        #expect(try await store.openGaps().isEmpty)
        #expect(try await store.job(job.id)?.state == .done)
    }

    @Test func groups_that_a_listener_follows_are_told_all_at_once() async throws {
        let basic = try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = 200")[0].uuid(0)
        #expect(try await store.followed().isEmpty)
        func follow(_ account: String, _ box: String, _ channel: Int64) throws {
            try database.administrator.query(
                "INSERT INTO aaltohub.positions (account, box, channel_id, generation, value) VALUES ($1, $2, $3, 1, 1)",
                [.text(account), .text(box), .bigint(channel)])
        }
        // Another channel, and the basic group's number as a channel's: neither is one of ours.
        try follow("a", "channel", 101)
        try follow("a", "channel", 200)
        // Ids of a basic group are its primary's own, so another account that follows it is none.
        try database.administrator.script("UPDATE public.groups SET primary_account = 'a' WHERE telegram_id = 200")
        try follow("b", "common", 0)
        #expect(try await store.followed().isEmpty)
        try follow("b", "channel", 100)
        #expect(try await store.followed() == [group])
        try follow("a", "common", 0)
        #expect(try await store.followed() == [group, basic])
        #expect(try await store.isFollowed(basic))
        #expect(try await store.isFollowed(group))
        // Where nobody was named, it is the first account's.
        try database.administrator.script(
            "UPDATE public.groups SET primary_account = NULL WHERE telegram_id = 200; DELETE FROM aaltohub.positions WHERE account = 'a'")
        #expect(try await store.isFollowed(basic))
        try database.administrator.script("INSERT INTO aaltohub.accounts (name) VALUES ('a'), ('b')")
        #expect(try await store.isFollowed(basic) == false)
    }

    @Test func a_gap_closes_with_the_last_of_its_jobs_and_a_cancelled_one_closes_nothing() async throws {
        var listener = try await listener()
        try await listener.send([try record([], box: .channel(100), from: 15, to: 16)])
        let gaps = try await store.openGaps().map(\.id)
        let other = try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = 200")[0].uuid(0)
        let first = try #require(try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1)))
        #expect(try await store.adopt(gaps: gaps, job: first.id))
        let second = try #require(
            try await store.createJob(group: other, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: gaps))
        #expect(try await store.start(first.id, account: "b")?.account == "b")

        var producer = try await backfill()
        try await producer.send([try record([progress(1, 9, job: first.id)])])
        // It has begun: a page fetched before the gap was read proves nothing about it.
        #expect(try await store.adopt(gaps: [77], job: first.id) == false)
        try await producer.send([try record([progress(1, 9, job: first.id, state: .done)])])
        #expect(try await store.openGaps().map(\.id) == gaps)
        // Failed, and not given up yet.
        try await producer.send([try record([progress(1, 9, job: second.id, state: .failed, error: "TIMEOUT", in: basicGroup)])])
        #expect(try await store.job(second.id)?.state == .failed)
        #expect(try await store.requeue(second.id, notBefore: UnixTime(seconds: 5), error: nil))
        try await producer.send([try record([progress(1, 9, job: second.id, state: .done, in: basicGroup)])])
        #expect(try await store.openGaps().isEmpty)

        let third = try #require(try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1)))
        #expect(try await store.createJob(group: group, account: "b", kind: .gap, since: UnixTime(seconds: 1)) == nil)
        #expect(try await store.cancel(third.id, reason: "by hand"))
        try await producer.send([try record([progress(10, 12, job: third.id, state: .done)])])
        let cancelled = try await store.job(third.id)
        #expect(cancelled?.state == .cancelled)
        #expect(cancelled?.nextID == 13)
        #expect(try await store.start(third.id, account: "a") == nil)
        #expect(try await store.openJobs().isEmpty)
        #expect(try await store.plannedJobs().map(\.id) == [second.id, third.id])
    }

    @Test func the_status_follows_the_first_crawl_and_three_failures() async throws {
        var producer = try await backfill()
        let job = try #require(try await store.createJob(group: group, account: "a", kind: .initial, since: UnixTime(seconds: 1)))
        try await producer.send([try record([progress(1, 100, job: job.id, messages: 100, total: 250)])])
        #expect(try status() == "initializing 0 - 100/250")
        for n in 1...3 {
            try await producer.send([
                try record([
                    progress(0, 0, job: job.id, state: .failed, messages: 100, total: 250, error: String(repeating: "x", count: 600))
                ])
            ])
            #expect(try status() == "\(n < 3 ? "initializing" : "error") \(n) \(String(repeating: "x", count: 500)) 100/250")
            #expect(try await store.requeue(job.id))
        }
        #expect(try await store.job(job.id)?.attempts == 3)
        try await producer.send([try record([progress(101, 230, job: job.id, state: .done, messages: 230, total: 250)])])
        #expect(try status() == "active 0 - 230/230")
        try database.administrator.script("UPDATE public.crawler_status SET is_enabled = false")
        let again = try #require(try await store.createJob(group: group, account: "a", kind: .initial, since: UnixTime(seconds: 1)))
        try await producer.send([try record([progress(1, 100, job: again.id, messages: 1, total: 2)])])
        #expect(try status() == "inactive 0 - 1/2")
    }

    @Test func a_group_turned_off_is_not_live_and_its_neighbours_are() async throws {
        var listener = try await listener()
        try await listener.send([try record([message(1)], box: .channel(100), from: 10, to: 11)])
        try await listener.send([try record([message(1, in: basicGroup)], box: .common, from: 0, to: 1)])
        var producer = try await backfill()
        try await producer.send([try record([progress(1, 1, live: true), progress(1, 1, live: true, in: basicGroup)])])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.coverage WHERE is_live") == 2)
        try database.administrator.script(
            "UPDATE public.crawler_status SET is_enabled = false WHERE group_id = '\(group)'")
        #expect(try await ranges() == ["1-1"])
        try await producer.send([try record([progress(2, 2, live: true), progress(2, 2, live: true, in: basicGroup)])])
        #expect(try await ranges() == ["1-2"])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.coverage WHERE is_live") == 1)
        // Turned on again it has a gap to be filled first.
        try await listener.send([try record([], box: .channel(100), from: 11, to: 12)])
        try database.administrator.script("UPDATE public.crawler_status SET is_enabled = true")
        try await producer.send([try record([progress(3, 3, live: true)])])
        #expect(try await ranges() == ["1-3"])
        #expect(try await store.openGaps().map(\.reason) == ["disabled"])
    }

    @Test func counters_reach_stored_messages_only_and_never_go_back() async throws {
        func counters(_ id: Int64, views: Int64?, reactions: String?, at: Int64) -> WireChange {
            .with {
                $0.counters = .with {
                    $0.chat = channel
                    $0.id = id
                    if let views { $0.views = views }
                    if let reactions { $0.reactions = reactions }
                    $0.observedAt = at
                }
            }
        }
        var producer = try await backfill()
        try await producer.send([
            try record([
                message(1) {
                    $0.views = 10
                    $0.reactions = "[1]"
                    $0.observedAt = 5
                }
            ])
        ])
        let newer = try await producer.send([
            try record([counters(1, views: 12, reactions: "[2]", at: 6), counters(2, views: 1, reactions: nil, at: 6)])
        ])
        #expect(newer.changes == [RowChange(chat: .channel(100), messageID: 1, kind: .updated)])
        let older = try await producer.send([try record([counters(1, views: 11, reactions: "[3]", at: 4)])])
        #expect(older.changes.isEmpty)
        #expect(try database.text("SELECT views || ' ' || reactions::text FROM public.messages") == "12 [2]")
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox") == 2)
        #expect(try database.integer("SELECT count(*) FROM public.messages") == 1)
    }

    @Test func names_and_topics_are_followed() async throws {
        func info(_ change: @escaping (inout WireGroupInfo) -> Void) -> WireChange {
            .with {
                $0.groupInfo.chat = channel
                change(&$0.groupInfo)
            }
        }
        func topic(_ title: String, closed: Bool? = nil, deleted: Bool = false, at: Int64) -> WireChange {
            .with {
                $0.topic = .with {
                    $0.chat = channel
                    $0.id = 4
                    $0.title = title
                    if let closed { $0.closed = closed }
                    $0.deleted = deleted
                    $0.observedAt = at
                }
            }
        }
        var producer = try await backfill()
        let names = "SELECT title || ' ' || coalesce(username, '-') || ' ' || is_forum FROM public.groups WHERE telegram_id = 100"
        try await producer.send([
            try record([
                info {
                    $0.title = "Guild"
                    $0.username = "guild"
                    $0.forum = true
                }
            ])
        ])
        #expect(try database.text(names) == "Guild guild true")
        try await producer.send([try record([info { $0.username = "" }])])
        #expect(try database.text(names) == "Guild - true")
        #expect(try await store.forums() == [group])

        try await producer.send([try record([topic("News", closed: true, at: 10)])])
        try await producer.send([try record([topic("Old", closed: false, at: 9)])])
        try await producer.send([try record([topic("", deleted: true, at: 11)])])
        let topics = try await store.topics(of: group)
        #expect(topics.map(\.title) == ["News"])
        #expect(topics.map(\.isClosed) == [true])
        #expect(topics.map(\.isDeleted) == [true])
    }

    @Test func what_is_told_of_a_topic_later_counts_and_what_is_not_told_stays() async throws {
        func topic(at: Int64, _ change: @escaping (inout WireTopic) -> Void) -> WireChange {
            .with {
                $0.topic = .with {
                    $0.chat = channel
                    $0.id = 5
                    $0.observedAt = at
                    change(&$0)
                }
            }
        }
        func now() async throws -> String {
            let topic = try #require(try await store.topics(of: group).first)
            func word(_ flag: Bool?) -> String { flag.map { $0 ? "yes" : "no" } ?? "?" }
            return "\(topic.title ?? "?") \(word(topic.isClosed)) \(word(topic.isHidden)) \(topic.isDeleted) \(topic.updatedAt.seconds)"
        }
        var producer = try await backfill()
        try await producer.send([try record([topic(at: 10) { $0.title = "News" }])])
        #expect(try await now() == "News ? ? false 10")
        // Older words fill in what nobody has told since.
        try await producer.send([
            try record([
                topic(at: 8) {
                    $0.title = "Old"
                    $0.closed = true
                    $0.hidden = true
                }
            ])
        ])
        #expect(try await now() == "News yes yes false 10")
        try await producer.send([try record([topic(at: 12) { $0.hidden = false }])])
        #expect(try await now() == "News yes no false 12")
        try await producer.send([try record([topic(at: 11) { $0.hidden = true }])])
        #expect(try await now() == "News yes no false 12")
        try await producer.send([try record([topic(at: 13) { $0.closed = false }])])
        #expect(try await now() == "News no no false 13")
        try await producer.send([try record([topic(at: 9) { $0.deleted = true }])])
        #expect(try await now() == "News no no true 13")
    }

    @Test func a_gap_of_the_common_box_waits_for_every_basic_group_that_was_ever_crawled() async throws {
        try database.administrator.script(
            """
            INSERT INTO public.groups (telegram_id, title, chat_type, primary_account)
            VALUES (201, 'begun', 'group', 'a'), (202, 'of another account', 'group', 'b'), (203, 'never crawled', 'group', 'a')
            """)
        func id(_ chat: Int64) throws -> PostgresUUID {
            try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = \(chat)")[0].uuid(0)
        }
        var listener = TestProducer(writer, seed: 3)
        try await listener.hello()
        try await listener.send([try record([], box: .common, from: 0, to: 10)])
        var producer = try await backfill()
        let begun = WireChat.with {
            $0.kind = .basicGroup
            $0.id = 201
        }
        let since = UnixTime(seconds: 1)
        let early = try #require(try await store.createJob(group: try id(201), account: "a", kind: .gap, since: since))
        try await producer.send([try record([progress(1, 9, job: early.id, in: begun)])])
        _ = try await store.createJob(group: try id(202), account: "b", kind: .initial, since: since)
        try await listener.send([try record([], box: .common, from: 15, to: 16)])
        let gaps = try await store.openGaps().map(\.id)
        #expect(gaps.count == 1)

        let first = try #require(try await store.createJob(group: try id(200), account: "a", kind: .gap, since: since, gaps: gaps))
        try await producer.send([try record([progress(1, 9, job: early.id, state: .done, in: begun)])])
        try await producer.send([try record([progress(1, 9, job: first.id, state: .done, in: basicGroup)])])
        // What the other group had begun before says nothing of it, and ended.
        #expect(try await store.openGaps().map(\.id) == gaps)
        let second = try #require(try await store.createJob(group: try id(201), account: "a", kind: .gap, since: since, gaps: gaps))
        try await producer.send([try record([progress(1, 9, job: second.id, state: .done, in: begun)])])
        #expect(try await store.openGaps().isEmpty)
    }

    @Test func a_job_that_was_given_up_holds_no_gap_open() async throws {
        var listener = try await listener()
        try await listener.send([try record([], box: .channel(100), from: 15, to: 16)])
        let gaps = try await store.openGaps().map(\.id)
        let other = try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = 200")[0].uuid(0)
        let bad = try #require(
            try await store.createJob(group: other, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: gaps))
        var producer = try await backfill()
        for attempt in 1...3 {
            if attempt > 1 { #expect(try await store.requeue(bad.id)) }
            try await producer.send([try record([progress(0, 0, job: bad.id, state: .failed, error: "TIMEOUT", in: basicGroup)])])
            if attempt == 2 {
                let early = try #require(
                    try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: gaps))
                try await producer.send([try record([progress(1, 9, job: early.id, state: .done)])])
                #expect(try await store.openGaps().map(\.id) == gaps)
            }
        }
        let last = try #require(try await store.createJob(group: group, account: "a", kind: .gap, since: UnixTime(seconds: 1), gaps: gaps))
        try await producer.send([try record([progress(1, 9, job: last.id, state: .done)])])
        #expect(try await store.openGaps().isEmpty)
    }

    @Test func the_status_is_that_of_the_first_crawl_while_others_go_on() async throws {
        var producer = try await backfill()
        let first = try #require(try await store.createJob(group: group, account: "a", kind: .initial, since: UnixTime(seconds: 1)))
        let other = try #require(try await store.createJob(group: group, account: "a", kind: .manual, since: UnixTime(seconds: 1)))
        try await producer.send([
            try record([progress(1, 9, job: first.id, messages: 9, total: 20)]),
            try record([progress(1, 5, job: other.id, state: .failed, messages: 5, total: 6, error: "TIMEOUT")]),
        ])
        #expect(try status() == "initializing 0 - 9/20")
        #expect(try await store.job(other.id)?.state == .failed)
        // An estimate is never less than what was found, nor lost.
        try await producer.send([try record([progress(1, 9, job: first.id, messages: 30, total: 20)])])
        #expect(try status() == "initializing 0 - 30/30")
        try await producer.send([try record([progress(1, 9, job: first.id, messages: 31)])])
        #expect(try await store.job(first.id)?.total == 30)
        // What another kind of crawl finds is no progress of the first.
        #expect(try await store.requeue(other.id))
        try await producer.send([try record([progress(1, 6, job: other.id, state: .done, messages: 6)])])
        #expect(try status() == "active 0 - 31/30")
    }

    @Test func access_and_suspects_are_known() async throws {
        var producer = try await backfill()
        try await producer.send([
            try record([
                message(1) {
                    $0.editDate = 100
                    $0.settled = false
                }, message(2) { $0.settled = true },
            ])
        ])
        let suspects = try await store.suspects(of: "a", before: UnixTime(seconds: 1_800_000_000))
        #expect(suspects.map(\.id) == [1])
        #expect(try await store.suspects(of: "a", before: UnixTime(seconds: 100)).isEmpty)
        #expect(try await store.setAccess(group, account: "a", .lost, reason: "CHANNEL_PRIVATE"))
        #expect(try await store.setAccess(group, account: "a", .lost, reason: "CHANNEL_PRIVATE") == false)
        #expect(try await store.access().map(\.state) == [.lost])
    }

    @Test func a_basic_groups_progress_counts_only_for_the_account_that_stores_it() async throws {
        try database.administrator.script("INSERT INTO aaltohub.accounts (name) VALUES ('a'), ('b')")
        var other = TestProducer(writer, account: "b", role: "backfill", seed: 9)
        try await other.hello()
        try await other.send([try record([message(1, in: basicGroup), progress(1, 1, in: basicGroup)])])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.coverage") == 0)
        var ours = try await backfill()
        try await ours.send([try record([message(1, in: basicGroup), progress(1, 1, in: basicGroup)])])
        #expect(try database.integer("SELECT count(*) FROM aaltohub.coverage") == 1)
    }
}
