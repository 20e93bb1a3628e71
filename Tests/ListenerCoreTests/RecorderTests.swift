import Events
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

@testable import ListenerCore

@Suite struct RecorderTests {
    private let registry = GroupRegistry([basicGroup, channel])

    private func recorder() -> Recorder {
        Recorder(written: [(.common, Position(value: 100)), (.channel(3), Position(value: 30))], seed: 1)
    }

    private func take(_ recorder: inout Recorder, _ delivery: Delivery, now: Instant = at(0)) -> [String] {
        recorder.take(delivery, registry: registry, peers: book(), now: now).map(words)
    }

    @Test func what_is_registered_becomes_a_record_at_once() {
        var recorder = recorder()
        #expect(
            take(&recorder, push(.common, from: 100, .update(newMessage(101, in: peer(basicGroup))))) == [
                "common 100→101 [message 101]"
            ])
        #expect(recorder.nextDeadline == nil)
    }

    @Test func from_is_the_to_of_the_last_record_so_the_filtered_lies_inside() {
        var recorder = recorder()
        #expect(take(&recorder, push(.common, from: 100, .update(newMessage(101, in: privatePeer)))) == [])
        #expect(take(&recorder, push(.common, from: 101, .update(newMessage(102, in: privatePeer)))) == [])
        #expect(
            take(&recorder, push(.common, from: 102, .update(newMessage(103, in: peer(basicGroup))))) == [
                "common 100→103 filtered 2 [message 103]"
            ])
    }

    @Test func a_position_alone_follows_after_ten_seconds_or_a_hundred_filtered_updates() {
        var recorder = recorder()
        #expect(take(&recorder, push(.common, from: 100, .update(newMessage(101, in: privatePeer))), now: at(0)) == [])
        #expect(take(&recorder, push(.common, from: 101, .update(newMessage(102, in: privatePeer))), now: at(9)) == [])
        #expect(recorder.nextDeadline == at(10))
        #expect(recorder.due(now: at(9.9)).isEmpty)
        #expect(recorder.due(now: at(10)).map(words) == ["common 100→102 filtered 2"])
        var out: [String] = []
        for pts in Int64(103)...302 {
            out += take(&recorder, push(.common, from: pts - 1, .update(newMessage(pts, in: privatePeer))), now: at(11))
        }
        #expect(out == ["common 102→202 filtered 100", "common 202→302 filtered 100"])
    }

    @Test func ten_thousand_private_messages_leave_no_hole_and_no_content() throws {
        var recorder = recorder()
        var records = recorder.take(
            push(.common, from: 100, .update(newMessage(101, in: peer(basicGroup)))), registry: registry, peers: book(), now: at(0))
        for pts in Int64(102)...10_101 {
            records += recorder.take(
                push(.common, from: pts - 1, .update(newMessage(pts, in: privatePeer, text: "secret"))), registry: registry,
                peers: book(), now: at(1))
        }
        records += recorder.take(
            push(.common, from: 10_101, .update(newMessage(10_102, in: peer(basicGroup)))), registry: registry, peers: book(), now: at(2))
        var position: Int64 = 100
        for record in records.map(\.record) {
            #expect(record.header.from == position)
            position = record.header.to
            #expect(!String(decoding: record.payloadBytes, as: UTF8.self).contains("secret"))
        }
        #expect(position == 10_102)
        #expect(records.count == 102)
    }

    @Test func a_gap_begins_where_the_box_stood() {
        var recorder = recorder()
        _ = take(&recorder, push(.common, from: 100, .update(newMessage(101, in: privatePeer))))
        var tooLong = push(.common, from: 101)
        tooLong.to = 900
        tooLong.tooLong = true
        #expect(take(&recorder, tooLong) == ["common 100→101 filtered 1", "common 101→900 too long"])
        var reset = push(.common, from: 5)
        reset.generation = 2
        reset.tooLong = true
        #expect(take(&recorder, reset) == ["common 5→5 g2 too long"])
        #expect(
            take(
                &recorder,
                Delivery(
                    box: .common, generation: 2, from: 5, to: 6, way: .push, items: [.update(newMessage(6, in: peer(basicGroup)))],
                    receivedAt: clock))
                == ["common 5→6 g2 [message 6]"])
    }

    @Test func a_new_box_starts_with_a_record_that_moves_nothing() {
        var recorder = Recorder(written: [], seed: 1)
        #expect(take(&recorder, push(.channel(3), from: 30)) == ["channel:3 30→30"])
        #expect(
            take(&recorder, push(.channel(3), from: 30, .update(newMessage(31, in: peer(channel))))) == ["channel:3 30→31 [message 31]"])
    }

    @Test func one_difference_slice_is_one_record() {
        var recorder = recorder()
        var slice = push(.channel(3), from: 30, .message(message(31, in: peer(channel))), .message(message(32, in: peer(channel))))
        slice.way = .difference
        let records = recorder.take(slice, registry: registry, peers: book(), now: at(0))
        #expect(records.map(words) == ["channel:3 30→32 [message 31 message 32]"])
        #expect(records[0].record.header.way == .difference)
        guard case .message(let first) = try? records[0].record.changes().first?.kind else {
            Issue.record("no message")
            return
        }
        #expect(first.position == -1)
    }

    @Test func the_common_boxs_state_travels_with_its_position() {
        var recorder = recorder()
        let header = recorder.take(
            push(.common, from: 100, .update(newMessage(101, in: peer(basicGroup)))), registry: registry, peers: book(), now: at(0))[0]
            .record.header
        #expect(header.date == 9 && header.seq == 4 && header.receivedAt == clock.nanoseconds && header.trace != 0)
    }
}
