import CAESIGE

/// AES-256-IGE, the mode of MTProto: https://core.telegram.org/mtproto/description. It authenticates nothing.
///
/// Key 32 bytes, IV 32 bytes, data a multiple of 16 bytes.
public enum AESIGE {
    /// Whether it runs on the CPU's AES instructions.
    public static var isAccelerated: Bool { caesige_is_accelerated() == 1 }

    public static func encrypt(_ data: [UInt8], key: [UInt8], iv: [UInt8]) -> [UInt8] {
        var out = data
        out.withUnsafeMutableBytes { encrypt(inPlace: $0, key: key, iv: iv) }
        return out
    }

    public static func decrypt(_ data: [UInt8], key: [UInt8], iv: [UInt8]) -> [UInt8] {
        var out = data
        out.withUnsafeMutableBytes { decrypt(inPlace: $0, key: key, iv: iv) }
        return out
    }

    public static func encrypt(inPlace data: UnsafeMutableRawBufferPointer, key: [UInt8], iv: [UInt8]) {
        run(caesige_encrypt, data, key, iv)
    }

    public static func decrypt(inPlace data: UnsafeMutableRawBufferPointer, key: [UInt8], iv: [UInt8]) {
        run(caesige_decrypt, data, key, iv)
    }

    /// The same through libcrypto's EVP, whatever the CPU can: slower, for comparing.
    static func encryptFallback(_ data: [UInt8], key: [UInt8], iv: [UInt8]) -> [UInt8] {
        var out = data
        out.withUnsafeMutableBytes { run(caesige_encrypt_fallback, $0, key, iv) }
        return out
    }

    static func decryptFallback(_ data: [UInt8], key: [UInt8], iv: [UInt8]) -> [UInt8] {
        var out = data
        out.withUnsafeMutableBytes { run(caesige_decrypt_fallback, $0, key, iv) }
        return out
    }

    private typealias Function = (
        UnsafePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, Int, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?
    ) -> Int32

    private static func run(_ function: Function, _ data: UnsafeMutableRawBufferPointer, _ key: [UInt8], _ iv: [UInt8]) {
        precondition(key.count == 32 && iv.count == 32 && data.count % 16 == 0, "AES-256-IGE: key 32, IV 32, whole blocks")
        let address = data.baseAddress?.assumingMemoryBound(to: UInt8.self)
        precondition(function(address, address, data.count, key, iv) == 1, "libcrypto has no memory for a cipher")
    }
}
