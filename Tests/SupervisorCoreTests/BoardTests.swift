import Primitives
import Testing

@testable import SupervisorCore

func beat(
    _ service: String, pid: Int64 = 1, started: Double = 1000, state: String = "ready", counters: JSON = [:], gauges: JSON = [:],
    facts: JSON = [:], histograms: JSON = [:]
) throws -> Heartbeat {
    try Heartbeat([
        "service": .string(service), "pid": .integer(pid), "version": "0.1.0", "commit": "abc", "started_at": .double(started),
        "state": .string(state), "detail": "fine", "counters": counters, "gauges": gauges, "facts": facts, "histograms": histograms,
    ])
}

@Suite struct BoardTests {
    private let t0 = Instant.zero
    private let civil = UnixTime(seconds: 1100)

    @Test func an_empty_board_shows_the_writer_as_down() {
        let board = Board()
        let status = board.status(now: t0, at: civil)
        #expect(status["running"] == false && status["connected"] == false && status["uptime"] == 0)
        #expect(status["stages"]?.array?.count == 1)
        #expect(status["stages"]?.array?.first?["detail"] == "never heard")
        #expect(!board.isReady(now: t0))
        #expect(
            board.metrics(now: t0).text == """
                # HELP aaltohub_up Whether the service's heartbeat is fresh: 1 or 0.
                # TYPE aaltohub_up gauge
                aaltohub_up{service="writer"} 0

                """)
    }

    @Test func the_frontend_reads_its_five_fields() throws {
        var board = Board()
        board.heard(try beat("writer"), now: t0)
        board.heard(
            try beat(
                "listener@a", started: 1040,
                counters: ["messages_received_total{kind=\"new\"}": 3, "messages_received_total{kind=\"edit\"}": 2],
                gauges: ["groups": 4], facts: ["connected": true]), now: t0)
        board.heard(
            try beat(
                "listener@b", started: 1020, counters: ["messages_received_total": 10], gauges: ["groups": 7.0], facts: ["connected": true]),
            now: t0)
        let status = board.status(now: t0 + .seconds(1), at: civil)
        #expect(status["running"] == true && status["connected"] == true && status["ready"] == true)
        #expect(status["groups_count"] == 7 && status["messages_received"] == 15 && status["uptime"] == 80)
        board.heard(try beat("listener@b", started: 1020, facts: ["connected": false]), now: t0)
        #expect(board.status(now: t0, at: civil)["connected"] == false)
    }

    @Test func a_service_is_down_after_three_missed_heartbeats_and_not_before() throws {
        var board = Board()
        board.heard(try beat("writer"), now: t0)
        board.heard(try beat("listener@a"), now: t0 + .seconds(3))
        #expect(board.isReady(now: t0 + .seconds(6)))
        let late = t0 + .seconds(6) + .milliseconds(1)
        #expect(!board.isReady(now: late))
        let status = board.status(now: late, at: civil)
        #expect(status["running"] == false)
        let writer = status["stages"]?.array?.last
        #expect(writer?["service"] == "writer" && writer?["up"] == false && writer?["state"] == "down")
        #expect(writer?["detail"] == "no heartbeat for 6 s; last state ready: fine")
        board.heard(try beat("writer", pid: 2, started: 1010), now: late)
        #expect(board.isReady(now: late))
        #expect(board.status(now: late, at: civil)["stages"]?.array?.last?["restarts"] == 1)
    }

    @Test func a_stage_that_holds_is_up_but_the_whole_is_not_ready() throws {
        var board = Board()
        board.heard(try beat("writer", state: "holding"), now: t0)
        board.heard(try beat("listener@a"), now: t0)
        #expect(!board.isReady(now: t0))
        #expect(board.status(now: t0, at: civil)["running"] == true)
    }

    @Test func a_listener_that_was_stopped_for_good_is_not_missed_but_one_that_died_is() throws {
        var board = Board()
        board.heard(try beat("writer"), now: t0)
        board.heard(try beat("listener@a"), now: t0)
        board.heard(try beat("listener@b", state: "stopping"), now: t0)
        let later = t0 + .seconds(7)
        for name in ["writer", "listener@a"] { board.heard(try beat(name), now: later) }
        #expect(board.isReady(now: later))
        #expect(board.services.map(\.name) == ["listener@a", "writer"])
        let last = later + .seconds(7)
        board.heard(try beat("writer"), now: last)
        #expect(board.services.map(\.name) == ["listener@a", "writer"] && !board.isReady(now: last))
    }

    @Test func there_is_an_end_to_the_services_it_remembers() throws {
        var board = Board(expected: [])
        for i in 0..<Board.mostServices { #expect(board.heard(try beat("listener@\(i)"), now: t0)) }
        #expect(!board.heard(try beat("listener@more"), now: t0))
        #expect(board.heard(try beat("listener@1"), now: t0))
        #expect(board.services.count == Board.mostServices)
    }

    @Test func absurd_numbers_do_not_end_the_supervisor() throws {
        var board = Board()
        let counters: JSON = ["messages_received_total{a=\"1\"}": .integer(.max), "messages_received_total{a=\"2\"}": 1]
        board.heard(try beat("listener@a", started: -1e300, counters: counters, gauges: ["groups": 1e300]), now: t0)
        let status = board.status(now: t0, at: civil)
        #expect(status["uptime"] == .integer(.max) && status["groups_count"] == .integer(.max))
        #expect(board.metrics(now: t0).text.contains("aaltohub_groups{service=\"listener@a\"} 1e+300\n"))
    }

    @Test func what_is_no_heartbeat_is_refused() {
        #expect(throws: HeartbeatError.noService) { try Heartbeat([:]) }
        #expect(throws: HeartbeatError.noService) { try Heartbeat(["service": "a\"b"]) }
        #expect(throws: HeartbeatError.incomplete(service: "writer")) { try Heartbeat(["service": "writer", "pid": 1]) }
        #expect(throws: HeartbeatError.noService) { try Heartbeat("text") }
    }
}

