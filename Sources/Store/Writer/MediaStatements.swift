import PostgreSQL

/// The statements that join messages with their files.
enum MediaStatements {
    /// Queues the files of these messages, as they stand now, and gives the messages the url of a file that is stored already. Their
    /// change is announced by whoever stored them in this transaction; who reads the announcement reads the row.
    static let queue = Statement(
        name: "queue_media",
        sql: """
            WITH m AS MATERIALIZED (
                SELECT m.id, m.media_id, m.media_type, m.media, m.group_id, m.telegram_message_id, m.media_url,
                    CASE m.media_type WHEN 'photo' THEN 'photo' ELSE 'document' END AS file_kind
                FROM unnest($2, $3, $4) AS e (chat_type, chat_id, id)
                \(MessageStatements.join("e", account: "$1"))
                -- Row by row over the key. A plan that was made while the table was small would otherwise go on reading all of it.
                JOIN LATERAL (
                    SELECT * FROM public.messages m WHERE m.group_id = g.id AND m.telegram_message_id = e.id OFFSET 0
                ) m ON true
                WHERE m.media_id IS NOT NULL AND m.media_type IS NOT NULL AND NOT m.is_deleted
            ), queued AS (
                INSERT INTO aaltohub.media_files (file_kind, media_id, media_type, size, mime_type, group_id, telegram_message_id)
                SELECT m.file_kind, m.media_id, m.media_type,
                    CASE WHEN jsonb_typeof(m.media -> 'size') = 'number' THEN (m.media -> 'size')::bigint END, m.media ->> 'mime_type',
                    m.group_id, m.telegram_message_id
                FROM m ON CONFLICT (file_kind, media_id) DO NOTHING
            )
            UPDATE public.messages t SET media_url = f.url
            FROM m JOIN aaltohub.media_files f ON f.file_kind = m.file_kind AND f.media_id = m.media_id AND f.state = 'done'
            WHERE t.id = m.id AND m.media_url IS DISTINCT FROM f.url
            """)

    /// Files that are stored, and every message that shows them.
    static let stored = Statement(
        name: "media_stored",
        sql: """
            WITH e AS MATERIALIZED (
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) AS e (file_kind, media_id, key, url, size, sha256, mime_type)
            ), stored AS (
                UPDATE aaltohub.media_files f SET state = 'done', key = e.key, url = e.url, size = e.size, sha256 = e.sha256,
                    mime_type = coalesce(e.mime_type, f.mime_type), error = NULL, not_before = NULL, leased_by = NULL,
                    leased_until = NULL, stored_at = coalesce(f.stored_at, now())
                FROM e WHERE f.file_kind = e.file_kind AND f.media_id = e.media_id
            ), changed AS (
                UPDATE public.messages m SET media_url = e.url FROM e
                WHERE m.media_id IS NOT NULL AND m.media_id = e.media_id AND (m.media_type = 'photo') = (e.file_kind = 'photo')
                    AND m.media_url IS DISTINCT FROM e.url
                RETURNING m.id, m.group_id, m.telegram_message_id
            ), \(MessageStatements.announceUpdated)
            """)
}
