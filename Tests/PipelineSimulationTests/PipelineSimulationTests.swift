import Foundation
import Primitives
import Testing

/// Many worlds, each from one number. `AALTOHUB_SEEDS` asks for so many of them, `AALTOHUB_SEED` for one with its trace;
/// `AALTOHUB_BUG` plants one of `Pipeline.Bug`.
@Suite struct PipelineSimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds = environment["AALTOHUB_SEEDS"].flatMap { Int($0) } ?? (environment["AALTOHUB_SLOW"] != nil ? 10_000 : 500)
    private static let bug = environment["AALTOHUB_BUG"].flatMap(Pipeline.Bug.init)
    private static let chunk = 25

    @Test(arguments: 0..<max(1, seeds / chunk))
    func whatever_fails_the_rows_end_equal_to_the_truth(part: Int) {
        var faults = 0
        for seed in UInt64(part * Self.chunk + 1)...UInt64((part + 1) * Self.chunk) {
            let outcome = Pipeline(seed: seed, bug: Self.bug).run()
            faults += outcome.faults
            #expect(outcome.complaints.isEmpty, "seed \(seed): \(outcome.complaints.prefix(5))")
            if !outcome.complaints.isEmpty { return }
        }
        #expect(faults > Self.chunk)
    }

    @Test func the_worlds_are_as_bad_as_they_should_be() {
        var (gaps, kills, happened, longest) = (0, 0, 0, 0.0)
        for seed in UInt64(1)...40 {
            let outcome = Pipeline(seed: seed).run()
            gaps += outcome.gaps
            kills += outcome.kills
            happened += outcome.happened
            longest = max(longest, outcome.healing)
        }
        #expect(gaps > 10 && kills > 60 && happened > 1_000)
        #expect(longest > 1)
    }

    @Test(.enabled(if: environment["AALTOHUB_SEED"] != nil)) func one_seed_with_its_trace() {
        let seed = Self.environment["AALTOHUB_SEED"].flatMap { UInt64($0) } ?? 1
        let outcome = Pipeline(seed: seed, bug: Self.bug, keepsTrace: true).run()
        print(outcome.trace.joined(separator: "\n"))
        print("healed after \(outcome.healing) s, \(outcome.commits) commits, \(outcome.happened) events, \(outcome.gaps) gaps")
        #expect(outcome.complaints.isEmpty, "\(outcome.complaints)")
    }
}
