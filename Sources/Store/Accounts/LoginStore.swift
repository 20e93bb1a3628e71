import PostgreSQL

/// Storing a login. The database's own function does it, which lets those store one who may not read any.
extension AccountStore {
    /// Another login of the account may be stored between looking for the version and storing: so often it is tried again.
    private static let versionTries = 5

    /// Stores the session in place of the older one, and with it what is known of the account. Throws `invalid` when it is another
    /// user's: positions and access hashes that stand under the name would be taken for that user's.
    ///
    /// - Parameters:
    ///   - phone: the user's number, if it is known.
    ///   - apiID: of the application that logged in; with it an account is made that is not there yet, without it that is `notFound`.
    ///   - nonce: 12 random bytes, never used before.
    public func store(
        session plaintext: [UInt8], of name: String, for purpose: LoginPurpose = .listener, state: AccountState = .active, dcID: Int32?,
        userID: Int64?, phone: String? = nil, apiID: Int32? = nil, nonce: () -> [UInt8]
    ) async throws {
        guard Self.isName(name) else { throw StoreError.invalid(Self.badName(name)) }
        for _ in 0..<Self.versionTries {
            let version = try await version(of: name, for: purpose) + 1
            let sealed = seal.seal(
                plaintext, purpose: "session", owner: purpose.authorisation(of: name), version: version, nonce: nonce())
            let keyID = seal.keyID
            let parameters: [Parameter] = [
                .text(name), .text(purpose.rawValue), .bigint(version), .bytea(sealed), .text(keyID), .int(dcID), .bigint(userID),
                .text(phone.map(Self.masked)), .int(apiID), .text(state.rawValue),
            ]
            let (outcome, owner) = try await connection.run { session in
                let row = try session.query(
                    "SELECT outcome, owner FROM aaltohub.store_login($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", parameters)[0]
                return (row.text(0), row.integerOrNull(1))
            }
            switch outcome {
            case "stored": return
            case "unknown": throw StoreError.notFound("the account \(name)")
            case "other_user":
                throw StoreError.invalid(
                    "\(name) belongs to the Telegram user \(owner ?? 0), this login to \(userID ?? 0): choose another name (--account), "
                        + "and end the new device in an official app")
            default: continue
            }
        }
        throw StoreError.invalid("\(name) is being logged in by several at once: try again")
    }

    /// Stores the session under a nonce that the caller drew.
    public func store(
        session plaintext: [UInt8], of name: String, for purpose: LoginPurpose = .listener, state: AccountState = .active, dcID: Int32?,
        userID: Int64?, phone: String? = nil, nonce: [UInt8]
    ) async throws {
        try await store(
            session: plaintext, of: name, for: purpose, state: state, dcID: dcID, userID: userID, phone: phone, nonce: { nonce })
    }

    private func version(of name: String, for purpose: LoginPurpose) async throws -> Int64 {
        try await connection.run { session in
            let row =
                purpose == .listener
                ? try session.query("SELECT session_version FROM aaltohub.accounts WHERE name = $1", [.text(name)]).first
                : try session.query(
                    "SELECT session_version FROM aaltohub.authorisations WHERE (account, purpose) = ($1, $2)",
                    [.text(name), .text(purpose.rawValue)]
                ).first
            return row?.integer(0) ?? 0
        }
    }

    static func badName(_ name: String) -> String { "\(name) is no account's name: letters, digits, '_', '.', '-', at most 63" }
}

/// What keeps an account's stages from Telegram, or lets them go on. They see it at their next look, and at once when they are told.
extension AccountStore {
    /// Pauses the account, or lets it go on. Returns whether that changed anything; throws `notFound`.
    public static func setPaused(_ isPaused: Bool, of name: String, by actor: String, _ connection: Connection) async throws -> Bool {
        guard isName(name) else { throw StoreError.notFound("the account \(name)") }
        return try await connection.run { session in
            let changed = try session.query(
                """
                UPDATE aaltohub.accounts SET paused_at = CASE WHEN $2 THEN now() END, paused_by = CASE WHEN $2 THEN $3 END
                WHERE name = $1 AND (paused_at IS NOT NULL) <> $2
                """, [.text(name), .bool(isPaused), .text(actor.replacing("\0", with: "\u{FFFD}"))]
            ).changed
            if changed > 0 { return true }
            guard try session.query("SELECT FROM aaltohub.accounts WHERE name = $1", [.text(name)]).count == 1 else {
                throw StoreError.notFound("the account \(name)")
            }
            return false
        }
    }

    /// Whether an operator has paused the account; one that is not there is not.
    public static func isPaused(_ name: String, _ connection: Connection) async throws -> Bool {
        try await connection.run { session in
            try session.query("SELECT paused_at IS NOT NULL FROM aaltohub.accounts WHERE name = $1", [.text(name)]).first?.bool(0) ?? false
        }
    }
}
