import PostgreSQL

/// The statements that delete what nobody needs any more. Each looks at a bounded part and tells how many rows went.
enum ForgetStatements {
    /// Changes older than $1 days, the oldest $2 at most. Change ids grow with time, so only the oldest need a look. Who follows the
    /// changes finds how far they are gone in the horizon.
    static let outbox = Statement(
        name: "forget_outbox",
        sql: """
            WITH gone AS (
                DELETE FROM aaltohub.outbox o
                USING (SELECT change_id, created_at FROM aaltohub.outbox ORDER BY change_id LIMIT $2) oldest
                WHERE o.change_id = oldest.change_id AND oldest.created_at < now() - make_interval(days => $1)
                RETURNING o.change_id
            ), told AS (
                UPDATE aaltohub.outbox_horizon h SET pruned = greatest(h.pruned, g.last)
                FROM (SELECT max(change_id) AS last FROM gone) g WHERE g.last IS NOT NULL
            ) SELECT count(*) FROM gone
            """)

    /// Tombstones whose message has come and is marked, which keeps it deleted, and those of more than $1 days ago: no replay goes back
    /// as far, and a history page does not show what is deleted. $2 at most.
    static let tombstones = Statement(
        name: "forget_tombstones",
        sql: """
            WITH gone AS (
                DELETE FROM aaltohub.tombstones WHERE ctid = ANY (ARRAY(
                    SELECT t.ctid FROM aaltohub.tombstones t
                    WHERE t.deleted_at < now() - make_interval(days => $1)
                        OR EXISTS (SELECT FROM public.messages m
                            WHERE m.telegram_message_id = t.telegram_message_id AND m.group_id = t.group_id AND m.is_deleted)
                        OR EXISTS (SELECT FROM public.messages m
                            WHERE m.telegram_message_id = t.telegram_message_id AND m.account_id = t.account AND m.is_deleted)
                    LIMIT $2))
                RETURNING 1
            ) SELECT count(*) FROM gone
            """)
}
