import PostgreSQL
import Primitives
import WriterCore

/// What could not be stored, for the operator's tool. The writer alone tries it again: `WriterStore.retry`.
public struct DeadLetterStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    public struct Letter: Sendable, Equatable {
        public var id: PostgresUUID
        public var createdAt: UnixTime?
        /// nil: it names no chat, or none that is registered.
        public var group: Group?
        public var messageID: Int64?
        public var account: String?
        public var stream: [UInt8]?
        public var number: Int64?
        public var error: String
        public var sqlState: String?
        public var retries: Int64
        public var resolvedAt: UnixTime?
        public var isResolved: Bool
        /// Bytes of what a retry decodes.
        public var size: Int64

        public var json: JSON {
            [
                "id": .string(id.description), "created_at": JSON(createdAt), "group": group?.json ?? .null, "message_id": JSON(messageID),
                "account": account.map { .string($0) } ?? .null, "stream": stream.map { .string(hex($0)) } ?? .null,
                "record": JSON(number), "error": .string(error), "sql_state": sqlState.map { .string($0) } ?? .null,
                "retry_count": .integer(retries), "resolved": .bool(isResolved), "resolved_at": JSON(resolvedAt), "size": .integer(size),
            ]
        }
    }

    public struct Group: Sendable, Hashable {
        public var id: PostgresUUID
        public var chat: ChatKey
        public var title: String?

        public var name: String { title ?? chat.description }
        public var json: JSON {
            ["id": .string(id.description), "chat": .string(chat.description), "title": title.map { .string($0) } ?? .null]
        }
    }

    /// How many letters of one group wait, by age.
    public struct Ages: Sendable, Equatable {
        public var group: Group?
        /// By `AgeBucket`.
        public var counts: [Int64]
        public var oldestAt: UnixTime?
    }

    private static let columns = """
        f.id, f.created_at, g.id, g.chat_type, g.telegram_id, g.title, f.telegram_message_id, f.account_id, f.stream, f.record_number,
        coalesce(f.error_message, ''), f.sql_state, coalesce(f.retry_count, 0), f.resolved_at, coalesce(f.resolved, false),
        coalesce(octet_length(f.payload_bytes), 0)
        """
    private static let tables = "public.failed_messages f LEFT JOIN public.groups g ON g.id = f.group_id"

    private static func letter(_ row: Row) -> Letter {
        Letter(
            id: row.uuid(0), createdAt: row.timestamptzOrNull(1), group: group(row, 2), messageID: row.integerOrNull(6),
            account: row.textOrNull(7), stream: row.byteaOrNull(8), number: row.integerOrNull(9), error: row.text(10),
            sqlState: row.textOrNull(11), retries: row.integer(12), resolvedAt: row.timestamptzOrNull(13), isResolved: row.bool(14),
            size: row.integer(15))
    }

    private static func group(_ row: Row, _ column: Int) -> Group? {
        row.isNull(column) ? nil : Group(id: row.uuid(column), chat: row.chat(column + 1), title: row.textOrNull(column + 3))
    }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - group: nil: of all, and of none.
    ///   - isAll: also what is resolved.
    public func list(group: PostgresUUID? = nil, isAll: Bool = false, limit: Int32) async throws -> [Letter] {
        try await connection.run { session in
            try session.query(
                """
                SELECT \(Self.columns) FROM \(Self.tables)
                WHERE coalesce(f.group_id = $1, $1 IS NULL) AND ($2 OR f.resolved IS NOT TRUE) ORDER BY f.created_at DESC, f.id LIMIT $3
                """, [.uuid(group), .bool(isAll), .int(limit)]
            ).map(Self.letter)
        }
    }

    /// How many wait.
    public func count() async throws -> Int64 {
        try await connection.run { session in
            try session.query("SELECT count(*) FROM public.failed_messages WHERE resolved IS NOT TRUE")[0].integer(0)
        }
    }

    /// The one letter whose id begins so. Throws `notFound` or `ambiguous`.
    public func find(_ text: String) async throws -> Letter {
        try await connection.run { session in
            let found = try session.query(
                "SELECT \(Self.columns) FROM \(Self.tables) WHERE starts_with(f.id::text, $1) ORDER BY f.id LIMIT 5",
                [.text(text.lowercased())]
            ).map(Self.letter)
            guard let letter = text.isEmpty ? nil : found.first else { throw StoreError.notFound("the dead letter \(text)") }
            if found.count > 1 { throw StoreError.ambiguous(text, matches: found.map(\.id.description)) }
            return letter
        }
    }

    /// What a retry decodes, and when the listener had it; nil for the predecessor's.
    public func payload(_ id: PostgresUUID) async throws -> (bytes: [UInt8], receivedAt: UnixTime)? {
        try await connection.run { session in
            let row = try session.query(
                "SELECT payload_bytes, coalesce(received_at, created_at, now()) FROM public.failed_messages WHERE id = $1", [.uuid(id)]
            ).first
            return row.flatMap { row in row.byteaOrNull(0).map { ($0, row.timestamptz(1)) } }
        }
    }

    /// Deletes these letters; nil: all that wait. Returns how many went.
    public func drop(_ ids: [PostgresUUID]?) async throws -> Int {
        try await connection.run { session in
            if let ids { return try session.query("DELETE FROM public.failed_messages WHERE id = ANY ($1)", [.uuids(ids)]).changed }
            return try session.query("DELETE FROM public.failed_messages WHERE resolved IS NOT TRUE").changed
        }
    }

    /// Of each group that has letters waiting how many are how old; the group with the oldest first.
    public func ages() async throws -> [Ages] {
        let bounds = AgeBucket.bounds.map(String.init)
        let counts = zip(["0"] + bounds, bounds + ["NULL"]).map { from, to in
            "count(*) FILTER (WHERE f.age >= \(from)\(to == "NULL" ? "" : " AND f.age < \(to)"))"
        }
        return try await connection.run { session in
            try session.query(
                """
                SELECT g.id, g.chat_type, g.telegram_id, g.title, min(f.created_at), \(counts.joined(separator: ", "))
                FROM (SELECT group_id, created_at, greatest(0, extract(epoch FROM now() - created_at)) AS age FROM public.failed_messages
                    WHERE resolved IS NOT TRUE) f
                LEFT JOIN public.groups g ON g.id = f.group_id
                GROUP BY g.id ORDER BY min(f.created_at), g.id
                """
            ).map { row in
                Ages(
                    group: Self.group(row, 0), counts: AgeBucket.names.indices.map { row.integer(5 + $0) },
                    oldestAt: row.timestamptzOrNull(4))
            }
        }
    }
}
