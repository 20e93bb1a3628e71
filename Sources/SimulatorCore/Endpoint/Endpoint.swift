import Cryptography
import MTProto
import Primitives

/// The whole simulated Telegram behind its sockets: connections' bytes in, bytes out.
///
/// A value without I/O: the shell gives it what it reads, writes what `takeOutput` gives, and calls `advance` at `nextDeadline`
/// or after it has acted on `server` itself. The civil time of every moment it is given is the simulated one: the shell adds `skew`.
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
    struct Connection: Sendable {
        let dataCentre: Int32
        var transport = ServerTransport()
        var exchange: ServerKeyExchange?
        /// Nothing is read or written any more, and nobody is told.
        var isHalfOpen = false
    }

    struct HeldKey: Sendable {
        var key: AuthorizationKey
        var firstSalt: Int64
        let dataCentre: Int32
    }

    struct HeldSession: Sendable {
        var session: ServerSession
        /// Its connection, nil while it has none.
        var connection: Int?
        var lostAt: Instant?
    }

    /// Updates or an answer that wait for their time.
    struct Held: Sendable {
        enum Content: Sendable {
            case updates([UInt8])
            case answer(message: Int64, TelegramServer.Answer)
        }
        var due: Instant
        var session: SessionID
        var content: Content
    }

    public var server: TelegramServer
    /// How long a session without a connection is kept. Within it nothing is lost; after it a new session is announced to the client.
    public var sessionLinger = Duration.seconds(10)
    /// How far the server's civil clock is from the machine's.
    public internal(set) var skew = Duration.zero
    let keys: [RSAPrivateKey]
    var packing = AnswerPacking()
    var clock: ServerClock
    var configuration: ServerSession.Configuration
    var connections: [Int: Connection] = [:]
    var authorizationKeys: [Int64: HeldKey] = [:]
    var sessions: [SessionID: HeldSession] = [:]
    /// Sessions in the order of their making: nothing is decided by the order of a dictionary.
    var sessionOrder: [SessionID] = []
    /// Sessions that may have something to say.
    var ready: [SessionID] = []
    /// In the order of `due`.
    var held: [Held] = []
    private var output: [(connection: Int, output: Output)] = []
    /// Output that is late on purpose, in the order of its time.
    private var late: [(due: Instant, connection: Int, output: Output)] = []
    public internal(set) var handshakes = 0

    public init(
        server: TelegramServer, keys: [RSAPrivateKey], now: Moment,
        configuration: ServerSession.Configuration = ServerSession.Configuration()
    ) {
        self.server = server
        self.keys = keys
        self.configuration = configuration
        // Packed here, once for all who ask.
        self.configuration.packsResults = false
        clock = ServerClock(authoritative: now.time, at: now.instant)
    }

    // MARK: Connections

    /// A client connected to a data centre.
    public mutating func opened(_ connection: Int, at dataCentre: Int32 = TelegramServer.dataCentre, now: Instant = .zero) {
        if let until = server.faults.wire.refusesUntil, now < until {
            server.faults.count("refused_connections")
            return output.append((connection, .close))
        }
        connections[connection] = Connection(dataCentre: dataCentre)
    }

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
        sessions(of: user).compactMap { sessions[$0]?.connection }
    }

    /// The user's sessions, or all, in the order of their making.
    func sessions(of user: Int64?) -> [SessionID] { sessionOrder.filter { user == nil || server.user(of: $0) == user } }

    public mutating func receive(_ bytes: [UInt8], on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator) {
        guard connections[connection]?.isHalfOpen == false else { return }
        do {
            try connections[connection]?.transport.receive(bytes)
            while let frame = try connections[connection]?.transport.next() {
                if case .packet(let packet, let wantsQuickAck) = frame {
                    take(packet, wantsQuickAck, on: connection, now: now, using: &generator)
                }
            }
        } catch {
            close(connection, now.instant)
        }
        advance(now: now, using: &generator)
    }

    // MARK: Output

    mutating func write(_ connection: Int, _ now: Instant, _ frame: (inout ServerTransport) -> [UInt8]) {
        guard connections[connection]?.isHalfOpen == false else { return }
        put(connection, .write(frame(&connections[connection, default: Connection(dataCentre: 0)].transport)), now)
    }

    mutating func close(_ connection: Int, _ now: Instant) { put(connection, .close, now) }

    /// With latency everything comes later, and never before what was sent before.
    private mutating func put(_ connection: Int, _ what: Output, _ now: Instant) {
        let latency = server.faults.wire.latency
        if latency == .zero && late.isEmpty { return output.append((connection, what)) }
        late.append((max(now + latency, late.last?.due ?? now), connection, what))
    }

    mutating func releaseLate(_ now: Instant) {
        while let first = late.first, first.due <= now {
            late.removeFirst()
            if case .write = first.output, connections[first.connection]?.isHalfOpen != false { continue }
            output.append((first.connection, first.output))
        }
    }

    /// When to call `advance` if nothing else happens.
    public var nextDeadline: Instant? {
        let sessionsDue = sessionOrder.compactMap { id -> Instant? in
            guard let held = sessions[id] else { return nil }
            return held.lostAt.map { $0 + sessionLinger + .milliseconds(1) } ?? held.session.nextDeadline
        }.min()
        return [sessionsDue, held.first?.due, late.first?.due].compactMap(\.self).min()
    }

    /// Takes what is to be written and closed, in order.
    public mutating func takeOutput() -> [(connection: Int, output: Output)] {
        defer { output.removeAll(keepingCapacity: true) }
        return output
    }
}
