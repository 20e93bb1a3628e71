import Cryptography
import Primitives

/// `req_pq_multi` is under way.
struct AwaitingResPQ: Sendable {
    let parameters: ClientKeyExchange.Parameters
    let nonce: [UInt8]

    func receive(
        _ body: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(KeyExchangeError) -> (request: [UInt8], AwaitingDHParams) {
        guard constructor(of: body) == Constructor.resPQ else { throw .unexpectedMessage(constructor(of: body)) }
        let answer = try ResPQ.parse(body)
        guard answer.nonce == nonce else { throw .wrongNonce }
        guard let key = parameters.rsaKeys.first(where: { answer.fingerprints.contains($0.fingerprint) }) else { throw .noKnownRSAKey }
        guard let pq = Factorisation.number(answer.pq), let (p, q) = Factorisation.factors(of: pq, using: &generator) else {
            throw .badFactors
        }
        var drawn = generator.bytes(32)
        let newNonce = SecretBytes(taking: &drawn)
        let encrypted = newNonce.withBytes { newNonce in
            let inner = PQInnerData(
                pq: answer.pq, p: Factorisation.bytes(p), q: Factorisation.bytes(q), nonce: nonce, serverNonce: answer.serverNonce,
                newNonce: newNonce, dc: parameters.dc, expiresIn: parameters.expiresIn)
            var data = inner.bytes
            defer { wipe(&data) }
            return RSAPadding.encrypt(data, key: key, using: &generator)
        }
        let request = ReqDHParams(
            nonce: nonce, serverNonce: answer.serverNonce, p: Factorisation.bytes(p), q: Factorisation.bytes(q),
            fingerprint: key.fingerprint, encryptedData: encrypted)
        return (request.bytes, AwaitingDHParams(nonce: nonce, serverNonce: answer.serverNonce, newNonce: newNonce))
    }
}

/// `req_DH_params` is under way.
struct AwaitingDHParams: Sendable {
    let nonce: [UInt8]
    let serverNonce: [UInt8]
    let newNonce: SecretBytes

    func receive(
        _ body: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(KeyExchangeError) -> (request: [UInt8], AwaitingVerdict) {
        if constructor(of: body) == Constructor.serverDHParamsFail {
            let answer = try HashedVerdict.parse(body)
            guard answer.nonce == nonce, answer.serverNonce == serverNonce else { throw .wrongNonce }
            guard constantTimeEquals(answer.hash, newNonce.withBytes { sha1($0) }[4...]) else { throw .wrongHash }
            throw .refused
        }
        guard constructor(of: body) == Constructor.serverDHParamsOK else { throw .unexpectedMessage(constructor(of: body)) }
        let answer = try EncryptedPart.parse(body)
        guard answer.nonce == nonce, answer.serverNonce == serverNonce else { throw .wrongNonce }
        let cipher = newNonce.withBytes { NonceCipher(newNonce: $0, serverNonce: serverNonce) }
        let inner = try cipher.decrypt(answer.encrypted, as: ServerDHInnerData.self)
        guard inner.nonce == nonce, inner.serverNonce == serverNonce else { throw .wrongNonce }
        let group: DiffieHellmanGroup
        let gA = BigNumber(bigEndian: inner.gA)
        do throws(DiffieHellmanError) {
            group = try DiffieHellmanGroup(prime: BigNumber(bigEndian: inner.prime), g: inner.g)
            try group.check(publicNumber: gA)
        } catch {
            throw KeyExchangeError(error)
        }
        return AwaitingVerdict.attempt(
            0, nonces: (nonce, serverNonce, newNonce), cipher: cipher, group: group, gA: gA, serverTime: inner.serverTime, retryID: 0,
            using: &generator)
    }
}

/// `set_client_DH_params` is under way.
struct AwaitingVerdict: Sendable {
    /// Tries after which the exchange is given up.
    static let maximumRetries = 5

    enum Outcome {
        case again(request: [UInt8], AwaitingVerdict)
        case agreed(AuthorizationKey, salt: Int64)
    }

    let retries: Int
    let nonce: [UInt8], serverNonce: [UInt8], newNonce: SecretBytes
    let cipher: NonceCipher
    let group: DiffieHellmanGroup, gA: BigNumber
    let serverTime: Int32
    let key: AuthorizationKey

    /// Draws b, and makes the request that carries g^b.
    static func attempt(
        _ retries: Int, nonces: ([UInt8], [UInt8], SecretBytes), cipher: NonceCipher, group: DiffieHellmanGroup, gA: BigNumber,
        serverTime: Int32, retryID: Int64, using generator: inout some RandomNumberGenerator
    ) -> (request: [UInt8], AwaitingVerdict) {
        let (b, gB) = group.draw(using: &generator)
        let key = AuthorizationKey(b.withBytes { gA.power(secret: $0, modulo: group.prime) }.bytes(paddedTo: 256))
        let inner = ClientDHInnerData(nonce: nonces.0, serverNonce: nonces.1, retryID: retryID, gB: gB.bytes)
        let request = EncryptedPart(
            Constructor.setClientDHParams, nonce: nonces.0, serverNonce: nonces.1,
            encrypted: cipher.encrypt(inner.bytes, using: &generator))
        let waiting = AwaitingVerdict(
            retries: retries, nonce: nonces.0, serverNonce: nonces.1, newNonce: nonces.2, cipher: cipher, group: group, gA: gA,
            serverTime: serverTime, key: key)
        return (request.bytes, waiting)
    }

    func receive(_ body: [UInt8], using generator: inout some RandomNumberGenerator) throws(KeyExchangeError) -> Outcome {
        let numbers: [UInt32: UInt8] = [Constructor.dhGenOK: 1, Constructor.dhGenRetry: 2, Constructor.dhGenFail: 3]
        guard let number = numbers[constructor(of: body)] else { throw .unexpectedMessage(constructor(of: body)) }
        let verdict = try HashedVerdict.parse(body)
        guard verdict.nonce == nonce, verdict.serverNonce == serverNonce else { throw .wrongNonce }
        let hash = newNonce.withBytes { NonceCipher.verdictHash(newNonce: $0, number: number, auxiliaryHash: key.auxiliaryHash) }
        guard constantTimeEquals(verdict.hash, hash) else { throw .wrongHash }
        switch number {
        case 1:
            return .agreed(key, salt: newNonce.withBytes { NonceCipher.salt(newNonce: $0, serverNonce: serverNonce) })
        case 2:
            guard retries < Self.maximumRetries else { throw .tooManyRetries }
            let (request, next) = Self.attempt(
                retries + 1, nonces: (nonce, serverNonce, newNonce), cipher: cipher, group: group, gA: gA, serverTime: serverTime,
                retryID: Int64(littleEndianBytes: key.auxiliaryHash), using: &generator)
            return .again(request: request, next)
        default:
            throw .refused
        }
    }
}
