/// The messages of a key exchange, as both sides write and read them: https://core.telegram.org/mtproto/auth_key
protocol KeyExchangeMessage {
    init(from reader: inout ByteReader) throws(MalformedBytes)
    var bytes: [UInt8] { get }
}

extension KeyExchangeMessage {
    /// Reads the message that must fill the whole body.
    static func parse(_ body: [UInt8]) throws(KeyExchangeError) -> Self {
        var reader = ByteReader(body)
        let message = try parse(&reader)
        guard reader.remaining == 0 else { throw .malformed(.badCount) }
        return message
    }

    /// Reads the message and leaves what follows it.
    static func parse(_ reader: inout ByteReader) throws(KeyExchangeError) -> Self {
        do { return try Self(from: &reader) } catch { throw .malformed(error) }
    }
}

/// `req_pq_multi`, or the older `req_pq` with the same field.
struct ReqPQ: KeyExchangeMessage {
    var nonce: [UInt8]

    init(nonce: [UInt8]) { self.nonce = nonce }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        _ = try reader.uint32()
        nonce = try reader.raw(16)
    }

    var bytes: [UInt8] { words(Constructor.reqPQMulti) + nonce }
}

struct ResPQ: KeyExchangeMessage {
    var nonce: [UInt8], serverNonce: [UInt8], pq: [UInt8], fingerprints: [Int64]

    init(nonce: [UInt8], serverNonce: [UInt8], pq: [UInt8], fingerprints: [Int64]) {
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.pq = pq
        self.fingerprints = fingerprints
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        _ = try reader.uint32()
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        pq = try reader.string()
        fingerprints = try reader.vectorOfInt64()
    }

    var bytes: [UInt8] {
        var out = words(Constructor.resPQ) + nonce + serverNonce
        out.append(string: pq)
        out.append(vectorOfInt64: fingerprints)
        return out
    }
}

/// `p_q_inner_data` and its three younger forms, with the data centre and the life of a temporary key.
struct PQInnerData: KeyExchangeMessage {
    var pq: [UInt8], p: [UInt8], q: [UInt8], nonce: [UInt8], serverNonce: [UInt8], newNonce: [UInt8]
    var dc: Int32?, expiresIn: Int32?

    init(pq: [UInt8], p: [UInt8], q: [UInt8], nonce: [UInt8], serverNonce: [UInt8], newNonce: [UInt8], dc: Int32, expiresIn: Int32?) {
        self.pq = pq
        self.p = p
        self.q = q
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.newNonce = newNonce
        self.dc = dc
        self.expiresIn = expiresIn
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let constructor = try reader.uint32()
        let known = [Constructor.pqInnerData, Constructor.pqInnerDataDC, Constructor.pqInnerDataTemp, Constructor.pqInnerDataTempDC]
        guard known.contains(constructor) else { throw .badCount }
        pq = try reader.string()
        p = try reader.string()
        q = try reader.string()
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        newNonce = try reader.raw(32)
        if constructor == Constructor.pqInnerDataDC || constructor == Constructor.pqInnerDataTempDC { dc = try reader.int32() }
        if constructor == Constructor.pqInnerDataTemp || constructor == Constructor.pqInnerDataTempDC { expiresIn = try reader.int32() }
    }

    var bytes: [UInt8] {
        var out = words(expiresIn == nil ? Constructor.pqInnerDataDC : Constructor.pqInnerDataTempDC)
        for part in [pq, p, q] { out.append(string: part) }
        out += nonce + serverNonce + newNonce
        out.append(int32: dc ?? 0)
        if let expiresIn { out.append(int32: expiresIn) }
        return out
    }
}

struct ReqDHParams: KeyExchangeMessage {
    var nonce: [UInt8], serverNonce: [UInt8], p: [UInt8], q: [UInt8], fingerprint: Int64, encryptedData: [UInt8]

