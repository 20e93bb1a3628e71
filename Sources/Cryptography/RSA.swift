import CLibcrypto

/// An RSA public key for the raw operation, without any padding: the padding is the protocol's.
public struct RSAPublicKey: Hashable, Sendable {
    public let modulus: BigNumber
    public let exponent: BigNumber

    public init(modulus: BigNumber, exponent: BigNumber) {
        self.modulus = modulus
        self.exponent = exponent
    }

    /// Reads `BEGIN RSA PUBLIC KEY` (PKCS #1) or `BEGIN PUBLIC KEY` (SPKI).
    public init(pem: String) throws(CryptographyError) {
        let rsa =
            readPEM(pem) { PEM_read_bio_RSAPublicKey($0, nil, nil, nil) }
            ?? readPEM(pem) { PEM_read_bio_RSA_PUBKEY($0, nil, nil, nil) }
        guard let rsa else { throw .notAnRSAKey }
        defer { RSA_free(rsa) }
        self.init(modulus: BigNumber(RSA_get0_n(rsa)), exponent: BigNumber(RSA_get0_e(rsa)))
        guard modulus.bitWidth > 512, modulus.bytes[modulus.bytes.count - 1] & 1 == 1, !exponent.isZero else { throw .notAnRSAKey }
    }

    /// message^e mod n, in as many bytes as the modulus has. The message, big-endian, must be below the modulus.
    public func raw(_ message: [UInt8]) -> [UInt8] {
        let number = BigNumber(bigEndian: message)
        precondition(number < modulus, "an RSA message is below the modulus")
        return number.power(exponent, modulo: modulus).bytes(paddedTo: modulus.bytes.count)
    }
}

/// An RSA private key: the server's part of a key exchange.
public struct RSAPrivateKey: Sendable {
    public let publicKey: RSAPublicKey
    private let privateExponent: BigNumber
    /// The key as PKCS #1 PEM.
    public let pem: String
    /// The public half as PKCS #1 PEM, the form in which Telegram publishes its keys.
    public let publicPEM: String

    /// Reads a private key in PKCS #1 or PKCS #8 PEM without a pass phrase.
    public init(pem: String) throws(CryptographyError) {
        guard let rsa = readPEM(pem, { PEM_read_bio_RSAPrivateKey($0, nil, nil, nil) }), RSA_get0_d(rsa) != nil else { throw .notAnRSAKey }
        defer { RSA_free(rsa) }
        self.init(rsa)
    }

    /// A new key from the operating system's randomness. 2048 bits take some tenths of a second.
    public static func generate(bits: Int = 2048) -> RSAPrivateKey {
        let rsa = RSA_new()
        let exponent = BN_new()
        defer {
            RSA_free(rsa)
            BN_free(exponent)
        }
        precondition(
            BN_set_word(exponent, 65537) == 1 && RSA_generate_key_ex(rsa, Int32(bits), exponent, nil) == 1, "libcrypto made no RSA key")
        return RSAPrivateKey(rsa)
    }

    /// message^d mod n, in as many bytes as the modulus has, or nil when the message is not below the modulus.
    public func raw(_ message: [UInt8]) -> [UInt8]? {
        let number = BigNumber(bigEndian: message)
        guard number < publicKey.modulus else { return nil }
        return number.power(privateExponent, modulo: publicKey.modulus).bytes(paddedTo: publicKey.modulus.bytes.count)
    }

    private init(_ rsa: OpaquePointer?) {
        publicKey = RSAPublicKey(modulus: BigNumber(RSA_get0_n(rsa)), exponent: BigNumber(RSA_get0_e(rsa)))
        privateExponent = BigNumber(RSA_get0_d(rsa))
        pem = writePEM { PEM_write_bio_RSAPrivateKey($0, rsa, nil, nil, 0, nil, nil) }
        publicPEM = writePEM { PEM_write_bio_RSAPublicKey($0, rsa) }
    }
}

private func readPEM(_ text: String, _ read: (OpaquePointer?) -> OpaquePointer?) -> OpaquePointer? {
    var text = text
    return text.withUTF8 { bytes in
        let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        return bytes.isEmpty ? nil : read(bio)
    }
}

private func writePEM(_ write: (OpaquePointer?) -> Int32) -> String {
    let bio = BIO_new(BIO_s_mem())
    defer { BIO_free(bio) }
    precondition(write(bio) == 1, "libcrypto wrote no PEM")
    var address: UnsafeMutablePointer<CChar>?
    let count = shim_BIO_get_mem_data(bio, &address)
    return String(decoding: UnsafeRawBufferPointer(start: address, count: count), as: UTF8.self)
}
