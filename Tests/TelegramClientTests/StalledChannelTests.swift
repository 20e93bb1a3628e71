import Primitives
import TL
import Testing

@testable import TelegramClient

/// Channels that another call would tell of, when that call does not come.
@Suite struct StalledChannelTests {
    private let many = Dictionary(uniqueKeysWithValues: (1...30).map { (Int64($0), Int64(100)) })

    @Test func a_page_of_dialogs_that_must_wait_for_hours_keeps_no_channel_of_known_hash_from_its_start() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3, 4], peers: book(4), now: at(0))
        #expect(words(engine.connected(now: at(0))) == ["#1 getDifference 100 5", "#2 getDialogs 0"])
        _ = engine.answer(1, .differenceEmpty(date: 9, seq: 0), now: at(0))
        #expect(engine.fail(2, .flood(seconds: 7_200), now: at(1)) == ["#3 getChannelPosition 4"])
        #expect(engine.answer(3, .channelPosition(pts: 400, users: [], chats: []), now: at(2)) == ["channel 4 400→400"])
    }

    @Test func a_channel_whose_position_was_being_asked_for_is_asked_again_at_once_after_a_reconnect() {
        var engine = settledEngine(channels: many)
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 5]), receivedAt: someTime)
        for case .request(let id, .getChannelDifference(5, _, _, _)) in engine.handle(push(tooLong), now: at(100)) {
            _ = engine.fail(id, .positionInvalid, receivedAt: someTime, now: at(100))
        }
        #expect(words(engine.advance(now: at(102))).contains { $0.contains("getChannelPosition 5") })
        _ = engine.disconnected(now: at(103))
        var asked = words(engine.connected(now: at(200)))
        for tenth in 1...30 { asked += words(engine.advance(now: at(200 + Double(tenth) / 10))) }
        #expect(asked.contains { $0.contains("getChannelPosition 5") })
    }

    @Test func a_dialog_that_tells_a_position_again_is_believed_again() throws {
        var engine = settledEngine(channels: many.merging([40: 0]) { a, _ in a })
        let i = try #require(engine.index(of: 40))
        engine.channels[i].hasNoDialogPosition = true
        // It asks for itself at once, and is not left to the watchdog.
        let asked = words(engine.sessionRenewed(now: at(100)))
        #expect(asked.contains { $0.contains("getChannelDifference 40 ") })
        let dialogs = [UpdateAnswer.Dialog(channel: 40, pts: 0)]
        engine.watchdog.asking = nil
        let id = engine.request(.getPeerDialogs([ComparedChannel(channel: 40, accessHash: 440)]))
        _ = engine.answer(id, .peerDialogs(dialogs, users: [], chats: []), receivedAt: someTime, now: at(101))
        #expect(!engine.channels[i].hasNoDialogPosition)
    }

    @Test func a_renewal_after_the_first_answer_is_not_the_connections_own() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.disconnected(now: at(100))
        // The server kept the session meanwhile: no notice comes with the connection.
        #expect(words(engine.connected(now: at(200))) == ["#3 getDifference 100 5", "#4 getChannelDifference 3 30"])
        _ = engine.answer(3, .differenceEmpty(date: 9, seq: 10), now: at(200.1))
        _ = engine.answer(4, .channelDifferenceEmpty(pts: 30, final: true, timeout: 300), now: at(200.1))
        #expect(words(engine.sessionRenewed(now: at(205))) == ["#5 getDifference 100 5", "#6 getChannelDifference 3 30"])
    }

    @Test func the_notice_that_comes_with_a_connection_costs_nothing_though_the_answer_overtook_it() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.disconnected(now: at(100))
        _ = engine.connected(now: at(200))
        _ = engine.answer(3, .differenceEmpty(date: 9, seq: 10), now: at(200.1))
        #expect(words(engine.sessionRenewed(now: at(200.2))) == [])
    }
}
