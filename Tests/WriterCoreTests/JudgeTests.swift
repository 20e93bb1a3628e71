import Events
import Primitives
import Testing
import WriterCore

@Suite struct JudgeTests {
    @Test func records_in_order_move_cursor_and_position_and_are_acknowledged() {
        let out = Build.judged([Build.batch(1, [Build.record(100, 101), Build.record(101, 103)])], Build.state())
        #expect(out.accepted.map(\.number) == [1, 2])
        #expect(out.cursors.map(\.cursor) == [2])
        #expect(out.positions == [PositionChange(box: .channel(5), position: Position(value: 103))])
        #expect(out.gaps.isEmpty)
        #expect(out.acknowledgements.map(\.summary) == ["ACK 2"])
        #expect(out.refusals.isEmpty)
    }

    @Test func a_resent_batch_is_skipped_by_the_cursor_and_acknowledged_again() {
        let batch = Build.batch(1, [Build.record(100, 101), Build.record(101, 102), Build.record(102, 103)])
        let all = Build.judged([batch], Build.state(cursor: 3, position: 103))
        #expect(all.accepted.isEmpty)
        #expect(all.repeated == 3)
        #expect(all.cursors.isEmpty)
        #expect(all.acknowledgements.map(\.summary) == ["ACK 3"])
        let part = Build.judged([batch], Build.state(cursor: 2, position: 102))
        #expect(part.accepted.map(\.number) == [3])
        #expect(part.repeated == 2)
    }

    @Test func a_hole_is_answered_and_the_frames_beside_it_stand() {
        let out = Build.judged(
            [
                Build.batch(1, [Build.record(100, 101)]), Build.batch(3, [Build.record(102, 103)]),
                Build.batch(2, [Build.record(101, 102)]),
            ], Build.state())
        #expect(out.accepted.map(\.number) == [1, 2])
        #expect(out.refusals.map(\.summary) == ["NACK 2"])
        #expect(out.acknowledgements.map(\.summary) == ["ACK 2"])
    }

    @Test func a_later_stream_waits_until_the_earlier_one_is_complete() {
        var state = Build.state(cursor: 4)
        state.streams = [
            StreamState(id: Build.stream(1), cursor: 4, ordinal: 0, last: 5),
            StreamState(id: Build.stream(2), cursor: 0, ordinal: 1, last: nil),
        ]
        let later = Build.batch(1, [Build.record(101, 102)], stream: Build.stream(2))
        let early = Build.judged([later], state)
        #expect(early.accepted.isEmpty)
        #expect(early.refusals.map(\.summary) == ["NACK 5"])
        #expect(early.refusals[0].frame.nack.streamID == Build.stream(1))
        let both = Build.judged([Build.batch(5, [Build.record(100, 101)]), later], state)
        #expect(both.accepted.map(\.stream) == [Build.stream(1), Build.stream(2)])
        #expect(both.cursors.map(\.cursor) == [5, 1])
    }

    @Test func an_old_incarnation_or_epoch_or_unlisted_stream_is_stale() {
        let record = [Build.record(100, 101)]
        #expect(Build.judged([Build.batch(1, record, incarnation: 9)], Build.state()).refusals.map(\.summary) == ["STALE 0"])
        #expect(Build.judged([Build.batch(1, record, incarnation: 11)], Build.state()).refusals.map(\.summary) == ["STALE 0"])
        #expect(Build.judged([Build.batch(1, record, epoch: 2)], Build.state()).refusals.map(\.summary) == ["STALE 0"])
        #expect(Build.judged([Build.batch(1, record, stream: Build.stream(9))], Build.state()).refusals.map(\.summary) == ["STALE 0"])
        #expect(Build.judged([Build.batch(1, record)], nil).refusals.map(\.summary) == ["STALE 0"])
        var state = Build.state()
        state.streams[0].ordinal = nil
        #expect(Build.judged([Build.batch(1, record)], state).refusals.map(\.summary) == ["STALE 0"])
        #expect(Build.judged([Build.batch(1, record, incarnation: 9)], Build.state()).refusals[0].frame.stale.incarnation == 10)
    }

    @Test func a_paused_old_writer_learns_that_it_is_superseded() {
        var state = Build.state()
        state.epoch = 4
        let out = judge(batches: [Build.batch(1, [Build.record(100, 101)])], stored: state, epoch: 3, credit: 1)
        #expect(out.accepted.isEmpty)
        #expect(out.supersededBy == 4)
        #expect(out.refusals.count == 1)
    }

    @Test func what_an_older_writer_welcomed_is_stale_to_a_newer_one_until_it_says_hello_there() {
        let out = judge(batches: [Build.batch(1, [Build.record(100, 101)])], stored: Build.state(), epoch: 4, credit: 1)
        #expect(out.accepted.isEmpty && out.cursors.isEmpty && out.positions.isEmpty)
        #expect(out.supersededBy == nil)
        #expect(out.refusals.map(\.summary) == ["STALE 0"])
    }

