import Cryptography

@testable import MTProto

extension MessageCipher {
    /// Seals any plaintext with a right message key, as only a holder of the key could.
    static func forge(_ plain: [UInt8], key: AuthorizationKey, direction: MessageDirection) -> [UInt8] {
        let x = direction.offset
        let messageKey = Array(sha256(Array(key.bytes[88 + x..<120 + x]), plain)[8..<24])
        let (aesKey, iv) = keyAndIV(messageKey, key, direction)
        return [UInt8](int64: key.id) + messageKey + AESIGE.encrypt(plain, key: aesKey, iv: iv)
    }
}
