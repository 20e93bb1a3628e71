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
            return try row.flatMap { row in row.byteaOrNull(0).map { ($0, row.integer(1)) } }.map { sealed, version in
                try seal.open(sealed, purpose: "session", owner: purpose.authorisation(of: name), version: version)
            }
        }
    }
}
