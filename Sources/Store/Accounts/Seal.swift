import Cryptography
import Primitives

/// Seals secrets under the master key with AES-256-GCM, for the database and for files alike.
///
/// Layout: format (1 byte), key id (8), nonce (12), ciphertext, tag (16). The associated data bind a sealed value to its purpose,
/// its owner and its version, so that none can stand in for another.
public struct Seal: Sendable {
    /// Bytes of a master key, and of the random nonce of each sealing.
    public static let keyLength = 32
    public static let nonceLength = 12
    private static let format: UInt8 = 1
    private static let keyIDLength = 8

    private let key: [UInt8]
    /// Tells keys apart without telling anything of them: the first bytes of a hash, in hexadecimal.
    public let keyID: String

    public init(masterKey: [UInt8]) {
        precondition(masterKey.count == Seal.keyLength, "a master key has 32 bytes")
        key = masterKey
        keyID = hex(sha256(Array("aaltohub master key id".utf8), masterKey).prefix(Seal.keyIDLength))
    }

    /// - Parameters:
    ///   - purpose: what it is, such as `session`.
    ///   - nonce: 12 random bytes, never used before.
    public func seal(_ plaintext: [UInt8], purpose: String, owner: String, version: Int64, nonce: [UInt8]) -> [UInt8] {
        header + nonce
            + AESGCM.seal(plaintext, key: key, nonce: nonce, authenticating: associated(purpose: purpose, owner: owner, version: version))
    }

    /// Throws `sealBroken` for another key, purpose, owner or version, and for damage.
    public func open(_ sealed: [UInt8], purpose: String, owner: String, version: Int64) throws(StoreError) -> [UInt8] {
        let start = 1 + Seal.keyIDLength
        guard sealed.count >= start + Seal.nonceLength + 16, Array(sealed[..<start]) == header else {
            throw .sealBroken("the \(purpose) of \(owner)")
        }
        do throws(CryptographyError) {
            return try AESGCM.open(
                Array(sealed[(start + Seal.nonceLength)...]), key: key, nonce: Array(sealed[start..<start + Seal.nonceLength]),
                authenticating: associated(purpose: purpose, owner: owner, version: version))
        } catch {
            throw .sealBroken("the \(purpose) of \(owner)")
        }
    }

    private var header: [UInt8] { [Seal.format] + (bytes(hex: keyID) ?? []) }

    /// Fields end with a zero byte, which names never hold.
    private func associated(purpose: String, owner: String, version: Int64) -> [UInt8] {
        Array("aaltohub\0\(purpose)\0\(owner)\0\(version)".utf8)
    }
}
