import Cryptography
import Primitives

/// The server's side of making an authorization key: https://core.telegram.org/mtproto/auth_key
///
/// One for each connection; `receive` each plain packet. After an error answer with transport error -404 and close.
/// A query repeated word for word gets the same answer again.
public struct ServerKeyExchange: Sendable {
    /// Deviations that tests ask for.
    public struct Faults: Sendable {
        /// How often to answer `dh_gen_retry` first.
        public var retries = 0
        /// Answer `dh_gen_fail`.
        public var fails = false
        public init() {}
    }

    private enum State: Sendable {
        case idle
        case awaitingReqDHParams(nonce: [UInt8], serverNonce: [UInt8], p: UInt64, q: UInt64)
        case awaitingClientDHParams(AwaitingClientDHParams)
        case ended
    }

    private let keys: [RSAPrivateKey]
    private let clock: ServerClock
    private let group: DiffieHellmanGroup
    private var messageIDs = MessageIDGenerator()
    private var state = State.idle
    private var last: (query: [UInt8], answer: [UInt8])?
    public var faults = Faults()

    /// `clock` is the server's own. Every key in `keys` is offered.
    public init(keys: [RSAPrivateKey], clock: ServerClock) {
        self.init(keys: keys, clock: clock, group: .known)
    }

    init(keys: [RSAPrivateKey], clock: ServerClock, group: DiffieHellmanGroup) {
        self.keys = keys
        self.clock = clock
        self.group = group
    }

    /// Takes the client's next packet.
    public mutating func receive(
        _ packet: [UInt8], now: Instant, using generator: inout some RandomNumberGenerator
    ) throws(KeyExchangeError) -> KeyExchangeStep {
        let body = try PlainPacket.decode(packet)
        if let last, last.query == body { return .send(self.packet(last.answer, now, &generator)) }
        let (answer, result) = try answer(body, now, &generator)
        last = (body, answer)
        let sent = self.packet(answer, now, &generator)
        return result.map { .done($0, send: sent) } ?? .send(sent)
    }

    private mutating func answer(
        _ body: [UInt8], _ now: Instant, _ generator: inout some RandomNumberGenerator
    ) throws(KeyExchangeError) -> (answer: [UInt8], KeyExchangeResult?) {
        let current = state
        state = .ended
        switch (constructor(of: body), current) {
        case (Constructor.reqPQMulti, _), (Constructor.reqPQ, _):
            return (try offer(ReqPQ.parse(body), &generator), nil)
        case (Constructor.reqDHParams, .awaitingReqDHParams(let nonce, let serverNonce, let p, let q)):
            let request = try ReqDHParams.parse(body)
            guard request.nonce == nonce, request.serverNonce == serverNonce else { throw .wrongNonce }
            guard request.p == Factorisation.bytes(p), request.q == Factorisation.bytes(q) else { throw .badFactors }
            let inner = try open(request)
            guard inner.nonce == nonce, inner.serverNonce == serverNonce else { throw .wrongNonce }
            guard inner.pq == Factorisation.bytes(p * q), inner.p == request.p, inner.q == request.q else { throw .badFactors }
            let (answer, next) = AwaitingClientDHParams.offer(
                inner, group: group, serverTime: Int32(truncatingIfNeeded: clock.time(at: now).seconds), using: &generator)
            state = .awaitingClientDHParams(next)
            return (answer, nil)
        case (Constructor.setClientDHParams, .awaitingClientDHParams(let waiting)):
            let verdict: UInt8 = faults.retries > 0 ? 2 : faults.fails ? 3 : 1
            let (answer, next, agreed) = try waiting.receive(body, verdict: verdict)
            if verdict == 2 {
                faults.retries -= 1
                state = .awaitingClientDHParams(next)
            }
            let result = agreed.map { KeyExchangeResult(key: $0, salt: waiting.salt, clock: clock, expiresIn: waiting.expiresIn) }
            return (answer, result)
        default:
            throw .unexpectedMessage(constructor(of: body))
        }
    }

