import Cryptography

/// The 2048-bit key that a client and the server share: https://core.telegram.org/mtproto/auth_key
///
/// It prints as its id, never as its bytes.
public struct AuthorizationKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// 256 bytes, big-endian, with leading zero bytes kept. Secret.
    public let bytes: [UInt8]
    /// The last 8 bytes of the SHA-1 of the key, little-endian: it names the key in front of each packet.
    public let id: Int64
    /// The first 8 bytes of that SHA-1, for confirming a key exchange.
    let auxiliaryHash: [UInt8]

    /// `bytes` must be 256.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 256, "an authorization key has 256 bytes")
        self.bytes = bytes
        let hash = sha1(bytes)
        auxiliaryHash = Array(hash[0..<8])
        id = Int64(littleEndianBytes: hash[12..<20])
    }

    public var description: String { "AuthorizationKey(id: \(String(UInt64(bitPattern: id), radix: 16)))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
