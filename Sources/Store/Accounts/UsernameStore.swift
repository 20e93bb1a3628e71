import PostgreSQL
import Primitives

/// User names of an authorisation, resolved once for ever: across restarts and processes, the server is asked once.
///
/// contacts.resolveUsername is the scarcest call there is: some 200 a day before waits of a day.
public struct UsernameStore: Sendable {
    private let connection: Connection
    private let authorisation: String
    private let renewal: Duration
    /// The process and a number of its own: a later one of the same name is another.
    private let claimant: String

    /// Calls that all processes of an account may make in a day; Telegram is said to bear about 200.
    static let callsPerDay: Int64 = 150
    /// Seconds that a claim lasts unless it is renewed; a killed process blocks the name no longer than this.
    public static let claimSeconds: Int32 = 60
    /// How often a claim is renewed while its process asks, which may take long where waits are slept through.
    public static let renewal = Duration.seconds(20)
    /// Hours before a name that nobody had is asked for again.
    static let absentHours: Int32 = 24
    /// How often another process's question is looked after.
    private static let glance = Duration.milliseconds(200)

    /// Who answers to a name.
    public struct Owner: Sendable, Hashable {
        public var type: EntityType
        /// Bare positive id.
        public var id: Int64
        public var title: String?

        public init(type: EntityType, id: Int64, title: String?) {
            self.type = type
            self.id = id
            self.title = title
        }
    }

    public enum Lookup: Sendable, Equatable {
        case found(Owner)
        /// Nobody had the name, not long ago.
        case absent
        /// Ask the server now, then call `resolved` or `release`: no other process asks meanwhile.
        case claimed
        /// Another process asks.
        case busy
        /// The account has asked as often today as it may.
        case spent
    }

    /// - Parameters:
    ///   - authorisation: whose access hashes come with the answers; its part before `/` is the account.
    ///   - process: who asks, for people who look at the table.
    ///   - renewal: how often a claim is renewed.
    public init(_ connection: Connection, authorisation: String, process: String, renewal: Duration = UsernameStore.renewal) {
        self.renewal = renewal
        self.connection = connection
        self.authorisation = authorisation
        var random = SystemRandomNumberGenerator()
        claimant = "\(process) \(hex(random.bytes(4)))"
    }

    /// The owner of the name, from the table if it is there, else by `ask`, which is called by one process at a time.
    ///
    /// - Parameters:
    ///   - needsHash: an owner whose access hash this authorisation lacks, or that the server refused, is asked for anew.
    ///   - ask: the call; nil when nobody has the name. The entity that it returns is stored with the owner.
    /// - Throws: what `ask` throws; `StoreError.invalid` when the day's calls are used up or another process does not finish.
    public func resolve(
        _ name: String, needsHash: Bool = false, patience: Duration = .seconds(Int64(UsernameStore.claimSeconds)),
        ask: (String) async throws -> (owner: Owner, accessHash: Int64?)?
    ) async throws -> Owner? {
        let name = UsernameStore.normalised(name)
        let deadline = ContinuousClock.now + patience
        while true {
            switch try await look(up: name, needsHash: needsHash) {
            case .found(let owner): return owner
            case .absent: return nil
            case .spent:
                throw StoreError.invalid(
                    "\(authorisation) has resolved \(UsernameStore.callsPerDay) user names within a day, which is what Telegram bears: "
                        + "try @\(name) again tomorrow, or use its id")
            case .busy:
                if ContinuousClock.now >= deadline { throw StoreError.invalid("another process asks for @\(name) and does not finish") }
                try await Task.sleep(for: UsernameStore.glance)
            case .claimed:
                let renewing = Task { [self] in await renew(name) }
                defer { renewing.cancel() }
                do {
                    let answer = try await ask(name)
                    if let answer {
                        try await EntityStore(connection, authorisation: authorisation).save([
                            Entity(type: answer.owner.type, id: answer.owner.id, accessHash: answer.accessHash, username: name)
                        ])
                    }
                    try await resolved(name, answer?.owner)
                    return answer?.owner
                } catch {
                    try await release(name)
                    throw error
                }
            }
        }
    }

