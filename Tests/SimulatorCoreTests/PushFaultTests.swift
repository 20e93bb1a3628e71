import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct PushFaultTests {
    private func rule(_ change: (inout PushFaults.Rule) -> Void) -> PushFaults.Rule {
        var rule = PushFaults.Rule()
        change(&rule)
        return rule
    }

    @Test func without_a_rule_everything_arrives_once_and_at_once() {
        var faults = Faults()
        #expect(faults.arrivals(for: 1, of: [.common]) == [PushFaults.Arrival()])
        #expect(faults.counts.isEmpty)
    }

    @Test func the_same_seed_meets_the_same_faults_and_another_seed_others() {
        func life(_ seed: UInt64) -> [[PushFaults.Arrival]] {
            var faults = Faults()
            faults.seed = seed
            faults.pushes.rules = [
                rule {
                    $0.lose = 0.3
                    $0.double = 0.3
                    $0.delay = 0.2
                    $0.reorder = 0.4
                    $0.shorten = 0.1
                }
            ]
            return (0..<200).map { faults.arrivals(for: Int64($0 % 3), of: [.common]) }
        }
        #expect(life(7) == life(7))
        #expect(life(7) != life(8))
        let lost = life(7).count { $0.isEmpty }
        let doubled = life(7).count { $0.count == 2 }
        #expect((40...80).contains(lost) && (20...70).contains(doubled))
        #expect(life(7).joined().contains { $0.after > .milliseconds(900) } && life(7).joined().contains { $0.isShortened })
    }

    @Test func a_rule_is_for_its_account_its_box_and_so_many_pushes() {
        var faults = Faults()
        faults.pushes.rules = [
            rule {
                $0.user = 1
                $0.scope = .channel(5)
                $0.lose = 1
                $0.remaining = 2
            }
        ]
        #expect(faults.arrivals(for: 2, of: [.channel(5)]).count == 1)
        #expect(faults.arrivals(for: 1, of: [.common, .channel(6)]).count == 1)
        #expect(faults.arrivals(for: 1, of: [.common, .channel(5)]).isEmpty)
        #expect(faults.arrivals(for: 1, of: [.channel(5)]).isEmpty)
        #expect(faults.arrivals(for: 1, of: [.channel(5)]).count == 1, "two were all")
        #expect(faults.counts == ["lost": 2])
    }

    /// Two logged-in users and a supergroup of both.
    private func fixture() throws -> (ServerFixture, ServerFixture.Client, ServerFixture.Client, Int64) {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        let bob = try fixture.logIn(1)
        let now = fixture.now
        let id = try fixture.server.world.createChannel(by: fixture.users[0], title: "Super", isBroadcast: false, now: now)
        try fixture.server.world.invite([fixture.users[1]], to: id, by: fixture.users[0], now: now)
        fixture.server.publish(now: now)
        _ = try fixture.pushed(to: bob)
        return (fixture, alice, bob, id)
    }

    private func difference(_ fixture: inout ServerFixture, _ bob: ServerFixture.Client, pts: Int32) throws -> TLValue {
        try fixture.call(
            bob, TLObject("updates.getDifference", ["pts": .int(pts), "date": .integer(fixture.now.seconds - 100), "qts": 1]))
    }

    @Test func of_a_silent_channel_nothing_is_told_until_it_is_asked_for() throws {
        var (fixture, alice, bob, id) = try fixture()
        let bobsPts = fixture.server.world.commonPosition(of: fixture.users[1])
        fixture.server.faults.pushes.silent = [.init(channel: id, user: fixture.users[1], isWhole: true)]
        try fixture.call(alice, fixture.send("unheard", to: .channel(id), by: 0, randomID: 1))
        let silence = try fixture.pushed(to: bob)
        #expect(silence.isEmpty)
        let whole = try difference(&fixture, bob, pts: bobsPts)
        #expect(!names(of: whole["other_updates"]).contains("updateChannelTooLong"))
        fixture.server.faults.pushes.silent[0].isWhole = false
        let named = try difference(&fixture, bob, pts: bobsPts)
        #expect(names(of: named["other_updates"]).contains("updateChannelTooLong"))
        fixture.server.faults.end()
        try fixture.call(alice, fixture.send("heard", to: .channel(id), by: 0, randomID: 2))
        let heard = try fixture.pushed(to: bob)
        #expect(heard.count == 1)
    }

    private func names(of updates: TLValue?) -> [String] { (updates?.vector ?? []).compactMap { $0.object?.name } }

    @Test func a_shortened_push_says_less_than_there_was() throws {
        var (fixture, alice, bob, id) = try fixture()
        fixture.server.faults.pushes.rules = [rule { $0.shorten = 1 }]
        try fixture.call(alice, fixture.send("one", to: .channel(id), by: 0, randomID: 1))
        let channels = try fixture.pushed(to: bob)
        #expect(names(of: channels[0]["updates"]) == ["updateChannelTooLong"])
        try fixture.call(alice, fixture.send("two", to: .user(fixture.users[1]), by: 0, randomID: 2))
        let common = try fixture.pushed(to: bob)
        #expect(common[0].name == "updatesTooLong")
        for text in ["three", "four", "five"] {
            try fixture.server.world.send(by: fixture.users[0], to: .channel(id), Draft(text), now: fixture.now)
        }
        fixture.server.publish(now: fixture.now)
        let several = try fixture.pushed(to: bob)
        #expect((1...2).contains(several[0]["updates"]?.vector?.count ?? 0))
    }

    @Test func an_unknown_constructor_spoils_the_last_update_or_the_whole() throws {
        var (fixture, _, bob, id) = try fixture()
        for (kind, isWhole) in [(rule { $0.unknown = 1 }, false), (rule { $0.unknownEnvelope = 1 }, true)] {
            fixture.server.faults.pushes.rules = [kind]
            for text in ["one", "two"] {
                try fixture.server.world.send(by: fixture.users[0], to: .channel(id), Draft(text), now: fixture.now)
            }
            fixture.server.publish(now: fixture.now)
            let bodies = fixture.server.takeOutgoing().filter { $0.session == bob.id }.map(\.body)
            let body = try #require(bodies.first)
            #expect(throws: TLError.self) { try TL.decode(body) }
            let at = try #require(ObjectFaults.position(of: ObjectFaults.unknownConstructor, in: body, from: 0))
            #expect((at == 0) == isWhole)
            #expect(TL.name(of: 0x0bad_c0de) == nil)
        }
    }

    @Test(arguments: [201, 225, 227] as [Int32]) func old_objects_stand_in_a_newer_stream(_ layer: Int32) throws {
        var (fixture, alice, bob, id) = try fixture()
        fixture.server.faults.objects.layer = layer
        try fixture.call(alice, fixture.send("an old form", to: .channel(id), by: 0, randomID: 1))
        let body = try #require(fixture.server.takeOutgoing().first { $0.session == bob.id }?.body)
        let push = try TL.decode(body)
        #expect(push["updates"]?.vector?.first?["message"]?["message"]?.string == "an old form")
        #expect(TL.id(of: body) == TL.constructorID("updates", layer: TL.newestLayer))
        let new = try TL.encode(push)
        #expect(new != body, "the same object encodes otherwise in the newest layer")
        let history = try fixture.call(bob, fixture.history(of: .channel(id), by: 1))
        #expect(history["messages"]?.vector?.first?["message"]?.string == "an old form")
        #expect(fixture.server.faults.counts["old_objects"] ?? 0 >= 2)
    }
}
