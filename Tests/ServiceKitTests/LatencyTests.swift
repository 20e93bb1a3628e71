import Primitives
import Testing

@testable import ServiceKit

@Suite struct LatencyTests {
    /// 1 to 10,000 ms, once each.
    private func even(now: Instant = .zero) -> Latency {
        var latency = Latency()
        for i in 1...10_000 { latency.observe(Double(i) / 1000, now: now) }
        return latency
    }

    private func isNear(_ value: Double, _ expected: Double, _ precision: Double) -> Bool {
        abs(value - expected) <= expected * precision
    }

    @Test func percentiles_of_known_values_are_told_to_their_precision() {
        let latency = even()
        for (found, precision) in [(latency.life, 0.001), (latency.recent(now: .zero), 0.01)] {
            #expect(found.count == 10_000)
            #expect(isNear(found.p50, 5, precision) && isNear(found.p90, 9, precision), "\(found)")
            #expect(isNear(found.p99, 9.9, precision) && isNear(found.p999, 9.99, precision), "\(found)")
            #expect(found.max == 10)
        }
    }

    @Test func one_slow_value_in_two_thousand_shows_in_the_maximum_and_not_in_the_median() {
        var latency = Latency()
        for _ in 0..<1_999 { latency.observe(0.002, now: .zero) }
        latency.observe(7, now: .zero)
        #expect(isNear(latency.life.p50, 0.002, 0.01) && isNear(latency.life.p999, 0.002, 0.01) && latency.life.max == 7)
    }

    @Test func the_last_minutes_forget_and_the_life_does_not() {
        var latency = Latency()
        latency.observe(100, now: .zero)
        for minute in 1...4 { latency.observe(1, now: .zero + .seconds(60 * minute)) }
        #expect(latency.recent(now: .zero + .seconds(299)).max == 100)
        latency.observe(1, now: .zero + .seconds(300))
        #expect(latency.recent(now: .zero + .seconds(300)).max == 1)
        #expect(latency.recent(now: .zero + .seconds(300)).count == 5)
        // Nothing is observed any more: what is old goes all the same.
        #expect(latency.recent(now: .zero + .seconds(480)).count == 2)
        #expect(latency.recent(now: .zero + .seconds(900)) == Latency().life)
        #expect(latency.life.max == 100 && latency.life.count == 6)
    }

    @Test func what_is_below_nothing_or_beyond_an_hour_is_counted_at_the_edge() {
        var latency = Latency()
        latency.observe(-1, now: .zero)
        latency.observe(1e300, now: .zero)
        #expect(latency.life.p50 <= 16e-6 && latency.life.max == 3600 && latency.life.count == 2)
        #expect(latency.counts.last == 1)
    }

    @Test func its_memory_has_a_bound() {
        #expect(Latency.footprintBytes < 140 << 10)
        let status = ServiceStatus(service: "writer", startedAt: UnixTime(seconds: 1), started: .zero)
        for i in 0..<100 { status.observe("wait_seconds", 1, ["group": "\(i)"], now: .zero) }
        guard case .object(let kept)? = status.json(at: UnixTime(seconds: 1), now: .zero)["histograms"] else {
            Issue.record("no histograms")
            return
        }
        #expect(kept.count == ServiceStatus.mostLatencies)
    }

    @Test func a_heartbeat_tells_percentiles_beside_the_buckets() {
        let status = ServiceStatus(service: "writer", startedAt: UnixTime(seconds: 1), started: .zero)
        for i in 1...100 { status.observe("wait_seconds", Double(i), ["way": "push"], now: .zero) }
        let wait = status.json(at: UnixTime(seconds: 1), now: .zero)["histograms"]?["wait_seconds{way=\"push\"}"]
        #expect(wait?["life"]?["count"] == 100 && wait?["life"]?["max"] == 100.0 && wait?["recent"]?["seconds"] == 300)
        #expect(isNear(wait?["life"]?["p99"]?.double ?? 0, 99, 0.001) && isNear(wait?["recent"]?["p50"]?.double ?? 0, 50, 0.01))
    }
}
