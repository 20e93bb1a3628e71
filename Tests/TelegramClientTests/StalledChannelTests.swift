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
}
