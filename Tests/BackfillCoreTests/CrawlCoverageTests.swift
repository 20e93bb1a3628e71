import Testing

@testable import BackfillCore

@Suite struct CrawlCoverageTests {
    @Test func nothing_known_is_nothing_complete() {
        let coverage = Coverage()
        #expect(!coverage.isComplete(since: 100))
        #expect(coverage.start(since: 100) == nil)
        #expect(coverage.firstMissing(from: 7) == 7)
    }

    @Test func a_live_range_that_begins_early_enough_is_complete() {
        let coverage = Coverage([CoveredRange(low: 10, high: 20, since: 100, isLive: true)])
        #expect(coverage.isComplete(since: 100))
        #expect(coverage.isComplete(since: 150))
        #expect(!coverage.isComplete(since: 99))
    }

    @Test func a_range_without_the_live_stream_lacks_its_top() {
        let coverage = Coverage([CoveredRange(low: 10, high: 20, since: 100)])
        #expect(coverage.start(since: 120) == 21)
        #expect(coverage.firstMissing(from: 21) == 21)
        #expect(!coverage.isComplete(since: 120))
    }

    @Test func a_hole_between_two_ranges_is_missing() {
        let coverage = Coverage([CoveredRange(low: 31, high: 40, isLive: true), CoveredRange(low: 10, high: 20, since: 100)])
        #expect(coverage.start(since: 100) == 21)
        #expect(coverage.firstMissing(from: 21) == 21)
        #expect(coverage.firstMissing(from: 31) == nil)
        #expect(coverage.firstMissing(from: 15) == 21)
        #expect(!coverage.isComplete(since: 100))
    }

    @Test func ranges_that_touch_leave_no_hole() {
        let coverage = Coverage([CoveredRange(low: 10, high: 20, since: 100), CoveredRange(low: 21, high: 40, isLive: true)])
        #expect(coverage.isComplete(since: 100))
    }

    @Test func a_live_range_alone_does_not_know_where_history_begins() {
        let coverage = Coverage([CoveredRange(low: 31, high: 40, isLive: true)])
        #expect(coverage.start(since: 100) == nil)
        #expect(!coverage.isComplete(since: 100))
    }
}
