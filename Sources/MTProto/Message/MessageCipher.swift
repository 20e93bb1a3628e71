import Cryptography
import Primitives

/// Who sends a message: the two directions use different parts of the key.
public enum MessageDirection: Sendable {
    case clientToServer
    case serverToClient

    /// x of https://core.telegram.org/mtproto/description#defining-aes-key-and-initialization-vector
    var offset: Int { self == .clientToServer ? 0 : 8 }
}

/// One encrypted message, opened: https://core.telegram.org/mtproto/description#encrypted-message
public struct MessageEnvelope: Sendable, Hashable {
    public var salt: Int64
    public var sessionID: Int64
    public var messageID: Int64
    public var sequenceNumber: Int32
    public var body: [UInt8]

    public init(salt: Int64, sessionID: Int64, messageID: Int64, sequenceNumber: Int32, body: [UInt8]) {
        self.salt = salt
        self.sessionID = sessionID
        self.messageID = messageID
        self.sequenceNumber = sequenceNumber
        self.body = body
    }
}

/// Why an encrypted packet was refused. Nothing of it was looked at that its message key does not vouch for.
public enum MessageError: Error, Hashable {
    /// The packet names another key.
    case foreignKey
    /// The ciphertext is empty or not made of whole blocks.
    case badLength
    /// The message key does not fit: forged, damaged, or under another key.
    case wrongMessageKey
    /// The body's length does not leave 12 to 1024 bytes of padding, or is not whole words.
    case badPadding
    /// The message is of another session.
    case foreignSession
    /// The message id is not one that this sender makes.
    case badMessageID
}

/// MTProto 2.0's encryption of one message.
public enum MessageCipher {
    /// Bytes before the body: salt, session, message id, sequence number, length.
    static let header = 32
    /// The limits of the padding, in bytes.
    static let padding = 12...1024
    /// Sizes that short messages are padded to, so that their length tells less: TDLib's.
    private static let sizes = [64, 128, 192, 256, 384, 512, 768, 1024, 1280]
    /// The step between sizes above these.
    private static let step = 448

    /// The packet: key id, message key, ciphertext.
    public static func seal(
        _ envelope: MessageEnvelope, key: AuthorizationKey, direction: MessageDirection, using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let count = paddingCount(for: envelope.body.count)
        return seal(envelope, key: key, direction: direction, padding: generator.bytes(count)).packet
    }

    /// The bytes of padding after a body of so many bytes.
    static func paddingCount(for body: Int) -> Int {
        let least = header + body + padding.lowerBound
        let beyond = (max(0, least - 1280) + step - 1) / step * step + 1280
        return (sizes.first { $0 >= least } ?? beyond) - header - body
    }

    static func seal(
        _ envelope: MessageEnvelope, key: AuthorizationKey, direction: MessageDirection, padding: [UInt8]
    ) -> (packet: [UInt8], quickAckToken: UInt32) {
        precondition(envelope.body.count % 4 == 0 && Self.padding.contains(padding.count), "a message is whole words and well padded")
        var packet: [UInt8] = []
        packet.reserveCapacity(24 + header + envelope.body.count + padding.count)
        packet.append(int64: key.id)
        packet += [UInt8](repeating: 0, count: 16)
        packet.append(int64: envelope.salt)
        packet.append(int64: envelope.sessionID)
        packet.append(int64: envelope.messageID)
        packet.append(int32: envelope.sequenceNumber)
        packet.append(int32: Int32(envelope.body.count))
        packet += envelope.body
        packet += padding
        precondition((packet.count - 24) % 16 == 0, "the padding fills whole blocks")

        let hash = largeKeyHash(packet[24...], key, direction)
        let messageKey = Array(hash[8..<24])
        packet.replaceSubrange(8..<24, with: messageKey)
        let (aesKey, iv) = keyAndIV(messageKey, key, direction)
        packet.withUnsafeMutableBytes {
            AESIGE.encrypt(inPlace: UnsafeMutableRawBufferPointer(rebasing: $0[24...]), key: aesKey, iv: iv)
        }
        let token = UInt32(hash[0]) | UInt32(hash[1]) << 8 | UInt32(hash[2]) << 16 | UInt32(hash[3]) << 24
        return (packet, token | 1 << 31)
    }

