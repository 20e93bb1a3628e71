import Cryptography

/// Cuts frames of one transport out of a stream, one direction of one connection. Feed any pieces; ask for frames.
struct FrameDecoder: Sendable {
    let mode: TransportMode
    /// A server reads wishes for quick acknowledgments where a client reads the acknowledgments themselves.
    let isServer: Bool
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` already used up.
    private var start = 0
    private var count: UInt32 = 0

    /// A packet is at least key id and message key, or key id, message id, length and one word; what is shorter is a word to the client.
    private static let smallestPacket = 24

    init(_ mode: TransportMode, isServer: Bool) {
        self.mode = mode
        self.isServer = isServer
    }

    mutating func append(_ bytes: some Collection<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 1 << 16 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or nil when more bytes are needed.
    mutating func next() throws(TransportError) -> TransportFrame? {
        while let frame = try cut() {
            if let meaning = interpret(frame.payload, quickAck: frame.quickAck) { return meaning }
        }
        return takenQuickAck.take()
    }

    private var takenQuickAck: TransportFrame?
    private var available: Int { buffer.count - start }

    private func word(at offset: Int) -> UInt32 {
        buffer.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: start + offset, as: UInt32.self)) }
    }

    private mutating func cut() throws(TransportError) -> (payload: [UInt8], quickAck: Bool)? {
        switch mode {
        case .abridged: try cutAbridged()
        case .intermediate, .paddedIntermediate: try cutIntermediate()
        case .full: try cutFull()
        }
    }

    private mutating func take(header: Int, _ length: Int, trailer: Int = 0) -> [UInt8]? {
        guard available >= header + length + trailer else { return nil }
        defer { start += header + length + trailer }
        return Array(buffer[start + header..<start + header + length])
    }

    private mutating func cutAbridged() throws(TransportError) -> (payload: [UInt8], quickAck: Bool)? {
        guard available >= 1 else { return nil }
        let first = buffer[start]
        if !isServer, first & 0x80 != 0 {
            guard available >= 4 else { return nil }
            takenQuickAck = .quickAck(word(at: 0).byteSwapped)
            start += 4
            return nil
        }
        var header = 1
        var words = Int(first & 0x7f)
        if words == 0x7f {
            guard available >= 4 else { return nil }
            header = 4
            words = Int(word(at: 0) >> 8)
        }
        guard words > 0, words * 4 <= maximumFrameBytes else { throw .badLength(words * 4) }
        return take(header: header, words * 4).map { ($0, first & 0x80 != 0) }
    }

    private mutating func cutIntermediate() throws(TransportError) -> (payload: [UInt8], quickAck: Bool)? {
        guard available >= 4 else { return nil }
        let header = word(at: 0)
        let marked = header & 1 << 31 != 0
        if marked, !isServer, mode == .intermediate {
            takenQuickAck = .quickAck(header)
            start += 4
            return nil
        }
        let length = Int(header & 0x7fff_ffff)
        guard length >= 4, length <= maximumFrameBytes, mode == .paddedIntermediate || length % 4 == 0 else { throw .badLength(length) }
        return take(header: 4, length).map { ($0, marked) }
    }

    private mutating func cutFull() throws(TransportError) -> (payload: [UInt8], quickAck: Bool)? {
        guard available >= 4 else { return nil }
        let length = Int(word(at: 0))
        guard length >= 16, length <= maximumFrameBytes, length % 4 == 0 else { throw .badLength(length) }
        guard available >= length else { return nil }
        guard crc32(buffer[start..<start + length - 4]) == word(at: length - 4) else { throw .badChecksum }
        guard word(at: 4) == count else { throw .badCounter }
        count &+= 1
        return take(header: 8, length - 12, trailer: 4).map { ($0, false) }
    }

    private func interpret(_ payload: [UInt8], quickAck: Bool) -> TransportFrame? {
        if payload.count >= Self.smallestPacket {
            return .packet(mode == .paddedIntermediate ? unpadded(payload) : payload, quickAck: quickAck)
        }
        if isServer { return .packet(payload, quickAck: quickAck) }
        // TDLib's reading of short packets: 0 says nothing, -1 brings a quick acknowledgment, the rest are errors.
        var reader = ByteReader(payload)
        guard let code = try? reader.int32(), code != 0 else { return nil }
        if code == -1, let token = try? reader.uint32() { return .quickAck(token) }
        return .failure(code)
    }

    /// Without the transport's padding, which is told from the packet only by the lengths that the packet itself must have.
    private func unpadded(_ payload: [UInt8]) -> [UInt8] {
        var reader = ByteReader(payload)
        let length: Int
        if let key = try? reader.int64(), key == 0 {
            guard (try? reader.int64()) != nil, let body = try? reader.int32(), body >= 0, Int(body) <= reader.remaining else {
                return payload
            }
            length = 20 + Int(body)
        } else {
            length = 24 + (payload.count - 24) / 16 * 16
        }
        return Array(payload[..<length])
    }
}
