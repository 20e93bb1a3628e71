import Events
import Primitives
import Testing
import WriterCore

/// What is remembered of a producer, and what a transaction that rests on it may say.
@Suite struct ProducerMemoryTests {
    private let box = BoxKey.channel(5)
    private let batch = Build.batch(1, [Build.record(100, 101), Build.record(101, 103)])

    private func committed(_ memory: inout ProducerMemory, _ batches: [ReceivedBatch], by state: ProducerState) {
        memory.committed(Build.judged(batches, state), by: state, of: Build.key)
    }

    @Test func the_next_guess_is_the_state_that_the_last_commit_left() {
        var memory = ProducerMemory()
        #expect(memory.guess(Build.key, boxes: [box]) == nil)
        committed(&memory, [batch], by: Build.state())
        #expect(memory.guess(Build.key, boxes: [box]) == Build.state(cursor: 2, position: 103))
        #expect(memory.guess(Build.key, boxes: [box, .common]) == nil)
        // Another transaction, read with another box, leaves what is known of the first.
        var other = Build.state(cursor: 2, position: nil)
        other.positions[.common] = Position(value: 7)
        committed(&memory, [Build.batch(3, [Build.record(7, 8, box: .common)])], by: other)
        var both = Build.state(cursor: 3, position: 103)
        both.positions[.common] = Position(value: 8)
        #expect(memory.guess(Build.key, boxes: [box, .common]) == both)
    }

    @Test func a_hello_is_remembered_with_what_it_lists_and_forgets_what_was_before_it() {
        var memory = ProducerMemory()
        var state = Build.state(cursor: 4)
        state.streams.append(StreamState(id: Build.stream(2), cursor: 9, ordinal: nil, last: 9))
        memory.welcomed(state, of: Build.key)
        #expect(memory.guess(Build.key, boxes: [box]) == Build.state(cursor: 4))
        memory.forget(Build.key)
        #expect(memory.guess(Build.key, boxes: []) == nil)
        memory.welcomed(state, of: Build.key)
        memory.forgetAll()
        #expect(memory.guess(Build.key, boxes: []) == nil)
    }

    @Test func a_crawl_and_a_writer_that_was_superseded_are_not_remembered() {
        var memory = ProducerMemory()
        let crawl = ProducerKey(role: "backfill", account: "main")
        memory.welcomed(Build.state(), of: crawl)
        memory.committed(Build.judged([batch], Build.state()), by: Build.state(), of: crawl)
        #expect(memory.guess(crawl, boxes: [box]) == nil)
        committed(&memory, [batch], by: Build.state())
        var newer = Build.state()
        newer.epoch = 4
        committed(&memory, [batch], by: newer)
        #expect(memory.guess(Build.key, boxes: [box]) == nil)
    }

    @Test func after_a_refused_guess_the_database_is_asked_first_for_a_while() {
        var memory = ProducerMemory(cautiousTransactions: 3)
        committed(&memory, [batch], by: Build.state())
        memory.refused(Build.key)
        for _ in 0..<3 {
            #expect(memory.guess(Build.key, boxes: [box]) == nil)
            committed(&memory, [batch], by: Build.state())
        }
        #expect(memory.guess(Build.key, boxes: [box]) != nil)
    }

    @Test func only_what_moves_all_that_was_judged_is_verified_by_moving_it() {
        func isVerified(_ batches: [ReceivedBatch], _ state: ProducerState, boxes: [BoxKey]? = nil) -> Bool {
            Build.judged(batches, state).isVerifiedByMoving(boxes: boxes ?? [box])
        }
        #expect(isVerified([batch], Build.state()))
        #expect(isVerified([Build.batch(1, [Build.record(0, 0, box: nil)])], Build.state(), boxes: []))
        // Sent again, wholly or in part: the cursor is verified where it moves.
        #expect(!isVerified([batch], Build.state(cursor: 2, position: 103)))
        #expect(isVerified([batch], Build.state(cursor: 1, position: 101)))
        // A hole is refused, whatever is beside it.
        #expect(!isVerified([batch, Build.batch(9, [Build.record(103, 104)])], Build.state()))
        #expect(!isVerified([Build.batch(1, [Build.record(100, 101)], epoch: 2)], Build.state()))
        // Seen, by a position that stays.
        #expect(!isVerified([Build.batch(1, [Build.record(99, 100)])], Build.state()))
        #expect(!isVerified([Build.batch(1, [Build.record(99, 100), Build.record(100, 101)])], Build.state()))
        // A box that stays where it is: something without a position of its own.
        #expect(!isVerified([Build.batch(1, [Build.record(100, 100)])], Build.state()))
        // Gaps.
        #expect(!isVerified([Build.batch(1, [Build.record(104, 105)])], Build.state()))
        #expect(!isVerified([Build.batch(1, [Build.record(100, 105, tooLong: true)])], Build.state()))
        var newer = Build.state()
        newer.epoch = 4
        #expect(!isVerified([batch], newer))
    }

    @Test func news_are_messages_in_their_first_version() {
        func isNews(_ changes: [WireChange]) -> Bool {
            let pieces = changes.map { Piece(stream: Build.stream(1), number: 1, change: $0, way: .push, receivedAt: 1_000, trace: 0) }
            return fold(pieces[...]).isNews
        }
        func message(_ id: Int64, _ text: String = "new", _ change: (inout WireMessage) -> Void = { _ in }) -> WireChange {
            .with {
                var message = Build.message(id, text)
                change(&message)
                $0.message = message
            }
        }
        let deletion = WireChange.with {
            $0.deletion = .with {
                $0.chat = Build.message(1, "").chat
                $0.ids = [3]
            }
        }
        #expect(isNews([message(1), message(2)]))
        // What only marks other rows needs no answer.
        #expect(isNews([message(1), deletion]))
        #expect(isNews([deletion]))
        // Of a chat that is not registered only the position remains.
        #expect(isNews([]))
        #expect(!isNews([message(1), message(2, "edited") { $0.editDate = 1_001 }]))
        #expect(!isNews([message(1), message(2) { ($0.settled, $0.position) = (true, -1) }]))
        // Two versions in one batch.
        #expect(!isNews([message(1, "A"), message(1, "B")]))
    }
}