    @Test func numbers_that_no_column_holds_are_refused() {
        for first in [0, UInt64.max, UInt64(Int64.max)] {
            let out = Build.judged([Build.batch(first, [Build.record(1, 2), Build.record(2, 3)])], Build.state())
            #expect(out.accepted.isEmpty)
            #expect(out.refusals.count == 1)
        }
        var state = Build.state()
        state.streams[0].last = 1
        #expect(Build.judged([Build.batch(1, [Build.record(1, 2), Build.record(2, 3)])], state).refusals.map(\.summary) == ["STALE 0"])
    }

    @Test func a_record_with_a_meaningless_header_fails_alone_and_moves_only_the_cursor() {
        let bad = Build.record(105, 101)
        let out = Build.judged([Build.batch(1, [bad, Build.record(100, 101)])], Build.state())
        #expect(out.accepted.map { $0.fault != nil } == [true, false])
        #expect(out.cursors.map(\.cursor) == [2])
        #expect(out.positions.map(\.position.value) == [101])
        let (pieces, failed) = pieces(of: out.accepted)
        #expect(pieces.count == 1)
        #expect(failed.map(\.number) == [1])
    }

    // MARK: the three ways of a position

    @Test func positions_move_in_three_ways() {
        typealias Case = (from: Int64, to: Int64, known: Int64?, applied: Bool, position: Int64?, gap: (Int64?, Int64)?)
        let cases: [Case] = [
            (100, 101, 100, true, 101, nil),  // adjacent
            (95, 103, 100, true, 103, nil),  // overlapping
            (95, 100, 100, false, nil, nil),  // seen
            (10, 20, 100, false, nil, nil),  // long seen
            (104, 106, 100, true, 106, (100, 104)),  // beyond a hole
            (100, 100, 100, true, nil, nil),  // no move: the cursor alone decides
            (50, 50, 100, true, nil, nil),
            (200, 200, 100, true, 200, (100, 200)),  // begun anew beyond what is known: what lies between is missing
            (7, 9, nil, true, 9, nil),  // a box never heard of
        ]
        for c in cases {
            let out = step(box: .channel(5), header: Build.record(c.from, c.to).header, from: c.known.map { Position(value: $0) })
            #expect(out.apply == c.applied, "\(c)")
            #expect(out.position?.value == c.position, "\(c)")
            #expect(out.gap?.from == c.gap?.0, "\(c)")
            #expect(out.gap?.to == c.gap?.1, "\(c)")
        }
    }

    @Test func too_long_records_what_the_server_skipped() {
        let header = Build.record(100, 500, tooLong: true).header
        let out = step(box: .channel(5), header: header, from: Position(value: 90))
        #expect(out.gap == Gap(box: .channel(5), generation: 1, from: 90, to: 500, reason: .tooLong))
        #expect(out.position?.value == 500)
        #expect(
            step(box: .channel(5), header: header, from: Position(value: 500))
                == step(
                    box: .channel(5), header: header, from: Position(value: 600)))
    }

    @Test func a_new_generation_may_have_lost_everything_and_an_old_one_is_seen() {
        let known = Position(generation: 2, value: 100)
        let new = step(box: .common, header: Build.record(3, 5, generation: 3).header, from: known)
        #expect(new.gap == Gap(box: .common, generation: 3, from: nil, to: 5, reason: .newGeneration))
        #expect(new.position == Position(generation: 3, value: 5))
        #expect(!step(box: .common, header: Build.record(100, 200, generation: 1).header, from: known).apply)
    }

    @Test func date_and_seq_move_beside_an_unmoved_pts() {
        var header = Build.record(100, 100).header
        header.date = 50
        header.seq = 4
        let known = Position(value: 100, date: 40, seq: 3)
        #expect(step(box: .common, header: header, from: known).position == Position(value: 100, date: 50, seq: 4))
        #expect(step(box: .common, header: header, from: Position(value: 100, date: 60, seq: 5)).position == nil)
    }

    @Test func a_record_without_a_box_is_the_cursors_alone() {
        let out = Build.judged([Build.batch(1, [Build.record(0, 0, box: nil)])], Build.state())
        #expect(out.accepted.count == 1)
        #expect(out.positions.isEmpty)
    }

    @Test func positions_seen_within_one_batch_count_at_once() {
        let out = Build.judged(
            [Build.batch(1, [Build.record(100, 105), Build.record(101, 103), Build.record(105, 106)])], Build.state())
        #expect(out.accepted.map(\.number) == [1, 3])
        #expect(out.seen == 1)
        #expect(out.cursors.map(\.cursor) == [3])
    }
}
