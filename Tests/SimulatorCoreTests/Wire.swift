import Cryptography
import MTProto
import Primitives
import TL
import Testing

@testable import SimulatorCore

/// An endpoint and our own client's parts, joined by bytes in virtual time.
struct Wire {
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
        /// What else its session told.
        var events: [ClientSession.Event] = []
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

    var moment: Endpoint.Moment {
        Endpoint.Moment(instant: now, time: UnixTime(seconds: 1_790_000_000) + (now - Instant(nanoseconds: 0)) + endpoint.skew)
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
        default: clients[number]?.events.append(event)
        }
    }

    /// Runs a control command.
    @discardableResult
    mutating func control(_ command: JSON) throws -> JSON {
        let lines = try Control.run(command, on: &endpoint, now: moment, using: &generator)
        return try #require(lines?.last)
    }

    /// Sends a call without waiting for its answer.
    mutating func begin(_ number: Int, _ request: TLObject) throws -> RequestHandle {
        let body = try TL.encode(request)
        let handle = clients[number]?.session.send(body)
        return try #require(handle)
    }

    func answer(_ number: Int, _ handle: RequestHandle) -> Result<[UInt8], RequestFailure>? { clients[number]?.answers[handle] }

    mutating func takeEvents(_ number: Int) -> [ClientSession.Event] {
        defer { clients[number]?.events = [] }
        return clients[number]?.events ?? []
    }

    func isClosed(_ number: Int) -> Bool { clients[number]?.isClosed ?? true }

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
        clients[number]?.isClosed = false
        clients[number]?.session.connected(now: now)
        try settle()
    }

}
