import PostgreSQL
import Primitives

/// The tables as the admin API shows them: each row a JSON object of the table's columns and a few beside them. Every answer is JSON text.
public struct AdminTables: Sendable {
    /// Rows of one answer.
    public static let mostRows: Int32 = 1000

    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    private static let crawlerStatus = """
        SELECT coalesce(to_jsonb(s), jsonb_build_object(
            'id', NULL, 'group_id', g.id, 'status', 'active', 'is_enabled', true, 'error_count', 0, 'last_error', NULL,
            'initial_crawl_progress', 0, 'initial_crawl_total', 0, 'last_message_at', NULL, 'updated_at', NULL)) || jsonb_build_object(
            'title', g.title, 'username', g.username, 'telegram_id', g.telegram_id, 'chat_type', g.chat_type, 'account', g.primary_account,
            'migrated_to', g.migrated_to, 'failed_messages', coalesce(f.waiting, 0),
            'crawl', (SELECT jsonb_build_object(
                'id', j.id, 'kind', j.kind, 'state', j.state, 'since', j.since, 'messages', j.messages, 'total', j.total, 'pages', j.pages,
                'error', j.error, 'not_before', j.not_before, 'updated_at', j.updated_at, 'finished_at', j.finished_at)
                FROM aaltohub.crawl_jobs j WHERE j.id = coalesce(o.id, (
                    -- Kind by kind, along the index: a group may have had thousands.
                    SELECT max(k.newest) FROM (VALUES ('initial'), ('gap'), ('manual')) kinds (name) CROSS JOIN LATERAL (
                        SELECT max(x.id) AS newest FROM aaltohub.crawl_jobs x WHERE x.group_id = g.id AND x.kind = kinds.name) k)))) AS r
        FROM public.groups g LEFT JOIN public.crawler_status s ON s.group_id = g.id
        LEFT JOIN (SELECT group_id, max(id) AS id FROM aaltohub.crawl_jobs WHERE state IN ('queued', 'running') GROUP BY group_id) o
            ON o.group_id = g.id
        LEFT JOIN (SELECT group_id, count(*) AS waiting FROM public.failed_messages WHERE resolved IS NOT TRUE GROUP BY group_id) f
            ON f.group_id = g.id
        """

    /// Every group's row of `crawler_status` (of one that has none, the defaults), by title, with the group's own columns, its newest crawl
    /// and how many dead letters wait.
    public func crawlerStatus() async throws -> String {
        try await rows(Self.crawlerStatus, order: "lower(r->>'title'), (r->>'telegram_id')::bigint")
    }

    /// Turns a group on or off, or the other way round (nil). Its row after that. Throws `notFound`.
    public func toggle(_ group: PostgresUUID, to isEnabled: Bool?) async throws -> String {
        try await connection.run { session in
            try session.transaction {
                let changed = try session.query(
                    """
                    INSERT INTO public.crawler_status AS s (group_id, status, is_enabled)
                    SELECT g.id, CASE WHEN coalesce($2, false) THEN 'active' ELSE 'inactive' END, coalesce($2, false)
                    FROM public.groups g WHERE g.id = $1
                    ON CONFLICT (group_id) DO UPDATE SET is_enabled = coalesce($2, NOT coalesce(s.is_enabled, true)), updated_at = now(),
                        status = CASE WHEN NOT coalesce($2, NOT coalesce(s.is_enabled, true)) THEN 'inactive'
                            WHEN coalesce(s.status, 'inactive') = 'inactive' THEN 'active' ELSE s.status END
                    """, [.uuid(group), .bool(isEnabled)]
                ).changed
                guard changed > 0 else { throw StoreError.notFound("the group \(group)") }
                return try session.query("SELECT r FROM (\(Self.crawlerStatus) WHERE g.id = $1) q", [.uuid(group)])[0].text(0)
            }
        }
    }

    /// Dead letters, the newest first; of the bytes that a retry decodes only how many there are.
    ///
    /// - Parameter isResolved: nil: all.
    public func failedMessages(isResolved: Bool?, group: PostgresUUID?, limit: Int32) async throws -> String {
        try await rows(
            """
            SELECT to_jsonb(f) - 'payload_bytes' - 'stream' || jsonb_build_object(
                'title', g.title, 'payload_size', coalesce(octet_length(f.payload_bytes), 0)) AS r
            FROM public.failed_messages f LEFT JOIN public.groups g ON g.id = f.group_id
            WHERE coalesce(coalesce(f.resolved, false) = $1, true) AND coalesce(f.group_id = $2, $2 IS NULL)
            ORDER BY f.created_at DESC NULLS LAST, f.id LIMIT $3
            """, order: "(r->>'created_at')::timestamptz DESC NULLS LAST, r->>'id'", [.bool(isResolved), .uuid(group), .int(limit)])
    }

