import PostgreSQL
import Primitives

/// What the server last told of itself (help.getConfig), so that a start knows its addresses without asking.
public struct TelegramConfigStore: Sendable {
    private let connection: Connection
    private let account: String

    public init(_ connection: Connection, account: String) {
        self.connection = connection
        self.account = account
    }

    /// The stored config as JSON text, and when it should be asked for again.
    public func load() async throws -> (config: String, expires: UnixTime)? {
        let account = account
        return try await connection.run { session in
            try session.query("SELECT config::text, expires_at FROM aaltohub.telegram_configs WHERE account = $1", [.text(account)]).first
                .map { ($0.text(0), $0.timestamptz(1)) }
        }
    }

    public func save(_ config: String, expires: UnixTime) async throws {
        let account = account
        try await connection.run { session in
            _ = try session.query(
                """
                INSERT INTO aaltohub.telegram_configs (account, config, expires_at) VALUES ($1, $2, $3)
                ON CONFLICT (account) DO UPDATE SET config = excluded.config, expires_at = excluded.expires_at, updated_at = now()
                """, [.text(account), .jsonb(config), .timestamptz(expires)])
        }
    }
}
