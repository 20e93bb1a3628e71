import PostgreSQL

/// The statements that keep the versions of messages, by the rule that `MessageVersion` tells. None of them runs, and nothing is written,
/// for messages that come for the first time in one version.
enum VersionStatements {
    private static let columns = """
        group_id, telegram_message_id, edit_date, content_hash, hidden, text, entities, media_type, media_kind, media_id, settled,
        generation, position, received_at
        """
    /// The version that a row `m` of messages shows; a row of the predecessor has an empty hash.
    private static func shown(receivedAt: String) -> String {
        """
        m.group_id, m.telegram_message_id, m.merge_edit_date, substring(m.content_hash FOR 8), m.merge_edit_date > 0 AND m.edited_at IS NULL,
        m.text, m.entities, m.media_type, m.media_kind, m.media_id, m.merge_settled, m.merge_generation, m.merge_position, \(receivedAt)
        """
    }
    /// A version that is there already takes the larger key: it orders the versions of one second.
    private static let raise = """
        ON CONFLICT (group_id, telegram_message_id, edit_date, content_hash) DO UPDATE SET
            settled = excluded.settled, generation = excluded.generation, position = excluded.position, hidden = excluded.hidden
            WHERE (excluded.settled, excluded.generation, excluded.position) > (v.settled, v.generation, v.position)
        """

    /// A part of `MessageStatements.merge`: keeps what rows of messages showed until now, where they show another version from now on.
    ///
    /// It reads the rows as they were before the statement, since the parts of one statement do not see each other's changes:
    /// https://www.postgresql.org/docs/15/queries-with.html#QUERIES-WITH-MODIFYING
    ///
    /// - Parameter changed: name of the part that changed the rows, with the columns id, inserted, merge_edit_date, content_hash and
    ///   new_text. What the predecessor had stored is kept where its text was another one.
    static func keepSuperseded(_ changed: String) -> String {
        """
        superseded AS (
            INSERT INTO aaltohub.message_versions AS v (\(columns))
            SELECT \(shown(receivedAt: "coalesce(m.received_at, m.created_at)")) FROM \(changed) c JOIN public.messages m ON m.id = c.id
            WHERE NOT c.inserted
                AND (m.merge_edit_date, substring(m.content_hash FOR 8)) <> (c.merge_edit_date, substring(c.content_hash FOR 8))
                AND (m.content_hash <> '' OR m.text IS DISTINCT FROM c.new_text)
            \(raise)
        )
        """
    }

    /// The places (from 1) of those copies that are to be kept: they show a version that is not the message's current one, or the message
    /// has others; and they are not there yet, or with a smaller key.
    static let missing = Statement(
        name: "missing_versions",
        sql: """
            SELECT e.place
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY AS e (
                chat_type, chat_id, id, edit_date, hash, settled, generation, position, place)
            \(MessageStatements.join("e", account: "$1"))
            -- Row by row over the keys, whatever the plan.
            JOIN LATERAL (
                SELECT m.merge_edit_date AS edit_date, substring(m.content_hash FOR 8) AS hash FROM public.messages m
                WHERE m.group_id = g.id AND m.telegram_message_id = e.id OFFSET 0
            ) m ON true
            WHERE ((e.edit_date, e.hash) <> (m.edit_date, m.hash)
                    OR EXISTS (SELECT FROM aaltohub.message_versions v WHERE v.group_id = g.id AND v.telegram_message_id = e.id))
                AND NOT EXISTS (
                    SELECT FROM aaltohub.message_versions v
                    WHERE v.group_id = g.id AND v.telegram_message_id = e.id AND v.edit_date = e.edit_date AND v.content_hash = e.hash
                        AND (v.settled, v.generation, v.position) >= (e.settled, e.generation, e.position))
            ORDER BY e.place
            """)

    /// Keeps these versions, and the current ones of their messages.
    static let keep = Statement(
        name: "keep_versions",
        sql: """
            WITH e AS MATERIALIZED (
                SELECT g.id AS group_id, e.id, e.edit_date, e.hash, e.hidden, e.text, e.entities, e.media_type, e.media_kind, e.media_id,
                    e.settled, e.generation, e.position, e.received_at
                FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS e (
                    chat_type, chat_id, id, edit_date, hash, hidden, text, entities, media_type, media_kind, media_id, settled, generation,
                    position, received_at)
                \(MessageStatements.join("e", account: "$1"))
            ), known (\(columns)) AS (
                SELECT * FROM e
                UNION ALL
                SELECT \(shown(receivedAt: "m.received_at"))
                FROM (SELECT DISTINCT group_id, id FROM e) d
                JOIN LATERAL (
                    SELECT * FROM public.messages m WHERE m.group_id = d.group_id AND m.telegram_message_id = d.id OFFSET 0
                ) m ON true
            )
            INSERT INTO aaltohub.message_versions AS v (\(columns))
            -- A copy's own time says more than that of its message, which may be another version's.
            SELECT DISTINCT ON (group_id, telegram_message_id, edit_date, content_hash) \(columns) FROM known
            ORDER BY group_id, telegram_message_id, edit_date, content_hash, settled DESC, generation DESC, position DESC, received_at DESC
            \(raise)
            """)
}
