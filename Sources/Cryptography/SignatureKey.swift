import CLibcrypto

/// A public key that checks signatures in the one way it is for.
public struct SignatureKey: Hashable, Sendable {
    /// The names of JSON Web Algorithms: RFC 7518 (3.1), RFC 8037 (3.1).
    public enum Algorithm: String, Hashable, Sendable {
        /// RSASSA-PKCS1-v1_5 with SHA-256; the signature has as many bytes as the modulus.
        case rs256 = "RS256"
        /// ECDSA on P-256 with SHA-256; the signature is r and s, 32 bytes each.
        case es256 = "ES256"
        /// Ed25519; 64 bytes.
        case edDSA = "EdDSA"
    }

    /// Bits of a modulus below which RS256 may not be used (RFC 7518, 3.3), and above which a check would take too long.
    public static let modulusBits = 2048...8192

    public let algorithm: Algorithm
    /// SubjectPublicKeyInfo (RFC 5280, 4.1).
    private let der: [UInt8]

    /// A key for RS256. Throws `notASignatureKey` for sizes that nobody should use.
    public init(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        let (n, e) = (BigNumber(bigEndian: modulus), BigNumber(bigEndian: exponent))
        guard Self.modulusBits.contains(n.bitWidth), (2...64).contains(e.bitWidth), n.bytes.last.map({ $0 & 1 }) == 1,
            e.bytes.last.map({ $0 & 1 }) == 1
        else { throw .notASignatureKey }
        let key = Self.tagged(0x30, Self.integer(n.bytes) + Self.integer(e.bytes))
        // rsaEncryption, NULL
        let identifier: [UInt8] = [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        try self.init(.rs256, Self.tagged(0x30, identifier + Self.tagged(0x03, [0] + key)))
    }

    /// A key for ES256: a point of P-256, 32 bytes a coordinate. Throws `notASignatureKey` when it does not lie on the curve.
    public init(x: [UInt8], y: [UInt8]) throws(CryptographyError) {
        guard x.count == 32, y.count == 32 else { throw .notASignatureKey }
        // id-ecPublicKey, prime256v1
        let identifier: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        ]
        try self.init(.es256, Self.tagged(0x30, identifier + Self.tagged(0x03, [0, 4] + x + y)))
    }

    /// A key of Ed25519, 32 bytes.
    public init(ed25519 key: [UInt8]) throws(CryptographyError) {
        guard key.count == 32 else { throw .notASignatureKey }
        try self.init(.edDSA, Self.tagged(0x30, [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70] + Self.tagged(0x03, [0] + key)))
    }

    private init(_ algorithm: Algorithm, _ der: [UInt8]) throws(CryptographyError) {
        self.algorithm = algorithm
        self.der = der
        guard let key = open() else { throw .notASignatureKey }
        EVP_PKEY_free(key)
    }

    /// Whether this signature of the message was made with the private half.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        var signature = signature
        if algorithm == .es256 {
            guard signature.count == 64 else { return false }
            // libcrypto wants it as a SEQUENCE of two INTEGERs.
            signature = Self.tagged(0x30, Self.integer(Array(signature[..<32])) + Self.integer(Array(signature[32...])))
        }
        guard let key = open() else { return false }
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, algorithm == .edDSA ? nil : EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private func open() -> OpaquePointer? {
        let key = der.withUnsafeBufferPointer { bytes in
            var at = bytes.baseAddress
            return d2i_PUBKEY(nil, &at, bytes.count)
        }
        if key == nil { ERR_clear_error() }
        return key
    }

    /// Tag, length, content (ITU-T X.690, 8.1).
    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 128 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    /// A number that is not negative, in as few bytes as it has.
    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return tagged(0x02, digits)
    }
}
