import PostgreSQL
import Primitives

/// A Telegram account as everybody may see it.
public struct AccountRecord: Sendable, Equatable {
    public var name: String
    /// All but the first and last two digits hidden.
    public var phoneMasked: String?
    public var apiID: Int64?
    public var dcID: Int64?
    public var userID: Int64?
    public var state: AccountState
    /// The error that led to the state, by Telegram's name.
    public var stateReason: String?
    public var hasSession: Bool
    /// Whether backfill has a login of its own.
    public var hasBackfillSession: Bool
    public var keyID: String?
    public var updatedAt: UnixTime
    /// Since when its stages leave Telegram alone.
    public var pausedAt: UnixTime?
    public var pausedBy: String?

    public var json: JSON {
        [
            "name": .string(name), "phone": JSON(phoneMasked), "api_id": JSON(apiID), "dc_id": JSON(dcID), "user_id": JSON(userID),
            "state": .string(state.rawValue), "state_reason": JSON(stateReason), "has_session": .bool(hasSession),
            "has_backfill_session": .bool(hasBackfillSession), "updated_at": JSON(updatedAt as UnixTime?),
            "paused": .bool(pausedAt != nil), "paused_at": JSON(pausedAt), "paused_by": JSON(pausedBy),
        ]
    }
}

public enum AccountState: String, Sendable {
    case new
    /// A code was asked for; `login` may go on with it.
    case codeSent = "code_sent"
    /// The code was right, the 2FA password is missing.
    case passwordNeeded = "password_needed"
    case active
    /// Telegram no longer accepts the session: somebody ended it.
    case revoked
    /// The account may only read until its owner appeals.
    case frozen
    /// Telegram has banned or deleted the account.
    case banned
    /// Two programs used one key at once; it is destroyed.
    case duplicated
}

/// What a login is for. Each process has its own, since one key bears one user.
public enum LoginPurpose: String, Sendable, CaseIterable {
    case listener, backfill

    /// Names the login in tables and seals: `main`, `main/backfill`.
    public func authorisation(of account: String) -> String { self == .listener ? account : "\(account)/\(rawValue)" }
}

/// Accounts and their sealed sessions. The plaintext of a session is the client's own affair.
public struct AccountStore: Sendable {
    let connection: Connection
    let seal: Seal

    public init(_ connection: Connection, masterKey: [UInt8]) {
        self.connection = connection
        seal = Seal(masterKey: masterKey)
    }

    /// Every account, by name. Needs no master key and reads nothing sealed.
    public static func list(_ connection: Connection) async throws -> [AccountRecord] {
        try await connection.run { session in
            try session.query(
                """
                SELECT name, phone_masked, api_id, dc_id, user_id, state, session_version > 0 AND key_id IS NOT NULL, key_id, updated_at,
                    state_reason, EXISTS (SELECT FROM aaltohub.authorisations b WHERE b.account = a.name AND b.key_id IS NOT NULL),
                    paused_at, paused_by
                FROM aaltohub.accounts a ORDER BY name
                """
            ).map { row in
                AccountRecord(
                    name: row.text(0), phoneMasked: row.textOrNull(1), apiID: row.integerOrNull(2), dcID: row.integerOrNull(3),
                    userID: row.integerOrNull(4),
                    // The table's CHECK lets nothing else in.
                    state: AccountState(rawValue: row.text(5)) ?? .new, stateReason: row.textOrNull(9), hasSession: row.bool(6),
                    hasBackfillSession: row.bool(10), keyID: row.textOrNull(7), updatedAt: row.timestamptz(8),
                    pausedAt: row.timestamptzOrNull(11), pausedBy: row.textOrNull(12))
            }
        }
    }

    /// The opened session of the account; nil when it has none. Throws `notFound`, or `sealBroken` under another master key.
    public func session(of name: String) async throws -> [UInt8]? {
        let row = try await sealed("sealed_session", of: name)
        return try row.sealed.map { try seal.open($0, purpose: "session", owner: name, version: row.version) }
    }

