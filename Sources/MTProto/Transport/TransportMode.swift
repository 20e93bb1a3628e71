/// How packets are cut out of a TCP stream: https://core.telegram.org/mtproto/mtproto-transports
public enum TransportMode: String, Sendable, Hashable, CaseIterable {
    /// One or four bytes of length in words.
    case abridged
    /// Four bytes of length.
    case intermediate
    /// Four bytes of length, and up to 15 random bytes after the packet.
    case paddedIntermediate
    /// Length, counter and CRC-32. Never obfuscated.
    case full

    /// What a client sends once at the start of a plain connection.
    var preamble: [UInt8] {
        switch self {
        case .abridged: [0xef]
        case .intermediate: [0xee, 0xee, 0xee, 0xee]
        case .paddedIntermediate: [0xdd, 0xdd, 0xdd, 0xdd]
        case .full: []
        }
    }

    /// The four bytes that name it inside an obfuscated header, or nil where it cannot be obfuscated.
    var tag: [UInt8]? {
        switch self {
        case .abridged: [0xef, 0xef, 0xef, 0xef]
        case .full: nil
        default: preamble
        }
    }
}

/// The largest frame read, in bytes, checked before anything is allocated: TDLib's 4 MiB + 1 KiB.
/// A part of a file is at most 1 MiB.
public let maximumFrameBytes = (4 << 20) + (1 << 10)

/// The peer does not speak the transport. The connection is of no more use.
public enum TransportError: Error, Hashable {
    /// A frame announces this many bytes, above `maximumFrameBytes`, or too few.
    case badLength(Int)
    /// The CRC-32 of a full frame is wrong.
    case badChecksum
    /// A full frame is not the next one.
    case badCounter
    /// The first bytes of a connection fit no transport.
    case unknownTransport
}

/// One frame as it arrived.
public enum TransportFrame: Hashable, Sendable {
    /// An MTProto packet. `quickAck`: the sender, a client, asks for a quick acknowledgment.
    case packet([UInt8], quickAck: Bool)
    /// A server's answer to such a wish: the token of the packet.
    case quickAck(UInt32)
    /// A transport error: `-404` no such key, `-429` too many connections, `-444` wrong data centre.
    case failure(Int32)
}
