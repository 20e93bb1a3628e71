import TL
import Testing

@testable import BackfillCore

/// A server's `messages.getHistory`: by https://core.telegram.org/api/offsets
private struct Server {
    /// id to date, undeleted.
    var messages: [Int64: Int64]
    /// Whether a page near the newest message is filled up with older ones.
    var fillsUp = true
    private(set) var calls = 0

    init(_ ids: some Sequence<Int64>, fillsUp: Bool = true, date: (Int64) -> Int64 = { 1000 + $0 }) {
        messages = Dictionary(uniqueKeysWithValues: ids.map { ($0, date($0)) })
        self.fillsUp = fillsUp
    }

    mutating func page(_ call: TLObject) -> [Scan.Found] {
        calls += 1
        let descending = messages.sorted { $0.key > $1.key }.map { Scan.Found(id: $0.key, date: $0.value) }
        let id = call["offset_id"]?.int ?? 0, date = call["offset_date"]?.int ?? 0
        let limit = Int(call["limit"]?.int ?? 0), add = Int(call["add_offset"]?.int ?? 0)
        var place = 0
        if id > 0 { place = descending.firstIndex { $0.id < id } ?? descending.count }
        if date > 0 { place = descending.firstIndex { $0.date < date } ?? descending.count }
        let wanted = place + add
        let from = fillsUp ? max(0, wanted) : wanted
        return (from..<from + limit).filter(descending.indices.contains).map { descending[$0] }
    }
}

private let peer = TLObject("inputPeerChannel", ["channel_id": 5, "access_hash": 6])

/// Runs a scan to its end: what it proved, step by step.
private func run(_ scan: inout Scan, _ server: inout Server, most: Int = 100) -> [Scan.Step] {
    var steps: [Scan.Step] = []
    while let call = scan.request(peer), steps.count < most { steps.append(scan.take(server.page(call))) }
    return steps
}

@Suite struct CrawlScanTests {
    @Test(arguments: [true, false]) func history_is_walked_through_from_the_beginning_to_the_newest(fillsUp: Bool) {
        var server = Server(1...350, fillsUp: fillsUp)
        var scan = Scan(.init(job: 3, since: 1050))
        let steps = run(&scan, &server)
        #expect(steps.flatMap(\.ids) == Array(50...350))
        #expect(steps.map(\.low) == [50, 150, 250, 350])
        #expect(steps.map(\.high) == [149, 249, 349, 350])
        #expect(steps.map(\.since) == [1050, 0, 0, 0])
        #expect(steps.map(\.isTop) == [false, false, false, true])
        #expect(scan.plan.messages == 301)
        #expect(scan.plan.pages == 4)
    }

