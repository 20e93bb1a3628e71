import Cryptography
import Hummingbird
import Primitives
import ServiceKit
import Store
import SupervisorCore
import Synchronization

/// Who may: joins what callers present with what the table of admins says. No call of it waits for anything: the table and the keys are
/// kept beside, fresh to some seconds, and the last known ones count while the database is away.
final class Access: Sendable {
    /// How often the table of admins is read: after so long at most somebody who was taken out is out.
    private static let interval = Duration.seconds(5)

    private let context: ServiceContext
    private let token: BearerToken
    /// Secrets for tokens; the public keys come beside them.
    private let secrets: [TokenKey]
    let sessions: PageSessions
    private let state: Mutex<State>
    let keySet: KeySet

    private struct State {
        var verifier: TokenVerifier
        var admins = AdminTable()
        var limiter = FailureLimiter()
        var ended = EndedSessions()
    }

    init(_ context: ServiceContext) throws {
        let credentials = context.credentials
        let secret = try credentials.require(.adminToken)
        guard let token = BearerToken(secret.bytes) else {
            throw ServiceError.configuration(
                "credential admin_token is shorter than \(BearerToken.shortest) bytes: make one with `openssl rand -hex 32`")
        }
        var keys: [TokenKey] = []
        var secrets = [secret.bytes]
        for name in [Credentials.Name.adminTokenKey, .supabaseJWTSecret] {
            guard let secret = try credentials.find(name) else { continue }
            guard let key = TokenKey(secret: secret.bytes) else {
                throw ServiceError.configuration(
                    "credential \(name.rawValue) is shorter than \(TokenKey.shortestSecret) bytes: give the project's own, "
                        + "or for admin_token_key make one with `openssl rand -hex 32`")
            }
            keys.append(key)
            secrets.append(secret.bytes)
        }
        let keySet = try KeySet(context)
        self.keySet = keySet
        self.context = context
        self.token = token
        self.secrets = keys
        sessions = PageSessions(secrets: secrets)
        state = Mutex(State(verifier: TokenVerifier(keys + keySet.fromFile)))
    }

    /// Who presents this token, from wherever it was taken: a header, an `apikey`, a message of a websocket.
    ///
    /// - Parameters:
    ///   - peer: the caller's address, by which failures are slowed down.
    ///   - isRealtime: where Supabase's service role needs no row.
    func caller(presenting text: String, from peer: String, isRealtime: Bool = false) throws(AccessRefusal) -> Caller {
        let digest = sha256(Array(text.utf8))
        let now = SystemClock.now
        if let seconds = state.withLock({ $0.limiter.wait(peer, digest: digest, now: now) }) { throw .slowedDown(seconds: seconds) }
        do throws(AccessRefusal) {
            let caller = try caller(text, isRealtime)
            state.withLock { $0.limiter.succeeded(digest: digest) }
            return caller
        } catch {
            if error.isGuess { state.withLock { $0.limiter.failed(peer, now: now) } }
            throw error
        }
    }

    private func caller(_ text: String, _ isRealtime: Bool) throws(AccessRefusal) -> Caller {
        if token.admits("Bearer \(text)") { return Caller(subject: Caller.tokenSubject, role: .admin, means: .adminToken) }
        let verifier = state.withLock { $0.verifier }
        let claims: TokenClaims
        do throws(AccessRefusal) {
            claims = try verifier.verify(text, at: SystemClock.unix)
        } catch {
            if verifier.namesUnknownKey(text) { keySet.wanted() }
            throw error
        }
        guard claims.subject != Caller.tokenSubject else { throw .notAdmitted }
        if isRealtime, let service = Caller(serviceRole: claims) { return service }
        let admitted = try state.withLock { $0.admins }
            .admit(subject: claims.subject, role: claims.role, isAnonymous: claims.isAnonymous)
        return Caller(
            subject: admitted.subject, role: admitted.role, means: .token, expiresAt: claims.expiresAt, everybodys: admitted.everybodys)
    }

    /// Who sends this request, if they may do what `role` may. Counts refusals.
    func admit(_ request: Request, from peer: String, as role: Role) throws(AccessRefusal) -> Caller {
        do throws(AccessRefusal) {
            let caller = try caller(of: request, from: peer)
            guard caller.role >= role else { throw .needs(role) }
            return caller
        } catch {
            refused(error)
            throw error
        }
    }

    /// Counts a refusal, for who calls `caller(presenting:from:)` directly.
    func refused(_ error: AccessRefusal) { context.status.count("http_refused_total", ["reason": error.reason]) }

