import Primitives

/// Whoever presented a key that is good for subscribing.
public struct RealtimeCaller: Hashable, Sendable {
    /// Whether the caller may broadcast: an admin, or the service role.
    public let mayBroadcast: Bool
    /// When the key ends; nil for one that does not.
    public let expires: UnixTime?

    public init(mayBroadcast: Bool, expires: UnixTime?) {
        self.mayBroadcast = mayBroadcast
        self.expires = expires
    }

    /// Whether the key has ended.
    public func isExpired(at time: UnixTime) -> Bool { expires.map { $0 <= time } ?? false }
}

/// What the judge of keys says. Only the shell knows how keys are judged.
public enum RealtimeVerdict: Hashable, Sendable {
    case accepted(RealtimeCaller)
    case refused(RealtimeRefusal)
    /// It cannot be told now: what the judge needs is away.
    case unknown
}

/// Why a key is refused, in Supabase's words where it has them.
public enum RealtimeRefusal: Error, Hashable, Sendable {
    case missing
    case malformed
    case expired
    /// The JWT has no `role` or no `exp`.
    case lacksClaims
    case badSignature
    /// Known, but not entitled to read.
    case forbidden
    /// Too many wrong keys came from there.
    case tooManyFailures
    /// As many connections as there may be.
    case tooManyConnections
    /// It cannot be judged now.
    case unavailable
    /// `vsn` is neither of the two.
    case unknownVersion
    /// A WebSocket was not asked for, or not as RFC 6455 has it.
    case notAWebSocket

    /// The HTTP status at the handshake.
    public var status: Int {
        switch self {
        case .missing, .malformed, .expired, .lacksClaims, .badSignature: 401
        case .forbidden: 403
        case .tooManyFailures, .tooManyConnections: 429
        case .unavailable: 503
        case .unknownVersion: 400
        case .notAWebSocket: 426
        }
    }

    /// For the caller.
    public var text: String {
        switch self {
        case .missing: "API key is missing"
        case .malformed: "The token provided is not a valid JWT"
        case .expired: "Token has expired"
        case .lacksClaims: "Fields `role` and `exp` are required in JWT"
        case .badSignature: "Failed to validate JWT signature"
        case .forbidden: "You do not have permissions to read from this server"
        case .tooManyFailures: "Too many wrong keys"
        case .tooManyConnections: "Too many connected users"
        case .unavailable: "Keys cannot be checked now"
        case .unknownVersion: "Unknown vsn: 1.0.0 and 2.0.0 are spoken"
        case .notAWebSocket: "A WebSocket of version 13 is expected here"
        }
    }

    /// The answer at the handshake: a JSON object.
    public var body: String { JSON.object([JSON.Member("error", .string(text))]).text }

    /// The `reason` in the answer to a join: a code that clients look at, and a text.
    public var joinReason: String {
        switch self {
        case .missing, .malformed, .lacksClaims: "MalformedJWT: \(text)"
        case .expired: "InvalidJWTExpiration: \(text)"
        case .badSignature: "JwtSignatureError: \(text)"
        case .forbidden: "Unauthorized: \(text)"
        case .tooManyFailures: "ClientJoinRateLimitReached: \(text)"
        case .tooManyConnections: "ConnectionRateLimitReached: \(text)"
        case .unavailable, .unknownVersion, .notAWebSocket: "UnableToConnectToProject: \(text)"
        }
    }
}
