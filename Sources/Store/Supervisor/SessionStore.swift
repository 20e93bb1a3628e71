import PostgreSQL
import Primitives

/// Pages' sessions that were ended before their time: the rows of `ended_sessions`, each kept until it would have ended by itself.
public struct SessionStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Writes down that these were ended, and forgets those that are over anyway.
    ///
    /// - Parameter sessions: ids, with the seconds since 1970 until which each would have lasted.
    public func end(_ sessions: [String: Int64]) async throws {
        let rows = sessions.sorted { $0.key < $1.key }
        try await connection.run { session in
            try session.transaction {
                try session.query("DELETE FROM aaltohub.ended_sessions WHERE expires_at < now()")
                _ = try session.query(
                    "INSERT INTO aaltohub.ended_sessions (id, expires_at) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING",
                    [.texts(rows.map(\.key)), .timestamptzs(rows.map { UnixTime(seconds: $0.value) })])
            }
        }
    }

    /// Those that would last still, as `end` takes them.
    public func ended() async throws -> [String: Int64] {
        try await connection.run { session in
            let rows = try session.query("SELECT id, expires_at FROM aaltohub.ended_sessions WHERE expires_at >= now()")
            return Dictionary(rows.map { ($0.text(0), $0.timestamptz(1).seconds) }, uniquingKeysWith: max)
        }
    }
}