    /// What is known of the name; takes the right to ask for it when nothing is.
    public func look(up name: String, needsHash: Bool = false) async throws -> Lookup {
        let (name, authorisation, claimant) = (UsernameStore.normalised(name), authorisation, claimant)
        return try await connection.run { session in
            try session.transaction {
                try Self.lock(name, session)
                if let owner = try Self.owner(of: name, session, authorisation, needsHash: needsHash) { return .found(owner) }
                let state = try session.query(
                    """
                    SELECT telegram_id IS NULL AND resolved_at > now() - $3 * interval '1 hour', coalesce(claimed_until > now(), false)
                    FROM aaltohub.usernames WHERE (authorisation, name) = ($1, $2)
                    """, [.text(authorisation), .text(name), .int(Self.absentHours)]
                ).first
                if state?.boolOrNull(0) == true { return .absent }
                if state?.bool(1) == true { return .busy }
                let account = authorisation.split(separator: "/").first.map(String.init) ?? authorisation
                // A name may be asked for more than once: nobody had it, it was refused, the answer got lost.
                let asked = try session.query(
                    """
                    SELECT count(*) FROM aaltohub.usernames, unnest(calls) AS call
                    WHERE split_part(authorisation, '/', 1) = $1 AND call > now() - interval '1 day'
                    """, [.text(account)])[0].integer(0)
                if asked >= Self.callsPerDay { return .spent }
                try session.query(
                    """
                    INSERT INTO aaltohub.usernames AS u (authorisation, name, asked_at, calls, claimed_by, claimed_until)
                    VALUES ($1, $2, now(), ARRAY[now()], $3, now() + $4 * interval '1 second')
                    ON CONFLICT (authorisation, name) DO UPDATE SET asked_at = excluded.asked_at, claimed_by = excluded.claimed_by,
                        claimed_until = excluded.claimed_until,
                        calls = ARRAY(SELECT call FROM unnest(u.calls) AS call WHERE call > now() - interval '1 day') || excluded.calls
                    """, [.text(authorisation), .text(name), .text(claimant), .int(Self.claimSeconds)])
                return .claimed
            }
        }
    }

    /// The server's answer; nil: nobody has the name.
    public func resolved(_ name: String, _ owner: Owner?) async throws {
        let (name, authorisation) = (UsernameStore.normalised(name), authorisation)
        try await connection.run { session in
            try session.transaction {
                // Not within another's look-up, which would find no owner, and then no claim.
                try Self.lock(name, session)
                try session.query(
                    """
                    INSERT INTO aaltohub.usernames AS u (authorisation, name, entity_type, telegram_id, title, asked_at, resolved_at)
                    VALUES ($1, $2, $3, $4, $5, now(), now())
                    ON CONFLICT (authorisation, name) DO UPDATE SET entity_type = excluded.entity_type, telegram_id = excluded.telegram_id,
                        title = excluded.title, resolved_at = now(), claimed_by = NULL, claimed_until = NULL
                    """,
                    [.text(authorisation), .text(name), .text(owner?.type.rawValue), .bigint(owner?.id), .text(owner?.title)])
            }
        }
    }

    /// Holds the claim until it is cancelled. A renewal that fails is tried again: the claim outlives one.
    private func renew(_ name: String) async {
        let (authorisation, claimant) = (authorisation, claimant)
        while true {
            do { try await Task.sleep(for: renewal) } catch { return }
            _ = try? await connection.run { session in
                _ = try session.query(
                    """
                    UPDATE aaltohub.usernames SET claimed_until = now() + $4 * interval '1 second'
                    WHERE (authorisation, name, claimed_by) = ($1, $2, $3)
                    """, [.text(authorisation), .text(name), .text(claimant), .int(Self.claimSeconds)])
            }
        }
    }

    /// The question failed: another process may ask.
    public func release(_ name: String) async throws {
        let (name, authorisation, claimant) = (UsernameStore.normalised(name), authorisation, claimant)
        try await connection.run { session in
            _ = try session.query(
                """
                UPDATE aaltohub.usernames SET claimed_by = NULL, claimed_until = NULL
                WHERE (authorisation, name, claimed_by) = ($1, $2, $3)
                """, [.text(authorisation), .text(name), .text(claimant)])
        }
    }

    /// Whoever looks the name up or enters its owner is alone until the end of the transaction.
    private static func lock(_ name: String, _ session: Session) throws {
        try session.query("SELECT pg_advisory_xact_lock(hashtextextended('aaltohub.usernames ' || $1, 0))", [.text(name)])
    }

    /// `@Name` as it is kept: `name`.
    static func normalised(_ name: String) -> String { String(name.drop { $0 == "@" }).lowercased() }

    /// This authorisation's own answer first. An id is the same for everybody, so another's answer does where no hash is needed.
    private static func owner(of name: String, _ session: Session, _ authorisation: String, needsHash: Bool) throws -> Owner? {
        try session.query(
            """
            SELECT u.entity_type, u.telegram_id, u.title FROM aaltohub.usernames u
            WHERE u.name = $2 AND u.telegram_id IS NOT NULL AND (NOT $3 OR u.entity_type = 'group' OR EXISTS (
                SELECT FROM public.entity_cache c WHERE c.authorisation = $1 AND c.entity_type = u.entity_type
                    AND c.telegram_id = u.telegram_id AND c.access_hash IS NOT NULL AND c.refused_at IS NULL))
            ORDER BY u.authorisation <> $1, u.resolved_at DESC LIMIT 1
            """, [.text(authorisation), .text(name), .bool(needsHash)]
        ).first.flatMap { row in
            EntityType(rawValue: row.text(0)).map { Owner(type: $0, id: row.integer(1), title: row.textOrNull(2)) }
        }
    }
}
