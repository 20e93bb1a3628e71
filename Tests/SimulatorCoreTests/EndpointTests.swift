import Cryptography
import MTProto
import Primitives
import TL
import Testing

@testable import SimulatorCore

/// An endpoint and our own client's parts, joined by bytes in virtual time.
private struct Wire {
    var endpoint: Endpoint
    var now = Instant(nanoseconds: 0)
    var generator = SeededGenerator(seed: 3)
    private var clients: [Int: Client] = [:]
    private static let key = RSAPrivateKey.generate()

    private struct Client {
        var transport: ClientTransport
        var session: ClientSession
        var answers: [RequestHandle: Result<[UInt8], RequestFailure>] = [:]
        var updates: [TLObject] = []
        var newSessions = 0
        var isClosed = false
    }

    init() {
        var world = World(secret: 2)
        for i in 0..<2 { world.addAccount(phone: "999661000\(i)", firstName: "User \(i)") }
        var settings = TelegramServer.Settings()
        settings.loginCode = "12345"
        endpoint = Endpoint(
            server: TelegramServer(world: world, settings: settings), keys: [Wire.key],
            now: Endpoint.Moment(instant: Instant(nanoseconds: 0), time: UnixTime(seconds: 1_790_000_000)))
    }

    private var moment: Endpoint.Moment {
        Endpoint.Moment(instant: now, time: UnixTime(seconds: 1_790_000_000) + (now - Instant(nanoseconds: 0)))
    }

    /// Makes a key over a connection of the transport and a session under it.
    mutating func connect(_ number: Int, _ options: TransportOptions) throws {
        endpoint.opened(number)
        var transport = ClientTransport(options, dc: 2, using: &generator)
        let clock = ServerClock(guess: moment.time, at: now)
        var exchange = ClientKeyExchange(.init(rsaKeys: [Wire.key.publicKey], dc: 2), clock: clock)
        var packet: [UInt8]? = exchange.start(now: now, using: &generator)
        while let sent = packet {
            endpoint.receive(transport.encode(sent, using: &generator), on: number, now: moment, using: &generator)
            let answers = try frames(for: number, &transport)
            let answer = try #require(answers.first)
            switch try exchange.receive(answer, now: now, using: &generator) {
            case .send(let next): packet = next
            case .done(let result, _):
                let salt = ServerSalt(value: result.salt, validSince: 0, validUntil: .max)
                var session = ClientSession(key: result.key, salts: [salt], clock: result.clock, using: &generator)
                session.connected(now: now)
                clients[number] = Client(transport: transport, session: session)
                packet = nil
            }
        }
    }

    private mutating func frames(for number: Int, _ transport: inout ClientTransport) throws -> [[UInt8]] {
        for (connection, output) in endpoint.takeOutput() where connection == number {
            // One byte at a time: where the stream is cut must not matter.
            if case .write(let bytes) = output { for byte in bytes { transport.receive([byte]) } }
        }
        var packets: [[UInt8]] = []
        while case .packet(let packet, _) = try transport.next() { packets.append(packet) }
        return packets
    }

    /// Lets everything that is under way arrive.
    mutating func settle() throws {
        for _ in 0..<20 {
            now = now + .milliseconds(60)
            for number in clients.keys.sorted() {
                while let packet = clients[number]?.session.pollPacket(now: now, using: &generator) {
                    let bytes = clients[number]?.transport.encode(packet, using: &generator) ?? []
                    for half in [bytes.prefix(bytes.count / 3), bytes.dropFirst(bytes.count / 3)] {
                        endpoint.receive(Array(half), on: number, now: moment, using: &generator)
                    }
                }
            }
            endpoint.advance(now: moment, using: &generator)
            for (connection, output) in endpoint.takeOutput() {
                switch output {
                case .write(let bytes): clients[connection]?.transport.receive(bytes)
                case .close: clients[connection]?.isClosed = true
                }
            }
            for number in clients.keys.sorted() {
                while case .packet(let packet, _) = try clients[number]?.transport.next() {
                    clients[number]?.session.receive(packet, now: now, using: &generator)
                }
                while let event = clients[number]?.session.pollEvent() { try note(event, number) }
            }
        }
    }

    private mutating func note(_ event: ClientSession.Event, _ number: Int) throws {
        switch event {
        case .result(let handle, let bytes): clients[number]?.answers[handle] = .success(bytes)
        case .failed(let handle, let failure): clients[number]?.answers[handle] = .failure(failure)
        case .updates(let bytes): clients[number]?.updates.append(try TL.decode(bytes))
        case .newSession: clients[number]?.newSessions += 1
        default: break
        }
    }

