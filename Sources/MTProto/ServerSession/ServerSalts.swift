import Cryptography
import Primitives

/// A server's salts for a key, one a period, derived instead of stored: any process that holds the key knows them all.
struct ServerSalts: Sendable {
    let key: AuthorizationKey
    /// Seconds for which a salt is the current one.
    let periodSeconds: Int64
    /// Whether the salt of the period before is still taken, as real servers do.
    let acceptsPrevious: Bool

    func current(at seconds: Int64) -> Int64 { value(seconds / periodSeconds) }

    func accepts(_ salt: Int64, at seconds: Int64) -> Bool {
        let period = seconds / periodSeconds
        return salt == value(period) || (acceptsPrevious && salt == value(period - 1))
    }

    /// The current salt and those after it.
    func future(_ count: Int, at seconds: Int64) -> [ServerSalt] {
        (0..<Int64(count)).map { i in
            let period = seconds / periodSeconds + i
            return ServerSalt(
                value: value(period), validSince: period * periodSeconds,
                validUntil: (period + (acceptsPrevious ? 2 : 1)) * periodSeconds)
        }
    }

    private func value(_ period: Int64) -> Int64 {
        Int64(littleEndianBytes: sha256(Array("salt".utf8), key.bytes, [UInt8](int64: period))[..<8])
    }
}
