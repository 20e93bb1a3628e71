import Events
import Primitives
import Testing

@testable import ProducerCore

@Suite struct ProducerMachineTests {
    private func welcomed(credit: UInt32 = 10_000) -> ProducerMachine {
        var link = ProducerMachine(makeProducer())
        _ = link.connected(now: at(0))
        _ = link.received(Writer.welcome(credit: credit), now: at(0))
        return link
    }

    @Test func hello_comes_first_and_is_repeated_until_there_is_a_welcome() {
        var link = ProducerMachine(makeProducer())
        link.append(makeRecord(1))
        #expect(words(link.connected(now: at(0)).frames) == ["HELLO 1…1 "])
        #expect(link.flush().frames == [])
        #expect(link.nextDeadline == at(2))
        #expect(words(link.advance(now: at(2)).frames) == ["HELLO 1…1 "])
        #expect(words(link.received(Writer.welcome(), now: at(3)).frames) == ["EVENTS e1 1…1"])
        #expect(link.isWelcomed)
    }

    @Test func nothing_is_sent_without_credit() {
        var link = welcomed(credit: 3)
        for n in 1...5 { link.append(makeRecord(Int64(n))) }
        #expect(words(link.flush().frames) == ["EVENTS e1 1…3"])
        #expect(link.flush().frames == [])
        #expect(words(link.received(Writer.ack(2, credit: 3), now: at(1)).frames) == ["EVENTS e1 4…5"])
        #expect(link.unacknowledged == 3)
        #expect(link.received(Writer.ack(5, credit: 0), now: at(1)).notices == [.acknowledged(streamID, 5)])
        link.append(makeRecord(6))
        #expect(link.flush().frames == [])
    }

    @Test func a_new_writer_gets_everything_that_was_not_committed() {
        var link = welcomed()
        for n in 1...4 { link.append(makeRecord(Int64(n))) }
        _ = link.flush().frames
        _ = link.received(Writer.ack(1), now: at(1))
        #expect(words(link.connected(now: at(2)).frames) == ["HELLO 2…4 common=1"])
        // 2 was committed though its ACK was lost.
        #expect(words(link.received(Writer.welcome(epoch: 2, committed: 2), now: at(2)).frames) == ["EVENTS e2 3…4"])
        #expect(link.received(Writer.ack(4, epoch: 1), now: at(2)) == .init())
        #expect(link.unacknowledged == 2)
        _ = link.received(Writer.ack(4, epoch: 2), now: at(2))
        #expect(link.unacknowledged == 0)
        #expect(words(link.connected(now: at(3)).frames) == ["HELLO 5…4 common=4"])
    }

    @Test func a_hole_is_filled_from_where_the_writer_waits() {
        var link = welcomed()
        for n in 1...4 { link.append(makeRecord(Int64(n))) }
        _ = link.flush().frames
        #expect(words(link.received(Writer.nack(3), now: at(1)).frames) == ["EVENTS e1 3…4"])
        _ = link.received(Writer.ack(4), now: at(1))
        // It asks for what is gone: only HELLO can settle that.
        #expect(words(link.received(Writer.nack(2), now: at(1)).frames) == ["HELLO 5…4 common=4"])
    }

    @Test func stale_means_hello_or_the_end() {
        var link = welcomed()
        #expect(words(link.received(Writer.stale(epoch: 2), now: at(1)).frames) == ["HELLO 1…0 "])
        #expect(link.received(Writer.stale(epoch: 2), now: at(1)) == .init())
        #expect(link.received(Writer.stale(epoch: 2, incarnation: 1_001), now: at(1)).notices == [.superseded(reason: "old")])
    }

    @Test func hold_stops_sending_until_go() {
        var link = welcomed()
        #expect(link.received(WireFrame(.hold(.with { $0.reason = "circuit" })), now: at(1)).notices == [.held(reason: "circuit")])
        link.append(makeRecord(1))
        #expect(link.flush().frames == [])
        let go = link.received(WireFrame(.go(.with { $0.credit = 50 })), now: at(2))
        #expect(words(go.frames) == ["EVENTS e1 1…1"])
        #expect(go.notices == [.resumed])
    }

    @Test func a_quiet_writer_is_pinged_and_a_silent_one_greeted_anew() {
        var link = welcomed()
        #expect(link.nextDeadline == at(2))
        #expect(words(link.advance(now: at(2)).frames) == ["PING"])
        #expect(link.advance(now: at(3)) == .init())
        _ = link.received(WireFrame(.pong(.with { $0.id = 1 })), now: at(3))
        #expect(words(link.advance(now: at(5)).frames) == ["PING"])
        #expect(words(link.advance(now: at(7)).frames) == ["PING"])
        let step = link.advance(now: at(9))
        #expect(words(step.frames) == ["HELLO 1…0 "])
        #expect(step.notices.count == 1)
    }

