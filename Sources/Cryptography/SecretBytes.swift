import CLibcrypto

/// A short-lived secret in memory of its own, overwritten when its last owner lets go: nonces and keys of a key exchange.
public final class SecretBytes: Sendable {
    // Written only by `init` and `wipe`; the class has no other mutation.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// Takes the bytes and overwrites the array they came in.
    public init(taking bytes: inout [UInt8]) {
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        memory.copyBytes(from: bytes)
        Cryptography.wipe(&bytes)
    }

    deinit {
        wipe()
        memory.deallocate()
    }

    public var count: Int { memory.count }

    /// Lends a copy for the length of the call, and overwrites it afterwards. `body` must not keep it.
    public func withBytes<R, E: Error>(_ body: ([UInt8]) throws(E) -> R) throws(E) -> R {
        var copy = Array(memory)
        defer { Cryptography.wipe(&copy) }
        return try body(copy)
    }

    func wipe() { OPENSSL_cleanse(memory.baseAddress, memory.count) }
}
