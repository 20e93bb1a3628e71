/// What somebody may do: a word of the table `admins`.
public enum Role: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Sees everything, changes nothing.
    case reader
    /// Changes too.
    case admin

    public static func < (a: Role, b: Role) -> Bool { a == .reader && b == .admin }
}

/// Who asks, and what they may.
public struct Caller: Hashable, Sendable {
    /// How they proved who they are.
    public enum Means: String, Hashable, Sendable {
        /// The credential admin_token.
        case adminToken = "admin_token"
        /// A signed token.
        case token
        /// The cookie of the pages.
        case session
    }

    /// The token's subject, or `token` for the holder of the credential admin_token.
    public var subject: String
    public var role: Role
    public var means: Means
    /// Seconds since 1970 at which what they presented ends; nil: never. A connection that lasts closes then.
    public var expiresAt: Int64?
    /// The role of Supabase's that admitted them; nil: a row of their own did.
    public var everybodys: String?

    public init(subject: String, role: Role, means: Means, expiresAt: Int64? = nil, everybodys: String? = nil) {
        self.subject = subject
        self.role = role
        self.means = means
        self.expiresAt = expiresAt
        self.everybodys = everybodys
    }

    /// The holder of a Supabase project's service key, where Realtime is spoken: there it may broadcast and hear everything, as it may at
    /// Supabase, without a row of its own; nil for any other token.
    public init?(serviceRole claims: TokenClaims) {
        guard claims.role == TokenClaims.serviceRole, !claims.isAnonymous else { return nil }
        self.init(
            subject: claims.subject ?? AdminTable.row(ofRole: TokenClaims.serviceRole), role: .admin, means: .token,
            expiresAt: claims.expiresAt, everybodys: TokenClaims.serviceRole)
    }

    /// The subject of the holder of the credential admin_token.
    public static let tokenSubject = "token"
}
