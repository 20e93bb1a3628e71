import Primitives
import Testing

@testable import SimulatorCore

@Suite struct DifferenceTests {
    /// Live events applied one by one, and a difference from every position on the way, must end in the same state.
    @Test(arguments: 1...15) func a_difference_from_any_position_ends_where_live_updates_end(seed: UInt64) throws {
        var fixture = try WorldFixture()
        var generator = SeededGenerator(seed: seed)
        let user = fixture.users[1]
        var live = Replica()
        var snapshots: [(pts: Int32, date: Int32, replica: Replica)] = []
        var inChannel = Replica()
        var channelSnapshots: [(pts: Int32, replica: Replica)] = []
        for _ in 0..<300 {
            fixture.act(using: &generator)
            for change in fixture.world.takeChanges() {
                switch change {
                case .common(user, let event, let stamp):
                    live.apply(event) { fixture.world.text($0, of: user) }
                    snapshots.append((stamp.pts, Int32(fixture.now.seconds), live))
                case .channel(fixture.supergroup, let event, let stamp):
                    inChannel.apply(event) { fixture.world.text($0, in: fixture.supergroup) }
                    channelSnapshots.append((stamp.pts, inChannel))
                default: break
                }
            }
        }
        #expect(snapshots.count > 30 && channelSnapshots.count > 30)
        for start in snapshots {
            let slice = Int.random(in: 1...40, using: &generator)
            #expect(try catchUp(start.replica, from: start.pts, user: user, in: fixture.world, slice: slice) == live)
        }
        for start in channelSnapshots {
            let slice = Int.random(in: 1...40, using: &generator)
            let end = try catchUp(start.replica, from: start.pts, channel: fixture.supergroup, user: user, in: fixture.world, slice: slice)
            #expect(end == inChannel)
        }
    }

    private func catchUp(_ start: Replica, from: Int32, user: Int64, in world: World, slice: Int) throws -> Replica {
        var replica = start
        var pts = from
        while case .part(let part) = try world.commonDifference(of: user, pts: pts, date: .max, limit: slice) {
            for id in part.new { replica.apply(CommonEvent.new(id)) { world.text($0, of: user) } }
            for (event, _) in part.other { replica.apply(event) { world.text($0, of: user) } }
            #expect(part.pts > pts)
            pts = part.pts
            if !part.isSlice { break }
        }
        #expect(pts == world.commonPosition(of: user))
        return replica
    }

    private func catchUp(_ start: Replica, from: Int32, channel: Int64, user: Int64, in world: World, slice: Int) throws -> Replica {
        var replica = start
        var pts = from
        while case .part(let new, let other, let end, let isFinal) = try world.channelDifference(
            of: channel, for: user, pts: pts, limit: slice)
        {
            for id in new { replica.apply(ChannelEvent.new(id)) { world.text($0, in: channel) } }
            for (event, _) in other { replica.apply(event) { world.text($0, in: channel) } }
            #expect(end > pts)
            pts = end
            if isFinal { break }
        }
        return replica
    }

    @Test func the_common_difference_names_channels_in_which_something_happened() throws {
        var fixture = try WorldFixture()
        let user = fixture.users[2]
        let pts = fixture.world.commonPosition(of: user)
        fixture.now = fixture.now + .seconds(100)
        let date = Int32(fixture.now.seconds)
        guard case .empty = try fixture.world.commonDifference(of: user, pts: pts, date: date) else {
            Issue.record("nothing happened yet")
            return
        }
        fixture.now = fixture.now + .seconds(5)
        try fixture.world.send(by: fixture.users[0], to: .channel(fixture.channel), Draft("news"), now: fixture.now)
        guard case .part(let part) = try fixture.world.commonDifference(of: user, pts: pts, date: date) else {
            Issue.record("expected a part")
            return
        }
        #expect(part.channels == [fixture.channel])
        #expect(part.pts == pts)
    }

    @Test func a_stranger_cannot_ask_for_a_private_channel() throws {
        var fixture = try WorldFixture()
        let stranger = fixture.world.addAccount(phone: "1", firstName: "Stranger")
        #expect(throws: Failure.channelPrivate) {
            try fixture.world.channelDifference(of: fixture.supergroup, for: stranger, pts: 1, limit: 10)
        }
        try fixture.world.setUsername("open", of: fixture.supergroup, by: fixture.users[0], now: fixture.now)
        _ = try fixture.world.channelDifference(of: fixture.supergroup, for: stranger, pts: 1, limit: 10)
    }
}