    private mutating func offer(_ request: ReqPQ, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
        let serverNonce = generator.bytes(16)
        let one = Factorisation.prime(using: &generator)
        var other = Factorisation.prime(using: &generator)
        while other == one { other = Factorisation.prime(using: &generator) }
        state = .awaitingReqDHParams(nonce: request.nonce, serverNonce: serverNonce, p: min(one, other), q: max(one, other))
        return ResPQ(
            nonce: request.nonce, serverNonce: serverNonce, pq: Factorisation.bytes(one * other),
            fingerprints: keys.map(\.publicKey.fingerprint)
        ).bytes
    }

    private func open(_ request: ReqDHParams) throws(KeyExchangeError) -> PQInnerData {
        guard let key = keys.first(where: { $0.publicKey.fingerprint == request.fingerprint }) else { throw .noKnownRSAKey }
        let plain = RSAPadding.decrypt(request.encryptedData, key: key) { old in
            var reader = ByteReader(old)
            return (try? PQInnerData(from: &reader)) == nil ? nil : reader.position
        }
        guard let plain else { throw .badCiphertext }
        var reader = ByteReader(plain)
        return try PQInnerData.parse(&reader)
    }

    private mutating func packet(_ body: [UInt8], _ now: Instant, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
        PlainPacket.encode(body, id: messageIDs.next(.serverAnswer, at: clock.time(at: now), using: &generator))
    }
}

/// `server_DH_params_ok` is under way.
struct AwaitingClientDHParams: Sendable {
    let nonce: [UInt8], serverNonce: [UInt8], newNonce: [UInt8]
    let cipher: NonceCipher
    let group: DiffieHellmanGroup
    let a: SecretBytes
    let expiresIn: Int32?
    var retryID: Int64 = 0

    var salt: Int64 { NonceCipher.salt(newNonce: newNonce, serverNonce: serverNonce) }

    static func offer(
        _ inner: PQInnerData, group: DiffieHellmanGroup, serverTime: Int32, using generator: inout some RandomNumberGenerator
    ) -> (answer: [UInt8], AwaitingClientDHParams) {
        let (a, gA) = group.draw(using: &generator)
        let cipher = NonceCipher(newNonce: inner.newNonce, serverNonce: inner.serverNonce)
        let data = ServerDHInnerData(
            nonce: inner.nonce, serverNonce: inner.serverNonce, g: Int32(group.generator.bytes[0]), prime: group.prime.bytes, gA: gA.bytes,
            serverTime: serverTime)
        let answer = EncryptedPart(
            Constructor.serverDHParamsOK, nonce: inner.nonce, serverNonce: inner.serverNonce,
            encrypted: cipher.encrypt(data.bytes, using: &generator))
        let next = AwaitingClientDHParams(
            nonce: inner.nonce, serverNonce: inner.serverNonce, newNonce: inner.newNonce, cipher: cipher, group: group, a: a,
            expiresIn: inner.expiresIn)
        return (answer.bytes, next)
    }

    func receive(
        _ body: [UInt8], verdict: UInt8
    ) throws(KeyExchangeError) -> (answer: [UInt8], AwaitingClientDHParams, AuthorizationKey?) {
        let request = try EncryptedPart.parse(body)
        guard request.nonce == nonce, request.serverNonce == serverNonce else { throw .wrongNonce }
        let inner = try cipher.decrypt(request.encrypted, as: ClientDHInnerData.self)
        guard inner.nonce == nonce, inner.serverNonce == serverNonce else { throw .wrongNonce }
        guard inner.retryID == retryID else { throw .wrongHash }
        let gB = BigNumber(bigEndian: inner.gB)
        do throws(DiffieHellmanError) { try group.check(publicNumber: gB) } catch { throw KeyExchangeError(error) }
        let key = AuthorizationKey(a.withBytes { gB.power(secret: $0, modulo: group.prime) }.bytes(paddedTo: 256))
        let hash = NonceCipher.verdictHash(newNonce: newNonce, number: verdict, auxiliaryHash: key.auxiliaryHash)
        let constructor = [1: Constructor.dhGenOK, 2: Constructor.dhGenRetry, 3: Constructor.dhGenFail][verdict] ?? Constructor.dhGenFail
        let answer = HashedVerdict(constructor, nonce: nonce, serverNonce: serverNonce, hash: hash)
        var next = self
        next.retryID = Int64(littleEndianBytes: key.auxiliaryHash)
        return (answer.bytes, next, verdict == 1 ? key : nil)
    }
}
