import MTProto
import Primitives

/// One authorisation: what must be kept, sealed, to be the same device again. Its bytes are a secret.
///
/// Layout, little-endian: format 1 (1 byte), dc (4), user id (8), key (256), then per salt value, since and until (8 each).
public struct AccountSession: Hashable, Sendable {
    /// The data centre that the key belongs to, without the offset of test ones.
    public var dc: Int32
    /// 0 before the login is complete.
    public var userID: Int64
    public var credentials: ConnectionCredentials

    private static let format: UInt8 = 1
    private static let keyBytes = 256
    /// Salts that are kept at most: as many as one get_future_salts gives.
    private static let saltsMost = 64

    public init(dc: Int32, userID: Int64, credentials: ConnectionCredentials) {
        self.dc = dc
        self.userID = userID
        self.credentials = credentials
    }

    /// Reads what `bytes` gives; nil when it is not that.
    public init?(bytes: [UInt8]) {
        func integer(_ at: Int, _ count: Int) -> UInt64 { (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) } }
        let head = 13 + AccountSession.keyBytes
        guard bytes.count >= head, bytes[0] == AccountSession.format, (bytes.count - head) % 24 == 0,
            bytes.count - head <= AccountSession.saltsMost * 24
        else { return nil }
        dc = Int32(truncatingIfNeeded: integer(1, 4))
        userID = Int64(bitPattern: integer(5, 8))
        var salts: [ServerSalt] = []
        for at in stride(from: head, to: bytes.count, by: 24) {
            salts.append(
                ServerSalt(
                    value: Int64(bitPattern: integer(at, 8)), validSince: Int64(bitPattern: integer(at + 8, 8)),
                    validUntil: Int64(bitPattern: integer(at + 16, 8))))
        }
        credentials = ConnectionCredentials(key: AuthorizationKey(Array(bytes[13..<head])), salts: salts)
    }

    public var bytes: [UInt8] {
        func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
            (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var out = [AccountSession.format] + littleEndian(dc) + littleEndian(userID) + credentials.key.bytes
        for salt in credentials.salts.prefix(AccountSession.saltsMost) {
            out += littleEndian(salt.value) + littleEndian(salt.validSince) + littleEndian(salt.validUntil)
        }
        return out
    }

    /// Names the authorisation without telling anything of the key: 16 hexadecimal digits, for its lock.
    public var name: String { hex((0..<8).map { UInt8(truncatingIfNeeded: credentials.key.id >> (56 - 8 * Int64($0))) }) }
}
