import PostgreSQL
import Primitives
import WriterCore

/// What is known of one message through time, for the operator's tool.
public struct HistoryStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    public struct Version: Sendable, Equatable {
        /// Unix seconds; 0 if never edited.
        public var editDate: Int64
        public var isHidden: Bool
        public var text: String?
        /// JSON; nil if none.
        public var entities: String?
        public var mediaType: String?
        public var mediaKind: String?
        public var mediaID: Int64?
        public var hash: [UInt8]
        public var isSettled: Bool
        public var generation: Int64
        /// pts of a live update; −1 for a fetched copy.
        public var position: Int64
        public var receivedAt: UnixTime?
        public var isCurrent: Bool

        /// Whether an update brought it, or somebody fetched it.
        public var way: String { position >= 0 ? "live" : isSettled ? "fetched later" : "fetched" }

        /// Without what was written.
        public var members: [JSON.Member] {
            [
                .init("edit_date", .integer(editDate)), .init("hidden", .bool(isHidden)), .init("current", .bool(isCurrent)),
                .init("received_at", JSON(receivedAt)), .init("way", .string(way)), .init("settled", .bool(isSettled)),
                .init("generation", .integer(generation)), .init("position", .integer(position)),
                .init("content_hash", .string(hex(hash))), .init("media_type", JSON(mediaType)), .init("media_kind", JSON(mediaKind)),
                .init("media_id", JSON(mediaID)), .init("characters", .integer(Int64(text?.count ?? 0))),
            ]
        }

        /// What was written.
        public var written: [JSON.Member] { [.init("text", JSON(text)), .init("entities", JSON(entities))] }
    }

    public struct History: Sendable, Equatable {
        public var sentAt: UnixTime
        public var deletedAt: UnixTime?
        /// Concluded from its absence.
        public var isPresumed: Bool
        /// In their order; the current one is the last.
        public var versions: [Version]

        public var members: [JSON.Member] {
            [
                .init("sent_at", JSON(sentAt as UnixTime?)), .init("deleted_at", JSON(deletedAt)),
                .init("deletion_presumed", .bool(isPresumed)),
            ]
        }
    }

    /// Every version of the message. Throws `notFound` when it is not stored.
    public func history(_ group: RegisteredGroup, _ messageID: Int64) async throws -> History {
        try await connection.run { session in
            let key: [Parameter] = [.uuid(group.id), .bigint(messageID)]
            guard
                let message = try session.query(
                    """
                    SELECT sent_at, deleted_at, coalesce(deletion_presumed, false) FROM public.messages
                    WHERE group_id = $1 AND telegram_message_id = $2
                    """, key
                ).first
            else { throw StoreError.invalid("the message \(messageID) of \(group.chat) is not stored") }
            let versions = try session.query(
                """
                WITH m AS MATERIALIZED (
                    SELECT m.*, substring(m.content_hash FOR 8) AS hash FROM public.messages m
                    WHERE m.group_id = $1 AND m.telegram_message_id = $2
                ), v AS MATERIALIZED (
                    SELECT * FROM aaltohub.message_versions v WHERE v.group_id = $1 AND v.telegram_message_id = $2
                )
                SELECT edit_date, hidden, text, entities, media_type, media_kind, media_id, content_hash, settled, generation, position,
                    received_at, current
                FROM (
                    SELECT v.edit_date, v.hidden, v.text, v.entities, v.media_type, v.media_kind, v.media_id, v.content_hash, v.settled,
                        v.generation, v.position, v.received_at, false AS current
                    FROM v WHERE NOT EXISTS (SELECT FROM m WHERE (m.merge_edit_date, m.hash) = (v.edit_date, v.content_hash))
                    UNION ALL
                    SELECT m.merge_edit_date, m.merge_edit_date > 0 AND m.edited_at IS NULL, m.text, m.entities, m.media_type, m.media_kind,
                        m.media_id, m.hash, m.merge_settled, m.merge_generation, m.merge_position,
                        coalesce(v.received_at, m.received_at, m.created_at), true
                    FROM m LEFT JOIN v ON (v.edit_date, v.content_hash) = (m.merge_edit_date, m.hash)
                ) AS all_versions
                ORDER BY current, edit_date, settled, generation, position, content_hash
                """, key)
            return History(
                sentAt: message.timestamptz(0), deletedAt: message.timestamptzOrNull(1), isPresumed: message.bool(2),
                versions: versions.map { row in
                    Version(
                        editDate: row.integer(0), isHidden: row.bool(1), text: row.textOrNull(2), entities: row.textOrNull(3),
                        mediaType: row.textOrNull(4), mediaKind: row.textOrNull(5), mediaID: row.integerOrNull(6), hash: row.bytea(7),
                        isSettled: row.bool(8), generation: row.integer(9), position: row.integer(10),
                        receivedAt: row.timestamptzOrNull(11), isCurrent: row.bool(12))
                })
        }
    }
}
