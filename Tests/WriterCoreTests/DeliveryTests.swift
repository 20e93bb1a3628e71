import Testing
import WriterCore

@Suite struct DeliveryTests {
    /// Seeds of the inner loop; more find nothing new, fewer miss what reordering alone brings out.
    private static let seeds: UInt64 = 60

    @Test(arguments: [true, false]) func nothing_is_lost_in_silence_and_nothing_applied_twice_whatever_fails(_ hasSpool: Bool) {
        var faults = 0
        var stored = 0
        for seed in 0..<DeliveryTests.seeds {
            var world = DeliverySimulation(seed: seed, hasSpool: hasSpool)
            for n in 0..<1_200 {
                world.step(withFaults: true)
                if n % 10 == 0 {
                    guard world.silentlyLost.isEmpty, world.appliedTwice.isEmpty else {
                        Issue.record("seed \(seed) step \(n): lost \(world.silentlyLost) twice \(world.appliedTwice)")
                        return
                    }
                }
            }
            world.heal()
            faults += world.faults
            stored += world.applied.count
            #expect(world.isCaughtUp, "seed \(seed)")
            #expect(world.silentlyLost.isEmpty, "seed \(seed)")
            #expect(world.appliedTwice.isEmpty, "seed \(seed)")
            if hasSpool { #expect(world.durableLost.isEmpty, "seed \(seed)") }
        }
        #expect(faults > 1_500, "the seeds bring faults: \(faults)")
        #expect(stored > 4_000, "and work: \(stored)")
    }
}
