import Primitives
import Testing

@testable import SimulatorCore

@Suite struct BoxTests {
    @Test(arguments: 1...20) func every_step_of_pts_is_told_exactly_once(seed: UInt64) throws {
        var fixture = try WorldFixture()
        var generator = SeededGenerator(seed: seed)
        var common: [Int64: Int32] = [:]
        var channels: [Int64: Int32] = [:]
        for _ in 0..<400 {
            for change in fixture.world.takeChanges() {
                switch change {
                case .common(let user, _, let stamp):
                    #expect(stamp.pts == common[user, default: 1] + stamp.count)
                    common[user] = stamp.pts
                case .channel(let id, _, let stamp):
                    #expect(stamp.pts == channels[id, default: 1] + stamp.count)
                    channels[id] = stamp.pts
                case .plain: break
                }
            }
            fixture.act(using: &generator)
        }
        _ = fixture.world.takeChanges()
        for user in fixture.users { #expect(fixture.world.commonPosition(of: user) >= common[user, default: 1]) }
    }

    @Test func a_box_forgets_what_is_out_of_its_window() {
        var box = EventBox<Int>(window: 10)
        for i in 0..<30 { _ = box.append(i, date: UnixTime(seconds: Int64(i))) }
        #expect(box.pts == 31)
        #expect(box.events(after: 31)?.count == 0)
        #expect(box.events(after: 21)?.map(\.kind) == Array(20..<30))
        #expect(box.events(after: 20) == nil)
    }

    @Test func an_event_of_several_steps_stays_until_all_of_it_is_out() {
        var box = EventBox<String>(window: 4)
        _ = box.append("new", count: 1, date: .init(seconds: 1))
        _ = box.append("three gone", count: 3, date: .init(seconds: 2))
        #expect(box.events(after: 1)?.map(\.kind) == ["new", "three gone"])
        _ = box.append("new", count: 1, date: .init(seconds: 3))
        #expect(box.events(after: 1) == nil)
        #expect(box.events(after: 2)?.map(\.kind) == ["three gone", "new"])
        #expect(box.events(after: 3)?.map(\.kind) == ["three gone", "new"])
    }

    @Test func a_smaller_window_forgets_at_once() throws {
        var fixture = try WorldFixture()
        for i in 0..<50 { try fixture.world.send(by: fixture.users[0], to: .channel(fixture.supergroup), Draft("\(i)"), now: fixture.now) }
        var limits = World.Limits()
        limits.window = 5
        fixture.world.setLimits(limits)
        guard
            case .tooLong(let pts, let newest) = try fixture.world.channelDifference(
                of: fixture.supergroup, for: fixture.users[1], pts: 2, limit: 3)
        else { Issue.record("expected too long"); return }
        #expect(pts == fixture.world.channels[fixture.supergroup]?.box.pts)
        #expect(newest.count == 3)
        #expect(newest.first == fixture.world.channels[fixture.supergroup]?.ids.last)
        guard case .tooLong = try fixture.world.commonDifference(of: fixture.users[1], pts: 1, date: 0) else {
            // Its own box has few events: everything must still be there.
            return
        }
    }

    @Test func positions_that_never_were_are_refused() throws {
        let fixture = try WorldFixture()
        #expect(throws: Failure.persistentTimestampEmpty) { try fixture.world.commonDifference(of: fixture.users[0], pts: 0, date: 0) }
        #expect(throws: Failure.persistentTimestampInvalid) { try fixture.world.commonDifference(of: fixture.users[0], pts: 9999, date: 0) }
        #expect(throws: Failure.persistentTimestampInvalid) {
            try fixture.world.channelDifference(of: fixture.channel, for: fixture.users[0], pts: 9999, limit: 10)
        }
    }
}
