import Primitives
import Testing

@testable import SupervisorCore

private let civil = UnixTime(seconds: 100_000_000)

func group(_ id: String = "g1", _ change: (inout DatabaseSnapshot.Group) -> Void = { _ in }) -> DatabaseSnapshot.Group {
    var group = DatabaseSnapshot.Group(id: id, telegramID: 1001, title: "A group")
    group.ranges = 1
    group.covered = .init(low: 1, high: 50, since: UnixTime(seconds: civil.seconds - 20 * 86_400), isLive: true)
    group.lastMessageAt = UnixTime(seconds: civil.seconds - 60)
    change(&group)
    return group
}

func status(
    _ board: Board = Board(), _ snapshot: DatabaseSnapshot? = nil, error: String? = nil, now: Instant = .zero, time: UnixTime = civil
) -> SystemStatus {
    var database = DatabaseState()
    if let snapshot { database.took(snapshot, now: .zero) }
    if let error { database.failed(error) }
    return SystemStatus(board: board, database: database, now: now, time: time, wantedDays: 14)
}

@Suite struct SystemStatusTests {
    @Test func a_stage_tells_what_an_operator_asks_for() throws {
        var board = Board()
        let lag: JSON = [
            "le": [1], "counts": [3, 0], "sum": 0.1, "count": 3,
            "recent": ["count": 3, "p50": 0.01, "p90": 0.02, "p99": 0.03, "p999": 0.04, "max": 0.05],
        ]
        board.heard(
            try beat(
                "writer", started: 99_999_900, gauges: ["credit": 10_000, "queue_records": 7], facts: ["circuit": "closed"],
                histograms: ["receive_to_commit_seconds{way=\"history\"}": lag, "receive_to_commit_seconds{way=\"push\"}": lag]), now: .zero
        )
        board.heard(
            try beat(
                "listener@main", started: 99_999_900, counters: ["messages_received_total": 42],
                gauges: [
                    "groups": 5, "unacknowledged_records": 3, "link_credit": 9997, "spool_bytes": 4096, "spool_oldest_seconds": 2,
                    "telegram_flood_wait_left_seconds{method=\"messages.getHistory\"}": 12.5,
                    "telegram_flood_wait_left_seconds{method=\"other\"}": 0,
                ], facts: ["connected": true]), now: .zero)
        let json = status(board).json
        #expect(json["running"] == true && json["groups_count"] == 5 && json["messages_received"] == 42 && json["uptime"] == 100)
        let listener = try #require(json["stages"]?.array?.first)
        #expect(listener["account"] == "main" && listener["connected"] == true && listener["groups"] == 5 && listener["uptime"] == 100)
        #expect(listener["messages_received"] == 42 && listener["credit"] == 9997 && listener["spool_bytes"] == 4096)
        #expect(listener["waiting_records"] == 3 && listener["spool_oldest_seconds"] == 2 && listener["version"] == "0.1.0")
        #expect(listener["flood_waits"] == [["method": "messages.getHistory", "seconds": 12.5]])
        let writer = try #require(json["stages"]?.array?.last)
        #expect(writer["circuit"] == "closed" && writer["waiting_records"] == 7 && writer["account"] == .null)
        #expect(writer["lag_seconds"]?["p99"] == 0.03)
        #expect(json["queues"]?["stages"]?.array?.count == 2)
    }

    @Test func without_a_database_the_stages_are_told_all_the_same() {
        let json = status(error: "cannot connect").json
        #expect(json["database"]?["reachable"] == false && json["database"]?["error"] == "cannot connect")
        #expect(json["stages"]?.array?.count == 1 && json["groups"] == [] && json["gaps"]?["count"] == 0)
        let page = status(error: "cannot connect").metrics
        #expect(page.samples(of: "database_up").map(\.value.double) == [0] && page.samples(of: "dead_letters").isEmpty)
    }

    @Test func an_old_snapshot_is_shown_with_its_age_and_counts_as_unreachable() {
        let taken = DatabaseSnapshot(at: civil, groups: [group()])
        let fresh = status(Board(), taken, now: .zero + SystemStatus.snapshotLimit)
        #expect(fresh.json["database"]?["reachable"] == true)
        let old = status(Board(), taken, now: .zero + SystemStatus.snapshotLimit + .milliseconds(1))
        #expect(old.json["database"]?["reachable"] == false && old.json["groups"]?.array?.count == 1)
        #expect(old.metrics.samples(of: "database_up").map(\.value.double) == [0])
        let failed = status(Board(), taken, error: "gone")
        #expect(failed.json["database"]?["reachable"] == false && failed.json["groups"]?.array?.count == 1)
    }