    /// Opens a packet: first the message key over all decrypted bytes, then what it vouches for.
    public static func open(
        _ packet: [UInt8], key: AuthorizationKey, direction: MessageDirection
    ) throws(MessageError) -> MessageEnvelope {
        guard authorizationKeyID(of: packet) == key.id else { throw .foreignKey }
        guard packet.count > 24, (packet.count - 24) % 16 == 0 else { throw .badLength }
        let messageKey = Array(packet[8..<24])
        let (aesKey, iv) = keyAndIV(messageKey, key, direction)
        var plain = Array(packet[24...])
        plain.withUnsafeMutableBytes { AESIGE.decrypt(inPlace: $0, key: aesKey, iv: iv) }
        guard constantTimeEquals(largeKeyHash(plain[...], key, direction)[8..<24], messageKey) else { throw .wrongMessageKey }

        return try parse(&plain)
    }

    /// Leaves the body of `plain` in its place: a part of a file is a megabyte, and new memory for it costs more than moving it.
    private static func parse(_ plain: inout [UInt8]) throws(MessageError) -> MessageEnvelope {
        guard plain.count >= header + padding.lowerBound else { throw .badPadding }
        let (salt, session, id, number, length) = plain.withUnsafeBytes {
            (
                Int64(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: Int64.self)),
                Int64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: Int64.self)),
                Int64(littleEndian: $0.loadUnaligned(fromByteOffset: 16, as: Int64.self)),
                Int32(littleEndian: $0.loadUnaligned(fromByteOffset: 24, as: Int32.self)),
                Int(Int32(littleEndian: $0.loadUnaligned(fromByteOffset: 28, as: Int32.self)))
            )
        }
        guard length >= 0, length % 4 == 0, padding.contains(plain.count - header - length) else { throw .badPadding }
        plain.removeLast(plain.count - header - length)
        plain.removeFirst(header)
        return MessageEnvelope(salt: salt, sessionID: session, messageID: id, sequenceNumber: number, body: plain)
    }

    /// The token by which a server says at once that this packet, still encrypted, arrived: for servers.
    public static func quickAckToken(_ packet: [UInt8], key: AuthorizationKey, direction: MessageDirection) -> UInt32 {
        let (aesKey, iv) = keyAndIV(Array(packet[8..<24]), key, direction)
        let hash = largeKeyHash(AESIGE.decrypt(Array(packet[24...]), key: aesKey, iv: iv)[...], key, direction)
        return (UInt32(hash[0]) | UInt32(hash[1]) << 8 | UInt32(hash[2]) << 16 | UInt32(hash[3]) << 24) | 1 << 31
    }

    private static func largeKeyHash(
        _ plain: ArraySlice<UInt8>, _ key: AuthorizationKey, _ direction: MessageDirection
    ) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(key.bytes[(88 + direction.offset)..<(120 + direction.offset)])
        hasher.update(plain)
        return hasher.finish()
    }

    static func keyAndIV(
        _ messageKey: [UInt8], _ key: AuthorizationKey, _ direction: MessageDirection
    ) -> (key: [UInt8], iv: [UInt8]) {
        let x = direction.offset
        let a = sha256(messageKey, Array(key.bytes[x..<x + 36]))
        let b = sha256(Array(key.bytes[40 + x..<76 + x]), messageKey)
        return (Array(a[0..<8] + b[8..<24] + a[24..<32]), Array(b[0..<8] + a[8..<24] + b[24..<32]))
    }
}

/// The key that a packet names, or nil when it is too short to name one. Zero is a key exchange.
public func authorizationKeyID(of packet: [UInt8]) -> Int64? {
    packet.count >= 24 ? Int64(littleEndianBytes: packet[0..<8]) : nil
}
