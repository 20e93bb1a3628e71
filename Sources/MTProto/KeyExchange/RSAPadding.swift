import Cryptography
import Primitives

/// How a client hides its nonce from all but the server: RSA_PAD of https://core.telegram.org/mtproto/auth_key
enum RSAPadding {
    /// The most bytes of data it takes.
    static let maximumData = 144

    /// The 256 bytes to send. Draws temporary keys until the padded number is below the modulus.
    static func encrypt(_ data: [UInt8], key: RSAPublicKey, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        precondition(data.count <= maximumData, "RSA_PAD takes at most 144 bytes")
        var padded = data + generator.bytes(192 - data.count)
        defer { wipe(&padded) }
        while true {
            var temporaryKey = generator.bytes(32)
            defer { wipe(&temporaryKey) }
            let number = self.number(padded: padded, temporaryKey: temporaryKey)
            if BigNumber(bigEndian: number) < key.modulus { return key.raw(number) }
        }
    }

    /// The number before RSA, 256 bytes, of 192 padded bytes.
    static func number(padded: [UInt8], temporaryKey: [UInt8]) -> [UInt8] {
        let hashed = padded.reversed() + sha256(temporaryKey, padded)
        let encrypted = AESIGE.encrypt(hashed, key: temporaryKey, iv: zeroIV)
        return xor(temporaryKey, sha256(encrypted)) + encrypted
    }

    /// What `decrypt` gives: the data and, after it, the client's padding.
    ///
    /// Also reads the form before RSA_PAD, SHA-1 + data + padding in 255 bytes, which some clients still send;
    /// `dataLength` tells where its data end.
    static func decrypt(
        _ encrypted: [UInt8], key: RSAPrivateKey, dataLength: ([UInt8]) -> Int?
    ) -> [UInt8]? {
        guard encrypted.count == 256, let number = key.raw(encrypted) else { return nil }
        let body = Array(number[32...])
        let temporaryKey = xor(Array(number[..<32]), sha256(body))
        let hashed = AESIGE.decrypt(body, key: temporaryKey, iv: zeroIV)
        let padded = Array(hashed[..<192].reversed())
        if constantTimeEquals(sha256(temporaryKey, padded), hashed[192...]) { return padded }

        guard number[0] == 0 else { return nil }
        let old = Array(number[21...])
        guard let length = dataLength(old), length <= old.count, constantTimeEquals(sha1(Array(old[..<length])), number[1..<21]) else {
            return nil
        }
        return old
    }

    private static let zeroIV = [UInt8](repeating: 0, count: 32)
    private static func xor(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] { zip(a, b).map { $0 ^ $1 } }
}

extension RSAPublicKey {
    /// The last 8 bytes of the SHA-1 of n and e as bare TL strings, little-endian: how a server names the key.
    public var fingerprint: Int64 {
        var bytes: [UInt8] = []
        bytes.append(string: modulus.bytes)
        bytes.append(string: exponent.bytes)
        return Int64(littleEndianBytes: sha1(bytes)[12..<20])
    }
}
