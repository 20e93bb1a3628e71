import PostgreSQL

/// The login of a process beside the listener: a key and a device of its own for the same account.
extension AccountStore {
    /// The opened session of that login; nil when the account has none. Throws `sealBroken` under another master key.
    public func session(of name: String, for purpose: LoginPurpose) async throws -> [UInt8]? {
        if purpose == .listener { return try await session(of: name) }
        let seal = seal
        return try await connection.run { session in
            let row = try session.query(
                "SELECT sealed_session, session_version FROM aaltohub.authorisations WHERE (account, purpose) = ($1, $2)",
                [.text(name), .text(purpose.rawValue)]
            ).first
            return try row.flatMap { row in try row.byteaOrNull(0).map { ($0, row.integer(1)) } }.map { sealed, version in
                try seal.open(sealed, purpose: "session", owner: purpose.authorisation(of: name), version: version)
            }
        }
    }

    /// Stores the session in place of the older one. The account must be there.
    ///
    /// - Parameter nonce: 12 random bytes, never used before.
    public func store(
        session plaintext: [UInt8], of name: String, for purpose: LoginPurpose, dcID: Int32?, userID: Int64?, nonce: [UInt8]
    ) async throws {
        if purpose == .listener { return try await store(session: plaintext, of: name, dcID: dcID, userID: userID, nonce: nonce) }
        let seal = seal
        try await connection.run { session in
            try session.transaction {
                // Locks the account's row, so that versions are counted one after the other.
                guard try session.query("SELECT 1 FROM aaltohub.accounts WHERE name = $1 FOR UPDATE", [.text(name)]).count == 1 else {
                    throw StoreError.notFound("the account \(name)")
                }
                let version =
                    try session.query(
                        "SELECT session_version FROM aaltohub.authorisations WHERE (account, purpose) = ($1, $2)",
                        [.text(name), .text(purpose.rawValue)]
                    ).first.map { $0.integer(0) + 1 } ?? 1
                let sealed = seal.seal(
                    plaintext, purpose: "session", owner: purpose.authorisation(of: name), version: version, nonce: nonce)
                try session.query(
                    """
                    INSERT INTO aaltohub.authorisations (account, purpose, dc_id, user_id, sealed_session, key_id, session_version)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)
                    ON CONFLICT (account, purpose) DO UPDATE SET dc_id = excluded.dc_id, user_id = excluded.user_id,
                        sealed_session = excluded.sealed_session, key_id = excluded.key_id, session_version = excluded.session_version,
                        updated_at = now()
                    """,
                    [
                        .text(name), .text(purpose.rawValue), .int(dcID), .bigint(userID), .bytea(sealed), .text(seal.keyID),
                        .bigint(version),
                    ])
            }
        }
    }
}
