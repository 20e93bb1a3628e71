import Logging
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct StopPhasesTests {
    /// What was logged, with the seconds that it tells.
    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
        func write(_ text: String, _ metadata: Logger.Metadata) {
            lines.withLock { $0.append(text + (metadata["seconds"].map { " \($0)" } ?? "")) }
        }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test func each_phase_is_told_with_its_duration_when_the_next_one_begins() {
        let log = Log()
        let phases = StopPhases(log.write)
        phases.enter(.stopTakingIn, now: .zero)
        phases.enter(.finishInFlight, now: .zero + .seconds(1))
        phases.enter(.drain, now: .zero + .seconds(4))
        phases.enter(.disconnect, now: .zero + .seconds(4))
        #expect(phases.finish(now: .zero + .seconds(6)) == .seconds(6))
        #expect(
            log.all == ["stopping", "stop: stop taking in 1.0", "stop: finish in flight 3.0", "stop: drain 0.0", "stop: disconnect 2.0"])
    }

    @Test func a_phase_does_not_come_twice_nor_before_the_stop() {
        let log = Log()
        let phases = StopPhases(log.write)
        phases.enter(.drain, now: .zero)
        #expect(log.all == [] && phases.finish(now: .zero) == nil)
        phases.enter(.stopTakingIn, now: .zero)
        phases.enter(.drain, now: .zero + .seconds(1))
        phases.enter(.stopTakingIn, now: .zero + .seconds(2))
        phases.enter(.finishInFlight, now: .zero + .seconds(2))
        phases.enter(.drain, now: .zero + .seconds(2))
        #expect(phases.finish(now: .zero + .seconds(3)) == .seconds(3))
        #expect(log.all == ["stopping", "stop: stop taking in 1.0", "stop: drain 2.0"])
    }
}