    @Test func a_group_is_complete_only_when_nothing_wanted_is_missing() {
        let since = UnixTime(seconds: civil.seconds - 14 * 86_400)
        func verdict(_ change: (inout DatabaseSnapshot.Group) -> Void) -> DatabaseSnapshot.Group.Verdict {
            group("g", change).verdict(since: since)
        }
        #expect(verdict { _ in } == .complete)
        #expect(verdict { $0.isEnabled = false } == .disabled)
        #expect(verdict { $0.migratedTo = "other" } == .disabled)
        #expect(verdict { $0.openGaps = 1 } == .gaps)
        #expect(verdict { $0.covered = nil } == .notCrawled)
        #expect(verdict { $0.covered?.since = since + .seconds(1) } == .tooShort)
        #expect(verdict { $0.covered?.since = nil } == .tooShort)
        #expect(
            verdict {
                $0.ranges = 2; $0.covered?.since = nil
            } == .holes)
        #expect(verdict { $0.covered?.isLive = false } == .notLive)
        #expect(verdict { $0.deadLetters = 1 } == .deadLetters)
    }

    @Test func groups_queues_and_gaps_are_told_with_times() throws {
        var queues = DatabaseSnapshot.Queues()
        queues.deadLetters = 2
        queues.oldestDeadLetterAt = UnixTime(seconds: civil.seconds - 400)
        queues.deadLetterAges = [.init(name: "5m", count: 1), .init(name: "1h", count: 1)]
        queues.mediaQueued = 4
        let snapshot = DatabaseSnapshot(
            at: civil,
            groups: [
                group {
                    $0.status = "error"
                    $0.lastError = "CHANNEL_PRIVATE"
                    $0.statusAt = UnixTime(seconds: 5)
                    $0.crawl = .init(
                        id: 9, kind: "manual", state: "running", messages: 50, total: 200, updatedAt: UnixTime(seconds: 6))
                }
            ],
            accounts: [.init(name: "main", state: "revoked", reason: "AUTH_KEY_UNREGISTERED", updatedAt: civil)],
            gaps: [
                .init(
                    id: 3, account: "main", box: "channel", channelID: 1001, group: "g1", reason: "too_long", foundAt: UnixTime(seconds: 7))
            ],
            gapCount: 1, queues: queues)
        let json = status(Board(), snapshot).json
        let first = try #require(json["groups"]?.array?.first)
        #expect(first["last_error"] == "CHANNEL_PRIVATE" && first["last_error_at"] == 5 && first["status"] == "error")
        #expect(first["crawl"]?["progress"] == 0.25 && first["coverage"]?["verdict"] == "complete")
        #expect(json["gaps"]?["count"] == 1 && json["gaps"]?["open"]?.array?.first?["found_at"] == 7)
        #expect(json["queues"]?["dead_letters"]?["ages"] == ["5m": 1, "1h": 1])
        #expect(json["accounts"]?.array?.first?["state"] == "revoked")

        let page = status(Board(), snapshot).metrics
        func value(_ name: String) -> Double? { page.samples(of: name).first?.value.double }
        #expect(value("dead_letters") == 2 && value("dead_letter_oldest_seconds") == 400 && value("open_gaps") == 1)
        #expect(value("account_active") == 0 && value("group_crawl_progress_ratio") == 0.25 && value("group_complete") == 1)
        #expect(page.text.contains("aaltohub_registered_groups{status=\"error\"} 1\n"))
        #expect(page.text.contains("aaltohub_group_complete{group=\"g1\",telegram_id=\"1001\"} 1\n"))
        #expect(!page.text.contains("A group"), "a title is nobody's business in a time series")
    }
}

@Suite struct HistoryTests {
    @Test func rates_are_of_what_was_counted_between_two_points() throws {
        var (history, board) = (History(), Board())
        func heard(_ count: Int64, pid: Int64 = 1, at seconds: Int64) throws {
            board.heard(
                try beat(
                    "listener@a", pid: pid, counters: ["messages_received_total": .integer(count)],
                    gauges: ["spool_bytes": 5, "unacknowledged_records": 2]),
                now: .zero + .seconds(seconds))
        }
        func note(at seconds: Int64) -> Bool {
            history.note(status(board, now: .zero + .seconds(seconds), time: UnixTime(seconds: 1000 + seconds)))
        }
        try heard(100, at: 0)
        #expect(note(at: 0))
        try heard(150, at: 4)
        #expect(!note(at: 4), "a point every five seconds")
        #expect(note(at: 5))
        // It started anew: what it counted before it was first heard belongs to no known time.
        try heard(30, pid: 2, at: 9)
        #expect(note(at: 10))
        try heard(31, pid: 2, at: 14)
        #expect(note(at: 15))
        let json = history.json()
        #expect(json["columns"]?.array?.prefix(2) == ["at", "received_per_second"])
        let points = try #require(json["points"]?.array)
        #expect(points.map { $0.array?[0] } == [1000, 1005, 1010, 1015])
        #expect(points.map { $0.array?[1] } == [.null, 10.0, .null, 0.2])
        let columns = json["columns"]?.array ?? []
        let spool = try #require(columns.firstIndex(of: "spool_bytes"))
        #expect(points.last?.array?[spool] == 5.0 && points.allSatisfy { $0.array?.count == columns.count })
        #expect(history.json(after: 1010)["points"]?.array?.count == 1)
    }

    @Test func an_hour_is_kept() {
        var history = History()
        for i in 0..<(History.mostPoints + 10) {
            history.note(status(now: .zero + .seconds(5 * i), time: UnixTime(seconds: Int64(5 * i))))
        }
        let points = history.json()["points"]?.array
        #expect(points?.count == History.mostPoints && points?.first?.array?.first == 50)
    }
}
