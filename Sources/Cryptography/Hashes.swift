import CLibcrypto

/// SHA-1 (FIPS 180-4) of the parts one after the other: 20 bytes.
public func sha1(_ parts: [UInt8]...) -> [UInt8] {
    var context = SHA_CTX()
    SHA1_Init(&context)
    for part in parts { part.withUnsafeBytes { _ = SHA1_Update(&context, $0.baseAddress, $0.count) } }
    return digest(20) { _ = SHA1_Final($0, &context) }
}

/// SHA-256 (FIPS 180-4) of the parts one after the other: 32 bytes.
public func sha256(_ parts: [UInt8]...) -> [UInt8] {
    var hasher = SHA256Hasher()
    for part in parts { part.withUnsafeBytes { hasher.update($0) } }
    return hasher.finish()
}

/// SHA-512 (FIPS 180-4) of the parts one after the other: 64 bytes.
public func sha512(_ parts: [UInt8]...) -> [UInt8] {
    var context = SHA512_CTX()
    SHA512_Init(&context)
    for part in parts { part.withUnsafeBytes { _ = SHA512_Update(&context, $0.baseAddress, $0.count) } }
    return digest(64) { _ = SHA512_Final($0, &context) }
}

/// SHA-256 fed piece by piece, for input that is not an array of its own.
public struct SHA256Hasher {
    private var context = SHA256_CTX()

    public init() { SHA256_Init(&context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) { SHA256_Update(&context, bytes.baseAddress, bytes.count) }

    public mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

    /// The digest, 32 bytes. Call it once, at the end.
    public mutating func finish() -> [UInt8] {
        withUnsafeMutablePointer(to: &context) { context in digest(32) { _ = SHA256_Final($0, context) } }
    }
}

private func digest(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        // A capacity of more than zero always has an address.
        fill(buffer.baseAddress!)
        initialized = count
    }
}

/// PBKDF2 with HMAC-SHA-512 (RFC 8018): `length` bytes. 100,000 rounds take about 0.1 s: never on an event loop.
public func pbkdf2HMACSHA512(password: [UInt8], salt: [UInt8], rounds: Int, length: Int) -> [UInt8] {
    precondition(rounds > 0 && rounds <= Int(Int32.max) && length > 0, "PBKDF2 needs rounds and a length")
    return digest(length) { out in
        let done = password.withUnsafeBytes { password in
            PKCS5_PBKDF2_HMAC(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt, Int32(salt.count), Int32(rounds),
                EVP_sha512(), Int32(length), out)
        }
        precondition(done == 1, "libcrypto refused PBKDF2")
    }
}

/// CRC-32 of ISO 3309, as in zlib and gzip.
public func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.withContiguousStorageIfAvailable(crc32(of:)) ?? Array(bytes).withUnsafeBufferPointer(crc32(of:))
}

/// Eight bytes a step, each through a table of its own: whole packets go through this with the full transport.
private func crc32(of bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    crc32Tables.withUnsafeBufferPointer { tables in
        var crc: UInt32 = 0xFFFF_FFFF
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while raw.count - at >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(crc)
            crc = 0
            for byte in 0..<8 {
                let index = Int(truncatingIfNeeded: word >> UInt64(8 * byte)) & 0xFF
                crc ^= tables[(7 - byte) * 256 + index]
            }
            at += 8
        }
        for b in bytes[at...] { crc = tables[Int(UInt8(truncatingIfNeeded: crc) ^ b)] ^ (crc >> 8) }
        return ~crc
    }
}

/// Table n, of 256 entries each, is for a byte with n more behind it.
private let crc32Tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { i in
        (0..<8).reduce(UInt32(i)) { c, _ in c & 1 == 1 ? 0xEDB8_8320 ^ (c >> 1) : c >> 1 }
    }
    for entry in 256..<2_048 { tables.append(tables[Int(tables[entry - 256] & 0xFF)] ^ (tables[entry - 256] >> 8)) }
    return tables
}()