    init(nonce: [UInt8], serverNonce: [UInt8], p: [UInt8], q: [UInt8], fingerprint: Int64, encryptedData: [UInt8]) {
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.p = p
        self.q = q
        self.fingerprint = fingerprint
        self.encryptedData = encryptedData
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        _ = try reader.uint32()
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        p = try reader.string()
        q = try reader.string()
        fingerprint = try reader.int64()
        encryptedData = try reader.string()
    }

    var bytes: [UInt8] {
        var out = words(Constructor.reqDHParams) + nonce + serverNonce
        out.append(string: p)
        out.append(string: q)
        out.append(int64: fingerprint)
        out.append(string: encryptedData)
        return out
    }
}

/// The shape that three messages have: two nonces and a ciphertext (`server_DH_params_ok`, `set_client_DH_params`).
struct EncryptedPart: KeyExchangeMessage {
    var constructor: UInt32
    var nonce: [UInt8], serverNonce: [UInt8], encrypted: [UInt8]

    init(_ constructor: UInt32, nonce: [UInt8], serverNonce: [UInt8], encrypted: [UInt8]) {
        self.constructor = constructor
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.encrypted = encrypted
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        constructor = try reader.uint32()
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        encrypted = try reader.string()
    }

    var bytes: [UInt8] {
        var out = words(constructor) + nonce + serverNonce
        out.append(string: encrypted)
        return out
    }
}

struct ServerDHInnerData: KeyExchangeMessage {
    var nonce: [UInt8], serverNonce: [UInt8], g: Int32, prime: [UInt8], gA: [UInt8], serverTime: Int32

    init(nonce: [UInt8], serverNonce: [UInt8], g: Int32, prime: [UInt8], gA: [UInt8], serverTime: Int32) {
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.g = g
        self.prime = prime
        self.gA = gA
        self.serverTime = serverTime
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.uint32() == Constructor.serverDHInnerData else { throw .badCount }
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        g = try reader.int32()
        prime = try reader.string()
        gA = try reader.string()
        serverTime = try reader.int32()
    }

    var bytes: [UInt8] {
        var out = words(Constructor.serverDHInnerData) + nonce + serverNonce
        out.append(int32: g)
        out.append(string: prime)
        out.append(string: gA)
        out.append(int32: serverTime)
        return out
    }
}

struct ClientDHInnerData: KeyExchangeMessage {
    var nonce: [UInt8], serverNonce: [UInt8], retryID: Int64, gB: [UInt8]

    init(nonce: [UInt8], serverNonce: [UInt8], retryID: Int64, gB: [UInt8]) {
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.retryID = retryID
        self.gB = gB
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.uint32() == Constructor.clientDHInnerData else { throw .badCount }
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        retryID = try reader.int64()
        gB = try reader.string()
    }

    var bytes: [UInt8] {
        var out = words(Constructor.clientDHInnerData) + nonce + serverNonce
        out.append(int64: retryID)
        out.append(string: gB)
        return out
    }
}

/// `dh_gen_ok`, `dh_gen_retry`, `dh_gen_fail`, `server_DH_params_fail`: two nonces and a hash.
struct HashedVerdict: KeyExchangeMessage {
    var constructor: UInt32
    var nonce: [UInt8], serverNonce: [UInt8], hash: [UInt8]

    init(_ constructor: UInt32, nonce: [UInt8], serverNonce: [UInt8], hash: [UInt8]) {
        self.constructor = constructor
        self.nonce = nonce
        self.serverNonce = serverNonce
        self.hash = hash
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        constructor = try reader.uint32()
        nonce = try reader.raw(16)
        serverNonce = try reader.raw(16)
        hash = try reader.raw(16)
    }

    var bytes: [UInt8] { words(constructor) + nonce + serverNonce + hash }
}

/// The constructor in front of a body.
func constructor(of body: [UInt8]) -> UInt32 {
    var reader = ByteReader(body)
    return (try? reader.uint32()) ?? 0
}

private func words(_ constructor: UInt32) -> [UInt8] {
    var out: [UInt8] = []
    out.append(uint32: constructor)
    return out
}
