import PostgreSQL
import Primitives

/// Who did what: the rows of `audit_log`, to which is only ever added.
public struct AuditStore: Sendable {
    private static let reasonCharacters = 500

    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    public struct Entry: Sendable, Hashable {
        public var at: UnixTime
        public var actor: String
        /// admin_token, token, session or ctl.
        public var means: String
        public var action: String
        public var target: String
        /// An object without secrets and without anybody's words.
        public var details: JSON
        /// done, refused or failed.
        public var outcome: String
        public var reason: String?

        public init(
            at: UnixTime, actor: String, means: String, action: String, target: String, details: JSON = .object([]), outcome: String,
            reason: String? = nil
        ) {
            self.at = at
            self.actor = actor
            self.means = means
            self.action = action
            self.target = target
            self.details = details
            self.outcome = outcome
            self.reason = reason
        }

        public var json: JSON {
            [
                "at": JSON(at as UnixTime?), "actor": .string(actor), "means": .string(means), "action": .string(action),
                "target": .string(target), "details": details, "outcome": .string(outcome), "reason": JSON(reason),
            ]
        }
    }

    /// Writes the entries down in their order.
    public func add(_ entries: [Entry]) async throws {
        guard !entries.isEmpty else { return }
        @Sendable func plain(_ text: String) -> String { text.replacing("\0", with: "\u{FFFD}") }
        try await connection.run { session in
            _ = try session.query(
                """
                INSERT INTO aaltohub.audit_log (at, actor, means, action, target, details, outcome, reason)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                [
                    .timestamptzs(entries.map(\.at)), .texts(entries.map { plain($0.actor) }), .texts(entries.map(\.means)),
                    .texts(entries.map(\.action)), .texts(entries.map { plain($0.target) }),
                    .jsonbs(entries.map { $0.details.text.replacing("\\u0000", with: "\\ufffd") }), .texts(entries.map(\.outcome)),
                    .texts(entries.map { $0.reason.map { plain(String($0.prefix(Self.reasonCharacters))) } }),
                ])
        }
    }

    /// The newest first, as a JSON array of the table's columns.
    ///
    /// - Parameter before: only entries with a smaller id.
    public func list(before: Int64? = nil, limit: Int32) async throws -> String {
        try await connection.run { session in
            try session.query(
                """
                SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.id DESC), '[]')
                FROM (SELECT * FROM aaltohub.audit_log WHERE coalesce(id < $1, true) ORDER BY id DESC LIMIT $2) a
                """, [.bigint(before), .int(limit)])[0].text(0)
        }
    }
}
