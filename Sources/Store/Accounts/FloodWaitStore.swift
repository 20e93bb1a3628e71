import PostgreSQL
import Primitives

/// Waits that Telegram imposed, remembered over a restart. https://core.telegram.org/api/errors#420-flood
public struct FloodWaitStore: Sendable {
    private let connection: Connection
    private let account: String

    public init(_ connection: Connection, account: String) {
        self.connection = connection
        self.account = account
    }

    /// The methods that may not be called yet, and until when.
    public func load(now: UnixTime) async throws -> [(method: String, until: UnixTime)] {
        let account = account
        return try await connection.run { session in
            try session.query(
                "SELECT method, until FROM aaltohub.flood_waits WHERE account = $1 AND until > $2 ORDER BY method",
                [.text(account), .timestamptz(now)]
            ).map { ($0.text(0), $0.timestamptz(1)) }
        }
    }

    public func save(method: String, seconds: Int32, until: UnixTime) async throws {
        let account = account
        try await connection.run { session in
            _ = try session.query(
                """
                INSERT INTO aaltohub.flood_waits (account, method, seconds, until) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account, method) DO UPDATE SET seconds = excluded.seconds, until = excluded.until, seen_at = now()
                """, [.text(account), .text(method), .int(seconds), .timestamptz(until)])
        }
    }
}
