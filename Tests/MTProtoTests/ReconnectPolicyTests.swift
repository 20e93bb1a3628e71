import Primitives
import Testing

@testable import MTProto

@Suite struct ReconnectPolicyTests {
    /// Plays attempts as early as allowed; returns when they began.
    private func attempts(_ count: Int, _ outcome: (inout ReconnectPolicy, Instant, inout SeededGenerator) -> Void) -> [Instant] {
        var policy = ReconnectPolicy(), generator = SeededGenerator(seed: 1), now = Instant.zero
        var out: [Instant] = []
        for _ in 0..<count {
            now = policy.nextAttempt(after: now)
            policy.began(now: now)
            out.append(now)
            outcome(&policy, now, &generator)
        }
        return out
    }

    @Test func even_successes_stay_within_every_window() {
        let times = attempts(200) { policy, _, _ in policy.succeeded() }
        #expect(times[0] == .zero)
        #expect(times[1] == .zero + .seconds(1))
        for window in ReconnectPolicy.windows {
            for i in times.indices.dropFirst(window.count) { #expect(times[i] - times[i - window.count] >= window.duration) }
        }
    }

    @Test func tcp_connections_of_all_attempts_together_are_at_most_five_in_ten_seconds() {
        var policy = ReconnectPolicy(), now = Instant.zero
        var times: [Instant] = []
        for _ in 0..<20 {
            now = policy.nextAttempt(after: now)
            policy.began(now: now)
            for _ in 0..<3 {
                now = policy.nextConnect(after: now)
                policy.connecting(now: now)
                times.append(now)
            }
        }
        for i in times.indices.dropFirst(5) { #expect(times[i] - times[i - 5] >= .seconds(10)) }
    }

    @Test func failures_in_a_row_wait_up_to_16_seconds_and_a_success_forgets_them() {
        let times = attempts(12) { policy, now, generator in policy.failed(now: now, using: &generator) }
        let last = times[11] - times[10]
        #expect(last >= .seconds(8) && last <= .seconds(16))
        var policy = ReconnectPolicy(), generator = SeededGenerator(seed: 1)
        for i in 0..<20 { policy.failed(now: .zero + .seconds(100 * Int64(i)), using: &generator) }
        policy.succeeded()
        policy.failed(now: .zero + .seconds(5000), using: &generator)
        #expect(policy.nextAttempt(after: .zero + .seconds(5000)) <= .zero + .milliseconds(5_000_500))
    }

    @Test func refusals_wait_longer_than_failures() {
        let times = attempts(12) { policy, now, generator in policy.refused(now: now, using: &generator) }
        let last = times[11] - times[10]
        #expect(last >= .seconds(30) && last <= .seconds(60))
    }

    @Test func connects_get_more_time_after_each_failure() {
        var policy = ReconnectPolicy(), generator = SeededGenerator(seed: 1)
        var timeouts: [Duration] = []
        for _ in 0..<6 {
            timeouts.append(policy.connectTimeout)
            policy.failed(now: .zero, using: &generator)
        }
        #expect(timeouts == [1, 2, 4, 8, 8, 8].map { .seconds($0) })
    }
}
