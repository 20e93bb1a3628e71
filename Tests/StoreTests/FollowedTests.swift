import Events
import Store
import Testing
import WriterCore

@Suite struct FollowedTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    @Test func a_box_followed_after_something_of_it_was_fetched_leaves_a_gap() async throws {
        let gaps = "SELECT string_agg(account || ' ' || box || ' ' || to_value || ' ' || reason, ', ' ORDER BY id) FROM aaltohub.gaps"
        let writer = try database.writer()
        var first = TestProducer(writer, account: "a")
        try await first.hello()
        try await first.send([record([], box: .channel(100), from: 4, to: 5)])
        #expect(try database.text(gaps) == nil)
        // The group was crawled for a while that nobody followed it.
        try database.administrator.script(
            """
            DELETE FROM aaltohub.positions;
            INSERT INTO aaltohub.coverage (group_id, low, high, is_live, observed_at)
                SELECT id, 1, 9, false, now() FROM public.groups WHERE chat_type = 'channel' AND telegram_id = 100;
            """)
        try await first.send([record([], box: .channel(100), from: 6, to: 7), record([], box: .channel(100), from: 7, to: 8)])
        #expect(try database.text(gaps) == "a channel 8 followed")
        // What another account has followed up to here was not missed.
        var second = TestProducer(writer, account: "b", seed: 2)
        try await second.hello()
        try await second.send([record([], box: .channel(100), from: 8, to: 8)])
        #expect(try database.text(gaps) == "a channel 8 followed")
        // But those that are behind, be it by a moment, may be put out before they come so far.
        var third = TestProducer(writer, account: "c", seed: 3)
        try await third.hello()
        try await third.send([record([], box: .channel(100), from: 9, to: 9)])
        #expect(try database.text(gaps) == "a channel 8 followed, c channel 9 followed")
        // Numbers of another count say nothing.
        var fourth = TestProducer(writer, account: "d", seed: 4)
        try await fourth.hello()
        try await fourth.send([record([], box: .channel(100), generation: 2, from: 3, to: 3)])
        #expect(try database.text(gaps) == "a channel 8 followed, c channel 9 followed, d channel 3 followed")
    }
}
