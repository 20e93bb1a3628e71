import Primitives
import Testing

@testable import MTProto

/// What survives the loss of TCP connections.
@Suite struct ReconnectTests {
    /// Defect of others: two losses within a call give two answers, or a double join.
    @Test func defect_15_two_losses_within_a_call_give_one_execution_and_one_result() {
        for cutAt in stride(from: 0, through: 60, by: 5) {
            for secondCut in stride(from: 5, through: 60, by: 11) {
                var pair = SessionPair(seed: UInt64(cutAt * 100 + secondCut))
                pair.connect()
                pair.run(.seconds(1))
                let handle = pair.client.send(body(1), resending: .onlyIfNotReceived)
                pair.run(.milliseconds(Int64(cutAt)))
                pair.cut()
                pair.run(.seconds(1))
                pair.connect()
                pair.run(.milliseconds(Int64(secondCut)))
                pair.cut()
                pair.run(.seconds(1))
                pair.connect()
                pair.run(.seconds(20))
                #expect(pair.executed == [body(1)])
                #expect(pair.results == [body(1).reversed()])
                #expect(pair.clientEvents.contains(.result(handle, body(1).reversed())))
                #expect(pair.servers.count == 1)
            }
        }
    }

    @Test func updates_pushed_while_the_client_was_away_arrive_once() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        for i in 0..<50 {
            pair.servers[0].push(updates: body(i))
            if i == 20 { pair.cut() }
            if i == 40 { pair.connect() }
            pair.run(.milliseconds(7))
        }
        pair.run(.seconds(30))
        #expect(pair.updates.count == 50)
        #expect(Set(pair.updates) == Set((0..<50).map { body($0) }))
        #expect(pair.server.unacknowledged.isEmpty)
    }

    @Test func a_server_that_forgot_the_session_gets_the_calls_again() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        pair.connect()
        pair.run(.seconds(1))
        pair.client.send(body(1))
        let careful = pair.client.send(body(2), resending: .onlyIfNotReceived)
        pair.run(.seconds(1))
        pair.cut()
        pair.servers = []
        pair.answer = { _, body in body.reversed() }
        pair.clientEvents = []
        pair.connect()
        pair.run(.seconds(20))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.clientEvents.contains(.failed(careful, .outcomeUnknown)))
        #expect(pair.clientEvents.contains { if case .newSession = $0 { true } else { false } })
    }

    /// Defect 2 of others: the server's new session goes unnoticed and updates are lost.
    @Test func defect_02_a_new_session_of_the_server_is_told_once_for_each() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        var body = ServiceBody.newSession(firstMessage: 0, uniqueID: 77, salt: pair.client.knownSalts[0].value)
        pair.inject(pair.envelope(body))
        pair.run(.milliseconds(5))
        pair.inject(pair.envelope(body))
        body = ServiceBody.newSession(firstMessage: 0, uniqueID: 78, salt: pair.client.knownSalts[0].value)
        pair.inject(pair.envelope(body, after: .milliseconds(3)))
        let told = pair.clientEvents.filter { if case .newSession = $0 { true } else { false } }
        #expect(told.suffix(2) == [.newSession(uniqueID: 77), .newSession(uniqueID: 78)])
        #expect(told.count == 3)
    }

    /// Defect 1 of others: an announced answer is never asked for, and the call hangs.
    @Test func defect_01_an_announced_answer_is_asked_for() {
        var pair = SessionPair()
        pair.serverConfiguration.announcedAnswerBytes = 0
        pair.connect()
        let handle = pair.client.send(body(1))
        pair.run(.seconds(2))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.clientEvents.contains(.result(handle, body(1).reversed())))
    }

    @Test func defect_01_a_large_answer_announced_after_a_reconnect_is_asked_for() {
        var pair = SessionPair()
        pair.serverConfiguration.announcedAnswerBytes = 1 << 20
        pair.connect()
        pair.run(.seconds(1))
        pair.client.send(body(1))
        pair.run(.milliseconds(30))
        pair.cut()
        pair.servers[0].configuration.announcedAnswerBytes = 0
        pair.connect()
        pair.run(.seconds(3))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.executed == [body(1)])
    }

    @Test func loss_doubling_and_reconnects_from_many_seeds_end_in_exactly_once() {
        for seed in 0..<60 {
            var pair = SessionPair(seed: UInt64(seed))
            var chaos = SeededGenerator(seed: UInt64(seed) &+ 1000)
            pair.connect()
            pair.run(.seconds(1))
            var doubling = SeededGenerator(seed: UInt64(seed) &+ 2000)
            pair.filterToClient = { packet in Bool.random(using: &doubling) ? [packet, packet] : [packet] }
            var sent = 0, pushed = 0
            for _ in 0..<60 {
                switch Int.random(in: 0..<8, using: &chaos) {
                case 0: if pair.isConnected { pair.cut() }
                case 1, 2: if !pair.isConnected { pair.connect() }
                case 3, 4:
                    pair.servers[0].push(updates: body(10_000 + pushed))
                    pushed += 1
                default:
                    pair.client.send(body(sent), resending: Bool.random(using: &chaos) ? .always : .onlyIfNotReceived)
                    sent += 1
                }
                pair.run(.milliseconds(Int64.random(in: 0...80, using: &chaos)))
            }
            if !pair.isConnected { pair.connect() }
            pair.run(.seconds(60))
            #expect(pair.executed.sorted(by: { $0.lexicographicallyPrecedes($1) }).count == sent, "seed \(seed)")
            #expect(Set(pair.results).count == sent && pair.results.count == sent, "seed \(seed)")
            #expect(Set(pair.updates).count == pushed && pair.updates.count == pushed, "seed \(seed)")
            #expect(pair.failures.isEmpty, "seed \(seed)")
            #expect(pair.server.unacknowledged.isEmpty, "seed \(seed)")
            #expect(pair.closes.isEmpty, "seed \(seed)")
        }
    }

    /// A server that counts exactly finds nothing to complain of, whatever is sent along with the calls.
    @Test func sequence_numbers_are_those_of_the_specification() {
        for seed in 0..<20 {
            var pair = SessionPair(seed: UInt64(seed))
            var chaos = SeededGenerator(seed: UInt64(seed))
            pair.serverConfiguration.checksSequenceNumbers = true
            pair.connect()
            for i in 0..<80 {
                let handle = pair.client.send(body(i))
                if i % 7 == 0 { pair.client.cancel(handle) }
                if i > 0, i % 5 == 0 { pair.servers[0].push(updates: body(i)) }
                if i % 20 == 19 {
                    pair.cut()
                    pair.connect()
                }
                pair.run(.milliseconds(Int64.random(in: 0...400, using: &chaos)))
            }
            pair.run(.seconds(40))
            #expect(pair.client.pendingRequests == 0)
            #expect(!pair.clientEvents.contains { if case .sessionReset = $0 { true } else { false } }, "seed \(seed)")
            #expect(pair.servers.count == 1)
        }
    }

    @Test func a_lost_acknowledgment_makes_the_client_ask() {
        // The server's half is scripted: it receives and says nothing.
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        pair.connect()
        pair.run(.seconds(1))
        pair.servers[0].configuration.acknowledgmentDelay = .seconds(1000)
        pair.client.send(body(1))
        let before = pair.packetsToServer
        pair.run(.seconds(7))
        #expect(pair.packetsToServer > before + 1)
        #expect(pair.client.requests.values.first?.sent?.isAcknowledged == true)
    }
}