    @Test func pages_touch_though_ids_between_them_are_gone() {
        var server = Server((1...400).filter { !(101...130).contains($0) })
        var scan = Scan(.init(since: 1001))
        let steps = run(&scan, &server)
        for (before, after) in zip(steps, steps.dropFirst()) { #expect(after.low == before.high + 1) }
        #expect(steps.flatMap(\.ids) == server.messages.keys.sorted())
    }

    @Test func a_scan_goes_on_where_the_one_before_was_killed() {
        var server = Server(1...350)
        var first = Scan(.init(since: 1001))
        _ = run(&first, &server, most: 2)
        var second = Scan(.init(job: 1, since: 1001, next: first.next, messages: first.plan.messages, pages: first.plan.pages))
        let steps = run(&second, &server)
        #expect(steps.first?.low == 201)
        #expect(steps.flatMap(\.ids) == Array(201...350))
        #expect(server.calls == 4)
    }

    @Test func what_is_covered_is_passed_over() {
        var server = Server(1...1000)
        let covered = Coverage([
            CoveredRange(low: 120, high: 480), CoveredRange(low: 600, high: 1000, isLive: true),
        ])
        var scan = Scan(.init(since: 1001), passing: covered)
        let steps = run(&scan, &server)
        #expect(steps.map(\.low) == [1, 101, 481, 581])
        #expect(steps.last?.isTop == false)
        #expect(scan.isDone)
        #expect(server.calls == 4)
    }

    @Test func a_known_beginning_is_not_asked_for_again() {
        var server = Server(1...300)
        var scan = Scan(.init(since: 1050), passing: Coverage([CoveredRange(low: 40, high: 250, since: 1040)]))
        let steps = run(&scan, &server)
        #expect(steps.map(\.low) == [251])
        #expect(steps.flatMap(\.ids) == Array(251...300))
    }

    @Test func all_covered_asks_for_nothing() {
        let scan = Scan(.init(since: 1050), passing: Coverage([CoveredRange(low: 40, high: 250, since: 1040, isLive: true)]))
        #expect(scan.isDone)
        #expect(scan.request(peer) == nil)
    }

    @Test func a_quiet_chat_is_complete_above_its_newest_message() {
        var server = Server(1...30)
        var scan = Scan(.init(since: 5000))
        let steps = run(&scan, &server)
        #expect(steps.count == 1)
        #expect(steps[0].ids.isEmpty)
        #expect((steps[0].low, steps[0].high) == (31, 30))
        #expect(steps[0].since == 5000)
        #expect(steps[0].isTop)
    }

    @Test func a_server_that_shows_nothing_is_asked_for_its_newest_message() {
        var server = Server(1...30, fillsUp: false)
        var scan = Scan(.init(since: 5000))
        let steps = run(&scan, &server)
        #expect(steps.map(\.isProbe) == [true, false])
        #expect((steps[1].low, steps[1].high) == (31, 30))
    }

    @Test func an_empty_chat_is_done_after_a_look_at_its_newest_message() {
        var server = Server([])
        var scan = Scan(.init(since: 5000))
        let steps = run(&scan, &server)
        #expect(steps.count == 2)
        #expect((steps[1].low, steps[1].high) == (1, 0))
    }

    @Test func a_full_last_page_is_followed_by_an_empty_one_that_joins_the_live_stream() {
        var server = Server(1...200)
        var scan = Scan(.init(since: 1001))
        let steps = run(&scan, &server)
        #expect(steps.map(\.ids.count) == [100, 100, 0])
        #expect((steps[2].low, steps[2].high) == (201, 200))
        #expect(steps[2].isTop)
    }

    @Test func a_scan_ends_at_the_last_id_that_is_wanted() {
        var server = Server(1...1000)
        var scan = Scan(.init(since: 1001, next: 101, until: 250))
        let steps = run(&scan, &server)
        #expect(steps.flatMap(\.ids) == Array(101...250))
        #expect(steps.last?.high == 250)
        #expect(steps.last?.isTop == false)
    }

    @Test func a_look_at_what_is_recent_takes_no_more_than_it_may() {
        var server = Server(1...1000)
        var scan = Scan(.init(since: 1001, limit: 300))
        #expect(run(&scan, &server).flatMap(\.ids).count == 300)
    }

    @Test func only_what_a_page_should_have_shown_is_absent() {
        let step = Scan.Step(ids: [11, 13, 20], low: 10, high: 20)
        #expect(Absence.presumed(stored: [9, 10, 11, 12, 20, 21], step) == [10, 12])
        #expect(Absence.presumed(stored: [12, 14], step, unreadable: [14]) == [12])
        #expect(Absence.presumed(stored: [1, 2], Scan.Step()) == [])
        // Where history since a moment begins, what began it may be gone.
        #expect(Scan.Step(ids: [10], low: 10, high: 10, since: 7).older == 1...9)
        #expect(Scan.Step(ids: [10], low: 10, high: 10).older == nil && Scan.Step(ids: [1], low: 1, high: 1, since: 7).older == nil)
        #expect(Scan.Step(low: 10, high: 9, since: 7, isTop: true).older == nil)
        // An empty page proves nothing: it may be that access was lost.
        #expect(Absence.presumed(stored: [31], Scan.Step(low: 31, high: 30, isTop: true)) == [])
    }

    @Test func an_estimate_takes_the_smallest_bound() {
        #expect(CrawlEstimate(count: 1000, newest: 900, before: 400, place: nil, areIDsOwn: true, pace: 750).messages == 500)
        #expect(CrawlEstimate(count: 1000, newest: 900, before: 400, place: 420, areIDsOwn: true, pace: 750).messages == 420)
        #expect(CrawlEstimate(count: 300, newest: 9000, before: 400, place: nil, areIDsOwn: false, pace: 750).messages == 300)
        let estimate = CrawlEstimate(count: 1000, newest: 900, before: 400, place: nil, areIDsOwn: true, pace: 750)
        #expect(estimate.calls == 6)
        #expect(estimate.seconds == 4.5)
    }
}
