import CLibcrypto

/// AES-256 in counter mode as one continuous stream: encrypting and decrypting are the same.
///
/// A value: a copy goes on from the same place on its own. The counter is the whole 16-byte IV, big-endian.
public struct AESCTR: Sendable {
    private let key: [UInt8]
    private let iv: [UInt8]
    /// Bytes of key stream used so far.
    private var position: UInt64

    /// Key 32 bytes, IV 16 bytes; `position` is the byte of the stream to start at.
    public init(key: [UInt8], iv: [UInt8], position: UInt64 = 0) {
        precondition(key.count == 32 && iv.count == 16, "AES-256-CTR: key 32, IV 16")
        self.key = key
        self.iv = iv
        self.position = position
    }

    public mutating func update(_ data: inout [UInt8]) {
        data.withUnsafeMutableBytes { update(inPlace: $0) }
    }

    public mutating func update(inPlace data: UnsafeMutableRawBufferPointer) {
        guard let address = data.baseAddress?.assumingMemoryBound(to: UInt8.self), data.count > 0 else { return }
        precondition(data.count <= Int(Int32.max), "one update is below 2 GiB")
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        var ok = EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nil, key, counter)
        let skip = Int32(position % 16)
        if skip > 0 {
            var skipped = [UInt8](repeating: 0, count: 16)
            ok &= EVP_EncryptUpdate(context, &skipped, &written, skipped, skip)
        }
        ok &= EVP_EncryptUpdate(context, address, &written, address, Int32(data.count))
        precondition(ok == 1, "libcrypto refused AES-256-CTR")
        position += UInt64(data.count)
    }

    /// The IV plus the number of whole blocks passed.
    private var counter: [UInt8] {
        var out = iv
        var carry = position / 16
        for i in out.indices.reversed() where carry > 0 {
            let sum = UInt64(out[i]) + (carry & 0xFF)
            out[i] = UInt8(truncatingIfNeeded: sum)
            carry = (carry >> 8) + (sum >> 8)
        }
        return out
    }
}
