import Cryptography
import Primitives

/// The AES key and IV that both sides derive from the nonces for the Diffie-Hellman part, and the layout it protects:
/// SHA-1 of the data, the data, padding to whole blocks.
struct NonceCipher: Sendable {
    /// Key and IV, 32 bytes each.
    private let secret: SecretBytes

    init(newNonce: [UInt8], serverNonce: [UInt8]) {
        var bytes = sha1(newNonce, serverNonce) + sha1(serverNonce, newNonce) + sha1(newNonce, newNonce) + newNonce[..<4]
        secret = SecretBytes(taking: &bytes)
    }

    func withKeyAndIV<R>(_ body: (_ key: [UInt8], _ iv: [UInt8]) -> R) -> R {
        secret.withBytes { bytes in
            var key = Array(bytes[..<32]), iv = Array(bytes[32...])
            defer {
                wipe(&key)
                wipe(&iv)
            }
            return body(key, iv)
        }
    }

    func encrypt(_ data: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let hashed = sha1(data) + data
        let padded = hashed + generator.bytes((16 - hashed.count % 16) % 16)
        return withKeyAndIV { AESIGE.encrypt(padded, key: $0, iv: $1) }
    }

    /// The message, after its hash and the length of the padding were checked.
    func decrypt<Message: KeyExchangeMessage>(_ encrypted: [UInt8], as: Message.Type) throws(KeyExchangeError) -> Message {
        guard !encrypted.isEmpty, encrypted.count % 16 == 0, encrypted.count > 20 else { throw .badCiphertext }
        let plain = withKeyAndIV { AESIGE.decrypt(encrypted, key: $0, iv: $1) }
        var reader = ByteReader(plain, 20..<plain.count)
        let message: Message
        // Whatever does not parse had a wrong key: one answer for both, so that nothing can be learnt from the difference.
        do { message = try Message(from: &reader) } catch { throw .wrongHash }
        guard constantTimeEquals(sha1(Array(plain[20..<reader.position])), plain[..<20]) else { throw .wrongHash }
        guard reader.remaining <= 15 else { throw .badPadding }
        return message
    }

    /// The hash in the server's verdict: number 1 is ok, 2 retry, 3 fail.
    static func verdictHash(newNonce: [UInt8], number: UInt8, auxiliaryHash: [UInt8]) -> [UInt8] {
        Array(sha1(newNonce, [number], auxiliaryHash)[4...])
    }

    /// The key's first salt.
    static func salt(newNonce: [UInt8], serverNonce: [UInt8]) -> Int64 {
        Int64(littleEndianBytes: newNonce[..<8]) ^ Int64(littleEndianBytes: serverNonce[..<8])
    }
}