    /// Whether there is such a dead letter.
    public func hasFailedMessage(_ id: PostgresUUID) async throws -> Bool {
        try await connection.run { session in
            try session.query("SELECT 1 FROM public.failed_messages WHERE id = $1", [.uuid(id)]).count > 0
        }
    }

    /// Messages of one group or of all, the newest first, with the columns that are for reading.
    ///
    /// - Parameters:
    ///   - before: only what was sent before that; with a page's last one, the next page.
    ///   - text: only what has this in its text, whatever the case.
    public func messages(group: PostgresUUID?, before: UnixTime?, text: String?, limit: Int32) async throws -> String {
        try await rows(
            """
            SELECT to_jsonb(m) - 'merge_edit_date' - 'merge_settled' - 'merge_generation' - 'merge_position' - 'content_hash'
                - 'reactions_key' - 'sender_name_key' - 'unsettled_edit_date' || jsonb_build_object('group_title', g.title) AS r
            FROM public.groups g CROSS JOIN LATERAL (
                -- Group by group, along the index that begins with the group.
                SELECT * FROM public.messages x WHERE x.group_id = g.id AND x.sent_at < coalesce($2, 'infinity')
                    AND ($3 IS NULL OR position(lower($3) IN lower(coalesce(x.text, ''))) > 0)
                ORDER BY x.sent_at DESC LIMIT $4) m
            WHERE g.id = coalesce($1, g.id)
            ORDER BY m.sent_at DESC, m.telegram_message_id DESC LIMIT $4
            """, order: "(r->>'sent_at')::timestamptz DESC, (r->>'telegram_message_id')::bigint DESC",
            [.uuid(group), .timestamptz(before), .text(text), .int(limit)])
    }

    /// Gaps that nothing has filled yet, the oldest first, with the groups that each concerns.
    public func gaps(limit: Int32) async throws -> String {
        try await rows(
            """
            SELECT to_jsonb(x) || jsonb_build_object('groups', (
                SELECT coalesce(jsonb_agg(jsonb_build_object('group_id', g.id, 'title', g.title) ORDER BY g.title, g.id), '[]')
                FROM public.groups g WHERE CASE g.chat_type WHEN 'channel' THEN x.box = 'channel' AND x.channel_id = g.telegram_id
                    ELSE x.box = 'common' AND x.account = g.primary_account END)) AS r
            FROM aaltohub.gaps x WHERE x.closed_at IS NULL AND x.to_value IS DISTINCT FROM x.from_value
            ORDER BY x.found_at, x.id LIMIT $1
            """, order: "(r->>'id')::bigint", [.int(limit)])
    }

    /// What is known complete of each group's past: its stretches of message ids.
    public func coverage() async throws -> String {
        try await rows(
            """
            SELECT jsonb_build_object('group_id', g.id, 'title', g.title, 'is_enabled', coalesce(s.is_enabled, true), 'ranges', (
                SELECT coalesce(jsonb_agg(to_jsonb(c) - 'group_id' ORDER BY c.low), '[]') FROM aaltohub.coverage c WHERE c.group_id = g.id))
                AS r
            FROM public.groups g LEFT JOIN public.crawler_status s ON s.group_id = g.id
            """, order: "lower(r->>'title'), r->>'group_id'")
    }

    /// Waits that Telegram has imposed and that are not over.
    public func limits() async throws -> String {
        try await rows(
            "SELECT to_jsonb(w) AS r FROM aaltohub.flood_waits w WHERE w.until > now()",
            order: "r->>'account', r->>'method', r->>'peer'")
    }

    /// Crawls of one group or of all: open ones first, then the newest.
    public func crawls(group: PostgresUUID?, isOpen: Bool, limit: Int32) async throws -> String {
        try await rows(
            """
            SELECT to_jsonb(j) || jsonb_build_object('title', g.title, 'is_open', j.state IN ('queued', 'running')) AS r
            FROM aaltohub.crawl_jobs j JOIN public.groups g ON g.id = j.group_id
            WHERE coalesce(j.group_id = $1, $1 IS NULL) AND (NOT $2 OR j.state IN ('queued', 'running'))
            ORDER BY j.state IN ('queued', 'running') DESC, j.id DESC LIMIT $3
            """, order: "(r->>'is_open')::boolean DESC, (r->>'id')::bigint DESC", [.uuid(group), .bool(isOpen), .int(limit)])
    }

    /// The rows of a query with one column `r`, as one JSON array.
    private func rows(_ sql: String, order: String, _ parameters: [Parameter] = []) async throws -> String {
        try await connection.run { session in
            try session.query("SELECT coalesce(jsonb_agg(r ORDER BY \(order)), '[]') FROM (\(sql)) q", parameters)[0].text(0)
        }
    }
}
