import Cryptography
import MTProto
import Primitives

/// The whole simulated Telegram behind its sockets: connections' bytes in, bytes out.
///
/// A value without I/O: the shell gives it what it reads, writes what `takeOutput` gives, and calls `advance` at `nextDeadline`
/// or after it has acted on `server` itself.
public struct Endpoint: Sendable {
    /// Both clocks at one moment: dates come from civil time, waits from the monotonic one.
    public struct Moment: Sendable {
        public var instant: Instant
        public var time: UnixTime

        public init(instant: Instant, time: UnixTime) {
            self.instant = instant
            self.time = time
        }
    }

    public enum Output: Sendable {
        case write([UInt8])
        case close
    }

    /// One TCP connection.
    private struct Connection: Sendable {
        var transport = ServerTransport()
        var exchange: ServerKeyExchange?
    }

    private struct HeldKey: Sendable {
        var key: AuthorizationKey
        var firstSalt: Int64
    }

    private struct HeldSession: Sendable {
        var session: ServerSession
        /// Its connection, nil while it has none.
        var connection: Int?
        var lostAt: Instant?
    }

    public var server: TelegramServer
    /// How long a session without a connection is kept. Within it nothing is lost; after it a new session is announced to the client.
    public var sessionLinger = Duration.seconds(10)
    private let keys: [RSAPrivateKey]
    private let clock: ServerClock
    private let configuration: ServerSession.Configuration
    private var connections: [Int: Connection] = [:]
    private var authorizationKeys: [Int64: HeldKey] = [:]
    private var sessions: [SessionID: HeldSession] = [:]
    /// Sessions in the order of their making: nothing is decided by the order of a dictionary.
    private var sessionOrder: [SessionID] = []
    /// Sessions that may have something to say.
    private var ready: [SessionID] = []
    private var output: [(connection: Int, output: Output)] = []
    public private(set) var handshakes = 0

    public init(
        server: TelegramServer, keys: [RSAPrivateKey], now: Moment,
        configuration: ServerSession.Configuration = ServerSession.Configuration()
    ) {
        self.server = server
        self.keys = keys
        self.configuration = configuration
        clock = ServerClock(authoritative: now.time, at: now.instant)
    }

    // MARK: Connections

    public mutating func opened(_ connection: Int) { connections[connection] = Connection() }

    public mutating func closed(_ connection: Int, now: Moment) {
        connections[connection] = nil
        for id in sessionOrder where sessions[id]?.connection == connection {
            sessions[id]?.connection = nil
            sessions[id]?.lostAt = now.instant
            sessions[id]?.session.connectionLost(now: now.instant)
            server.setConnected(id, false)
        }
    }

    /// The connections of the user's sessions, or all that have a session.
    public func connections(of user: Int64?) -> [Int] {
        sessionOrder.filter { user == nil || server.user(of: $0) == user }.compactMap { sessions[$0]?.connection }
    }

    public mutating func receive(_ bytes: [UInt8], on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator) {
        guard connections[connection] != nil else { return }
        do {
            try connections[connection]?.transport.receive(bytes)
            while let frame = try connections[connection]?.transport.next() {
                if case .packet(let packet, let wantsQuickAck) = frame {
                    take(packet, wantsQuickAck, on: connection, now: now, using: &generator)
                }
            }
        } catch {
            output.append((connection, .close))
        }
        advance(now: now, using: &generator)
    }

    private mutating func take(
        _ packet: [UInt8], _ wantsQuickAck: Bool, on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        if isPlainPacket(packet) { return exchange(packet, on: connection, now: now, using: &generator) }
        guard let id = authorizationKeyID(of: packet), let held = authorizationKeys[id] else {
            return refuse(connection, using: &generator)
        }
        guard let envelope = try? MessageCipher.open(packet, key: held.key, direction: .clientToServer) else {
            return output.append((connection, .close))
        }
        if wantsQuickAck {
            let token = MessageCipher.quickAckToken(packet, key: held.key, direction: .clientToServer)
            write(connection) { $0.encode(quickAckToken: token, using: &generator) }
        }
        let session = SessionID(authKey: id, session: envelope.sessionID)
        attach(session, held, to: connection, now: now)
        sessions[session]?.session.receive(envelope, now: now.instant, using: &generator)
        ready.append(session)
    }

