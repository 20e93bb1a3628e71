import PostgreSQL

/// The statements that follow what groups and topics are called.
enum GroupStatements {
    /// What was not told (NULL) stays; an empty user name is none.
    static let info = Statement(
        name: "group_info",
        sql: """
            UPDATE public.groups g SET title = coalesce(e.title, g.title),
                username = CASE WHEN e.username IS NULL THEN g.username ELSE nullif(e.username, '') END,
                is_forum = coalesce(e.forum, g.is_forum)
            FROM unnest($1, $2, $3, $4, $5) AS e (chat_type, chat_id, title, username, forum)
            WHERE g.telegram_id = e.chat_id AND g.chat_type = e.chat_type
                AND (g.title IS DISTINCT FROM coalesce(e.title, g.title) OR coalesce(g.username, '') <> coalesce(e.username, g.username, '')
                    OR g.is_forum <> coalesce(e.forum, g.is_forum))
            """)

    /// `TopicRow.merge`: the newer word wins where both say something.
    static let topics = Statement(
        name: "topics",
        sql: """
            INSERT INTO aaltohub.topics AS t (group_id, topic_id, title, closed, hidden, deleted, updated_at)
            SELECT g.id, e.id, e.title, e.closed, e.hidden, e.deleted, e.observed_at
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS e (chat_type, chat_id, id, title, closed, hidden, deleted, observed_at)
            \(MessageStatements.join("e", account: "$1"))
            ON CONFLICT (group_id, topic_id) DO UPDATE SET
                title = CASE WHEN excluded.updated_at >= t.updated_at THEN coalesce(excluded.title, t.title)
                    ELSE coalesce(t.title, excluded.title) END,
                closed = CASE WHEN excluded.updated_at >= t.updated_at THEN coalesce(excluded.closed, t.closed)
                    ELSE coalesce(t.closed, excluded.closed) END,
                hidden = CASE WHEN excluded.updated_at >= t.updated_at THEN coalesce(excluded.hidden, t.hidden)
                    ELSE coalesce(t.hidden, excluded.hidden) END,
                deleted = t.deleted OR excluded.deleted, updated_at = greatest(t.updated_at, excluded.updated_at)
            """)
}
