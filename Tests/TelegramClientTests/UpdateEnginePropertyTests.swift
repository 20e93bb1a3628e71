import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct UpdateEnginePropertyTests {
    /// One world: events, a bad network, failing calls, lost connections, restarts from the ledger's positions; then heal.
    private func run(seed: UInt64, loss: Double, events: Int) -> [String] {
        var generator = SeededGenerator(seed: seed)
        let channels: [Int64] = [3, 4]
        var server = ModelServer(channels: channels, start: 10)
        var ledger = DeliveryLedger()
        let start: [Box: BoxState] = [
            .common: BoxState(value: 10), .qts: BoxState(value: 0), .channel(3): BoxState(value: 10), .channel(4): BoxState(value: 10),
        ]
        for (box, position) in start { ledger.ends[box] = position.value }
        var now = at(0)
        var engine = UpdateEngine(positions: start, channels: channels, peers: book(3, 4), now: now)

        func note(_ outputs: [UpdateOutput]) {
            for output in outputs {
                switch output {
                case .deliver(let delivery): ledger.take(delivery)
                case .request(let id, let request): server.calls.append((id, request))
                default: break
                }
            }
            if server.calls.filter({ if case .getChannelDifference = $0.1 { true } else { false } }).count
                > UpdateLimits.channelCallsInFlight
            {
                ledger.complaints.append("too many calls")
            }
        }
        func takeOne() {
            guard !server.network.isEmpty else { return }
            // Anything within the window may come first: a permutation, not only neighbours.
            let i = Int.random(in: 0..<min(8, server.network.count), using: &generator)
            note(engine.handle(server.network.remove(at: i), now: now))
        }
        func answerOne(failing: Double) {
            guard !server.calls.isEmpty else { return }
            let (id, request) = server.calls.remove(at: Int.random(in: 0..<server.calls.count, using: &generator))
            if Double.random(in: 0..<1, using: &generator) < failing {
                let failures: [UpdateFailure] = [.temporary, .tooSlow, .flood(seconds: 2)]
                note(engine.fail(id, failures[Int.random(in: 0..<3, using: &generator)], receivedAt: someTime, now: now))
            } else {
                note(engine.answer(id, server.answer(request, using: &generator), receivedAt: someTime, now: now))
            }
        }

        note(engine.connected(now: now))
        for _ in 0..<events {
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<35: server.happen(using: &generator, loss: loss)
            case 35..<70: takeOne()
            case 70..<85: answerOne(failing: 0.2)
            case 85..<96:
                now = now + .milliseconds(Int.random(in: 1...900, using: &generator))
                note(engine.advance(now: now))
            case 96:
                engine.pause()
                takeOne()
                takeOne()
                note(engine.resume(now: now))
            case 97, 98:
                note(engine.disconnected(now: now))
                server.calls = []
                if Bool.random(using: &generator) { server.network = [] }
                now = now + .seconds(Int.random(in: 1...30, using: &generator))
                note(engine.connected(now: now))
            default:
                // A restart: what was delivered is where it goes on.
                var positions: [Box: BoxState] = [:]
                for (box, end) in ledger.ends { positions[box] = BoxState(value: end) }
                server.calls = []
                engine = UpdateEngine(positions: positions, channels: channels, peers: book(3, 4), now: now)
                note(engine.connected(now: now))
            }
        }
        // Heal: nothing new happens, calls succeed, time passes.
        while !server.network.isEmpty { takeOne() }
        for _ in 0..<2_000 {
            while !server.calls.isEmpty { answerOne(failing: 0) }
            guard let deadline = engine.nextDeadline, deadline < now + .seconds(120) else { break }
            now = max(now, deadline)
            note(engine.advance(now: now))
            if engine.isSettled, server.calls.isEmpty,
                server.positions.allSatisfy({ box, position in
                    ledger.ends[box == 0 ? .common : .channel(box)] == position
                })
            {
                break
            }
        }
        for (box, happened) in server.boxes.sorted(by: { $0.key < $1.key }) where ledger.ids[box, default: []] != happened.map(\.id) {
            ledger.complaints.append("box \(box): \(happened.count) happened, \(ledger.ids[box, default: []].count) delivered")
        }
        return ledger.complaints
    }

    @Test func whatever_order_loss_and_repetition_every_item_is_delivered_exactly_once_and_in_order() {
        for seed in UInt64(1)...60 {
            let complaints = run(seed: seed, loss: seed % 3 == 0 ? 0 : 0.2, events: 300)
            #expect(complaints.isEmpty, "seed \(seed): \(complaints)")
            if !complaints.isEmpty { break }
        }
    }

    /// Every order of six pushes, each box being seen from every side: no call is needed when nothing is lost.
    @Test func every_permutation_of_six_updates_applies_without_a_call() {
        let updates = [common(101), common(102), common(104, count: 2), inChannel(3, 31), inChannel(3, 32), inChannel(3, 33)]
        var count = 0
        permute(updates) { order in
            var engine = settledEngine(channels: [3: 30])
            var ledger = DeliveryLedger()
            for (i, update) in order.enumerated() {
                for case .deliver(let delivery) in engine.handle(push(update), now: at(10 + Double(i) * 0.05)) { ledger.take(delivery) }
            }
            #expect(ledger.ids == [0: [101, 102, 104], 3: [31, 32, 33]])
            #expect(words(engine.advance(now: at(11))) == [])
            count += 1
        }
        #expect(count == 720)
    }

    private func permute<T>(_ values: [T], _ visit: ([T]) -> Void) {
        var values = values
        func go(_ k: Int) {
            if k == values.count { return visit(values) }
            for i in k..<values.count {
                values.swapAt(k, i)
                go(k + 1)
                values.swapAt(k, i)
            }
        }
        go(0)
    }
}
