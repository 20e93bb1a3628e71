import Logging
import MTProto
import Primitives
import Synchronization
import TL
import Testing

@testable import TelegramConnection

/// Several addresses, of which not all are what they seem.
@Suite(.timeLimit(.minutes(2))) struct AddressTests {
    private func connect(_ addresses: [ServerAddress], credentials: ConnectionCredentials? = nil) async -> TelegramConnection {
        let configuration = TelegramConnectionTests.configuration(addresses)
        let connection = TelegramConnection(configuration, credentials: credentials, logger: TelegramConnectionTests.logger())
        await connection.start()
        return connection
    }

    private func record(_ connection: TelegramConnection, _ address: ServerAddress) async -> AddressRace.Record {
        await connection.addressRecords().first { $0.address == address }?.record ?? AddressRace([address]).record(of: address)
    }

    @Test func a_server_that_accepts_and_says_nothing_does_not_hold_anybody_up() async throws {
        let deaf = try await LoopbackServer.start(), server = try await LoopbackServer.start()
        try await deaf.setDeaf(true)
        let good = try await server.address, bad = try await deaf.address
        let connection = await connect([bad, good])
        let result = try await connection.call(TelegramConnectionTests.body(1))
        #expect(result == TelegramConnectionTests.body(1).reversed())
        #expect(try await deaf.acceptedConnections() == 1)
        #expect(await record(connection, good).successes == 1)
        #expect(await record(connection, bad).successes == 0)
        // The loser is let go as soon as there is a winner.
        try await deaf.until { $0.acceptedNow == 0 }
        await connection.close()
    }

    @Test func the_address_that_served_is_the_first_to_be_tried_again_and_no_session_speaks_twice() async throws {
        let deaf = try await LoopbackServer.start(), server = try await LoopbackServer.start()
        try await deaf.setDeaf(true)
        let connection = await connect([try await deaf.address, try await server.address])
        _ = try await connection.call(TelegramConnectionTests.body(1))
        try await server.drop()
        _ = try await connection.call(TelegramConnectionTests.body(2))
        #expect(try await deaf.acceptedConnections() == 1)
        #expect(try await server.sessionCount() == 1)
        #expect(await record(connection, try await server.address).successes == 2)
        await connection.close()
    }

    @Test func with_a_key_too_only_a_server_that_answers_gets_the_session() async throws {
        let deaf = try await LoopbackServer.start(), server = try await LoopbackServer.start()
        let first = await connect([try await server.address])
        var events = first.events.makeAsyncIterator()
        var credentials: ConnectionCredentials?
        while credentials == nil, let event = await events.next() {
            if case .authorizationKey(let made) = event { credentials = made }
        }
        await first.close()
        try await deaf.setDeaf(true)
        let connection = await connect([try await deaf.address, try await server.address], credentials: credentials)
        #expect(try await connection.call(TelegramConnectionTests.body(2)) == TelegramConnectionTests.body(2).reversed())
        #expect(try await deaf.sessionCount() == 0)
        await connection.close()
    }

    @Test func names_are_never_looked_up() async throws {
        let connection = await connect([ServerAddress(host: "localhost", port: 443)])
        for await event in connection.events {
            guard case .disconnected(let reason) = event else { continue }
            #expect(reason == .connectFailed("localhost:443: not an IP address"))
            break
        }
        await connection.close()
    }

    @Test func new_addresses_serve_the_next_attempt() async throws {
        let first = try await LoopbackServer.start(), second = try await LoopbackServer.start()
        let connection = await connect([try await first.address])
        _ = try await connection.call(TelegramConnectionTests.body(1))
        await connection.setAddresses([try await second.address])
        // The connection that stands is kept.
        _ = try await connection.call(TelegramConnectionTests.body(2))
        #expect(try await first.executedBodies().count == 2)
        try await first.drop()
        try await second.until { $0.acceptedNow == 1 }
        await connection.close()
    }

    // MARK: the server's configuration

    private func option(_ id: Int, _ host: String, _ flags: KeyValuePairs<String, TLValue?> = [:]) -> TLValue {
        var option = TLObject("dcOption", ["id": .int(id), "ip_address": .string(host), "port": 443])
        for (name, value) in flags { option[name] = value }
        return .object(option)
    }

    @Test func the_options_of_help_getconfig_are_read() throws {
        let config = TLObject(
            "config",
            [
                "date": 1_763_000_000, "expires": 1_763_003_600, "test_mode": false, "this_dc": 2,
                "dc_options": .vector([
                    option(2, "149.154.167.51", ["static": true, "this_port_only": true]),
                    option(2, "2001:067c:04e8:f002:0000:0000:0000:000a", ["ipv6": true]),
                    option(2, "149.154.167.222", ["media_only": true]),
                    option(4, "149.154.167.92", ["tcpo_only": true, "secret": .bytes([1])]),
                    option(203, "91.105.192.100", ["cdn": true]),
                    // What is no address is left out, and hurts nothing else.
                    option(2, "evil.example.org"), option(2, "1.2.3"), option(2, "1.2.3.256"), option(2, "abcd", ["ipv6": true]),
                    .object(TLObject("dcOption", ["id": 2, "ip_address": "1.2.3.4", "port": 0])), 7,
                ]),
            ])
        let read = try #require(ServerConfiguration(config))
        #expect(read.thisDC == 2)
        #expect(!read.isTest)
        #expect(read.expires == UnixTime(seconds: 1_763_003_600))
        #expect(read.directory.options.count == 5)
        #expect(read.directory.options[0].isStatic && read.directory.options[0].isThisPortOnly)
        #expect(read.directory.options[2].isMediaOnly)
        #expect(read.directory.options[3].isTCPObfuscatedOnly && read.directory.options[3].secret == [1])
        #expect(read.directory.options[4].isCDN)
        let addresses = read.directory.addresses(of: 2, isObfuscated: true)
        #expect(addresses.first == ServerAddress(host: "149.154.167.51", port: 443))
        #expect(addresses.filter(\.isIPv6).map(\.port) == [443, 80, 5222])
        #expect(ServerConfiguration(TLObject("nearestDc", [:])) == nil)
    }

    // MARK: the host's clock, the key

    /// 3, on the host: it slept for hours, or its clock was set.
    @Test(arguments: [3 * 3600, -3 * 3600] as [Int64]) func defect_03_a_jump_of_the_host_s_clock_drops_the_connection_and_nothing_else(
        _ jump: Int64
    ) async throws {
        let server = try await LoopbackServer.start()
        let wall = Mutex(UnixTime(seconds: 1_763_000_000))
        let start = ContinuousClock.now
        let connection = TelegramConnection(
            TelegramConnectionTests.configuration([try await server.address]), logger: TelegramConnectionTests.logger(),
            hostClock: { wall.withLock { $0 } + (ContinuousClock.now - start) })
        await connection.start()
        _ = try await connection.call(TelegramConnectionTests.body(1))
        wall.withLock { $0 = $0 + .seconds(jump) }
        // Anything that arrives makes it look.
        try await server.push([TelegramConnectionTests.body(7)])
        var pushed = 0, isTold = false
        for await event in connection.events {
            if case .updates(TelegramConnectionTests.body(7)) = event { pushed += 1 }
            if case .disconnected(.session(.clockJumped)) = event { isTold = true }
            if isTold, pushed == 1 { break }
        }
        #expect(try await connection.call(TelegramConnectionTests.body(2)) == TelegramConnectionTests.body(2).reversed())
        #expect(try await server.sessionCount() == 1)
        #expect(try await server.acceptedConnections() == 2)
        await connection.close()
    }

    @Test func a_key_is_destroyed_and_the_connection_closes() async throws {
        let server = try await LoopbackServer.start()
        let connection = await connect([try await server.address])
        _ = try await connection.call(TelegramConnectionTests.body(1))
        #expect(try await connection.destroyKey())
        #expect(try await server.knownKeys() == 0)
        await #expect(throws: TelegramCallError.closed) { try await connection.call(TelegramConnectionTests.body(2)) }
    }

    @Test func a_key_that_cannot_be_destroyed_in_time_says_so() async throws {
        let server = try await LoopbackServer.start()
        let connection = await connect([try await server.address])
        _ = try await connection.call(TelegramConnectionTests.body(1))
        try await server.setDeaf(true)
        await #expect(throws: TelegramCallError.deadlineExceeded) { try await connection.destroyKey(deadline: .milliseconds(100)) }
        await connection.close()
    }

    @Test func methods_have_the_priority_of_what_they_are_for() {
        for method in ["updates.getDifference", "updates.getChannelDifference", "updates.getState", "messages.getPeerDialogs"] {
            #expect(RequestPriority(method: method) == .updates)
        }
        for method in ["messages.getHistory", "upload.getFile"] { #expect(RequestPriority(method: method) == .history) }
        #expect(RequestPriority(method: "contacts.resolveUsername") == .normal)
    }

    @Test func calls_for_updates_overtake_those_for_history() async throws {
        let server = try await LoopbackServer.start()
        let connection = await connect([try await server.address])
        _ = try await connection.call(TelegramConnectionTests.body(0))
        try await server.setAnswering(false)
        let history = (1...40).map { number in
            Task { try await connection.call(TelegramConnectionTests.body(number), priority: .history) }
        }
        try await server.untilExecuted(17)
        let updates = Task { try await connection.call(TelegramConnectionTests.body(100), priority: .updates) }
        try await server.untilExecuted(18)
        #expect(try await server.executedBodies().last == TelegramConnectionTests.body(100))
        await connection.close()
        for task in history + [updates] { _ = await task.result }
    }
}
