import Cryptography
import Primitives

/// Makes tokens of our own: HS256 under a secret.
public struct TokenMint: Sendable {
    /// `iss` of what we make.
    public static let issuer = "aaltohub"

    private let secret: [UInt8]

    /// Nil when the secret is too short.
    public init?(secret: [UInt8]) {
        guard secret.count >= TokenKey.shortestSecret else { return nil }
        self.secret = secret
    }

    /// A token for this subject until `end`. Times are seconds since 1970.
    public func token(
        subject: String, from start: Int64, until end: Int64, audience: String? = nil, id: String? = nil, role: String? = nil
    ) -> String {
        var claims: [JSON.Member] = [
            .init("iss", .string(Self.issuer)), .init("sub", .string(subject)), .init("iat", .integer(start)), .init("exp", .integer(end)),
        ]
        if let audience { claims.append(.init("aud", .string(audience))) }
        if let role { claims.append(.init("role", .string(role))) }
        if let id { claims.append(.init("jti", .string(id))) }
        let body =
            Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "." + Base64URL.encode(Array(JSON.object(claims).text.utf8))
        return body + "." + Base64URL.encode(hmacSHA256(Array(body.utf8), key: secret))
    }
}
