import Primitives

/// What a client says of how it wants to speak on its TCP connections.
public struct TransportOptions: Sendable, Hashable {
    public let mode: TransportMode
    /// Whether the stream is obfuscated: needed for proxies and some networks, harmless elsewhere.
    public let isObfuscated: Bool
    /// An MTProxy's secret, 16 bytes.
    public let secret: [UInt8]?

    /// Obfuscated intermediate is what TDLib speaks, and the default. The full transport is never obfuscated.
    public init(mode: TransportMode = .intermediate, isObfuscated: Bool = true, secret: [UInt8]? = nil) {
        precondition(secret == nil || secret?.count == 16, "a proxy's secret has 16 bytes")
        self.mode = mode
        self.isObfuscated = isObfuscated && mode != .full
        self.secret = self.isObfuscated ? secret : nil
    }
}

/// One TCP connection's bytes as the client makes and reads them.
public struct ClientTransport: Sendable {
    private var encoder: FrameEncoder
    private var decoder: FrameDecoder
    private var obfuscation: Obfuscation?
    /// What goes out before the first frame.
    private var preamble: [UInt8]

    /// `dc` is the data centre's id, +10,000 for a test one, negated for media: only a proxy reads it.
    public init(_ options: TransportOptions, dc: Int16, using generator: inout some RandomNumberGenerator) {
        encoder = FrameEncoder(options.mode)
        decoder = FrameDecoder(options.mode, isServer: false)
        if options.isObfuscated {
            let (obfuscation, header) = Obfuscation.client(mode: options.mode, dc: dc, secret: options.secret, using: &generator)
            self.obfuscation = obfuscation
            preamble = header
        } else {
            preamble = options.mode.preamble
        }
    }

    /// The bytes to write for a packet; the first call's begin the connection.
    public mutating func encode(
        _ packet: [UInt8], quickAck: Bool = false, using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var frame = encoder.encode(packet, quickAck: quickAck, using: &generator)
        obfuscation?.encrypt(&frame)
        defer { preamble = [] }
        return preamble.isEmpty ? frame : preamble + frame
    }

    /// Takes bytes as they were read.
    public mutating func receive(_ bytes: [UInt8]) {
        guard obfuscation != nil else { return decoder.append(bytes) }
        var plain = bytes
        obfuscation?.decrypt(&plain)
        decoder.append(plain)
    }

    /// The next whole frame, or nil when more bytes are needed.
    public mutating func next() throws(TransportError) -> TransportFrame? { try decoder.next() }
}
