import Primitives
import Testing

@testable import SupervisorCore

private func page(_ samples: (String, String, Double)...) -> MetricPage {
    var page = MetricPage()
    for (name, labels, value) in samples { page.add(name, .gauge, labels, .number(value)) }
    return page
}

private func rule(_ expression: AlarmRule.Expression, for seconds: Int64 = 0) -> AlarmRule {
    AlarmRule("Test", .warning, expression, for: .seconds(seconds), "{service} has a {what}")
}

@Suite struct AlarmRuleTests {
    @Test func a_rule_looks_at_the_samples_with_its_labels_each_on_its_own() {
        let page = page(
            ("x", "service=\"a\",way=\"push\"", 2), ("x", "service=\"b\",way=\"push\"", 1), ("x", "service=\"c\",way=\"history\"", 9))
        let above = rule(.above(.init("x", ["way": "push"]), 1))
        #expect(above.hits(in: page) == [.init(labels: "service=\"a\",way=\"push\"", value: 2)])
        #expect(above.promQL == "aaltohub_x{way=\"push\"} > 1")
        let unequal = rule(.equal(.init("x", not: ["way": "push"]), 9))
        #expect(unequal.hits(in: page).map(\.value) == [9] && unequal.promQL == "aaltohub_x{way!=\"push\"} == 9")
        #expect(rule(.absent(.init("x", ["way": "push"]))).hits(in: page).isEmpty)
        #expect(rule(.absent(.init("x", ["way": "else"]))).hits(in: page) == [.init(labels: "way=\"else\"", value: 1)])
        #expect(rule(.absent(.init("y"))).promQL == "absent(aaltohub_y)")
    }

    @Test func a_share_is_of_the_sample_with_the_same_labels() {
        let page = page(
            ("part", "s=\"a\"", 90), ("part", "s=\"b\"", 90), ("whole", "s=\"a\"", 100), ("whole", "s=\"b\"", 1000), ("part", "s=\"c\"", 5))
        let share = rule(.shareAbove(.init("part"), of: .init("whole"), 0.8))
        #expect(share.hits(in: page) == [.init(labels: "s=\"a\"", value: 0.9)])
        #expect(share.promQL == "aaltohub_part / aaltohub_whole > 0.8")
    }

    @Test func what_is_not_known_fires_nothing() {
        #expect(rule(.above(.init("x"), 1)).hits(in: page(("x", "", .nan))).isEmpty)
        #expect(rule(.shareAbove(.init("x"), of: .init("y"), 0.5)).hits(in: page(("x", "", 0), ("y", "", 0))).isEmpty)
    }

    @Test func labels_are_read_as_they_were_written() {
        let text = MetricPage.labels(["a": "x,y=\"z\"\\", "b": "", "c": "1\n2"])
        #expect(MetricPage.pairs(text).map(\.name) == ["a", "b", "c"])
        #expect(MetricPage.pairs(text).map(\.value) == ["x,y=\"z\"\\", "", "1\n2"])
        let hit = AlarmRule.Hit(labels: "service=\"writer\",what=\"problem\"", value: 1)
        #expect(rule(.above(.init("x"), 1)).summary(of: hit) == "writer has a problem")
    }

    @Test func the_real_rules_fire_on_what_the_status_tells() throws {
        var board = Board()
        board.heard(
            try beat("writer", state: "holding", gauges: ["circuit_open": 1], facts: ["circuit": "open"]), now: .zero)
        board.heard(
            try beat(
                "listener@main", gauges: ["spool_bytes": 90, "spool_limit_bytes": 100, "spool_oldest_seconds": 301],
                facts: ["connected": false]),
            now: .zero)
        let snapshot = DatabaseSnapshot(
            at: UnixTime(seconds: 1), accounts: [.init(name: "main", state: "revoked", updatedAt: UnixTime(seconds: 1))])
        let page = status(board, snapshot, error: "away").metrics
        let firing = AlarmRule.all.filter { !$0.hits(in: page).isEmpty }.map(\.name)
        #expect(
            firing == [
                "AaltoHubSupervisorDown", "AaltoHubNotConnected", "AaltoHubLoginNeeded", "AaltoHubCircuitOpen", "AaltoHubDatabaseDown",
                "AaltoHubSpoolFilling", "AaltoHubSpoolOld", "AaltoHubNotReady",
            ])
    }

    @Test func a_paused_account_is_no_lost_connection() throws {
        var board = Board()
        board.heard(try beat("listener@main", facts: ["connected": false, "paused": true]), now: .zero)
        #expect(!AlarmRule.all.contains { $0.name == "AaltoHubNotConnected" && !$0.hits(in: board.metrics(now: .zero)).isEmpty })
    }
}