@Suite struct MetricsTests {
    @Test func families_stand_together_with_their_types_and_labels() throws {
        var board = Board(expected: [])
        let histogram: JSON = ["le": [0.5, 1], "counts": [2, 0, 1], "sum": 9.25, "count": 3]
        for name in ["a", "b"] {
            board.heard(
                try beat(
                    name, started: 1000.5, counters: ["rows_total{kind=\"x\"}": 3, "bad name": 4, "worse{": 5],
                    gauges: ["queue_bytes": 1.5],
                    histograms: ["wait_seconds": histogram, "broken_seconds": ["le": [2, 1], "counts": [0, 0, 0], "sum": 0]]),
                now: .zero)
        }
        let page = board.metrics(now: .zero).text
        #expect(
            page.contains(
                "# TYPE aaltohub_rows_total counter\naaltohub_rows_total{service=\"a\",kind=\"x\"} 3\naaltohub_rows_total{service=\"b\""))
        #expect(page.contains("aaltohub_queue_bytes{service=\"a\"} 1.5\n"))
        #expect(page.contains("aaltohub_service_start_time_seconds{service=\"b\"} 1000.5\n"))
        #expect(page.contains("aaltohub_build_info{service=\"a\",version=\"0.1.0\",commit=\"abc\"} 1\n"))
        #expect(
            page.contains(
                """
                # TYPE aaltohub_wait_seconds histogram
                aaltohub_wait_seconds_bucket{service="a",le="0.5"} 2
                aaltohub_wait_seconds_bucket{service="a",le="1"} 2
                aaltohub_wait_seconds_bucket{service="a",le="+Inf"} 3
                aaltohub_wait_seconds_sum{service="a"} 9.25
                aaltohub_wait_seconds_count{service="a"} 3

                """))
        #expect(!page.contains("bad") && !page.contains("worse") && !page.contains("broken"))
    }

    @Test func percentiles_of_the_life_and_of_the_last_minutes_are_summaries_beside_the_buckets() throws {
        var board = Board(expected: [])
        let life: JSON = ["count": 3, "p50": 0.25, "p90": 0.5, "p99": 2, "p999": 8, "max": 8.25]
        let none: JSON = ["count": 0, "p50": 0.0, "p90": 0.0, "p99": 0.0, "p999": 0.0, "max": 0.0, "seconds": 300]
        let histogram: JSON = ["le": [0.5, 1], "counts": [2, 0, 1], "sum": 9.25, "count": 3, "life": life, "recent": none]
        board.heard(try beat("a", histograms: ["wait_seconds{way=\"push\"}": histogram]), now: .zero)
        let page = board.metrics(now: .zero).text
        #expect(
            page.contains(
                """
                # TYPE aaltohub_wait_life_seconds summary
                aaltohub_wait_life_seconds{service="a",way="push",quantile="0.5"} 0.25
                aaltohub_wait_life_seconds{service="a",way="push",quantile="0.9"} 0.5
                aaltohub_wait_life_seconds{service="a",way="push",quantile="0.99"} 2
                aaltohub_wait_life_seconds{service="a",way="push",quantile="0.999"} 8
                aaltohub_wait_life_seconds{service="a",way="push",quantile="1"} 8.25
                aaltohub_wait_life_seconds_sum{service="a",way="push"} 9.25
                aaltohub_wait_life_seconds_count{service="a",way="push"} 3
                # HELP aaltohub_wait_recent_seconds Told by a service; this build knows no more of it.
                # TYPE aaltohub_wait_recent_seconds summary
                aaltohub_wait_recent_seconds{service="a",way="push",quantile="0.5"} NaN

                """.dropLast()))
        #expect(page.contains("# TYPE aaltohub_wait_seconds histogram\n"))
    }

    @Test func a_dead_service_keeps_only_what_tells_that_it_is_dead() throws {
        var board = Board(expected: [])
        board.heard(try beat("writer", counters: ["rows_total": 3]), now: .zero)
        let page = board.metrics(now: .zero + .seconds(60)).text
        #expect(
            page.contains("aaltohub_up{service=\"writer\"} 0\n") && page.contains("aaltohub_heartbeat_age_seconds{service=\"writer\"} 60\n")
        )
        #expect(!page.contains("rows_total"))
    }

    @Test func a_family_has_one_type() throws {
        var board = Board(expected: [])
        board.heard(try beat("a", counters: ["x": 3]), now: .zero)
        board.heard(try beat("b", gauges: ["x": 4]), now: .zero)
        #expect(board.metrics(now: .zero).text.hasSuffix("# TYPE aaltohub_x counter\naaltohub_x{service=\"a\"} 3\n"))
    }

    @Test func names_with_labels_are_parsed_and_others_refused() {
        #expect(MetricName("a_total")?.labels == "")
        #expect(MetricName("a{b=\"c\",d=\"e\\\"f\"}")?.labels == "b=\"c\",d=\"e\\\"f\"")
        for bad in [
            "", "9a", "a b", "a{", "a{}", "a{b}", "a{b=c}", "a{b=\"c}", "a{b=\"c\"", "a{b=\"c\",}", "a{b=\"c\"}x", "a{b=\"c\n\"}", "ä",
        ] {
            #expect(MetricName(bad) == nil, "\(bad)")
        }
    }
}

@Suite struct BearerTokenTests {
    @Test func only_the_whole_token_is_admitted() throws {
        let token = try #require(BearerToken(Array("0123456789abcdef".utf8)))
        #expect(token.admits("Bearer 0123456789abcdef") && token.admits("bearer 0123456789abcdef"))
        for bad in [
            nil, "", "Bearer", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef", "Bearer 0123456789abcdeg", "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0123456789abcdef", "Bearer  0123456789abcdef",
        ] {
            #expect(!token.admits(bad), "\(bad ?? "nil")")
        }
        #expect(BearerToken(Array("short".utf8)) == nil)
    }
}
