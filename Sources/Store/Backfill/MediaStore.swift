import PostgreSQL
import Primitives
import WriterCore

/// A file that some message shows: a row of `media_files`.
public struct MediaFile: Sendable, Equatable {
    /// The words of the column `state`.
    public enum State: String, Sendable, CaseIterable { case queued, leased, done, failed, skipped }

    public var kind: MediaStoredRow.Kind
    /// Telegram's id, its bits as the database's signed number has them.
    public var id: Int64
    /// photo, video, document, audio, sticker, voice.
    public var mediaType: String
    /// Bytes, where the message told.
    public var size: Int64?
    public var mimeType: String?
    /// The message from which a fresh reference is fetched.
    public var group: PostgresUUID
    public var chat: ChatKey
    public var messageID: Int64
    public var state: State
    /// Failures so far.
    public var attempts: Int64
    public var notBefore: UnixTime?
    public var leasedBy: String?
    public var leasedUntil: UnixTime?
    public var error: String?
    public var key: String?
    public var url: String?
    public var sha256: [UInt8]?
    public var createdAt: UnixTime
    public var storedAt: UnixTime?

    static let columns = """
        f.file_kind, f.media_id, f.media_type, f.size, f.mime_type, f.group_id, g.chat_type, g.telegram_id, f.telegram_message_id, f.state,
        f.attempts, f.not_before, f.leased_by, f.leased_until, f.error, f.key, f.url, f.sha256, f.created_at, f.stored_at
        """

    init(_ row: Row) {
        // The table's CHECKs let nothing else in.
        kind = MediaStoredRow.Kind(rawValue: row.text(0)) ?? .document
        id = row.integer(1)
        mediaType = row.text(2)
        size = row.integerOrNull(3)
        mimeType = row.textOrNull(4)
        group = row.uuid(5)
        chat = ChatKey(chatType: row.text(6), id: row.integer(7))
        messageID = row.integer(8)
        state = State(rawValue: row.text(9)) ?? .failed
        attempts = row.integer(10)
        notBefore = row.timestamptzOrNull(11)
        leasedBy = row.textOrNull(12)
        leasedUntil = row.timestamptzOrNull(13)
        error = row.textOrNull(14)
        key = row.textOrNull(15)
        url = row.textOrNull(16)
        sha256 = row.byteaOrNull(17)
        createdAt = row.timestamptz(18)
        storedAt = row.timestamptzOrNull(19)
    }

    /// Stable and additive, like every object that the tools print.
    public var json: JSON {
        [
            "kind": .string(kind.rawValue), "media_id": .integer(id), "media_type": .string(mediaType), "size": JSON(size),
            "mime_type": JSON(mimeType), "group_id": .string(group.description), "chat": .string(chat.description),
            "message_id": .integer(messageID), "state": .string(state.rawValue), "attempts": .integer(attempts),
            "not_before": JSON(notBefore), "leased_by": JSON(leasedBy), "leased_until": JSON(leasedUntil), "error": JSON(error),
            "key": JSON(key), "url": JSON(url), "created_at": .integer(createdAt.seconds), "stored_at": JSON(storedAt),
        ]
    }
}

/// The files to be fetched, leased to whoever fetches them. That one is stored comes over the link, and the writer says so here.
public struct MediaStore: Sendable {
    let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Leases files that this account can reach, oldest first: waiting ones whose time has come, and ones whose lease ran out.
    ///
    /// - Parameters:
    ///   - holder: who holds the lease: a name that no other process life has.
    public func lease(account: String, holder: String, limit: Int32, seconds: Int32) async throws -> [MediaFile] {
        try await connection.run { session in
            try session.query(
                """
                WITH waiting AS MATERIALIZED (
                    SELECT f.file_kind, f.media_id FROM aaltohub.media_files f JOIN public.groups g ON g.id = f.group_id
                    LEFT JOIN public.crawler_status s ON s.group_id = g.id
                    WHERE (f.state = 'queued' AND coalesce(f.not_before <= now(), true) OR f.state = 'leased' AND f.leased_until < now())
                        AND coalesce(s.is_enabled, true)
                        AND (g.chat_type = 'channel' OR \(GroupStore.isPrimary("g", "$1")))
                        AND NOT EXISTS (SELECT FROM aaltohub.group_access a
                            WHERE a.group_id = g.id AND a.account = $1 AND a.state = 'lost')
                    ORDER BY f.created_at, f.media_id LIMIT $3 FOR UPDATE OF f SKIP LOCKED
                ), leased AS (
                    UPDATE aaltohub.media_files f
                    SET state = 'leased', leased_by = $2, leased_until = now() + make_interval(secs => $4)
                    FROM waiting w WHERE (f.file_kind, f.media_id) = (w.file_kind, w.media_id) RETURNING f.*
                )
                SELECT \(MediaFile.columns) FROM leased f JOIN public.groups g ON g.id = f.group_id ORDER BY f.created_at, f.media_id
                """, [.text(account), .text(holder), .int(limit), .int(seconds)]
            ).map { MediaFile($0) }
        }
    }

    /// Holds on to a leased file. False: somebody else has it meanwhile, or it is stored.
    public func renew(_ file: MediaFile, holder: String, seconds: Int32) async throws -> Bool {
        try await change(
            "UPDATE aaltohub.media_files f SET leased_until = now() + make_interval(secs => $4) WHERE \(Self.held)", file, holder,
            [.int(seconds)])
    }

    /// Gives a leased file back, to be taken again from that moment on; no failure.
    public func release(_ file: MediaFile, holder: String, notBefore: UnixTime? = nil) async throws -> Bool {
        try await change(
            """
            UPDATE aaltohub.media_files f SET state = 'queued', not_before = $4, leased_by = NULL, leased_until = NULL WHERE \(Self.held)
            """, file, holder, [.timestamptz(notBefore)])
    }

