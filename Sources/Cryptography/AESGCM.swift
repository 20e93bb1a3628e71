import CLibcrypto

/// AES-256-GCM (NIST SP 800-38D) with a 16-byte tag. Never use a nonce twice with one key.
public enum AESGCM {
    /// Ciphertext followed by the tag: 16 bytes longer than the plaintext. Key 32 bytes, nonce 12.
    public static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], authenticating: [UInt8]) -> [UInt8] {
        precondition(key.count == 32 && nonce.count == 12, "AES-256-GCM: key 32, nonce 12")
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: plaintext.count + 16)
        var written: Int32 = 0
        var ok = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce)
        if !authenticating.isEmpty { ok &= EVP_EncryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count)) }
        if !plaintext.isEmpty { ok &= EVP_EncryptUpdate(context, &out, &written, plaintext, Int32(plaintext.count)) }
        var tag = [UInt8](repeating: 0, count: 16)
        ok &= EVP_EncryptFinal_ex(context, &tag, &written)
        ok &= shim_GCM_get_tag(context, &tag)
        out.replaceSubrange(plaintext.count..., with: tag)
        precondition(ok == 1, "libcrypto refused AES-256-GCM")
        return out
    }

    /// The plaintext, or `notAuthentic` when anything does not fit.
    public static func open(
        _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], authenticating: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        precondition(key.count == 32, "AES-256-GCM: key 32")
        guard sealed.count >= 16, nonce.count == 12 else { throw .notAuthentic }
        let count = sealed.count - 16
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: count + 16)
        var tag = Array(sealed[count...])
        var written: Int32 = 0
        var ok = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce)
        if !authenticating.isEmpty { ok &= EVP_DecryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count)) }
        if count > 0 { ok &= EVP_DecryptUpdate(context, &out, &written, sealed, Int32(count)) }
        ok &= shim_GCM_set_tag(context, &tag)
        precondition(ok == 1, "libcrypto refused AES-256-GCM")
        var rest = [UInt8](repeating: 0, count: 16)
        guard EVP_DecryptFinal_ex(context, &rest, &written) == 1 else {
            ERR_clear_error()
            wipe(&out)
            throw .notAuthentic
        }
        out.removeLast(16)
        return out
    }
}
