import Primitives
import Testing

@testable import SupervisorCore

@Suite struct BroadcastDispatcherTests {
    @Test func live_changes_leave_at_once_in_order_and_in_one_request() {
        var outlet = Outlet()
        outlet.announce([(.insert, 1), (.insert, 2), (.update, 1)])
        outlet.run(for: .seconds(1))
        #expect(outlet.requests.count == 1)
        #expect(outlet.requests[0].at == .zero)
        #expect(outlet.received.map(\.id) == [1, 2, 3])
        #expect(outlet.received.map(\.event) == [.insert, .insert, .update])
        #expect(outlet.dispatcher.cursors == SinkCursors(live: 3, history: 3))
        #expect(outlet.dispatcher.counts.sentLive == 3)
    }

    @Test func no_second_holds_more_than_the_plan_and_no_request_more_than_a_batch() {
        var outlet = Outlet(perSecond: 40, batch: 15)
        outlet.announce((1...200).map { (.insert, $0) })
        outlet.run(for: .seconds(3))
        #expect(outlet.busiestSecond == 40)
        #expect(outlet.requests.allSatisfy { $0.messages.count <= 15 })
        outlet.run(for: .seconds(10))
        #expect(outlet.received.map(\.id) == Array(1...200))
        // 200 at 40 a second.
        #expect(outlet.requests.last.map { $0.at < .zero + .seconds(5) } == true)
    }

    @Test func a_request_holds_no_more_bytes_than_it_may() {
        var outlet = Outlet(payload: 3_000_000)
        for message in 1...5 { outlet.sizes[Outlet.key(message)] = 1_500_000 }
        outlet.announce((1...5).map { (.insert, $0) })
        outlet.run(for: .seconds(5))
        #expect(outlet.requests.map(\.messages.count) == [2, 2, 1])
        #expect(outlet.received.map(\.id) == Array(1...5))
    }

    @Test func a_crawl_of_300_000_rows_delays_no_live_row() throws {
        var outlet = Outlet()
        outlet.announce((1...300_000).map { (.insert, $0) }, history: true)
        var waits: [Duration] = []
        // Twenty live messages a second, for ten minutes.
        for tick in 0..<6_000 {
            outlet.now = max(outlet.now, .zero + .milliseconds(50) * tick * 2)
            let (at, before) = (outlet.now, outlet.requests.count)
            outlet.announce([(.insert, 1_000_000 + 2 * tick), (.insert, 1_000_001 + 2 * tick)])
            outlet.run(for: .milliseconds(100))
            let sent = outlet.requests[before...].filter { $0.messages.contains { !$0.isHistory } }
            waits.append(try #require(sent.last).at - at)
        }
        #expect(try #require(waits.max()) <= .milliseconds(10))
        #expect(outlet.dispatcher.counts.sentLive == 12_000)
        #expect(outlet.busiestSecond(from: .zero + .seconds(60), for: .seconds(60)) <= 100)
        // Live has 20 a second, a fifth of the plan is kept for more of it, the past has the rest.
        #expect(outlet.dispatcher.counts.sentHistory > 35_000)
        outlet.run(for: .seconds(3_700))
        #expect(outlet.dispatcher.counts.sentHistory == 300_000)
        #expect(outlet.received.filter(\.isHistory).map(\.id) == Array(1...300_000))
    }

    @Test func what_waits_of_one_message_is_sent_once_and_as_it_is_now() {
        var outlet = Outlet()
        outlet.answer = { _ in .unavailable("HTTP 503") }
        outlet.announce(.insert, 9)
        outlet.run(for: .milliseconds(100))
        // Behind a request that fails: a live message and three edits of it, a crawled one with its file.
        outlet.announce([(.insert, 1), (.update, 1), (.insert, 2), (.update, 1), (.update, 1)])
        outlet.announce([(.insert, 3), (.insert, 4), (.update, 3)], history: true)
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(5))
        #expect(outlet.received.map(\.id) == [1, 2, 4, 6, 9, 8])
        #expect(outlet.received.map(\.event) == [.insert, .insert, .insert, .update, .insert, .insert])
        #expect(outlet.dispatcher.counts.coalesced == 3)
        #expect(outlet.dispatcher.cursors == SinkCursors(live: 9, history: 9))
    }

    @Test func a_live_change_takes_what_waits_of_its_message_along() {
        var outlet = Outlet(perSecond: 10)
        outlet.announce((1...50).map { (.insert, $0) }, history: true)
        outlet.run(for: .milliseconds(100))
        #expect(outlet.received.map(\.id).max().map { $0 < 40 } == true)
        // An edit of one of them, and a deletion of another.
        outlet.deleted = [Outlet.key(46)]
        outlet.announce([(.update, 45), (.update, 46)])
        outlet.run(for: .milliseconds(100))
        let live = outlet.received.filter { !$0.isHistory }
        #expect(live.map(\.id) == [51, 52])
        #expect(live.map(\.event) == [.insert, .update], "a deletion is an update, even of what nobody saw")
        outlet.run(for: .seconds(60))
        #expect(outlet.received.filter(\.isHistory).map(\.id) == Array(1...44) + Array(47...50))
    }