    private mutating func exchange(
        _ packet: [UInt8], on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        if connections[connection]?.exchange == nil { connections[connection]?.exchange = ServerKeyExchange(keys: keys, clock: clock) }
        do {
            switch try connections[connection]?.exchange?.receive(packet, now: now.instant, using: &generator) {
            case .send(let answer): write(connection) { $0.encode(answer, using: &generator) }
            case .done(let result, let answer):
                authorizationKeys[result.key.id] = HeldKey(key: result.key, firstSalt: result.salt)
                handshakes += 1
                if let answer { write(connection) { $0.encode(answer, using: &generator) } }
            case nil: break
            }
        } catch {
            server.notice("key exchange failed: \(error)")
            refuse(connection, using: &generator)
        }
    }

    /// The transport error for a key that is not there, or a handshake that makes no sense.
    private mutating func refuse(_ connection: Int, using generator: inout some RandomNumberGenerator) {
        write(connection) { $0.encode(failure: -404, using: &generator) }
        output.append((connection, .close))
    }

    private mutating func write(_ connection: Int, _ frame: (inout ServerTransport) -> [UInt8]) {
        guard connections[connection] != nil else { return }
        output.append((connection, .write(frame(&connections[connection, default: Connection()].transport))))
    }

    /// Makes the session if it is new, and moves it to the connection on which it spoke.
    private mutating func attach(_ id: SessionID, _ held: HeldKey, to connection: Int, now: Moment) {
        if sessions[id] == nil {
            sessions[id] = HeldSession(
                session: ServerSession(
                    key: held.key, sessionID: id.session, clock: clock, firstSalt: held.firstSalt, now: now.instant,
                    configuration: configuration),
                connection: nil, lostAt: now.instant)
            sessionOrder.append(id)
        }
        if sessions[id]?.connection == connection { return }
        sessions[id]?.connection = connection
        sessions[id]?.lostAt = nil
        sessions[id]?.session.connected(now: now.instant)
        server.setConnected(id, true)
    }

    // MARK: Progress

    /// Answers what was asked, sends what is to be sent, forgets sessions that did not come back.
    public mutating func advance(now: Moment, using generator: inout some RandomNumberGenerator) {
        for id in sessionOrder {
            guard let held = sessions[id] else { continue }
            if let lost = held.lostAt, now.instant - lost > sessionLinger {
                forget(id)
            } else if let due = held.session.nextDeadline, due <= now.instant {
                ready.append(id)
            }
        }
        repeat {
            for (id, body) in server.takeOutgoing() {
                sessions[id]?.session.push(updates: body)
                ready.append(id)
            }
            let batch = ready
            ready.removeAll(keepingCapacity: true)
            var seen: Set<SessionID> = []
            for id in batch where seen.insert(id).inserted { pump(id, now: now, using: &generator) }
        } while !ready.isEmpty || server.hasOutgoing
    }

    /// Takes the session's events and writes its packets.
    private mutating func pump(_ id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator) {
        while true {
            while let event = sessions[id]?.session.pollEvent() { handle(event, of: id, now: now, using: &generator) }
            guard let connection = sessions[id]?.connection,
                let packet = sessions[id]?.session.pollPacket(now: now.instant, using: &generator)
            else { break }
            write(connection) { $0.encode(packet, using: &generator) }
        }
    }

    private mutating func handle(
        _ event: ServerSession.Event, of id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        switch event {
        case .request(let message, let body):
            switch server.answer(body, from: id, now: now.time, using: &generator) {
            case .result(let bytes): sessions[id]?.session.respond(to: message, result: bytes)
            case .failure(let failure): sessions[id]?.session.fail(message, code: failure.code, text: failure.name)
            }
        case .sessionDestroyed(let other): forget(SessionID(authKey: id.authKey, session: other))
        case .updatesDropped: server.pushTooLong(to: id)
        case .closeConnection:
            if let connection = sessions[id]?.connection { output.append((connection, .close)) }
        case .created, .answerDropped, .acknowledged: break
        }
    }

    private mutating func forget(_ id: SessionID) {
        sessions[id] = nil
        sessionOrder.removeAll { $0 == id }
        server.disconnect(id)
    }

    /// When to call `advance` if nothing else happens.
    public var nextDeadline: Instant? {
        sessionOrder.compactMap { id in
            guard let held = sessions[id] else { return nil }
            return held.lostAt.map { $0 + sessionLinger + .milliseconds(1) } ?? held.session.nextDeadline
        }.min()
    }

    /// Takes what is to be written and closed, in order.
    public mutating func takeOutput() -> [(connection: Int, output: Output)] {
        defer { output.removeAll(keepingCapacity: true) }
        return output
    }
}