    @Test func another_contract_is_named_with_both_versions() {
        var link = welcomed()
        let frame = WireFrame(
            .incompatible(
                .with {
                    $0.ours = 9; $0.yours = 1
                }))
        #expect(link.received(frame, now: at(1)).notices == [.incompatible(ours: Contract.version, theirs: 9)])
    }

    @Test func a_batch_frame_keeps_to_the_contracts_limits() {
        var link = welcomed()
        for n in 1...2_500 { link.append(makeRecord(Int64(n))) }
        #expect(words(link.flush().frames) == ["EVENTS e1 1…1000", "EVENTS e1 1001…2000", "EVENTS e1 2001…2500"])
        var large = makeRecord(2_501)
        large.payloadBytes = [UInt8](repeating: 1, count: 3 << 20)
        for _ in 0..<3 { link.append(large) }
        #expect(words(link.flush().frames) == ["EVENTS e1 2501…2502", "EVENTS e1 2503…2503"])
    }

    /// Any order of acknowledging, losing and reconnecting ends with every record committed once, in order.
    @Test func whatever_happens_on_the_way_every_record_is_committed_once() {
        for seed in UInt64(1)...200 {
            var generator = SeededGenerator(seed: seed)
            var link = ProducerMachine(makeProducer())
            var epoch: UInt64 = 1
            var committed: UInt64 = 0
            var made: UInt64 = 0
            var toWriter: [WireFrame] = []
            var now = at(0)
            func send(_ step: ProducerMachine.Step) { toWriter += step.frames }
            func writerReads() {
                guard !toWriter.isEmpty else { return }
                let frame = toWriter.removeFirst()
                switch frame.body {
                case .hello(let hello):
                    committed = max(committed, hello.streams[0].first - 1)
                    send(link.received(Writer.welcome(epoch: epoch, committed: committed, credit: 7), now: now))
                case .events(let batch):
                    if batch.epoch != epoch {
                        send(link.received(Writer.stale(epoch: epoch), now: now))
                    } else if batch.first > committed + 1 {
                        send(link.received(Writer.nack(committed + 1, epoch: epoch), now: now))
                    } else {
                        for (i, record) in batch.records.enumerated() where batch.first + UInt64(i) == committed + 1 {
                            committed += 1
                            if record.header.to != Int64(committed) {
                                Issue.record("seed \(seed): record \(record.header.to) as \(committed)")
                            }
                        }
                        // The answer may be lost.
                        if Int.random(in: 0..<4, using: &generator) > 0 {
                            send(link.received(Writer.ack(committed, epoch: epoch, credit: 7), now: now))
                        }
                    }
                default: break
                }
            }
            send(link.connected(now: now))
            for _ in 0..<300 {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<4:
                    made += 1
                    link.append(makeRecord(Int64(made)))
                    toWriter += link.flush().frames
                case 4..<8: writerReads()
                case 8:
                    if !toWriter.isEmpty { toWriter.remove(at: Int.random(in: 0..<toWriter.count, using: &generator)) }
                    if Bool.random(using: &generator) { epoch += 1 }
                default:
                    now = now + .seconds(Int.random(in: 1...7, using: &generator))
                    send(link.advance(now: now))
                }
            }
            for _ in 0..<2_000 where committed < made || link.unacknowledged > 0 {
                while !toWriter.isEmpty { writerReads() }
                now = max(now, link.nextDeadline)
                send(link.advance(now: now))
                toWriter += link.flush().frames
            }
            #expect(committed == made && link.unacknowledged == 0, "seed \(seed)")
        }
    }
}

@Suite struct RecordWindowTests {
    @Test func numbers_have_no_hole_and_what_is_acknowledged_is_gone() {
        var window = RecordWindow()
        #expect(window.first == 1 && window.last == 0)
        for n in 1...10 { #expect(window.append(makeRecord(Int64(n))) == UInt64(n)) }
        #expect(window.acknowledge(3).map(\.header.to) == [1, 2, 3])
        #expect(window.acknowledge(3).isEmpty)
        #expect(window.batch(from: 4, most: 2).map(\.header.to) == [4, 5])
        #expect(window.acknowledge(99).count == 7)
        #expect(window.isEmpty && window.first == 11 && window.last == 10 && window.bytes == 0)
    }

    @Test func it_says_when_it_is_full_and_when_there_is_room_again() {
        var window = RecordWindow()
        for n in 1...ProducerLimits.windowRecords { window.append(makeRecord(Int64(n))) }
        #expect(window.isFull && !window.hasRoom)
        window.acknowledge(UInt64(ProducerLimits.windowRecords / 8))
        #expect(!window.isFull && !window.hasRoom)
        window.acknowledge(UInt64(ProducerLimits.windowRecords / 4))
        #expect(window.hasRoom)
    }
}
