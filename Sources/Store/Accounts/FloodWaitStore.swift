import PostgreSQL
import Primitives

/// Waits that Telegram imposed on an account, shared by its processes and remembered over a restart.
///
/// https://core.telegram.org/api/errors#420-flood
public struct FloodWaitStore: Sendable {
    private let connection: Connection
    private let account: String

    /// A method, or what it does to one chat, that may not be called before then.
    public struct Wait: Sendable, Hashable {
        public var method: String
        /// `channel:1` and the like; empty for the whole method.
        public var peer: String
        /// Seconds that the server said.
        public var seconds: Int32
        public var until: UnixTime

        public init(method: String, peer: String = "", seconds: Int32, until: UnixTime) {
            self.method = method
            self.peer = peer
            self.seconds = seconds
            self.until = until
        }
    }

    public init(_ connection: Connection, account: String) {
        self.connection = connection
        self.account = account
    }

    /// What may not be called yet, by method and chat.
    public func load(now: UnixTime) async throws -> [Wait] { try await FloodWaitStore.load(connection, account, now).map(\.wait) }

    /// The same of every account.
    public static func all(_ connection: Connection, now: UnixTime) async throws -> [(account: String, wait: Wait)] {
        try await load(connection, nil, now)
    }

    private static func load(_ connection: Connection, _ account: String?, _ now: UnixTime) async throws -> [(account: String, wait: Wait)]
    {
        try await connection.run { session in
            try session.query(
                """
                SELECT account, method, peer, seconds, until FROM aaltohub.flood_waits
                WHERE coalesce(account = $1, true) AND until > $2 ORDER BY account, method, peer
                """, [.text(account), .timestamptz(now)]
            ).map { row in
                (
                    row.text(0),
                    Wait(method: row.text(1), peer: row.text(2), seconds: Int32(clamping: row.integer(3)), until: row.timestamptz(4))
                )
            }
        }
    }

    /// Stores the wait; one that ends earlier does not shorten what is stored.
    public func save(_ wait: Wait) async throws {
        let account = account
        try await connection.run { session in
            _ = try session.query(
                """
                INSERT INTO aaltohub.flood_waits AS w (account, method, peer, seconds, until) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (account, method, peer) DO UPDATE SET seconds = excluded.seconds, until = excluded.until, seen_at = now()
                WHERE w.until < excluded.until
                """,
                [.text(account), .text(wait.method), .text(wait.peer), .int(wait.seconds), .timestamptz(wait.until)])
        }
    }
}
