import Primitives

/// One session of one authorisation key.
public struct SessionID: Hashable, Sendable {
    /// `auth_key_id`
    public var authKey: Int64
    public var session: Int64

    public init(authKey: Int64, session: Int64) {
        self.authKey = authKey
        self.session = session
    }
}

/// What the server remembers of an authorisation key.
struct Authorisation: Sendable {
    /// Whom it is logged in as.
    var user: Int64?
    /// Who has given the right code but not yet the password.
    var awaitingPassword: Int64?
    /// The layer that the client declared last, capped by the server's own.
    var layer: Int32
    /// The code that was sent, by phone.
    var sentCodes: [String: SentCode] = [:]
    var srp: SRPChallenge?

    struct SentCode: Sendable {
        var hash: String
        var code: String
    }
}

/// What the server remembers of a session while it is connected.
struct Session: Sendable {
    /// Told so by `invokeWithoutUpdates`.
    var refusesUpdates = false
    var isConnected = true
    /// Updates go to sessions that have called something besides file transfer, as Telegram's do.
    var isActive = false
    /// Orders the sessions of one authorisation: updates go to the one that was active last.
    var lastActive = 0
}

/// Who makes a call, and when.
struct Caller {
    var session: SessionID
    /// 0 before login.
    var user: Int64
    var now: UnixTime
    /// Fresh random bytes for whatever the call needs.
    var entropy: [UInt8]
}
