import Primitives
import Testing

@testable import SimulatorCore

@Suite struct LoadTests {
    private func populated(seed: UInt64, groups: Int = 3, messages: Int = 40) throws -> World {
        var world = World(secret: 1)
        var population = Population()
        population.accounts = 4
        population.groups = groups
        population.messages = messages
        population.seed = seed
        population.passwords = [Population.phone(2): "secret"]
        try population.populate(&world, now: UnixTime(seconds: 1_790_000_000))
        return world
    }

    private func texts(_ world: World) -> [String] { world.contents.map(\.text) }

    @Test func the_same_seed_writes_the_same_history_and_another_seed_another() throws {
        #expect(try texts(populated(seed: 1)) == texts(populated(seed: 1)))
        #expect(try texts(populated(seed: 1)) != texts(populated(seed: 2)))
    }

    @Test func history_lies_in_the_last_fourteen_days_and_ascends_in_every_dialog() throws {
        let world = try populated(seed: 3)
        #expect(world.accounts.values.filter { $0.password != nil }.map(\.phone) == ["9996610002"])
        #expect(world.groups.compactMap(world.kind) == [.basic, .supergroup, .channel])
        for place in world.groups {
            let user = world.accountOrder[3]
            let dates = world.ids(in: place, for: user).compactMap {
                world.key(of: $0, in: place, for: user).map { world.contents[$0].date }
            }
            #expect(dates.count >= 40)
            #expect(dates == dates.sorted())
            #expect(dates.allSatisfy { $0.seconds >= 1_790_000_000 - 14 * 86_400 && $0.seconds <= 1_790_000_000 })
        }
    }

    @Test(arguments: 1...5) func a_load_does_as_much_as_it_says_at_the_pace_it_says(seed: UInt64) throws {
        var world = try populated(seed: 1)
        let before = world.contents.count
        var load = LoadGenerator(LoadGenerator.Plan(rate: 50, seconds: 4, seed: seed, mix: .init(new: 6, edit: 3, delete: 1)))
        #expect(load.due(after: .milliseconds(100)) == 6)
        while !load.isFinished { load.act(on: &world, now: UnixTime(seconds: 1_790_000_001)) }
        #expect(load.total == 200 && load.done == 200 && load.failed == 0)
        #expect(load.due(after: .seconds(100)) == 0)
        #expect(world.contents.count - before == load.new)
        #expect(load.new > 90 && load.edited > 30 && load.deleted > 5)
        #expect(world.contents.filter { $0.deletedAt != nil }.count == load.deleted)
    }

    @Test func a_mix_is_read_or_refused() {
        #expect(LoadGenerator.Mix("90:7:3") == LoadGenerator.Mix(new: 90, edit: 7, delete: 3))
        for wrong in ["", "1", "1:2", "0:1:1", "1:-1:0", "a:b:c"] { #expect(LoadGenerator.Mix(wrong) == nil) }
    }

    @Test func a_scenario_makes_what_it_lists_and_says_what_it_lacks() throws {
        var world = World(secret: 1)
        var generator = SeededGenerator(seed: 1)
        let now = UnixTime(seconds: 1_790_000_000)
        let scenario: JSON = [
            "accounts": [["phone": "1", "first_name": "A"], ["phone": "2", "first_name": "B", "username": "bbbbb"]],
            "groups": [
                ["kind": "basic", "title": "Both", "creator": "1"],
                ["kind": "channel", "title": "News", "creator": "2", "members": [], "username": "thenews"],
            ],
        ]
        try Scenario(scenario).play(in: &world, now: now, using: &generator)
        #expect(world.chats.values.first?.members.count == 2)
        #expect(world.channels.values.first?.memberOrder.count == 1)
        #expect(try world.resolve(username: "thenews") == .channel(1_500_000_001))
        #expect(throws: Scenario.ScenarioError.unknownPhone("9")) {
            try Scenario(["groups": [["kind": "basic", "title": "x", "creator": "9"]]]).play(in: &world, now: now, using: &generator)
        }
        #expect(throws: Scenario.ScenarioError.missing(field: "first_name")) {
            try Scenario(["accounts": [["phone": "3"]]]).play(in: &world, now: now, using: &generator)
        }
    }
}
