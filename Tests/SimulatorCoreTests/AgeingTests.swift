import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct AgeingTests {
    private func endpoint(window: Int32) throws -> Endpoint {
        var limits = World.Limits()
        limits.window = window
        var world = World(secret: 9, limits: limits)
        let logins = (1...2).map { world.addAccount(phone: Population.phone($0), firstName: "Login \($0)") }
        var history = History()
        (history.groups, history.messages) = (20, 2_000)
        try history.populate(&world, members: logins, now: moment.time)
        return Endpoint(server: TelegramServer(world: world), keys: [], now: moment)
    }

    private let moment = Endpoint.Moment(instant: .zero, time: UnixTime(seconds: 1_790_000_000))

    private func age(_ endpoint: inout Endpoint, seed: Int64 = 4) throws -> JSON {
        var generator = SeededGenerator(seed: 1)
        let command: JSON = [
            "cmd": "age", "seconds": 172_800, "messages": 900, "edits": 200, "deletes": 100, "counters": 50, "seed": .integer(seed),
        ]
        return try #require(try Control.run(command, on: &endpoint, now: moment, using: &generator)?.last)
    }

    @Test func two_days_pass_with_all_that_happened_in_them() throws {
        var endpoint = try endpoint(window: 10_000)
        let before = endpoint.server.world
        let done = try age(&endpoint)
        #expect(["messages", "edits", "deletes", "counters"].map { done[$0]?.integer } == [900, 200, 100, 50])
        #expect(endpoint.skew == .seconds(172_800))
        let world = endpoint.server.world
        let fresh = world.contents.dropFirst(before.contents.count)
        #expect(fresh.count == 900)
        #expect(fresh.allSatisfy { $0.date > moment.time && $0.date < moment.time + .seconds(172_800) })
        let old = zip(before.contents, world.contents)
        #expect(old.contains { $0.text != $1.text } && old.contains { $0.deletedAt == nil && $1.deletedAt != nil })
        let edited = world.contents.filter { ($0.editedAt ?? moment.time) > moment.time }
        #expect((150...200).contains(edited.count))
        #expect(Set(edited.map(\.place)).count > 10)
    }

    @Test func a_small_window_makes_both_boxes_too_long() throws {
        var endpoint = try endpoint(window: 5)
        let user = endpoint.server.world.accountOrder[0]
        let common = endpoint.server.world.commonPosition(of: user)
        let channels = endpoint.server.world.channelOrder
        let positions = channels.map { endpoint.server.world.channels[$0]?.box.pts ?? 1 }
        _ = try age(&endpoint)
        guard case .tooLong = try endpoint.server.world.commonDifference(of: user, pts: common, date: 0) else {
            Issue.record("the common box answered")
            return
        }
        for (channel, pts) in zip(channels, positions) {
            guard case .tooLong = try endpoint.server.world.channelDifference(of: channel, for: user, pts: pts, limit: 100) else {
                Issue.record("channel \(channel) answered")
                return
            }
        }
    }

    @Test func the_same_seed_passes_the_same_time() throws {
        func texts(_ seed: Int64) throws -> [String] {
            var endpoint = try endpoint(window: 100)
            _ = try age(&endpoint, seed: seed)
            return endpoint.server.world.contents.map(\.text)
        }
        #expect(try texts(4) == texts(4))
        #expect(try texts(4) != texts(5))
    }
}
