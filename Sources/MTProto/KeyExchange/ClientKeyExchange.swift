import Cryptography
import Primitives

/// The client's side of making an authorization key: https://core.telegram.org/mtproto/auth_key
///
/// `start`, then `receive` each plain packet until it is done or throws; after an error start over on a new connection.
/// The states are the types in ClientKeyExchangeStates.swift: each is made of the one before and what the server said.
public struct ClientKeyExchange: Sendable {
    public struct Parameters: Sendable {
        /// The keys of servers that are trusted.
        public var rsaKeys: [RSAPublicKey]
        /// The data centre's id; +10,000 for a test one, negated for media.
        public var dc: Int32
        /// Seconds of life for a temporary key; nil for a permanent one.
        public var expiresIn: Int32?

        public init(rsaKeys: [RSAPublicKey], dc: Int32, expiresIn: Int32? = nil) {
            self.rsaKeys = rsaKeys
            self.dc = dc
            self.expiresIn = expiresIn
        }
    }

    private enum State: Sendable {
        case idle
        case awaitingResPQ(AwaitingResPQ)
        case awaitingDHParams(AwaitingDHParams)
        case awaitingVerdict(AwaitingVerdict)
        case ended
    }

    private let parameters: Parameters
    private var clock: ServerClock
    private var messageIDs = MessageIDGenerator()
    private var state = State.idle

    /// `clock` is a guess at the server's time; the result brings the right one.
    public init(_ parameters: Parameters, clock: ServerClock) {
        self.parameters = parameters
        self.clock = clock
    }

    /// The first packet.
    public mutating func start(now: Instant, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let nonce = generator.bytes(16)
        state = .awaitingResPQ(AwaitingResPQ(parameters: parameters, nonce: nonce))
        return packet(ReqPQ(nonce: nonce).bytes, now, &generator)
    }

    /// Takes the server's next packet.
    public mutating func receive(
        _ packet: [UInt8], now: Instant, using generator: inout some RandomNumberGenerator
    ) throws(KeyExchangeError) -> KeyExchangeStep {
        let body = try PlainPacket.decode(packet)
        let current = state
        state = .ended
        switch current {
        case .idle, .ended:
            throw .unexpectedMessage(constructor(of: body))
        case .awaitingResPQ(let waiting):
            let (request, next) = try waiting.receive(body, using: &generator)
            state = .awaitingDHParams(next)
            return .send(self.packet(request, now, &generator))
        case .awaitingDHParams(let waiting):
            let (request, next) = try waiting.receive(body, using: &generator)
            clock.correct(to: UnixTime(seconds: Int64(next.serverTime)), at: now)
            state = .awaitingVerdict(next)
            return .send(self.packet(request, now, &generator))
        case .awaitingVerdict(let waiting):
            switch try waiting.receive(body, using: &generator) {
            case .again(let request, let next):
                state = .awaitingVerdict(next)
                return .send(self.packet(request, now, &generator))
            case .agreed(let key, let salt):
                return .done(KeyExchangeResult(key: key, salt: salt, clock: clock, expiresIn: parameters.expiresIn), send: nil)
            }
        }
    }

    private mutating func packet(_ body: [UInt8], _ now: Instant, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
        PlainPacket.encode(body, id: messageIDs.next(.client, at: clock.time(at: now), using: &generator))
    }
}
