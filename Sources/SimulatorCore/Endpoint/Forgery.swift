import Cryptography
import MTProto
import Primitives

/// Packets that a right server would not send.
public enum Forgery: String, Sendable, CaseIterable {
    /// Rightly encrypted, but of another session.
    case foreignSession = "session"
    /// The message key is not that of the content, which decrypts by it and is right otherwise.
    case messageKey = "msg_key"
    /// Too little padding.
    case shortPadding = "padding"
    /// Too much padding.
    case longPadding = "long_padding"
    /// The length is longer than the packet.
    case length
    /// The message id is a client's.
    case messageID = "msg_id"

    /// Bytes of padding: a right packet has 12 to 1024.
    private var paddingCount: ClosedRange<Int> {
        switch self {
        case .shortPadding: 0...11
        case .longPadding: 1025...1040
        default: 12...27
        }
    }

    func packet(_ message: MessageEnvelope, key: AuthorizationKey, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var message = message
        if self == .foreignSession { message.sessionID ^= 1 }
        if self == .messageID { message.messageID &= ~3 }
        var plain = bytes(message.salt) + bytes(message.sessionID) + bytes(message.messageID) + bytes(message.sequenceNumber)
        plain += bytes(Int32(message.body.count + (self == .length ? 4_096 : 0))) + message.body
        // Of each of these ranges one count fills whole blocks, as long as the body is whole words.
        let padding = paddingCount.first { (plain.count + $0) % 16 == 0 } ?? paddingCount.upperBound
        plain += generator.bytes(padding)
        // https://core.telegram.org/mtproto/description#defining-aes-key-and-initialization-vector, from server to client.
        let x = 8
        var messageKey = Array(sha256(Array(key.bytes[88 + x..<120 + x]), plain)[8..<24])
        // All else is right under the wrong one: nothing but the comparison can tell.
        if self == .messageKey { messageKey[0] ^= 1 }
        let a = sha256(messageKey, Array(key.bytes[x..<x + 36]))
        let b = sha256(Array(key.bytes[40 + x..<76 + x]), messageKey)
        let encrypted = AESIGE.encrypt(
            plain, key: Array(a[0..<8] + b[8..<24] + a[24..<32]), iv: Array(b[0..<8] + a[8..<24] + b[24..<32]))
        return bytes(key.id) + messageKey + encrypted
    }

    private func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
