/// The key of an HTTP caller, compared in a time that does not tell how much of it was right.
public struct BearerToken: Sendable {
    private let secret: [UInt8]

    /// Bytes below which a token could be guessed.
    public static let shortest = 16

    /// Nil when the token is shorter than 16 bytes.
    public init?(_ secret: [UInt8]) {
        guard secret.count >= BearerToken.shortest else { return nil }
        self.secret = secret
    }

    /// Whether this is the value of an `Authorization` header that presents the token (RFC 6750, 2.1).
    public func admits(_ header: String?) -> Bool {
        guard let header else { return false }
        let given = Array(header.utf8)
        let scheme = Array("bearer ".utf8)
        guard given.count > scheme.count, zip(given, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        let token = given[scheme.count...]
        // Every byte of what was given is looked at; only its length shows in the time.
        var difference: UInt8 = token.count == secret.count ? 0 : 1
        for (i, byte) in token.enumerated() { difference |= byte ^ secret[i % secret.count] }
        return difference == 0
    }
}
