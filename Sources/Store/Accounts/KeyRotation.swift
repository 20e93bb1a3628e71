import PostgreSQL

/// A new master key for everything that is sealed in the database: all of it or nothing, in one transaction.
extension AccountStore {
    /// What was sealed anew.
    public struct Rotation: Sendable, Equatable {
        public var sessions = 0
        public var pendingLogins = 0
        public var quarantined = 0
        /// Quarantined bytes under a key older than ours: they stay as they are and open with that key alone.
        public var left = 0
        public init() {}
    }

    /// Opens every sealed value under this store's key and seals it under `newKey`. Running processes keep their sessions in memory.
    ///
    /// - Parameter nonce: 12 random bytes at each call, never used before.
    /// - Throws: `sealBroken` when a session does not open; then nothing has changed and the old key still counts.
    public func rotate(to newKey: [UInt8], nonce: @escaping @Sendable () -> [UInt8]) async throws -> Rotation {
        let old = seal
        let new = Seal(masterKey: newKey)
        if old.keyID == new.keyID { throw StoreError.invalid("the new master key is the present one") }
        return try await connection.run { session in
            try session.transaction {
                var done = Rotation()
                try Self.accounts(session, old, new, nonce, &done)
                try Self.authorisations(session, old, new, nonce, &done)
                try Self.quarantine(session, old, new, nonce, &done)
                return done
            }
        }
    }

    private static func accounts(
        _ session: Session, _ old: Seal, _ new: Seal, _ nonce: () -> [UInt8], _ done: inout Rotation
    ) throws {
        let rows = try session.query(
            "SELECT name, session_version, sealed_session, sealed_login FROM aaltohub.accounts ORDER BY name FOR UPDATE"
        ).map { $0 }
        for row in rows {
            let (name, version) = (row.text(0), row.integer(1))
            if let sealed = row.byteaOrNull(2) {
                let plain = try old.open(sealed, purpose: "session", owner: name, version: version)
                try session.query(
                    "UPDATE aaltohub.accounts SET sealed_session = $2, key_id = $3 WHERE name = $1",
                    [
                        .text(name), .bytea(new.seal(plain, purpose: "session", owner: name, version: version, nonce: nonce())),
                        .text(new.keyID),
                    ])
                done.sessions += 1
            }
            if let sealed = row.byteaOrNull(3) {
                let plain = try old.open(sealed, purpose: "login", owner: name, version: 0)
                try session.query(
                    "UPDATE aaltohub.accounts SET sealed_login = $2 WHERE name = $1",
                    [.text(name), .bytea(new.seal(plain, purpose: "login", owner: name, version: 0, nonce: nonce()))])
                done.pendingLogins += 1
            }
        }
    }

    private static func authorisations(
        _ session: Session, _ old: Seal, _ new: Seal, _ nonce: () -> [UInt8], _ done: inout Rotation
    ) throws {
        let rows = try session.query(
            """
            SELECT account, purpose, session_version, sealed_session FROM aaltohub.authorisations WHERE sealed_session IS NOT NULL
            ORDER BY account, purpose FOR UPDATE
            """
        ).map { $0 }
        for row in rows {
            let owner = "\(row.text(0))/\(row.text(1))"
            let plain = try old.open(row.bytea(3), purpose: "session", owner: owner, version: row.integer(2))
            let sealed = new.seal(plain, purpose: "session", owner: owner, version: row.integer(2), nonce: nonce())
            try session.query(
                "UPDATE aaltohub.authorisations SET sealed_session = $3, key_id = $4 WHERE (account, purpose) = ($1, $2)",
                [.text(row.text(0)), .text(row.text(1)), .bytea(sealed), .text(new.keyID)])
            done.sessions += 1
        }
    }

    private static func quarantine(
        _ session: Session, _ old: Seal, _ new: Seal, _ nonce: () -> [UInt8], _ done: inout Rotation
    ) throws {
        // One at a time: all of them together may be larger than the memory.
        let rows = try session.query("SELECT id, account, key_id = $1 FROM aaltohub.quarantine ORDER BY id", [.text(old.keyID)])
            .map { (id: $0.integer(0), account: $0.text(1), isOurs: $0.bool(2)) }
        for row in rows {
            guard row.isOurs else {
                done.left += 1
                continue
            }
            let sealed = try session.query("SELECT bytes FROM aaltohub.quarantine WHERE id = $1 FOR UPDATE", [.bigint(row.id)])[0].bytea(0)
            let plain = try old.open(sealed, purpose: "quarantine", owner: row.account, version: 0)
            try session.query(
                "UPDATE aaltohub.quarantine SET bytes = $2, key_id = $3 WHERE id = $1",
                [
                    .bigint(row.id), .bytea(new.seal(plain, purpose: "quarantine", owner: row.account, version: 0, nonce: nonce())),
                    .text(new.keyID),
                ])
            done.quarantined += 1
        }
    }
}
