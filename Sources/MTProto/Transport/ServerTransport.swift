import Primitives

/// One TCP connection's bytes as a server reads and makes them: it learns the transport from the client's first bytes.
public struct ServerTransport: Sendable {
    private enum State: Sendable {
        case unknown([UInt8])
        case known(FrameEncoder, FrameDecoder, Obfuscation?)
    }

    private var state = State.unknown([])
    private let secrets: [[UInt8]]
    /// The data centre that an obfuscated client named.
    public private(set) var dc: Int16?

    /// `secrets`: those of a proxy, tried on obfuscated connections after none at all.
    public init(secrets: [[UInt8]] = []) { self.secrets = secrets }

    /// The client's transport, once its first bytes have told.
    public var mode: TransportMode? { if case .known(let encoder, _, _) = state { encoder.mode } else { nil } }
    public var isObfuscated: Bool { if case .known(_, _, .some) = state { true } else { false } }

    /// Takes bytes as they were read.
    public mutating func receive(_ bytes: [UInt8]) throws(TransportError) {
        switch state {
        case .unknown(let before):
            state = .unknown([])
            let all = before + bytes
            if let used = try detect(all) {
                if used < all.count { try receive(Array(all[used...])) }
            } else {
                state = .unknown(all)
            }
        case .known(let encoder, var decoder, var obfuscation):
            state = .unknown([])
            var plain = bytes
            obfuscation?.decrypt(&plain)
            decoder.append(plain)
            state = .known(encoder, decoder, obfuscation)
        }
    }

    /// The next whole frame, or nil when more bytes are needed.
    public mutating func next() throws(TransportError) -> TransportFrame? {
        guard case .known(let encoder, var decoder, let obfuscation) = state else { return nil }
        state = .unknown([])
        defer { state = .known(encoder, decoder, obfuscation) }
        return try decoder.next()
    }

    /// The bytes to write for a packet, once the client has spoken.
    public mutating func encode(_ packet: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
        send { encoder in encoder.encode(packet, using: &generator) }
    }

    /// The bytes of a transport error, a negative code.
    public mutating func encode(failure code: Int32, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        precondition(code < 0, "a transport error is negative")
        var payload: [UInt8] = []
        payload.append(int32: code)
        return send { encoder in encoder.encode(payload, using: &generator) }
    }

    /// The bytes of a quick acknowledgment.
    public mutating func encode(quickAckToken token: UInt32, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        send { encoder in encoder.encode(quickAckToken: token, using: &generator) }
    }

    private mutating func send(_ frame: (inout FrameEncoder) -> [UInt8]) -> [UInt8] {
        guard case .known(var encoder, let decoder, var obfuscation) = state else {
            preconditionFailure("a server answers only once the client has told its transport")
        }
        var bytes = frame(&encoder)
        obfuscation?.encrypt(&bytes)
        state = .known(encoder, decoder, obfuscation)
        return bytes
    }

    /// Settles the transport; returns how many bytes were its preamble, or nil when more are needed.
    private mutating func detect(_ bytes: [UInt8]) throws(TransportError) -> Int? {
        if bytes.first == 0xef { return settle(.abridged, nil, 1) }
        guard bytes.count >= 4 else { return nil }
        let first = Array(bytes[0..<4])
        if first == TransportMode.intermediate.preamble { return settle(.intermediate, nil, 4) }
        if first == TransportMode.paddedIntermediate.preamble { return settle(.paddedIntermediate, nil, 4) }
        guard bytes.count >= 8 else { return nil }
        // A full connection starts with frame number 0, which an obfuscated one avoids.
        if bytes[4..<8].allSatisfy({ $0 == 0 }) { return settle(.full, nil, 0) }
        guard Obfuscation.isAllowed(Array(bytes[0..<8])) else { throw .unknownTransport }
        guard bytes.count >= 64 else { return nil }
        let header = Array(bytes[..<64])
        for secret in [nil] + secrets.map(Optional.some) {
            guard let (obfuscation, mode, dc) = Obfuscation.server(header: header, secret: secret) else { continue }
            self.dc = dc
            return settle(mode, obfuscation, 64)
        }
        throw .unknownTransport
    }

    private mutating func settle(_ mode: TransportMode, _ obfuscation: Obfuscation?, _ used: Int) -> Int {
        state = .known(FrameEncoder(mode), FrameDecoder(mode, isServer: true), obfuscation)
        return used
    }
}
