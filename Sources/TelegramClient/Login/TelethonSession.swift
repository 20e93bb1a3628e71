import Primitives

/// What a string session of Telethon holds: a data centre, where it was reached, and the authorisation key. A secret.
///
/// Layout: the version '1', then base64url of data centre (1 byte), IPv4 or IPv6 address (4 or 16), port (2, big-endian), key (256).
/// Source: https://docs.telethon.dev/en/stable/concepts/sessions.html#string-sessions
public struct TelethonSession: Sendable, Hashable {
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case empty
        case unknownVersion
        case malformed

        public var description: String {
            switch self {
            case .empty: "no string session was given"
            case .unknownVersion: "this is no string session of Telethon 1: those begin with 1"
            case .malformed: "the string session is damaged: copy it again, whole and on one line"
            }
        }
    }

    public var dc: Int32
    /// 4 or 16 bytes. Only told: our own configuration says where a data centre is.
    public var address: [UInt8]
    public var port: UInt16
    /// 256 bytes.
    public var key: [UInt8]

    static let version: Character = "1"
    static let keyBytes = 256

    public init(_ text: some StringProtocol) throws(Failure) {
        let text = String(text).filter { !$0.isWhitespace }
        guard let first = text.first else { throw .empty }
        guard first == TelethonSession.version else { throw .unknownVersion }
        let rest = TelethonSession.keyBytes + 3
        guard let bytes = Base64URL.decode(text.dropFirst()), bytes.count == rest + 4 || bytes.count == rest + 16 else { throw .malformed }
        let addressEnd = bytes.count - TelethonSession.keyBytes - 2
        dc = Int32(bytes[0])
        address = Array(bytes[1..<addressEnd])
        port = UInt16(bytes[addressEnd]) << 8 | UInt16(bytes[addressEnd + 1])
        key = Array(bytes[(addressEnd + 2)...])
        guard dc > 0, key.contains(where: { $0 != 0 }) else { throw .malformed }
    }
}
