import Primitives

@testable import MTProto

/// A client and a server session in virtual time, joined by a connection that can be cut, with every packet in plain sight.
struct SessionPair {
    static let key = AuthorizationKey((0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) })
    static let epoch = UnixTime(seconds: 1_763_000_000)

    var now = Instant.zero
    var generator: SeededGenerator
    var client: ClientSession
    /// The server's sessions by id, in the order of their making.
    var servers: [ServerSession] = []
    var serverClock = ServerClock(authoritative: SessionPair.epoch, at: .zero)
    var serverConfiguration = ServerSession.Configuration()
    var latency = Duration.milliseconds(20)
    var isConnected = false

    /// What the server does with a call; nil leaves it unanswered.
    var answer: (Int64, [UInt8]) -> [UInt8]? = { _, body in body.reversed() }
    /// What to do with packets on their way; nil loses them, as a cut connection would.
    var filterToClient: ([UInt8]) -> [[UInt8]] = { [$0] }

    var clientEvents: [ClientSession.Event] = []
    var serverEvents: [ServerSession.Event] = []
    var packetsToServer = 0
    var packetsToClient = 0
    private var toServer: [(at: Instant, packet: [UInt8])] = []
    private var toClient: [(at: Instant, packet: [UInt8])] = []

    init(seed: UInt64 = 1, clockError: Duration = .zero, configuration: ClientSession.Configuration = .init()) {
        generator = SeededGenerator(seed: seed)
        let clock = ServerClock(guess: SessionPair.epoch + clockError, at: .zero)
        client = ClientSession(key: SessionPair.key, salts: [], clock: clock, configuration: configuration, using: &generator)
    }

    mutating func connect() {
        isConnected = true
        client.connected(now: now)
        settle()
    }

    /// Cuts the connection: what is on its way is lost.
    mutating func cut() {
        isConnected = false
        toServer = []
        toClient = []
        client.connectionLost(now: now)
        for i in servers.indices { servers[i].connectionLost(now: now) }
        settle()
    }

    /// Lets time pass, doing all that becomes due.
    mutating func run(_ duration: Duration) {
        let end = now + duration
        settle()
        while let next = nextTime(), next <= end {
            now = max(now, next)
            deliver()
            settle()
        }
        now = end
    }

    /// Runs until the condition holds, at most so long.
    mutating func run(atMost duration: Duration, until condition: (SessionPair) -> Bool) -> Bool {
        let end = now + duration
        settle()
        while !condition(self) {
            guard let next = nextTime(), next <= end else { return false }
            now = max(now, next)
            deliver()
            settle()
        }
        return true
    }

    private func nextTime() -> Instant? {
        var times = [toServer.first?.at, toClient.first?.at, client.nextDeadline].compactMap(\.self)
        times += servers.compactMap(\.nextDeadline)
        return times.min().map { max($0, now) }
    }

    private mutating func deliver() {
        while let first = toServer.first, first.at <= now {
            toServer.removeFirst()
            take(first.packet)
        }
        while let first = toClient.first, first.at <= now {
            toClient.removeFirst()
            client.receive(first.packet, now: now, using: &generator)
        }
    }

    private mutating func take(_ packet: [UInt8]) {
        guard let envelope = try? MessageCipher.open(packet, key: SessionPair.key, direction: .clientToServer) else { return }
        var i = servers.firstIndex { $0.sessionID == envelope.sessionID }
        if i == nil {
            servers.append(
                ServerSession(
                    key: SessionPair.key, sessionID: envelope.sessionID, clock: serverClock, now: now, configuration: serverConfiguration))
            i = servers.count - 1
        }
        for j in servers.indices where j != i && servers[j].isConnected { servers[j].connectionLost(now: now) }
        guard let i else { return }
        if !servers[i].isConnected { servers[i].connected(now: now) }
        servers[i].receive(envelope, now: now, using: &generator)
    }

    /// Moves everything that is ready, until nothing is.
    mutating func settle() {
        var moved = true
        while moved {
            moved = false
            while let packet = client.pollPacket(now: now, using: &generator) {
                moved = true
                packetsToServer += 1
                if isConnected { toServer.append((now + latency, packet)) }
            }
            while let event = client.pollEvent() {
                moved = true
                clientEvents.append(event)
            }
            for i in servers.indices {
                while let event = servers[i].pollEvent() {
                    moved = true
                    serverEvents.append(event)
                    if case .request(let id, let body) = event, let result = answer(id, body) { servers[i].respond(to: id, result: result) }
                }
                while let packet = servers[i].pollPacket(now: now, using: &generator) {
                    moved = true
                    packetsToClient += 1
                    if isConnected { for packet in filterToClient(packet) { toClient.append((now + latency, packet)) } }
                }
            }
        }
    }

    /// Puts a packet of the server's making on the wire.
    mutating func inject(_ envelope: MessageEnvelope, key: AuthorizationKey = SessionPair.key) {
        let packet = MessageCipher.seal(envelope, key: key, direction: .serverToClient, using: &generator)
        client.receive(packet, now: now, using: &generator)
        settle()
    }

    /// An envelope that the client takes, with this message id's time from the server's clock.
    func envelope(_ body: [UInt8], sequenceNumber: Int32 = 1, after: Duration = .zero, low: Int64 = 1) -> MessageEnvelope {
        let time = serverClock.time(at: now) + after
        let fraction = (time.nanoseconds % 1_000_000_000) * 4_294_967_296 / 1_000_000_000
        let id = (time.seconds << 32 | fraction) & ~3 | low
        return MessageEnvelope(salt: 0, sessionID: client.sessionID, messageID: id, sequenceNumber: sequenceNumber, body: body)
    }

    mutating func sealed(_ envelope: MessageEnvelope) -> [UInt8] {
        MessageCipher.seal(envelope, key: Self.key, direction: .serverToClient, using: &generator)
    }

    /// The single messages of a packet that the client made.
    func messages(_ packet: [UInt8]) -> [InnerMessage] {
        guard let envelope = try? MessageCipher.open(packet, key: Self.key, direction: .clientToServer) else { return [] }
        return unfold(InnerMessage(id: envelope.messageID, sequenceNumber: envelope.sequenceNumber, body: envelope.body)).messages
    }
    func bodies(_ packet: [UInt8]) -> [[UInt8]] { messages(packet).map(\.body) }
    func ids(_ packet: [UInt8]) -> [Int64] { messages(packet).map(\.id) }

    var results: [[UInt8]] { clientEvents.compactMap { if case .result(_, let body) = $0 { body } else { nil } } }
    var updates: [[UInt8]] { clientEvents.compactMap { if case .updates(let body) = $0 { body } else { nil } } }
    var failures: [RequestFailure] { clientEvents.compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } } }
    var closes: [ClientSession.CloseReason] {
        clientEvents.compactMap { if case .closeConnection(let reason) = $0 { reason } else { nil } }
    }
    /// Bodies of the calls that the server executed.
    var executed: [[UInt8]] { serverEvents.compactMap { if case .request(_, let body) = $0 { body } else { nil } } }
    var server: ServerSession { servers[servers.count - 1] }
}

/// A body whose constructor is no service message.
func body(_ number: Int, words: Int = 2) -> [UInt8] {
    [0x11, 0x22, 0x33, 0x44]
        + (1..<max(2, words)).flatMap { _ in [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8), 0, 0x77] }
}

func unfold(_ message: InnerMessage) -> (messages: [InnerMessage], broken: [InnerMessage], containerIDs: [Int64]) {
    var inflation = InflationBudget()
    return MessageContainer.unfold(message, &inflation)
}