    /// Stores newer salts with the session, unless it was sealed under another key, replaced or given up meanwhile. Returns whether it did.
    ///
    /// - Parameter isSame: says of the stored session whether it is still the one that is renewed.
    @discardableResult
    public func renew(
        session plaintext: [UInt8], of name: String, nonce: [UInt8], if isSame: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> Bool {
        let seal = seal
        return try await connection.run { session in
            try session.transaction {
                let row = try session.query(
                    "SELECT sealed_session, session_version FROM aaltohub.accounts WHERE name = $1 AND key_id = $2 FOR UPDATE",
                    [.text(name), .text(seal.keyID)]
                ).first
                guard let row, let stored = row.byteaOrNull(0) else { return false }
                guard isSame(try seal.open(stored, purpose: "session", owner: name, version: row.integer(1))) else { return false }
                let version = row.integer(1) + 1
                let sealed = seal.seal(plaintext, purpose: "session", owner: name, version: version, nonce: nonce)
                try session.query(
                    "UPDATE aaltohub.accounts SET sealed_session = $2, session_version = $3 WHERE name = $1",
                    [.text(name), .bytea(sealed), .bigint(version)])
                return true
            }
        }
    }

    /// Gives a session up after its logout: nothing is left of it but its version.
    public func forgetSession(of name: String, for purpose: LoginPurpose = .listener) async throws {
        try await connection.run { session in
            let done =
                purpose == .listener
                ? try session.query(
                    """
                    UPDATE aaltohub.accounts SET sealed_session = NULL, sealed_login = NULL, key_id = NULL, state = 'revoked',
                        state_reason = 'logged out here', updated_at = now() WHERE name = $1
                    """, [.text(name)])
                : try session.query(
                    """
                    UPDATE aaltohub.authorisations SET sealed_session = NULL, key_id = NULL, updated_at = now()
                    WHERE (account, purpose) = ($1, $2)
                    """, [.text(name), .text(purpose.rawValue)])
            if done.changed == 0 { throw StoreError.notFound("the account \(name)") }
        }
    }

    /// What a login that stopped half-way needs to go on; nil when none did.
    public func pendingLogin(of name: String) async throws -> [UInt8]? {
        guard let row = try await find("sealed_login", of: name) else { return nil }
        // A login is begun anew at any time, so its version is always 0.
        return try row.sealed.map { try seal.open($0, purpose: "login", owner: name, version: 0) }
    }

    /// Keeps, or with nil forgets, a login that stopped half-way. An account whose session works stays active meanwhile.
    public func store(pendingLogin plaintext: [UInt8]?, of name: String, state: AccountState, nonce: [UInt8]) async throws {
        let sealed = plaintext.map { seal.seal($0, purpose: "login", owner: name, version: 0, nonce: nonce) }
        try await connection.run { session in
            let done = try session.query(
                """
                UPDATE aaltohub.accounts SET sealed_login = $2, updated_at = now(),
                    state = CASE WHEN state = 'active' AND sealed_session IS NOT NULL THEN state ELSE $3 END WHERE name = $1
                """,
                [.text(name), .bytea(sealed), .text(state.rawValue)])
            if done.changed == 0 { throw StoreError.notFound("the account \(name)") }
        }
    }

    /// Makes the account's row, or changes what an operator may change of it. The number of an account whose user is known changes with
    /// a session of that user alone.
    public func register(_ name: String, phone: String?, apiID: Int32?) async throws {
        guard Self.isName(name) else {
            throw StoreError.invalid(Self.badName(name))
        }
        try await connection.run { session in
            _ = try session.query(
                """
                INSERT INTO aaltohub.accounts AS a (name, phone_masked, api_id) VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET
                    phone_masked = CASE WHEN a.user_id IS NULL THEN coalesce(excluded.phone_masked, a.phone_masked) ELSE a.phone_masked END,
                    api_id = coalesce(excluded.api_id, a.api_id), updated_at = now()
                """, [.text(name), .text(phone.map(Self.masked)), .int(apiID)])
        }
    }

    /// Says that Telegram no longer accepts the session, and why, or that it accepts it again.
    public func set(state: AccountState, of name: String, reason: String? = nil) async throws {
        try await connection.run { session in
            _ = try session.query(
                """
                UPDATE aaltohub.accounts SET state = $2, state_reason = $3, updated_at = now()
                WHERE name = $1 AND (state, state_reason) IS DISTINCT FROM ($2, $3)
                """, [.text(name), .text(state.rawValue), .text(reason?.replacing("\0", with: "\u{FFFD}"))])
        }
    }

    /// The account's state and what led to it.
    public func state(of name: String) async throws -> (state: AccountState, reason: String?) {
        try await connection.run { session in
            guard
                let row = try session.query("SELECT state, state_reason FROM aaltohub.accounts WHERE name = $1", [.text(name)]).first
            else { throw StoreError.notFound("the account \(name)") }
            // The table's CHECK lets nothing else in.
            return (AccountState(rawValue: row.text(0)) ?? .new, row.textOrNull(1))
        }
    }

    /// `+358401234567` as `+35*******67`.
    static func masked(_ phone: String) -> String {
        let digits = phone.filter(\.isNumber)
        guard digits.count > 4 else { return String(repeating: "*", count: digits.count) }
        return "+" + digits.prefix(2) + String(repeating: "*", count: digits.count - 4) + digits.suffix(2)
    }

    static func isName(_ name: String) -> Bool {
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ c: UInt8) -> Bool { (48...57).contains(c) || (65...90).contains(c & 0xDF) }

    private func sealed(_ column: String, of name: String) async throws -> (sealed: [UInt8]?, version: Int64) {
        guard let row = try await find(column, of: name) else { throw StoreError.notFound("the account \(name)") }
        return row
    }

    private func find(_ column: String, of name: String) async throws -> (sealed: [UInt8]?, version: Int64)? {
        try await connection.run { session in
            try session.query("SELECT \(column), session_version FROM aaltohub.accounts WHERE name = $1", [.text(name)]).first
                .map { ($0.byteaOrNull(0), $0.integer(1)) }
        }
    }
}
