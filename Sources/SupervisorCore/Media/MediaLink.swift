import Cryptography
import Primitives

/// Links to files that are good for a while and for one file: `/media/KEY?expires=UNIX&signature=HEX`, signed by HMAC-SHA-256.
public struct MediaLink: Sendable {
    private let key: [UInt8]

    /// - Parameter secret: what nobody else knows. The key of the links is made of it, so that neither stands for the other.
    public init(secret: [UInt8]) { key = hmacSHA256(Array("aaltohub media links 1".utf8), key: secret) }

    private func signature(_ file: String, expires: Int64) -> [UInt8] { hmacSHA256(Array("\(expires)\n\(file)".utf8), key: key) }

    /// What stands after the `?` of the link.
    ///
    /// - Parameter expires: unix second from which on it is good no more.
    public func query(for file: String, expires: Int64) -> String {
        "expires=\(expires)&signature=\(hex(signature(file, expires: expires)))"
    }

    /// Whether this is a link of ours to this file that has not expired.
    public func admits(_ file: String, expires: String?, signature given: String?, now: Int64) -> Bool {
        guard let expires = expires.flatMap({ Int64($0) }), let given = given.flatMap({ bytes(hex: $0) }) else { return false }
        return constantTimeEquals(given, signature(file, expires: expires)) && now < expires
    }
}