@Suite struct AlarmBoardTests {
    private var clock = 0
    private var board = AlarmBoard(rules: [rule(.above(.init("x"), 1), for: 30)], reminderInterval: .seconds(14_400))

    /// Judges at this second.
    private mutating func look(at second: Int64, _ value: Double?) -> [AlarmBoard.Notice] {
        let samples = value.map { page(("x", "service=\"a\"", $0)) } ?? page()
        return board.observe(samples, now: .zero + .seconds(second), at: UnixTime(seconds: 1000 + second))
    }

    @Test mutating func it_fires_after_its_time_once_and_is_resolved_once() throws {
        #expect(look(at: 0, 2).isEmpty)
        #expect(look(at: 29, 3).isEmpty && board.firing.isEmpty)
        let fired = look(at: 30, 4)
        #expect(fired.map(\.status) == [.firing] && fired[0].since == UnixTime(seconds: 1000) && fired[0].value == 4)
        #expect(look(at: 35, 5).isEmpty)
        #expect(board.firing.map(\.value) == [5])
        let over = look(at: 40, 1)
        #expect(over.map(\.status) == [.resolved] && over[0].suppressed == 0)
        #expect(look(at: 45, 1).isEmpty && board.firing.isEmpty)
    }

    @Test mutating func a_break_begins_the_time_anew() {
        _ = look(at: 0, 2)
        _ = look(at: 20, 0)
        #expect(look(at: 25, 2).isEmpty)
        #expect(look(at: 54, 2).isEmpty)
        #expect(look(at: 55, 2).first?.since == UnixTime(seconds: 1025))
    }

    @Test mutating func a_sample_that_is_gone_is_resolved() {
        _ = look(at: 0, 2)
        #expect(look(at: 30, 2).count == 1)
        #expect(look(at: 35, nil).map(\.status) == [.resolved])
    }

    @Test mutating func what_goes_on_is_told_again_after_a_while() {
        _ = look(at: 0, 2)
        #expect(look(at: 30, 2).map(\.isReminder) == [false])
        #expect(look(at: 30 + 14_399, 2).isEmpty)
        #expect(look(at: 30 + 14_400, 2).map(\.isReminder) == [true])
        #expect(look(at: 30 + 14_401, 2).isEmpty)
    }

    @Test mutating func what_flaps_is_told_some_times_an_hour_and_the_rest_is_counted() {
        var told: [AlarmBoard.Notice] = []
        var second: Int64 = 0
        for _ in 0..<10 {
            told += look(at: second, 2)
            told += look(at: second + 30, 2)
            told += look(at: second + 60, 0)
            second += 100
        }
        #expect(told.map(\.status) == [.firing, .resolved, .firing, .resolved, .firing, .resolved])
        #expect(board.dropped == 7)
        // An hour later it may speak again, and says how much it kept to itself.
        second += 3600
        _ = look(at: second, 2)
        let later = look(at: second + 30, 2)
        #expect(later.map(\.status) == [.firing] && later[0].suppressed == 7)
    }

    @Test mutating func a_resolution_is_told_even_where_no_more_may_be() {
        // The sixth notice is the third resolution; the next firing is held back, so nobody waits for its end either.
        for turn in 0..<3 {
            _ = look(at: Int64(turn) * 100, 2)
            #expect(look(at: Int64(turn) * 100 + 30, 2).count == 1)
            #expect(look(at: Int64(turn) * 100 + 60, 0).count == 1)
        }
        _ = look(at: 400, 2)
        #expect(look(at: 430, 2).isEmpty && board.firing.count == 1)
        #expect(look(at: 460, 0).isEmpty)
    }

    @Test mutating func the_document_names_each_with_its_remedy() throws {
        _ = look(at: 0, 2)
        let document = AlarmBoard.document(look(at: 30, 2), at: UnixTime(seconds: 1030))
        let alarm = try #require(document["alarms"]?.array?.first)
        #expect(document["version"] == 1 && alarm["name"] == "Test" && alarm["status"] == "firing" && alarm["severity"] == "warning")
        #expect(alarm["labels"] == ["service": "a"] && alarm["runbook"] == "ops/RUNBOOK.md#test" && alarm["since"] == 1000)
        #expect(board.json.array?.first?["name"] == "Test")
    }

    @Test func there_is_an_end_to_the_conditions_it_follows() {
        var board = AlarmBoard(rules: [rule(.above(.init("x"), 1))], reminderInterval: .zero)
        var samples = MetricPage()
        for i in 0..<(AlarmBoard.mostConditions + 10) { samples.add("x", .gauge, "i=\"\(i)\"", .number(2)) }
        #expect(board.observe(samples, now: .zero, at: UnixTime(seconds: 0)).count == AlarmBoard.mostConditions)
    }
}
