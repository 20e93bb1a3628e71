import Primitives

/// What a token says, after its signature was found good.
public struct TokenClaims: Hashable, Sendable {
    /// `sub`; nil for a key that stands for nobody in particular, such as Supabase's anonymous one.
    public var subject: String?
    /// `role`, as Supabase gives it: `authenticated`, `anon`, `service_role`.
    public var role: String?
    /// Somebody whom Supabase let in without any proof (`is_anonymous`).
    public var isAnonymous = false
    public var audience: [String] = []
    /// `exp`, seconds since 1970.
    public var expiresAt: Int64
    /// `jti`.
    public var id: String?

    /// The role of a Supabase project's service key.
    public static let serviceRole = "service_role"
}

/// Checks JSON Web Tokens (RFC 7519) in the compact form of signatures (RFC 7515, 7.1).
public struct TokenVerifier: Hashable, Sendable {
    /// Characters of a token; Supabase's have under 2,000.
    public static let longestToken = 8192
    /// Characters of a subject: Supabase's are uuids.
    public static let longestSubject = 200
    /// Seconds by which the issuer's clock may be ahead of ours.
    static let clockSkewSeconds: Int64 = 30

    private let keys: [TokenKey]

    public init(_ keys: [TokenKey]) { self.keys = keys }

    /// The claims of a token that one of the keys signed and whose time is now.
    ///
    /// Throws `badToken`, `expired` or `notYetValid`.
    public func verify(_ token: String, at now: UnixTime) throws(AccessRefusal) -> TokenClaims {
        guard token.utf8.count <= Self.longestToken else { throw .badToken("the token is too long") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !token.contains("="), let header = Self.object(parts[0]), let signature = Base64URL.decode(parts[2]) else {
            throw .badToken("this is no signed token")
        }
        // An extension that must be understood (RFC 7515, 4.1.11): none is.
        guard header["crit"] == nil, header["b64"] == nil else { throw .badToken("the token asks for what is not known here") }
        guard let algorithm = header["alg"]?.string else { throw .badToken("the token names no algorithm") }
        let named = header["kid"]?.string
        let fitting = keys.filter { $0.algorithm == algorithm && ($0.id == nil || named == nil || $0.id == named) }
        guard !fitting.isEmpty else { throw .badToken("no key here is for this token") }
        let message = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
        guard fitting.contains(where: { $0.verifies(signature, of: message) }) else { throw .badToken("the token's signature is wrong") }
        guard let payload = Self.object(parts[1]) else { throw .badToken("the token holds no claims") }
        return try Self.claims(payload, at: now)
    }

    /// Whether a token is signed with a key that is not known, but might be in a newer set of keys.
    public func namesUnknownKey(_ token: String) -> Bool {
        guard token.utf8.count <= Self.longestToken, let first = token.split(separator: ".").first, let header = Self.object(first),
            let id = header["kid"]?.string, header["alg"]?.string != "HS256"
        else { return false }
        return !keys.contains { $0.id == id }
    }

    private static func claims(_ payload: JSON, at now: UnixTime) throws(AccessRefusal) -> TokenClaims {
        // NumericDate (RFC 7519, 2) may have a fraction.
        guard let end = payload["exp"]?.double, abs(end) < 1e15 else { throw .badToken("the token has no end (exp)") }
        let seconds = Double(now.nanoseconds) / 1e9
        guard seconds < end else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let value = payload[name] else { continue }
            guard let time = value.double else { throw .badToken("\(name) is no time") }
            guard time <= seconds + Double(clockSkewSeconds) else { throw .notYetValid }
        }
        let subject = payload["sub"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard (subject?.unicodeScalars.count ?? 0) <= longestSubject else { throw .badToken("the token's subject is too long") }
        return TokenClaims(
            subject: subject, role: payload["role"]?.string, isAnonymous: payload["is_anonymous"]?.bool ?? false,
            audience: payload["aud"]?.string.map { [$0] } ?? payload["aud"]?.array?.compactMap(\.string) ?? [], expiresAt: Int64(end),
            id: payload["jti"]?.string)
    }

    /// A part that is one JSON object whose names are all different: two readers of a doubled one might see different things.
    private static func object(_ part: Substring) -> JSON? {
        guard let bytes = Base64URL.decode(part) else { return nil }
        do {
            let json = try JSON(reading: bytes)
            guard case .object(let members) = json, Set(members.map(\.name)).count == members.count else { return nil }
            return json
        } catch {
            return nil  // whatever is wrong with it, it is no token
        }
    }
}
