import PostgreSQL

/// The statements by which a scan's progress commits with the rows of its page.
enum ProgressStatements {
    /// Failed crawls of a group after which its status says so.
    static let failuresUntilError = 3

    /// Moves jobs on and shows it in the status of their groups. A job that was cancelled or is done keeps its state; whether it runs is
    /// backfill's to say.
    static let moveJobs = Statement(
        name: "move_crawl_jobs",
        sql: """
            WITH moved AS (
                UPDATE aaltohub.crawl_jobs j SET next_id = coalesce(e.next_id, j.next_id), pages = e.pages, messages = e.messages,
                    total = CASE WHEN e.said = 'done' THEN e.messages WHEN e.total > 0 THEN greatest(e.total, e.messages) ELSE j.total END,
                    state = CASE WHEN j.state IN ('cancelled', 'done') OR e.said = 'running' THEN j.state ELSE e.said END,
                    attempts = j.attempts + CASE WHEN e.said = 'failed' AND j.state NOT IN ('cancelled', 'done') THEN 1 ELSE 0 END,
                    error = CASE e.said WHEN 'failed' THEN e.error WHEN 'done' THEN NULL ELSE j.error END,
                    started_at = coalesce(j.started_at, now()), updated_at = now(),
                    finished_at = CASE WHEN j.state IN ('cancelled', 'done') THEN j.finished_at WHEN e.said <> 'running' THEN now() END
                FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) AS e (
                    chat_type, chat_id, job, next_id, pages, messages, total, said, error)
                \(MessageStatements.join("e", account: "$1"))
                WHERE j.id = e.job AND j.group_id = g.id
                RETURNING j.id, j.group_id, j.kind, j.state, j.messages, j.total, j.error, e.said
            ), shown AS (
                SELECT DISTINCT ON (group_id) * FROM moved ORDER BY group_id, kind = 'initial' DESC, id DESC
            )
            UPDATE public.crawler_status s SET
                status = CASE WHEN NOT coalesce(s.is_enabled, true) THEN 'inactive'
                    WHEN e.state = 'cancelled' THEN CASE s.status WHEN 'initializing' THEN 'active' ELSE s.status END
                    WHEN e.said = 'done' THEN 'active'
                    WHEN e.said = 'failed' AND coalesce(s.error_count, 0) + 1 >= \(failuresUntilError) THEN 'error'
                    WHEN e.said = 'running' AND e.kind = 'initial' THEN 'initializing'
                    ELSE s.status END,
                error_count = CASE WHEN e.state = 'cancelled' THEN s.error_count WHEN e.said = 'done' THEN 0
                    WHEN e.said = 'failed' THEN coalesce(s.error_count, 0) + 1 ELSE s.error_count END,
                last_error = CASE WHEN e.state = 'cancelled' THEN s.last_error WHEN e.said = 'done' THEN NULL
                    WHEN e.said = 'failed' THEN left(e.error, 500) ELSE s.last_error END,
                initial_crawl_progress = CASE e.kind WHEN 'initial' THEN e.messages ELSE s.initial_crawl_progress END,
                initial_crawl_total = CASE e.kind WHEN 'initial' THEN e.total ELSE s.initial_crawl_total END,
                updated_at = now()
            FROM shown e WHERE s.group_id = e.group_id
            """)

    /// Closes the gaps of jobs that are done, unless another job that has them is still to come: open, or failed and not given up.
    ///
    /// The common box is that of all basic groups of its account: its gaps wait for each that is captured and was ever crawled. One that
    /// was being crawled already when the gap was read gets a job of its own for it only after that.
    static let closeGaps = Statement(
        name: "close_gaps",
        sql: """
            UPDATE aaltohub.gaps x SET closed_at = now()
            FROM aaltohub.crawl_jobs j
            WHERE j.id = ANY ($1) AND j.state = 'done' AND x.id = ANY (j.gaps) AND x.closed_at IS NULL
                AND NOT EXISTS (SELECT FROM aaltohub.crawl_jobs o WHERE o.id <> j.id AND o.state IN ('queued', 'running', 'failed')
                    AND (o.state <> 'failed' OR o.attempts < \(failuresUntilError)) AND x.id = ANY (o.gaps))
                AND NOT (x.box = 'common' AND EXISTS (
                    SELECT FROM public.groups g LEFT JOIN public.crawler_status s ON s.group_id = g.id
                    WHERE g.chat_type = 'group' AND \(GroupStore.isPrimary("g", "x.account")) AND coalesce(s.is_enabled, true)
                        AND coalesce(s.status, '') <> 'error' AND EXISTS (SELECT FROM aaltohub.crawl_jobs d WHERE d.group_id = g.id)
                        AND NOT EXISTS (SELECT FROM aaltohub.crawl_jobs d WHERE d.group_id = g.id AND x.id = ANY (d.gaps)
                            AND (d.state = 'done' OR d.state = 'failed' AND d.attempts >= \(failuresUntilError)))))
            """)

    /// Whoever turns one of these groups off, and so records a gap, waits until the end of this transaction, or has ended before it.
    static let lockStatus = Statement(
        name: "lock_crawler_status",
        sql: """
            SELECT 1 FROM unnest($1, $2) AS e (chat_type, chat_id)
            JOIN public.groups g ON g.telegram_id = e.chat_id AND g.chat_type = e.chat_type
            JOIN public.crawler_status s ON s.group_id = g.id ORDER BY s.id FOR UPDATE OF s
            """)

    /// What is covered of these chats, and whether the live stream may be trusted to go on from there: a listener follows them, they are
    /// not turned off, and no gap of their box is open.
    static let coverage = Statement(
        name: "coverage_of",
        sql: """
            SELECT g.chat_type, g.telegram_id, g.id,
                coalesce(s.is_enabled, true) AND EXISTS (SELECT FROM aaltohub.positions p WHERE \(isBox("p")))
                    AND NOT EXISTS (SELECT FROM aaltohub.gaps p WHERE p.closed_at IS NULL AND \(isBox("p"))
                        AND NOT (p.reason = 'disabled' AND p.from_value IS NOT DISTINCT FROM p.to_value)),
                c.id, c.low, c.high, c.since, c.is_live, c.observed_at
            FROM unnest($2, $3) AS e (chat_type, chat_id)
            \(MessageStatements.join("e", account: "$1"))
            LEFT JOIN public.crawler_status s ON s.group_id = g.id
            LEFT JOIN aaltohub.coverage c ON c.group_id = g.id
            ORDER BY g.chat_type, g.telegram_id, c.low
            """)

    private static func isBox(_ row: String) -> String {
        """
        CASE g.chat_type WHEN 'channel' THEN \(row).box = 'channel' AND \(row).channel_id = g.telegram_id
            ELSE \(row).box = 'common' AND \(row).account = $1 END
        """
    }

    static let removeCoverage = Statement(name: "remove_coverage", sql: "DELETE FROM aaltohub.coverage WHERE id = ANY ($1)")

    static let addCoverage = Statement(
        name: "add_coverage",
        sql: """
            INSERT INTO aaltohub.coverage (group_id, low, high, since, is_live, observed_at) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
            """)
}