    mutating func call(_ number: Int, _ request: TLObject) throws -> TLValue {
        let body = try TL.encode(request)
        let sent = clients[number]?.session.send(body)
        let handle = try #require(sent)
        try settle()
        let answer = try #require(clients[number]?.answers[handle])
        return try TL.decodeResult(answer.get(), of: request.name, layer: TL.newestLayer)
    }

    mutating func logIn(_ number: Int, as user: Int) throws {
        let phone = TLValue.string("999661000\(user)")
        let sent = try call(
            number,
            TLObject(
                "auth.sendCode", ["phone_number": phone, "api_id": 1, "api_hash": "", "settings": .object(TLObject("codeSettings"))]))
        _ = try call(
            number, TLObject("auth.signIn", ["phone_number": phone, "phone_code_hash": sent["phone_code_hash"], "phone_code": "12345"]))
        _ = try call(number, TLObject("updates.getState"))
    }

    mutating func takeUpdates(_ number: Int) -> [TLObject] {
        defer { clients[number]?.updates = [] }
        return clients[number]?.updates ?? []
    }

    func newSessions(_ number: Int) -> Int { clients[number]?.newSessions ?? 0 }

    /// Sends a private message from user 0 to user 1.
    mutating func message(_ text: String) throws {
        let users = endpoint.server.world.accountOrder
        try endpoint.server.world.send(by: users[0], to: .user(users[1]), Draft(text), now: moment.time)
        endpoint.server.publish(now: moment.time)
    }

    /// Breaks the connection and, after a while, goes on over a new one.
    mutating func reconnect(_ number: Int, _ options: TransportOptions, after pause: Duration, meanwhile: (inout Wire) throws -> Void)
        throws
    {
        endpoint.closed(number, now: moment)
        clients[number]?.session.connectionLost(now: now)
        try meanwhile(&self)
        now = now + pause
        endpoint.advance(now: moment, using: &generator)
        endpoint.opened(number)
        clients[number]?.transport = ClientTransport(options, dc: 2, using: &generator)
        clients[number]?.session.connected(now: now)
        try settle()
    }

}

@Suite struct EndpointTests {
    static let transports = [
        TransportOptions(mode: .abridged, isObfuscated: false), TransportOptions(mode: .full, isObfuscated: false),
        TransportOptions(mode: .intermediate, isObfuscated: true), TransportOptions(mode: .paddedIntermediate, isObfuscated: true),
    ]

    @Test(arguments: transports) func our_own_client_logs_in_and_is_told(_ options: TransportOptions) throws {
        var wire = Wire()
        try wire.connect(1, options)
        try wire.logIn(1, as: 1)
        try wire.message("hello")
        try wire.settle()
        let told = wire.takeUpdates(1)
        #expect(told.compactMap { $0["updates"]?.vector?.first?["message"]?["message"]?.string } == ["hello"])
        #expect(wire.newSessions(1) == 1)
    }

    @Test func a_short_absence_loses_nothing_and_a_long_one_is_announced() throws {
        var wire = Wire()
        let options = EndpointTests.transports[2]
        try wire.connect(1, options)
        try wire.logIn(1, as: 1)
        try wire.reconnect(1, options, after: .seconds(3)) { try $0.message("while away") }
        let kept = wire.takeUpdates(1)
        #expect(kept.count == 1)
        #expect(wire.newSessions(1) == 1)
        try wire.reconnect(1, options, after: .seconds(30)) { try $0.message("too late") }
        _ = try wire.call(1, TLObject("updates.getState"))
        let late = wire.takeUpdates(1)
        #expect(late.isEmpty, "the forgotten session's updates are the difference's")
        #expect(wire.newSessions(1) == 2)
        try wire.message("again")
        try wire.settle()
        let again = wire.takeUpdates(1)
        #expect(again.count == 1)
    }

    @Test func garbage_closes_the_connection_and_an_unknown_key_is_told() throws {
        var wire = Wire()
        var generator = SeededGenerator(seed: 9)
        let now = Endpoint.Moment(instant: Instant(nanoseconds: 0), time: UnixTime(seconds: 1_790_000_000))
        wire.endpoint.opened(7)
        wire.endpoint.receive([0xee, 0xee, 0xee, 0xee, 0x00, 0x01, 0x00, 0x00] + generator.bytes(256), on: 7, now: now, using: &generator)
        let output = wire.endpoint.takeOutput()
        #expect(output.count == 2)
        guard case .write(let bytes) = output.first?.output, case .close = output.last?.output else {
            Issue.record("expected an error and a close")
            return
        }
        #expect(bytes == [4, 0, 0, 0] + [0x6c, 0xfe, 0xff, 0xff], "-404")
    }
}
