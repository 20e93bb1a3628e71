import Cryptography
import Logging
import MTProto
import Primitives
import Testing

@testable import TelegramConnection

/// Real sockets on loopback against a small server made of the server halves.
@Suite(.timeLimit(.minutes(3))) struct TelegramConnectionTests {
    static func logger() -> Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }

    static func configuration(
        _ addresses: [ServerAddress], transport: TransportOptions = TransportOptions(), prefix: [UInt8] = []
    ) -> ConnectionConfiguration {
        var session = ClientSession.Configuration()
        session.connectionPrefix = prefix
        session.acknowledgmentDelay = .milliseconds(200)
        return ConnectionConfiguration(
            addresses: addresses, dc: 2, transport: transport, rsaKeys: [LoopbackServer.rsa.publicKey], session: session)
    }

    func connect(
        _ server: LoopbackServer, transport: TransportOptions = TransportOptions(), credentials: ConnectionCredentials? = nil,
        prefix: [UInt8] = []
    ) async throws -> TelegramConnection {
        let configuration = Self.configuration([try await server.address], transport: transport, prefix: prefix)
        let connection = TelegramConnection(configuration, credentials: credentials, logger: Self.logger())
        await connection.start()
        return connection
    }

    /// A call under way, and how it ends.
    func begin(
        _ connection: TelegramConnection, _ number: Int, deadline: Duration = .seconds(30), resending: Resending = .always
    ) -> Task<Result<[UInt8], TelegramCallError>, Never> {
        Task {
            do throws(TelegramCallError) {
                return .success(try await connection.call(Self.body(number), deadline: deadline, resending: resending))
            } catch {
                return .failure(error)
            }
        }
    }

    /// The next event that the closure takes.
    func next<R>(_ events: inout AsyncStream<ConnectionEvent>.Iterator, _ take: (ConnectionEvent) -> R?) async -> R? {
        while let event = await events.next() { if let result = take(event) { return result } }
        return nil
    }

    /// A body of so many words that says its number, and whose constructor is no service message's.
    static func body(_ number: Int, words: Int = 3) -> [UInt8] {
        var out = [UInt8](repeating: 1, count: words * 4)
        out.replaceSubrange(0..<4, with: [0x11, 0x22, 0x33, 0x44])
        for i in 0..<4 { out[4 + i] = UInt8(truncatingIfNeeded: number >> (8 * i)) }
        return out
    }

    @Test(arguments: [
        TransportOptions(), TransportOptions(mode: .intermediate, isObfuscated: false), TransportOptions(mode: .abridged),
        TransportOptions(mode: .paddedIntermediate), TransportOptions(mode: .full),
    ])
    func a_key_is_made_and_calls_are_answered(_ transport: TransportOptions) async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server, transport: transport)
        let result = try await connection.call(Self.body(1))
        #expect(result == Self.body(1).reversed())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 0..<200 {
                group.addTask {
                    let result = try await connection.call(Self.body(i))
                    #expect(result == Self.body(i).reversed())
                }
            }
            try await group.waitForAll()
        }
        await connection.close()
        #expect(try await server.sessionCount() == 1)
    }

    @Test func the_key_is_told_and_serves_again() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        var events = connection.events.makeAsyncIterator()
        let credentials = try #require(await next(&events) { if case .authorizationKey(let value) = $0 { value } else { nil } })
        _ = try await connection.call(Self.body(1))
        await connection.close()

        let again = try await connect(server, credentials: credentials)
        #expect(try await again.call(Self.body(2)) == Self.body(2).reversed())
        var later = again.events.makeAsyncIterator()
        #expect(await later.next() == .connected)
        await again.close()
        var remaining: [ConnectionEvent] = []
        while let event = await later.next() { remaining.append(event) }
        #expect(!remaining.contains { if case .authorizationKey = $0 { true } else { false } })
    }

    @Test func a_server_that_drops_the_connection_within_a_call_answers_it_on_the_next() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(1))
        try await server.setAnswering(false)
        let result = begin(connection, 2, resending: .onlyIfNotReceived)
        var events = connection.events.makeAsyncIterator()
        _ = await next(&events) { $0 == .connected ? true : nil }
        try await server.untilExecuted(2)
        try await server.drop()
        _ = await next(&events) { $0 == .disconnected(.closedByPeer) ? true : nil }
        try await server.answerHeld()
        #expect(await result.value == .success(Self.body(2).reversed()))
        #expect(await next(&events) { $0 == .connected ? true : nil } == true)
        // The session is the same one, and the call was executed once.
        #expect(try await server.sessionCount() == 1)
        #expect(try await server.executedBodies() == [Self.body(1), Self.body(2)])
        await connection.close()
    }

    @Test func calls_of_each_connection_carry_the_prefix_until_one_is_answered() async throws {
        let server = try await LoopbackServer.start()
        let prefix: [UInt8] = [0x0d, 0x0d, 0x9b, 0xda]
        let connection = try await connect(server, prefix: prefix)
        _ = try await connection.call(Self.body(1))
        _ = try await connection.call(Self.body(2))
        try await server.drop()
        var events = connection.events.makeAsyncIterator()
        _ = await next(&events) { if case .disconnected = $0 { true } else { nil } }
        _ = try await connection.call(Self.body(3))
        _ = try await connection.call(Self.body(4))
        #expect(try await server.executedBodies() == [prefix + Self.body(1), Self.body(2), prefix + Self.body(3), Self.body(4)])
        await connection.close()
    }

    @Test func an_error_of_the_server_is_thrown() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        try await server.setAnswering(false)
        let result = begin(connection, 1)
        try await server.untilExecuted(1)
        try await server.fail(code: 400, text: "CHANNEL_INVALID")
        #expect(await result.value == .failure(.rpc(RPCError(code: 400, text: "CHANNEL_INVALID"))))
        await connection.close()
    }

    /// A call whose time is over before it leaves, and one that the server has had.
    @Test(arguments: [.nanoseconds(1), .milliseconds(50)] as [Duration])
    func deadlines_cancellation_and_close_end_calls(shortest: Duration) async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(0))
        try await server.setAnswering(false)
        #expect(await begin(connection, 1, deadline: shortest).value == .failure(.deadlineExceeded))
        let task = begin(connection, 2)
        try await server.untilExecuted(Self.body(2))
        task.cancel()
        #expect(await task.value == .failure(.cancelled))
        let last = begin(connection, 3)
        try await server.untilExecuted(Self.body(3))
        await connection.close()
        #expect(await last.value == .failure(.closed))
        #expect(await begin(connection, 4).value == .failure(.closed))
    }

    @Test func a_deadline_holds_while_no_server_can_be_reached() async throws {
        // A port that nobody listens on: bound once, then given back.
        let server = try await LoopbackServer.start()
        let address = try await server.address
        try await server.stopListening()
        let connection = TelegramConnection(Self.configuration([address]), logger: Self.logger())
        await connection.start()
        #expect(await begin(connection, 1, deadline: .milliseconds(300)).value == .failure(.deadlineExceeded))
        var events = connection.events.makeAsyncIterator()
        let reason = await next(&events) { if case .disconnected(let reason) = $0 { reason } else { nil } }
        if case .connectFailed? = reason {} else { Issue.record("\(String(describing: reason))") }
        await connection.close()
    }

    @Test func the_second_address_serves_when_the_first_does_not() async throws {
        let dead = try await LoopbackServer.start()
        let deadAddress = try await dead.address
        try await dead.stopListening()
        let server = try await LoopbackServer.start()
        let connection = TelegramConnection(Self.configuration([deadAddress, try await server.address]), logger: Self.logger())
        await connection.start()
        #expect(try await connection.call(Self.body(1)) == Self.body(1).reversed())
        await connection.close()
    }

    @Test func a_key_unknown_twice_stops_the_connection_and_deletes_nothing() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(1))
        try await server.forgetKeys()
        #expect(await begin(connection, 2).value == .failure(.keyRejected))
        var all: [ConnectionEvent] = []
        for await event in connection.events { all.append(event) }
        #expect(all.contains(.disconnected(.transportError(-404))))
        #expect(all.last == .keyRejected)
        #expect(all.count { if case .authorizationKey = $0 { true } else { false } } == 1)
        #expect(try await server.acceptedConnections() == 2)
    }

    @Test func too_many_connections_is_a_reason_to_wait_and_come_back() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(1))
        let begun = ContinuousClock.now
        try await server.sendTransportError(-429)
        var events = connection.events.makeAsyncIterator()
        _ = await next(&events) { $0 == .disconnected(.transportError(-429)) ? true : nil }
        #expect(try await connection.call(Self.body(2)) == Self.body(2).reversed())
        #expect(ContinuousClock.now - begun >= .milliseconds(900))
        await connection.close()
    }

    /// Defect of others: a slow consumer lost updates, or all memory went to them.
    @Test func a_slow_consumer_stops_the_socket_and_loses_nothing() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(0))
        let total = 100_000
        let pushing = Task {
            for start in stride(from: 0, to: total, by: 500) {
                // 800 bytes each, 80 MB in all: more than sockets' buffers can hold.
                try await server.push((start..<start + 500).map { Self.body($0, words: 200) })
                try await server.untilWritable()
            }
        }
        // Nobody takes events: the socket fills up to the brim and everything stands still.
        while await !connection.isReadingPaused { await Task.yield() }
        try await server.untilStuck()
        let held = await connection.mailbox.count
        #expect(held >= ConnectionLimits.waitingEvents)
        #expect(held < ConnectionLimits.waitingEvents + 1100)
        #expect(await connection.isReadingPaused)

        var received = 0
        for await event in connection.events {
            guard case .updates(let bytes) = event else { continue }
            if bytes.prefix(8) != Self.body(received).prefix(8) { Issue.record("update \(received) is another one") }
            received += 1
            if received == total { break }
        }
        #expect(received == total)
        try await pushing.value
        // Still alive: a call goes through.
        #expect(try await connection.call(Self.body(1)) == Self.body(1).reversed())
        #expect(try await server.acceptedConnections() == 1)
        await connection.close()
    }

    @Test func a_call_made_while_events_wait_gets_its_answer() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(0))
        for start in stride(from: 0, to: 6000, by: 500) { try await server.push((start..<start + 500).map { Self.body($0) }) }
        while await connection.mailbox.count < ConnectionLimits.waitingEvents { await Task.yield() }
        #expect(try await connection.call(Self.body(7)) == Self.body(7).reversed())
        await connection.close()
    }

    @Test func a_cancelled_consumer_leaves_its_place_to_the_next() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(0))
        for number in 0..<20 {
            let consumer = Task {
                for await event in connection.events where event == .updates(Self.body(-1)) { return true }
                return false
            }
            if number % 2 == 0 { await Task.yield() }
            consumer.cancel()
            #expect(await consumer.value == false)
        }
        try await server.push([Self.body(1), Self.body(2)])
        var events = connection.events.makeAsyncIterator()
        #expect(await next(&events) { if case .updates(let body) = $0 { body } else { nil } } == Self.body(1))
        #expect(await next(&events) { if case .updates(let body) = $0 { body } else { nil } } == Self.body(2))
        await connection.close()
        while await events.next() != nil {}
    }

    @Test func what_came_together_is_taken_together() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server)
        _ = try await connection.call(Self.body(0))
        try await server.push((0..<50).map { Self.body($0) })
        while await connection.mailbox.count < 50 { await Task.yield() }
        let consumer = EventConsumer()
        let events = await connection.nextEvents(for: consumer)
        #expect(events?.filter { if case .updates = $0 { true } else { false } } == (0..<50).map { .updates(Self.body($0)) })
        let waiting = Task { await connection.nextEvents(for: consumer) }
        while await !connection.mailbox.isAwaited { await Task.yield() }
        waiting.cancel()
        await connection.stopWaiting(consumer)
        #expect(await waiting.value == nil)
        await connection.close()
        #expect(await connection.nextEvents(for: consumer) == nil)
    }

    @Test func garbage_on_the_wire_makes_a_new_connection() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connect(server, transport: TransportOptions(mode: .intermediate, isObfuscated: false))
        _ = try await connection.call(Self.body(0))
        try await server.sendGarbage()
        var events = connection.events.makeAsyncIterator()
        let reason = await next(&events) { if case .disconnected(let reason) = $0 { reason } else { nil } }
        if case .badFraming? = reason {} else { Issue.record("\(String(describing: reason))") }
        #expect(try await connection.call(Self.body(1)) == Self.body(1).reversed())
        await connection.close()
    }
}

extension LoopbackServer {
    func sendGarbage() async throws { try await writeRaw([0xff, 0xff, 0xff, 0x0f, 1, 2, 3]) }
}
