import Cryptography
import Primitives

/// A page's login: a signed cookie that names who, and a CSRF token that belongs to it.
///
/// The cookie says nothing of roles, which are looked up at each request, so that taking one away ends what the session may.
public struct PageSessions: Sendable {
    /// One that stands: from the cookie of a request.
    public struct Session: Hashable, Sendable {
        public var subject: String
        /// How they proved who they are when it began.
        public var isAdminToken: Bool
        /// The role of Supabase's that their token had, where that was what admitted them.
        public var everybodys: String?
        public var id: String
        /// Seconds since 1970.
        public var expiresAt: Int64
    }

    public static let cookieName = "aaltohub_session"
    /// The header in which a page repeats the CSRF token.
    public static let csrfHeader = "X-CSRF-Token"
    /// Random bytes of a session's id.
    public static let idLength = 16

    private static let audience = "aaltohub-page"
    private static let adminTokenAudience = "aaltohub-page-admin-token"

    private let secret: [UInt8]
    private let mint: TokenMint
    private let verifier: TokenVerifier

    /// - Parameter secrets: everything that tokens are checked with; when one of it changes, all sessions end.
    public init(secrets: [[UInt8]]) {
        // Lengths between them, so that no two lists are the same bytes.
        let joined = secrets.flatMap { Array("\($0.count):".utf8) + $0 }
        secret = hmacSHA256(Array("aaltohub page session".utf8), key: sha256(joined))
        // 32 bytes are as long as a secret has to be.
        guard let mint = TokenMint(secret: secret), let key = TokenKey(secret: secret) else { preconditionFailure("32 bytes are enough") }
        self.mint = mint
        verifier = TokenVerifier([key])
    }

    /// When a session ends that begins now: what was presented for it ends it, too.
    public static func end(from start: Int64, seconds: Int64, of caller: Caller) -> Int64 {
        min(start + seconds, caller.expiresAt ?? .max)
    }

    /// The cookie's value for a session that begins.
    ///
    /// - Parameter random: `idLength` random bytes.
    public func open(_ caller: Caller, from start: Int64, until end: Int64, random: [UInt8]) -> (cookie: String, csrf: String) {
        let id = hex(random)
        let audience = caller.subject == Caller.tokenSubject && caller.means == .adminToken ? Self.adminTokenAudience : Self.audience
        let cookie = mint.token(
            subject: caller.subject, from: start, until: end, audience: audience, id: id, role: caller.everybodys)
        return (cookie, csrf(of: id))
    }

    /// The session of a cookie. Throws what `TokenVerifier.verify` throws.
    public func session(_ cookie: String, at now: UnixTime) throws(AccessRefusal) -> Session {
        let claims = try verifier.verify(cookie, at: now)
        guard let subject = claims.subject, let id = claims.id, let audience = claims.audience.first,
            [Self.audience, Self.adminTokenAudience].contains(audience)
        else { throw .badToken("the cookie is no session's") }
        return Session(
            subject: subject, isAdminToken: audience == Self.adminTokenAudience, everybodys: claims.role, id: id,
            expiresAt: claims.expiresAt)
    }

    /// What a page of this session presents when it changes something.
    public func csrf(of id: String) -> String { hex(hmacSHA256(Array("csrf \(id)".utf8), key: secret)) }

    /// Whether a request that changes something comes from a page of this session. Throws `crossSite`.
    public func check(_ session: Session, csrf given: String?) throws(AccessRefusal) {
        guard let given, constantTimeEquals(Array(given.utf8), Array(csrf(of: session.id).utf8)) else {
            throw .crossSite("present the session's CSRF token in the header \(Self.csrfHeader)")
        }
    }
}
