import Primitives
import Testing
import WriterCore

@Suite struct WorldTests {
    @Test(arguments: 0..<40) func whatever_fails_nothing_is_lost_or_applied_twice_and_then_all_arrives(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<30 {
            world.run(for: .seconds(2), withFaults: true)
            check(world)
        }
        #expect(world.faults > 20)
        world.heal()
        // The longest wait that a fault leaves behind is an open circuit's, then the silence after which HELLO is said again.
        for _ in 0..<60 where !world.isCaughtUp { world.run(for: .seconds(1), withFaults: false, withEvents: false) }
        #expect(world.isCaughtUp)
        for key in world.keys { #expect(world.database.position(key) > 500) }
        check(world)
    }

    @Test func a_listener_is_welcomed_while_others_keep_a_slow_database_busy() {
        var settings = World.Settings()
        settings.credit = 2_000
        settings.batching.drainFrom = 50
        settings.batching.drainRecords = 100
        settings.commitMilliseconds = 400...500
        settings.events = [0...30, 0...30, 0...1]
        settings.window = 4_000
        var world = World(seed: 1, settings)
        world.run(for: .seconds(20), withFaults: false)
        let before = world.longestWelcome
        world.disconnect(2)
        world.run(for: .seconds(60), withFaults: false)
        // The frames that were queued before its HELLO, and no more: two producers' credit in transactions of 100.
        #expect(world.longestWelcome > before)
        #expect(world.longestWelcome < .seconds(30))
        check(world)
    }

    @Test func a_healthy_world_needs_no_second_hello() {
        var world = World(seed: 2)
        world.run(for: .seconds(30), withFaults: false)
        #expect(world.longestWelcome < .seconds(1))
        world.run(for: .seconds(10), withFaults: false, withEvents: false)
        #expect(world.isCaughtUp)
        check(world)
    }

    private func check(_ world: World) {
        #expect(world.wrongs.isEmpty)
        for key in world.keys {
            #expect(world.database.lost(key).isEmpty, "\(key) at \(world.now)")
            #expect(world.database.twice(key).isEmpty, "\(key) at \(world.now)")
        }
    }
}
