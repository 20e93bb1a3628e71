import PostgreSQL

/// The predecessor's database as its documents describe it, to be taken over.
enum Predecessor {
    static let schema = """
        CREATE TABLE groups (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), telegram_id bigint UNIQUE NOT NULL, title text);
        CREATE TABLE messages (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            telegram_message_id bigint NOT NULL, group_id uuid NOT NULL REFERENCES groups(id),
            sender_id bigint, sender_name text, text text, media_type text, media_url text,
            reply_to_message_id bigint, topic_id bigint, is_deleted boolean NOT NULL DEFAULT false,
            sent_at timestamptz NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (telegram_message_id, group_id));
        CREATE INDEX messages_group_sent ON messages (group_id, sent_at DESC);
        CREATE TABLE crawler_status (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), group_id uuid UNIQUE REFERENCES groups(id),
            status text, is_enabled boolean DEFAULT true, error_count int DEFAULT 0, last_error text,
            initial_crawl_progress int DEFAULT 0, initial_crawl_total int DEFAULT 0, last_message_at timestamptz,
            updated_at timestamptz DEFAULT now());
        CREATE TABLE failed_messages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), telegram_message_id bigint, group_id uuid,
            payload jsonb, error_message text, retry_count int DEFAULT 0, resolved boolean DEFAULT false,
            created_at timestamptz DEFAULT now(), resolved_at timestamptz);
        CREATE TABLE entity_cache (telegram_id bigint PRIMARY KEY, access_hash bigint, entity_type text, cached_at timestamptz DEFAULT now());
        INSERT INTO groups (telegram_id, title) SELECT 1500000000 + i, 'g' || i FROM generate_series(0, 199) i;
        INSERT INTO entity_cache (telegram_id, access_hash, entity_type)
            SELECT i, i * 7, CASE WHEN i % 2 = 0 THEN 'user' END FROM generate_series(1, 10) i;
        INSERT INTO crawler_status (group_id, status, is_enabled) SELECT id, 'inactive', false FROM groups WHERE title = 'g0';
        """

    /// Fills `messages` with that many rows, spread over the groups.
    static func fill(_ session: Session, messages: Int) throws {
        try session.query(
            """
            INSERT INTO messages (telegram_message_id, group_id, sender_id, sender_name, text, sent_at)
            SELECT i, g.id, i % 1000, 'name ' || i % 1000, 'text ' || i, now() - make_interval(secs => i)
            FROM generate_series(1, $1) i
            JOIN (SELECT id, row_number() OVER (ORDER BY telegram_id) - 1 AS n FROM groups) g ON g.n = i % 200
            """, [.bigint(Int64(messages))])
    }
}
