import Primitives
import Testing

@testable import MTProto

/// A client and a server half in virtual time.
@Suite struct ClientSessionTests {
    @Test func a_call_is_answered_and_a_session_made() {
        var pair = SessionPair()
        let handle = pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.clientEvents.contains(.result(handle, body(1).reversed())))
        #expect(pair.serverEvents.first == .created)
        #expect(pair.executed == [body(1)])
        #expect(pair.clientEvents.contains { if case .newSession = $0 { true } else { false } })
        #expect(pair.client.pendingRequests == 0)
        #expect(pair.closes == [])
    }

    @Test func many_calls_share_containers_and_keep_their_order() {
        var pair = SessionPair()
        for i in 0..<3000 { pair.client.send(body(i)) }
        pair.connect()
        pair.run(.seconds(5))
        #expect(pair.results.count == 3000)
        #expect(pair.executed == (0..<3000).map { body($0) })
        #expect(pair.packetsToServer < 30)
    }

    @Test func large_calls_are_packed_and_too_large_ones_refused() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        let large = body(7, words: 200_000)
        let handle = pair.client.send(large, deadline: nil)
        let tooLarge = pair.client.send(body(7, words: 300_000))
        pair.run(.seconds(1))
        #expect(pair.executed == [large])
        #expect(pair.clientEvents.contains(.result(handle, large.reversed())))
        #expect(pair.clientEvents.contains(.failed(tooLarge, .tooLarge)))
    }

    @Test func updates_reach_the_owner_once_and_get_acknowledged() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        for i in 0..<250 {
            pair.servers[0].push(updates: body(i))
            pair.run(.milliseconds(10))
        }
        pair.run(.seconds(15))
        #expect(pair.updates == (0..<250).map { body($0) })
        #expect(pair.server.unacknowledged.isEmpty)
    }

    @Test func errors_carry_code_and_text() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        let handle = pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(1))
        guard case .request(let id, _)? = pair.serverEvents.last(where: { if case .request = $0 { true } else { false } }) else {
            Issue.record("the call did not arrive")
            return
        }
        pair.servers[0].fail(id, code: 420, text: "FLOOD_WAIT_31")
        pair.run(.seconds(1))
        #expect(pair.clientEvents.contains(.failed(handle, .rpc(RPCError(code: 420, text: "FLOOD_WAIT_31")))))
    }

    @Test func a_packed_error_is_an_error_too() throws {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        let handle = pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(1))
        guard case .request(let id, _)? = pair.serverEvents.last else { return }
        var packed: [UInt8] = []
        packed.append(uint32: Constructor.gzipPacked)
        packed.append(string: try #require(gzip(ServiceBody.error(RPCError(code: 500, text: String(repeating: "A", count: 300))))))
        pair.inject(pair.envelope(ServiceBody.result(of: id, packed)))
        #expect(pair.clientEvents.last == .failed(handle, .rpc(RPCError(code: 500, text: String(repeating: "A", count: 300)))))
    }

    @Test func a_deadline_ends_a_call_and_drops_its_answer() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        pair.connect()
        let handle = pair.client.send(body(1), deadline: pair.now + .seconds(3))
        pair.run(.seconds(4))
        #expect(pair.clientEvents.contains(.failed(handle, .deadlineExceeded)))
        #expect(pair.serverEvents.contains { if case .answerDropped = $0 { true } else { false } })
        #expect(pair.client.pendingRequests == 0)
    }

    @Test func a_deadline_ends_a_call_without_any_connection() {
        var pair = SessionPair()
        let handle = pair.client.send(body(1), deadline: pair.now + .seconds(3))
        pair.run(.seconds(4))
        #expect(pair.failures == [.deadlineExceeded])
        #expect(pair.clientEvents == [.failed(handle, .deadlineExceeded)])
    }

    @Test func a_cancelled_call_says_nothing_and_a_late_result_is_counted() {
        var pair = SessionPair()
        var held: [(Int64, [UInt8])] = []
        pair.answer = { _, _ in nil }
        pair.connect()
        let handle = pair.client.send(body(1))
        pair.run(.milliseconds(100))
        for case .request(let id, let body) in pair.serverEvents { held.append((id, body)) }
        pair.servers[0].respond(to: held[0].0, result: body(2))
        pair.client.cancel(handle)
        pair.run(.seconds(12))
        #expect(pair.results.isEmpty && pair.failures.isEmpty)
        #expect(pair.client.statistics.lateResults == 1)
        #expect(pair.server.unacknowledged.isEmpty)
    }

    @Test func calls_beyond_the_limit_wait_in_the_queue() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        for i in 0..<1500 { pair.client.send(body(i)) }
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.executed.count == RequestPriority.normal.inFlightLimit)
        for case .request(let id, let body) in pair.serverEvents.prefix(200) { pair.servers[0].respond(to: id, result: body) }
        pair.run(.seconds(1))
        #expect(pair.executed.count > RequestPriority.normal.inFlightLimit + 150)
    }

    // MARK: the connection's prefix

    @Test func calls_carry_the_prefix_until_one_of_the_connection_is_answered() {
        var configuration = ClientSession.Configuration()
        configuration.connectionPrefix = [0x0d, 0x0d, 0x9b, 0xda, 0, 0, 0, 1]
        var pair = SessionPair(configuration: configuration)
        pair.client.send(body(1))
        pair.client.send(body(2))
        pair.connect()
        pair.run(.seconds(1))
        pair.client.send(body(3))
        pair.run(.seconds(1))
        let prefix = configuration.connectionPrefix
        #expect(pair.executed == [prefix + body(1), prefix + body(2), body(3)])
        pair.cut()
        pair.connect()
        pair.client.send(body(4))
        pair.run(.seconds(1))
        #expect(pair.executed.last == prefix + body(4))
    }

    @Test func connection_not_inited_wraps_the_call_again() {
        var configuration = ClientSession.Configuration()
        configuration.connectionPrefix = [0x0d, 0x0d, 0x9b, 0xda]
        var pair = SessionPair(configuration: configuration)
        pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(1))
        pair.answer = { _, _ in nil }
        let handle = pair.client.send(body(2))
        pair.run(.milliseconds(50))
        guard case .request(let id, body(2))? = pair.serverEvents.last else {
            Issue.record("the second call goes without the prefix")
            return
        }
        pair.answer = { _, body in body.reversed() }
        pair.servers[0].fail(id, code: 400, text: "CONNECTION_NOT_INITED")
        pair.run(.seconds(1))
        #expect(pair.executed.last == configuration.connectionPrefix + body(2))
        #expect(pair.clientEvents.contains { if case .result(handle, _) = $0 { true } else { false } })
        #expect(pair.failures.isEmpty)
    }

    // MARK: pings and silence

    @Test func an_idle_connection_lives_on_pings_and_stays_quiet() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(3600))
        #expect(pair.closes.isEmpty)
        #expect(pair.serverEvents.contains(.closeConnection) == false)
        // A ping each 30 s, and little else.
        #expect((120...140).contains(pair.packetsToServer))
    }

    @Test func a_dead_path_is_noticed_within_a_minute() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(31))
        pair.filterToClient = { _ in [] }
        pair.run(.seconds(61))
        #expect(pair.closes == [.silence])
    }

    @Test func a_server_that_never_answers_is_noticed_within_15_seconds() {
        var pair = SessionPair()
        pair.filterToClient = { _ in [] }
        pair.connect()
        pair.run(.seconds(16))
        #expect(pair.closes == [.noFirstAnswer])
    }

    @Test func silence_means_nothing_while_the_owner_does_not_read() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        pair.client.setReceivingPaused(true, now: pair.now)
        pair.filterToClient = { _ in [] }
        pair.run(.seconds(500))
        #expect(pair.closes.isEmpty)
        pair.client.setReceivingPaused(false, now: pair.now)
        pair.run(.seconds(61))
        #expect(pair.closes == [.silence])
    }

    @Test func a_call_that_the_server_sits_on_condemns_the_connection() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        pair.connect()
        pair.client.send(body(1))
        pair.run(.seconds(80))
        #expect(pair.closes == [.stuckRequest])
    }
}

func gzip(_ bytes: [UInt8]) -> [UInt8]? { Gzip.deflate(bytes) }
