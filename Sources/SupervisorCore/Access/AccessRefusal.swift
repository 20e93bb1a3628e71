/// Why somebody is not let in. None of the texts repeats what was presented.
public enum AccessRefusal: Error, Hashable, Sendable {
    /// Nothing was presented.
    case anonymous
    /// What was presented is no token of ours: its form, its signature, its algorithm, or its key.
    case badToken(String)
    case expired
    case notYetValid
    /// The token is good, but its subject stands in no row of `admins`.
    case notAdmitted
    case needs(Role)
    /// Too many wrong ones from this address.
    case slowedDown(seconds: Int64)
    /// A page of another site asks with the session's cookie, or the CSRF token is missing or wrong.
    case crossSite(String)
    /// The table of admins has not been read yet.
    case unavailable(String)

    /// The status of the answer (RFC 9110, 15.5).
    public var status: Int {
        switch self {
        case .anonymous, .badToken, .expired, .notYetValid: 401
        case .notAdmitted, .needs, .crossSite: 403
        case .slowedDown: 429
        case .unavailable: 503
        }
    }

    /// Whether it counts towards being slowed down: what is tried out, not what has merely grown old.
    public var isGuess: Bool { if case .badToken = self { true } else { false } }

    /// One word for the counter of refusals.
    public var reason: String {
        switch self {
        case .anonymous: "anonymous"
        case .badToken: "bad_token"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .notAdmitted: "not_admitted"
        case .needs: "wrong_role"
        case .slowedDown: "slowed_down"
        case .crossSite: "cross_site"
        case .unavailable: "unavailable"
        }
    }

    /// One line for the one who asked.
    public var text: String {
        switch self {
        case .anonymous: "present a token: Authorization: Bearer …"
        case .badToken(let why): why
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .notAdmitted: "this token's subject is no admin and no reader here: `aaltohubctl admin add` admits it"
        case .needs(let role): "this needs the role \(role.rawValue)"
        case .slowedDown(let seconds): "too many wrong tokens from this address: wait \(seconds) s"
        case .crossSite(let why): why
        case .unavailable(let why): why
        }
    }
}
