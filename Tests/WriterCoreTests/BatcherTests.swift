import Events
import Primitives
import Testing
import WriterCore

/// Which frames go together in a transaction, and which first.
@Suite struct BatcherTests {
    private let live = ProducerKey(role: "listener", account: "main")
    private let crawl = ProducerKey(role: "backfill", account: "main")

    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    private func page(_ first: UInt64, messages: Int) -> ReceivedBatch {
        let changes = (1...messages).map { n in WireChange.with { $0.message = Build.message(Int64(n), "m") } }
        guard let record = try? WireRecord(WireHeader(), changes: changes) else { preconditionFailure("a small record") }
        return Build.batch(first, [record], stream: Build.stream(2))
    }

    private func event(_ n: UInt64) -> ReceivedBatch { Build.batch(n, [Build.record(Int64(n), Int64(n) + 1)]) }

    /// `L` and `C` with the number of frames.
    private func shape(_ work: Work?) -> String? {
        guard case .batches(let producer, let batches) = work else { return nil }
        return "\(producer.role == "listener" ? "L" : "C")\(batches.count)"
    }

    @Test func changes_are_counted_without_reading_them() throws {
        #expect(page(1, messages: 100).batch.records[0].changeCount == 100)
        #expect(WireRecord().changeCount == 0)
        var record = try WireRecord(WireHeader(), changes: [.with { $0.message = Build.message(1, String(repeating: "x", count: 300)) }])
        #expect(record.changeCount == 1)
        record.payloadBytes += [0xFF]
        #expect(record.changeCount == 1)
        record.payloadBytes = [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(record.changeCount == 0)
    }

    @Test func a_crawl_alone_fills_a_transaction_by_its_changes() {
        var batcher = Batcher()
        for n in 1...50 { batcher.append(page(UInt64(n), messages: 100), of: crawl, now: at(0)) }
        #expect(shape(batcher.next(now: at(0))) == "C20")
        #expect(shape(batcher.next(now: at(0))) == "C20")
        #expect(shape(batcher.next(now: at(0))) == "C10")
        #expect(batcher.isEmpty)
    }

    @Test func live_records_pass_queued_pages_and_pages_beside_them_go_two_by_two() {
        var batcher = Batcher()
        for n in 1...10 { batcher.append(page(UInt64(n), messages: 100), of: crawl, now: at(0)) }
        batcher.append(event(1), of: live, now: at(0.1))
        batcher.append(event(2), of: live, now: at(0.1))
        #expect(shape(batcher.next(now: at(0.1))) == "L2")
        #expect(shape(batcher.next(now: at(0.1))) == "C2")
        batcher.append(event(3), of: live, now: at(0.2))
        #expect(shape(batcher.next(now: at(0.2))) == "L1")
        #expect(shape(batcher.next(now: at(0.2))) == "C2")
        // Nothing live for a while.
        #expect(shape(batcher.next(now: at(3))) == "C6")
        #expect(batcher.isEmpty)
        #expect(batcher.queuedRecords == 0)
        #expect(batcher.queuedBytes == 0)
    }

    @Test func a_crawl_has_a_turn_now_and_then_whatever_comes() {
        var batcher = Batcher()
        for n in 1...20 { batcher.append(page(UInt64(n), messages: 100), of: crawl, now: at(0)) }
        var shapes: [String] = []
        for step in 0..<30 {
            let now = at(Double(step) * 0.1)
            for n in 0..<60 { batcher.append(event(UInt64(step * 60 + n + 1)), of: live, now: now) }
            shapes.append(shape(batcher.next(now: now)) ?? "")
        }
        let crawls = shapes.indices.filter { shapes[$0].hasPrefix("C") }
        #expect(crawls == [5, 10, 15, 20, 25])
    }

    @Test func a_page_larger_than_the_limit_goes_alone() {
        var batcher = Batcher()
        batcher.append(page(1, messages: 3_000), of: crawl, now: at(0))
        batcher.append(page(2, messages: 1), of: crawl, now: at(0))
        #expect(shape(batcher.next(now: at(0))) == "C1")
        #expect(shape(batcher.next(now: at(0))) == "C1")
    }

    @Test func any_mix_keeps_each_producers_order_and_loses_nothing() {
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var batcher = Batcher()
            var sent: [ProducerKey: UInt64] = [:]
            var taken: [ProducerKey: UInt64] = [:]
            func take(_ now: Instant) {
                guard case .batches(let producer, let batches) = batcher.next(now: now) else { return }
                for batch in batches {
                    #expect(batch.batch.first == taken[producer, default: 0] + 1)
                    taken[producer, default: 0] = batch.batch.first
                }
            }
            for step in 0..<400 {
                let now = at(Double(step) * 0.05)
                if Int.random(in: 0..<3, using: &generator) > 0 {
                    let producer = [live, crawl, ProducerKey(role: "listener", account: "b")].randomElement(using: &generator) ?? live
                    sent[producer, default: 0] += 1
                    let number = sent[producer, default: 0]
                    let batch = producer == crawl ? page(number, messages: Int.random(in: 1...150, using: &generator)) : event(number)
                    batcher.append(batch, of: producer, now: now)
                } else {
                    take(now)
                }
            }
            while !batcher.isEmpty { take(at(100)) }
            #expect(taken == sent)
        }
    }
}