    @Test func one_message_that_is_refused_for_good_costs_only_itself() {
        var outlet = Outlet()
        outlet.announce((1...100).map { (.insert, $0) })
        outlet.answer = { messages in messages.contains { [37, 38, 90].contains($0.id) } ? .refused("HTTP 422") : .accepted }
        outlet.run(for: .seconds(60))
        #expect(outlet.received.map(\.id) == (1...100).filter { ![37, 38, 90].contains($0) })
        #expect(outlet.dispatcher.counts.refused == 3)
        #expect(outlet.requests.count < 60)
        #expect(outlet.dispatcher.cursors.live == 100)
        #expect(outlet.dispatcher.trouble == nil)
    }

    @Test func an_endpoint_that_refuses_everything_is_not_stormed() {
        var outlet = Outlet()
        outlet.announce((1...500).map { (.insert, $0) })
        outlet.answer = { _ in .refused("HTTP 422") }
        outlet.run(for: .seconds(10))
        #expect(outlet.busiestSecond <= 100)
        #expect(outlet.dispatcher.trouble == "HTTP 422")
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(60))
        #expect(outlet.dispatcher.counts.refused + outlet.dispatcher.counts.sentLive == 500)
    }

    @Test func rows_that_no_plan_takes_and_rows_that_are_gone_are_left_out() {
        var outlet = Outlet(payload: 1_000)
        outlet.sizes = [Outlet.key(2): 1_001, Outlet.key(4): 1_000]
        outlet.gone = [Outlet.key(3)]
        outlet.announce((1...4).map { (.insert, $0) })
        outlet.run(for: .seconds(1))
        #expect(outlet.received.map(\.id) == [1, 4])
        #expect(outlet.dispatcher.counts.tooLarge == 1)
        #expect(outlet.dispatcher.counts.gone == 1)
        #expect(outlet.dispatcher.cursors.live == 4)
    }

    @Test(arguments: [BroadcastAnswer.unavailable("HTTP 401"), .unavailable("no answer"), .tooMany("HTTP 429")])
    func an_endpoint_that_does_not_take_anything_is_waited_for(_ refusal: BroadcastAnswer) {
        var outlet = Outlet(patience: .seconds(3600))
        outlet.announce((1...10).map { (.insert, $0) })
        outlet.answer = { _ in refusal }
        outlet.run(for: .seconds(600))
        // 0.5, 1, 2, 4, 8, 16 and then every 15 to 30 seconds.
        #expect((20...60).contains(outlet.requests.count))
        #expect(outlet.received.isEmpty)
        #expect(outlet.dispatcher.cursors.live == 0, "nothing is done with")
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(60))
        #expect(outlet.received.map(\.id) == Array(1...10))
        #expect(outlet.dispatcher.counts.tooOld == 0)
    }

    @Test func what_became_too_old_meanwhile_is_skipped_and_the_rest_is_sent() {
        var outlet = Outlet(patience: .seconds(600))
        outlet.answer = { _ in .unavailable("HTTP 503") }
        outlet.announce((1...5).map { (.insert, $0) })
        outlet.announce((6...8).map { (.insert, $0) }, history: true)
        outlet.run(for: .seconds(1_000))
        outlet.announce((9...10).map { (.insert, $0) })
        outlet.run(for: .seconds(60))
        #expect(outlet.dispatcher.counts.tooOld == 8)
        #expect(outlet.dispatcher.cursors == SinkCursors(live: 8, history: 10))
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(60))
        #expect(outlet.received.map(\.id) == [9, 10])
    }

    /// A crawl waits an hour for its turn; one refusal after that is no reason to drop it.
    @Test func what_waits_for_its_turn_only_is_never_too_old() {
        var outlet = Outlet(patience: .seconds(60))
        outlet.announce((1...20_000).map { (.insert, $0) }, history: true)
        outlet.run(for: .seconds(200))
        outlet.answer = { _ in .unavailable("HTTP 500") }
        outlet.run(for: .seconds(20))
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(300))
        #expect(outlet.received.map(\.id) == Array(1...20_000))
        #expect(outlet.dispatcher.counts.tooOld == 0)
    }

    @Test func too_many_at_once_makes_it_slower_and_it_recovers() {
        var outlet = Outlet()
        outlet.announce((1...3_000).map { (.insert, $0) })
        outlet.answer = { _ in .accepted }
        outlet.run(for: .milliseconds(10))
        outlet.answer = { _ in .tooMany("HTTP 429") }
        outlet.run(for: .seconds(2))
        #expect(outlet.dispatcher.allowedPerSecond <= 50)
        outlet.answer = { _ in .accepted }
        outlet.run(for: .seconds(200))
        #expect(outlet.received.map(\.id) == Array(1...3_000))
        #expect(outlet.dispatcher.allowedPerSecond == 100)
    }

    @Test func a_new_process_goes_on_where_the_old_one_was() {
        var old = Outlet(perSecond: 10)
        old.announce((1...100).map { (.insert, $0) }, history: true)
        old.announce([(.insert, 200), (.update, 99)])
        old.run(for: .milliseconds(1_500))
        let cursors = old.dispatcher.cursors
        #expect(cursors.live == 102)
        let done = Set(old.received.map(\.id))
        #expect((1...cursors.history).allSatisfy { done.contains($0) })
        #expect(!done.contains(cursors.history + 1))

        var new = Outlet(from: cursors)
        new.next = cursors.first + 1
        // The outbox is read again from the earlier of the two.
        new.announce((Int(cursors.first + 1)...100).map { (.insert, $0) }, history: true)
        new.announce([(.insert, 200), (.update, 99)])
        new.announce(.insert, 201)
        new.run(for: .seconds(10))
        let received = new.received.map(\.id)
        #expect(received.first == 103)
        #expect(!received.contains(101), "live ones that were sent are not sent again")
        #expect(Set(received).union(done).isSuperset(of: (1...98).map { Int64($0) }))
        #expect(new.dispatcher.cursors == SinkCursors(live: 103, history: 103))
    }

    @Test func more_of_the_past_than_may_wait_is_skipped_and_live_is_not_read_beyond_its_limit() {
        var outlet = Outlet()
        outlet.announce((0..<BroadcastDispatcher.Limits.history + 10).map { (.insert, $0) }, history: true)
        #expect(outlet.dispatcher.counts.overflowed == 10)
        #expect(outlet.dispatcher.wantsMore)
        outlet.announce((0..<BroadcastDispatcher.Limits.live).map { (.insert, 1_000_000 + $0) })
        #expect(!outlet.dispatcher.wantsMore)
        outlet.run(for: .seconds(1))
        #expect(outlet.dispatcher.wantsMore)
    }

    /// Of every message the newest state arrives, no change after a later one, and what is skipped is counted.
    @Test(arguments: 0..<60)
    func whatever_happens_each_message_ends_as_it_is(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) &+ 77)
        var outlet = Outlet(perSecond: Int.random(in: 1...200, using: &random), batch: Int.random(in: 1...40, using: &random))
        outlet.random = SeededGenerator(seed: UInt64(seed))
        var announced: [Int: [(id: Int64, event: Change.Event, isHistory: Bool)]] = [:]
        let poison = Set((0..<3).map { _ in Int.random(in: 0..<40, using: &random) }.map { Outlet.key($0) })
        for _ in 0..<400 {
            let message = Int.random(in: 0..<40, using: &random)
            let isHistory = Bool.random(using: &random)
            let event: Change.Event = announced[message] == nil ? .insert : .update
            announced[message, default: []].append((outlet.next, event, isHistory))
            outlet.announce(event, message, history: isHistory)
            let luck = Int.random(in: 0..<10, using: &random)
            outlet.answer = { messages in
                if messages.contains(where: { message in
                    announced.contains { poison.contains(Outlet.key($0.key)) && $0.value.contains { $0.id == message.id } }
                }) {
                    return .refused("HTTP 422")
                }
                return luck == 0 ? .unavailable("HTTP 500") : luck == 1 ? .tooMany("HTTP 429") : .accepted
            }
            outlet.run(for: .milliseconds(Int.random(in: 0...40, using: &random)))
            #expect(outlet.dispatcher.cursors.first < outlet.next)
        }
        let answer = outlet.answer
        outlet.answer = { messages in
            let given = answer(messages)
            if case .refused = given { return given }
            return .accepted
        }
        outlet.run(for: .seconds(3_000))
        for (message, changes) in announced.sorted(by: { $0.key < $1.key }) {
            let ids = Set(changes.map(\.id))
            let sent = outlet.received.filter { ids.contains($0.id) }
            if poison.contains(Outlet.key(message)) {
                #expect(sent.isEmpty)
                continue
            }
            #expect(sent.first?.event == .insert, "message \(message)")
            #expect(sent.dropFirst().allSatisfy { $0.event == .update })
            let newestLive = changes.last { !$0.isHistory }?.id
            let last = sent.map(\.id).max()
            #expect(last == changes.last?.id || last == newestLive, "message \(message) of \(changes) sent \(sent)")
            #expect(last == changes.last?.id)
        }
        let counts = outlet.dispatcher.counts
        #expect(counts.sentLive + counts.sentHistory + counts.coalesced + counts.refused == 400)
        #expect(outlet.dispatcher.cursors == SinkCursors(live: 400, history: 400))
        #expect(outlet.busiestSecond <= outlet.dispatcher.plan.messagesPerSecond)
    }
}
