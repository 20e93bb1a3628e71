import Primitives
import Testing

@testable import SupervisorCore

@Suite struct OutboxOriginTests {
    /// What is said of each of these looks, one after the other.
    private func looks(_ looks: (epoch: Int64, newest: Int64, position: Int64)...) -> [Bool] {
        var origin = OutboxOrigin(epoch: 1)
        return looks.map { origin.isAnother(epoch: $0.epoch, newest: $0.newest, position: $0.position) }
    }

    @Test func an_outbox_that_goes_on_is_the_same() {
        #expect(looks((1, 10, 10), (1, 12, 10)) == [false, false])
    }

    @Test func one_that_went_back_is_another_and_its_renewed_epoch_says_nothing_new() {
        #expect(looks((1, 9, 10), (1, 9, 9), (2, 9, 9), (3, 20, 9)) == [true, false, false, true])
        // Both at once.
        #expect(looks((2, 3, 20), (3, 30, 3), (3, 31, 30)) == [true, true, false])
    }

    @Test func one_that_has_overtaken_what_was_read_is_told_by_its_epoch() {
        #expect(looks((2, 50, 10), (2, 50, 50)) == [true, false])
    }

    @Test func who_asks_for_what_is_not_there_is_told_what_to_do() {
        let page = ChangePage(changes: [], last: 20, isMore: false, oldest: 5, newest: 20, epoch: 2)
        #expect(page.gone(after: 20, pruned: 4, epoch: nil) == nil)
        #expect(page.gone(after: 4, pruned: 4, epoch: 2) == nil)
        for (after, epoch, why) in [
            (21, nil, "this database has had no such change"), (3, nil, "changes after 3 are not kept any more"),
            (10, 1, "this database was restored since"),
        ] as [(Int64, Int64?, String)] {
            #expect(
                page.gone(after: after, pruned: 4, epoch: epoch) == [
                    "error": .string("\(why): read the messages anew and follow from newest"), "oldest": 5, "newest": 20, "epoch": 2,
                ])
        }
    }
}
