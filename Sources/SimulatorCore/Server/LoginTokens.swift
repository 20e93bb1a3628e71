import Primitives

/// Logins by QR code under way: https://core.telegram.org/api/qr-login
struct LoginTokens: Sendable {
    /// How long a token can be scanned.
    static let life = Duration.seconds(30)
    /// How long one that expired is still known as such.
    static let memory = Duration.seconds(300)

    struct Token: Sendable {
        var bytes: [UInt8]
        /// The session that shows it, which is told when it is scanned.
        var session: SessionID
        var expires: UnixTime
        /// Who may not accept it: already known there.
        var except: Set<Int64>
        /// Who scanned it.
        var user: Int64?
    }

    private(set) var list: [Token] = []

    /// The session's token that was scanned, and takes it away.
    mutating func takeAccepted(by session: SessionID, now: UnixTime) -> Token? {
        take(now) { $0.session.authKey == session.authKey }
    }

    /// A new token; the one before stays valid until it expires, as it may just be on its way through a camera.
    mutating func add(_ token: Token) { list.append(token) }

    /// The scanned token of those bytes, and takes it away.
    mutating func takeAccepted(_ bytes: [UInt8], now: UnixTime) -> Token? {
        take(now) { $0.bytes == bytes }
    }

    private mutating func take(_ now: UnixTime, where fits: (Token) -> Bool) -> Token? {
        list.removeAll { $0.expires + LoginTokens.memory <= now }
        guard let at = list.firstIndex(where: { $0.expires > now && $0.user != nil && fits($0) }) else { return nil }
        return list.remove(at: at)
    }

    /// Notes who scanned it; returns the session that shows it.
    mutating func accept(_ bytes: [UInt8], by user: Int64, now: UnixTime) throws(Failure) -> SessionID {
        guard let at = list.firstIndex(where: { $0.bytes == bytes }) else { throw .authTokenInvalid }
        if list[at].expires <= now { throw .authTokenExpired }
        if list[at].user != nil { throw .authTokenAlreadyAccepted }
        if list[at].except.contains(user) { throw .authTokenException }
        list[at].user = user
        return list[at].session
    }
}
