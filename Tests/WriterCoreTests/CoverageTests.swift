import Events
import Primitives
import Testing
import WriterCore

/// What a page adds to what is known of its chat.
@Suite struct CoverageTests {
    private func range(_ low: Int64, _ high: Int64, since: Int64? = nil, live: Bool = false, at: Int64 = 1) -> CoverageRange {
        CoverageRange(low: low, high: high, since: since, isLive: live, observedAt: at)
    }

    @Test func what_touches_or_overlaps_becomes_one() {
        #expect(merge([range(1, 10, since: 5)], with: range(11, 20, at: 3)) == [range(1, 20, since: 5, at: 3)])
        #expect(merge([range(1, 10), range(12, 20)], with: range(11, 11)) == [range(1, 20)])
        #expect(merge([range(1, 10)], with: range(12, 20)) == [range(1, 10), range(12, 20)])
        #expect(merge([range(5, 9)], with: range(1, 30)) == [range(1, 30)])
    }

    @Test func the_earlier_moment_stands_since_either_claim_holds_for_the_whole() {
        #expect(merge([range(10, 20, since: 100)], with: range(5, 12, since: 50)) == [range(5, 20, since: 50)])
        #expect(merge([range(10, 20, since: 100)], with: range(5, 12)) == [range(5, 20, since: 100)])
    }

    @Test func an_empty_range_joins_what_ends_before_it() {
        #expect(merge([range(1, 10)], with: range(11, 10, live: true)) == [range(1, 10, live: true)])
        #expect(merge([], with: range(1, 0, since: 7, live: true)) == [range(1, 0, since: 7, live: true)])
        #expect(merge([range(1, 0, live: true)], with: range(1, 3)) == [range(1, 3, live: true)])
    }

    @Test func a_page_above_what_the_live_stream_has_brought_takes_over_from_it() {
        // 101 to 149 may be on their way, or lost: nobody has proved them.
        #expect(merge([range(1, 100, live: true)], with: range(150, 200, live: true)) == [range(1, 100), range(150, 200, live: true)])
        // Without the top, live goes on from where it is.
        #expect(merge([range(1, 100, live: true)], with: range(150, 200)) == [range(1, 100, live: true), range(150, 200)])
        #expect(merge([range(150, 200, live: true)], with: range(1, 100, live: true)) == [range(1, 100), range(150, 200, live: true)])
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func any_pages_in_any_order_claim_exactly_what_they_proved(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var pages: [CoverageRange] = []
        for n in 0..<Int.random(in: 1...14, using: &generator) {
            let low = Int64.random(in: 1...60, using: &generator)
            pages.append(
                range(
                    low, low - 1 + Int64.random(in: 0...12, using: &generator),
                    since: Bool.random(using: &generator) ? Int64.random(in: 1...100, using: &generator) : nil,
                    live: Int.random(in: 0..<3, using: &generator) == 0, at: Int64(n)))
        }
        let known = pages.reduce([]) { merge($0, with: $1) }
        let proved = Set(pages.flatMap { $0.low <= $0.high ? Array($0.low...$0.high) : [] })
        let claimed = known.flatMap { $0.low <= $0.high ? Array($0.low...$0.high) : [] }
        #expect(Set(claimed) == proved)
        #expect(claimed.count == proved.count)
        #expect(known.filter(\.isLive).count == (pages.contains(where: \.isLive) ? 1 : 0))
        // Disjoint, in order, and nothing left that touches.
        for (a, b) in zip(known, known.dropFirst()) { #expect(a.high + 1 < b.low) }
        // Nothing is live that no page called live and that holds none of its ids or bounds.
        if let live = known.first(where: \.isLive) {
            #expect(pages.contains { $0.isLive && $0.low >= live.low && $0.high <= live.high })
        }
        // The order does not matter to the ids, nor do repetitions.
        let again = (pages + pages).shuffled(using: &generator).reduce([]) { merge($0, with: $1) }
        #expect(again.map(\.low) == known.map(\.low))
        #expect(again.map(\.high) == known.map(\.high))
        // A moment is claimed by a range only if one of its pages claimed it.
        for range in known {
            let inside = pages.filter { $0.low >= range.low && $0.high <= range.high }
            #expect(range.since == inside.compactMap(\.since).min())
        }
    }
}
