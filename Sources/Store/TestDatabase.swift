import Events
import PostgreSQL

/// What tells a database to try things in from one that somebody relies on: nobody is logged in to Telegram there.
public struct TestDatabase: Sendable {
    public let identity: WireDatabaseIdentity
    /// Accounts that this database keeps a login of; a test database has none.
    public let accounts: [String]

    public init(_ connection: Connection) async throws {
        (identity, accounts) = try await connection.run { session in
            (
                try DatabaseIdentity.read(session),
                try session.query("SELECT name FROM aaltohub.accounts ORDER BY name").map { $0.text(0) }
            )
        }
    }
}
