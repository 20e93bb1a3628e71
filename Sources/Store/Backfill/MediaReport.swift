import PostgreSQL
import Primitives
import WriterCore

/// What an operator asks about files, and decides about those that failed.
public struct MediaReport: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Files of one type in one state.
    public struct Count: Sendable, Equatable {
        public var state: String
        public var type: String
        public var files: Int64
        /// As far as their sizes are known.
        public var bytes: Int64

        public var json: JSON {
            ["state": .string(state), "media_type": .string(type), "files": .integer(files), "bytes": .integer(bytes)]
        }
    }

    /// A file that is not stored.
    public struct File: Sendable, Equatable {
        /// photo or document.
        public var kind: String
        public var id: Int64
        public var type: String
        public var size: Int64?
        public var state: String
        public var attempts: Int64
        public var notBefore: UnixTime?
        public var error: String?
        /// The message from which it is fetched.
        public var chat: ChatKey?
        public var message: Int64

        /// How a person names it.
        public var name: String { "\(kind):\(id)" }

        public var json: JSON {
            [
                "file": .string(name), "media_type": .string(type), "size": JSON(size), "state": .string(state),
                "attempts": .integer(attempts),
                "not_before": JSON(notBefore), "error": JSON(error), "chat_type": JSON(chat?.column), "telegram_id": JSON(chat?.id),
                "telegram_message_id": .integer(message),
            ]
        }
    }

    public func counts() async throws -> [Count] {
        try await connection.run { session in
            try session.query(
                """
                SELECT state, media_type, count(*), coalesce(sum(size), 0)::bigint FROM aaltohub.media_files
                GROUP BY state, media_type ORDER BY state, media_type
                """, []
            ).map { Count(state: $0.text(0), type: $0.text(1), files: $0.integer(2), bytes: $0.integer(3)) }
        }
    }

    /// Files in that state, the newest first.
    public func files(in state: String, limit: Int32) async throws -> [File] {
        try await connection.run { session in
            try session.query(
                """
                SELECT f.file_kind, f.media_id, f.media_type, f.size, f.state, f.attempts, f.not_before, f.error, g.chat_type, g.telegram_id,
                    f.telegram_message_id
                FROM aaltohub.media_files f LEFT JOIN public.groups g ON g.id = f.group_id
                WHERE f.state = $1 ORDER BY f.created_at DESC, f.media_id LIMIT $2
                """, [.text(state), .int(limit)]
            ).map { row in
                File(
                    kind: row.text(0), id: row.integer(1), type: row.text(2), size: row.integerOrNull(3), state: row.text(4),
                    attempts: row.integer(5), notBefore: row.timestamptzOrNull(6), error: row.textOrNull(7),
                    chat: row.integerOrNull(9).map { row.textOrNull(8) == "group" ? .basicGroup($0) : .channel($0) },
                    message: row.integer(10))
            }
        }
    }

    /// Which files a person means.
    public enum Selection: Sendable, Equatable {
        /// Every one that failed.
        case all
        case file(kind: String, id: Int64)
    }

    /// Fetches again what failed or was left out. Returns how many.
    public func retry(_ selection: Selection) async throws -> Int {
        try await change(
            "state = 'queued', attempts = 0, not_before = NULL, error = NULL", selection, all: "state = 'failed'",
            one: "state IN ('failed', 'skipped', 'queued')")
    }

    /// Leaves out what failed or still waits. Returns how many.
    public func drop(_ selection: Selection, by person: String) async throws -> Int {
        try await change(
            "state = 'skipped', not_before = NULL, error = 'dropped by ' || $3", selection, all: "state = 'failed'",
            one: "state IN ('failed', 'queued')", [.text(person)])
    }

    private func change(
        _ assignments: String, _ selection: Selection, all: String, one: String, _ more: [Parameter] = []
    ) async throws -> Int {
        try await connection.run { session in
            let (kind, id): (String?, Int64?) = if case .file(let kind, let id) = selection { (kind, id) } else { (nil, nil) }
            let condition = id == nil ? all : one
            return try session.query(
                """
                UPDATE aaltohub.media_files SET \(assignments)
                WHERE coalesce((file_kind, media_id) = ($1, $2), true) AND \(condition)
                """, [.text(kind), .bigint(id)] + more
            ).changed
        }
    }
}