    /// Counts a failure: tried again from `notBefore` on, or given up when it is nil or the last of `limit` attempts is used.
    public func fail(_ file: MediaFile, holder: String, error: String, limit: Int32, notBefore: UnixTime?) async throws -> Bool {
        try await change(
            """
            UPDATE aaltohub.media_files f SET attempts = attempts + 1, error = $4, not_before = $6, leased_by = NULL, leased_until = NULL,
                state = CASE WHEN $6 IS NULL OR attempts + 1 >= $5 THEN 'failed' ELSE 'queued' END
            WHERE \(Self.held)
            """, file, holder, [.text(String(error.prefix(BackfillStore.errorCharacters))), .int(limit), .timestamptz(notBefore)])
    }

    /// Leaves out leased files that the configuration does not want; `reconsider` takes them back when it does.
    ///
    /// - Parameter files: each with its size in bytes, as far as that is known by now, and the reason.
    /// - Returns: how many.
    public func skip(_ files: [(file: MediaFile, size: Int64?, reason: String)], holder: String) async throws -> Int {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.media_files f SET state = 'skipped', filtered = true, size = coalesce(e.size, f.size), error = e.reason,
                    not_before = NULL, leased_by = NULL, leased_until = NULL
                FROM unnest($2, $3, $4, $5) AS e (file_kind, media_id, size, reason)
                WHERE (f.file_kind, f.media_id) = (e.file_kind, e.media_id) AND f.leased_by = $1 AND f.state = 'leased'
                """,
                [
                    .text(holder), .texts(files.map(\.file.kind.rawValue)), .bigints(files.map(\.file.id)), .bigints(files.map(\.size)),
                    .texts(files.map { String($0.reason.prefix(BackfillStore.errorCharacters)) }),
                ]
            ).changed
        }
    }

    /// Queues files again that the configuration did not want and wants now. What a person left out stays so.
    ///
    /// - Parameters:
    ///   - types: of `media_type`: those that are fetched.
    ///   - maximumBytes: of the largest file that is fetched.
    /// - Returns: how many.
    public func reconsider(types: [String], maximumBytes: Int64) async throws -> Int {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.media_files SET state = 'queued', filtered = false, error = NULL
                WHERE state = 'skipped' AND filtered AND media_type = ANY ($1) AND coalesce(size <= $2, true)
                """, [.texts(types), .bigint(maximumBytes)]
            ).changed
        }
    }

    /// Queues files again that were given up or left out.
    ///
    /// - Returns: how many.
    public func retry(_ states: [MediaFile.State] = [.failed], only id: Int64? = nil) async throws -> Int {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.media_files SET state = 'queued', filtered = false, attempts = 0, not_before = NULL, error = NULL
                WHERE state = ANY ($1) AND state IN ('failed', 'skipped') AND coalesce(media_id = $2, true)
                """, [.texts(states.map(\.rawValue)), .bigint(id)]
            ).changed
        }
    }

    /// Other messages that show the file and are not deleted, newest first: from these, too, its reference can be fetched.
    public func origins(_ file: MediaFile, limit: Int32 = 10) async throws -> [(group: PostgresUUID, chat: ChatKey, messageID: Int64)] {
        try await connection.run { session in
            try session.query(
                """
                SELECT m.group_id, g.chat_type, g.telegram_id, m.telegram_message_id
                FROM public.messages m JOIN public.groups g ON g.id = m.group_id
                WHERE m.media_id = $1 AND (m.media_type = 'photo') = $2 AND NOT m.is_deleted ORDER BY m.sent_at DESC LIMIT $3
                """, [.bigint(file.id), .bool(file.kind == .photo), .int(limit)]
            ).map { ($0.uuid(0), ChatKey(chatType: $0.text(1), id: $0.integer(2)), $0.integer(3)) }
        }
    }

    /// Files and their bytes, as far as known, of each state that has any.
    public func counts() async throws -> [MediaFile.State: (files: Int64, bytes: Int64)] {
        try await connection.run { session in
            var out: [MediaFile.State: (files: Int64, bytes: Int64)] = [:]
            for row in try session.query("SELECT state, count(*), coalesce(sum(size), 0)::bigint FROM aaltohub.media_files GROUP BY state")
                .map({ $0 })
            {
                if let state = MediaFile.State(rawValue: row.text(0)) { out[state] = (row.integer(1), row.integer(2)) }
            }
            return out
        }
    }

    /// Files, the newest first.
    ///
    /// - Parameter state: nil: of any.
    public func list(_ state: MediaFile.State? = nil, limit: Int32 = 100) async throws -> [MediaFile] {
        try await connection.run { session in
            try session.query(
                """
                SELECT \(MediaFile.columns) FROM aaltohub.media_files f JOIN public.groups g ON g.id = f.group_id
                WHERE coalesce(f.state = $1, true) ORDER BY coalesce(f.stored_at, f.created_at) DESC, f.media_id LIMIT $2
                """, [.text(state?.rawValue), .int(limit)]
            ).map { MediaFile($0) }
        }
    }

    /// $1 to $3 name a file and who holds it.
    private static let held = "f.file_kind = $1 AND f.media_id = $2 AND f.leased_by = $3 AND f.state = 'leased'"

    private func change(_ sql: String, _ file: MediaFile, _ holder: String, _ more: [Parameter]) async throws -> Bool {
        try await connection.run { session in
            try session.query(sql, [.text(file.kind.rawValue), .bigint(file.id), .text(holder)] + more).changed > 0
        }
    }
}