    private func caller(of request: Request, from peer: String) throws(AccessRefusal) -> Caller {
        let address = address(of: request, peer)
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw .badToken("the form is Authorization: Bearer TOKEN")
            }
            return try caller(presenting: String(parts[1]), from: address)
        }
        guard let session = try session(of: request) else { throw .anonymous }
        if ![.get, .head, .options].contains(request.method) {
            try checkOrigin(request)
            try sessions.check(session, csrf: request.headers[HeaderName(PageSessions.csrfHeader)!])  // a token of RFC 9110
        }
        return try caller(of: session)
    }

    /// The session of a request's cookie; nil when it has none.
    ///
    /// A wrong cookie is not counted against its address: pages that were left open ask on with theirs after the keys have changed.
    func session(of request: Request) throws(AccessRefusal) -> PageSessions.Session? {
        guard let cookie = request.cookies[PageSessions.cookieName]?.value, !cookie.isEmpty else { return nil }
        let session = try sessions.session(cookie, at: SystemClock.unix)
        try state.withLock { $0.ended }.check(session.id)
        return session
    }

    /// Who a session is, by the table as it is now.
    func caller(of session: PageSessions.Session) throws(AccessRefusal) -> Caller {
        if session.isAdminToken {
            return Caller(subject: Caller.tokenSubject, role: .admin, means: .session, expiresAt: session.expiresAt)
        }
        let admitted = try state.withLock { $0.admins }.admit(subject: session.subject, role: session.everybodys)
        return Caller(
            subject: session.subject, role: admitted.role, means: .session, expiresAt: session.expiresAt, everybodys: admitted.everybodys)
    }

    /// Refuses what a page of another site sends. Throws `crossSite`.
    func checkOrigin(_ request: Request) throws(AccessRefusal) {
        try SameOrigin.check(
            origin: request.headers[.origin], fetchSite: request.headers[HeaderName("Sec-Fetch-Site")!],  // a token of RFC 9110
            host: request.head.authority, publicURL: context.configuration.supervisor.publicURL)
    }

    /// Ends a session before its time, and writes it down for the next process; while the database is away, that waits.
    func end(_ session: PageSessions.Session, _ database: Database) async {
        state.withLock { $0.ended.end(session.id, expiresAt: session.expiresAt, now: SystemClock.unix.seconds) }
        do {
            try await saveEnded(database)
        } catch {
            context.logger.warning("a session that was ended is not written down yet: \(DatabaseDoctor.remedy(error))")
        }
    }

    private func saveEnded(_ database: Database) async throws {
        let sessions = state.withLock { $0.ended.toSave }
        guard !sessions.isEmpty else { return }
        try await database.use(.access) { try await SessionStore($0).end(sessions) }
        state.withLock { $0.ended.saved(sessions.keys) }
    }

    /// Brings together what is known here and what the database has of sessions that were ended.
    private func followEnded(_ database: Database) async throws {
        if state.withLock({ $0.ended.wantsReading }) {
            let sessions = try await database.use(.access) { try await SessionStore($0).ended() }
            state.withLock { $0.ended.read(sessions) }
        }
        try await saveEnded(database)
    }

    /// The address by which a caller's failures are counted.
    func address(of request: Request, _ peer: String) -> String {
        guard context.configuration.supervisor.trustForwardedFor,
            let last = request.headers[values: HeaderName("X-Forwarded-For")!].last?.split(separator: ",").last  // likewise
        else { return peer }
        return String(last.filter { $0 != " " })
    }

    /// The seconds that a session may last, and whether its cookie needs TLS.
    var sessionSeconds: Int64 { Int64(context.configuration.supervisor.sessionHours) * 3600 }
    var needsTLS: Bool { context.configuration.supervisor.publicURL.hasPrefix("https://") }

    /// Takes the table over as it is now; after a change that was made here, so that it counts at once.
    func reload(_ database: Database) async throws {
        let reading = state.withLock { $0.admins.begin() }
        let rows = try await database.use(.access) { try await AdminStore($0).list() }
        let admins = Dictionary(rows.compactMap { row in Role(rawValue: row.role).map { (row.subject, $0) } }, uniquingKeysWith: { $1 })
        guard state.withLock({ $0.admins.take(admins, reading: reading) }) else { return }
        context.status.gauge("admins", Double(admins.count))
    }

    /// Keeps the table of admins and the keys fresh until the task is cancelled.
    func run(_ database: Database) async {
        await withTaskGroup { group in
            group.addTask {
                await self.keySet.run { keys in self.state.withLock { $0.verifier = TokenVerifier(self.secrets + keys) } }
            }
            group.addTask { await self.follow(database) }
        }
    }

    private func follow(_ database: Database) async {
        var isAway = false
        while !Task.isCancelled, !context.isStopping {
            do {
                try await reload(database)
                try await followEnded(database)
                if isAway { context.logger.notice("the table of admins is read again") }
                isAway = false
            } catch {
                if !isAway {
                    context.logger.warning("the table of admins cannot be read, the last known one counts: \(DatabaseDoctor.remedy(error))")
                }
                isAway = true
            }
            context.status.fact("database", isAway ? "away" : "ok")
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }
}
