import CLibcrypto

/// HMAC with SHA-256 (RFC 2104): 32 bytes.
public func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    // An empty key's address would be null, which means "the key of the call before".
    let key = key.isEmpty ? [0] : key
    precondition(
        HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &out, &length) != nil && length == 32,
        "libcrypto refused HMAC-SHA256")
    return out
}
