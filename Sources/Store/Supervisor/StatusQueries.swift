import PostgreSQL
import Primitives
import SupervisorCore
import WriterCore

/// What the status shows of the database: a few reads of bounded cost within one transaction that can write nothing, waits for no lock and
/// is given up rather than being in anybody's way.
public enum StatusQueries {
    /// Longest time of one of the statements, in milliseconds: they are asked again in a few seconds.
    static let statementMilliseconds = 3000
    static let lockMilliseconds = 500
    /// Rows of a queue that are counted: whether 10,000 or 100,000 dead letters wait changes nothing.
    public static let mostCounted = 10_000

    /// Takes a snapshot.
    ///
    /// - Parameter previous: what is dear to count (files that failed: the whole table is read) is taken over from it; nil: it is counted.
    public static func snapshot(_ connection: Connection, previous: DatabaseSnapshot?) async throws -> DatabaseSnapshot {
        try await connection.run { session in
            try session.transaction {
                try session.script(
                    """
                    SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = \(statementMilliseconds);
                    SET LOCAL lock_timeout = \(lockMilliseconds); SET LOCAL jit = off
                    """)
                return DatabaseSnapshot(
                    at: try session.query("SELECT now()")[0].timestamptz(0), groups: try groups(session), accounts: try accounts(session),
                    gaps: try gaps(session),
                    gapCount: try session.query("SELECT count(*) FROM aaltohub.gaps x WHERE \(isOpen)")[0].integer(0),
                    queues: try queues(session, mediaFailed: previous?.queues.mediaFailed))
            }
        }
    }

    /// A gap of a group that is turned off has no end yet, and is none.
    private static let isOpen = "x.closed_at IS NULL AND x.to_value IS DISTINCT FROM x.from_value"
    /// Whether the box of a gap is one in which messages of the group come.
    private static let concerns = """
        CASE g.chat_type WHEN 'channel' THEN x.box = 'channel' AND x.channel_id = g.telegram_id
            ELSE x.box = 'common' AND x.account = coalesce(g.primary_account, (SELECT min(name) FROM aaltohub.accounts), x.account) END
        """
    /// The oldest dead letters.
    private static let letters = """
        (SELECT group_id, created_at FROM public.failed_messages WHERE resolved IS NOT TRUE ORDER BY created_at, id LIMIT \(mostCounted))
        """

    private static func groups(_ session: Session) throws -> [DatabaseSnapshot.Group] {
        try session.query(
            """
            SELECT g.id, g.telegram_id, g.chat_type, g.title, g.username, coalesce(s.is_enabled, true), coalesce(s.status, 'active'),
                s.last_message_at, coalesce(s.error_count, 0), s.last_error, s.updated_at, coalesce(s.initial_crawl_progress, 0),
                coalesce(s.initial_crawl_total, 0), g.migrated_to, coalesce(r.ranges, 0), r.low, r.high, r.since, r.is_live,
                j.id, j.kind, j.state, j.pages, j.messages, j.total, j.attempts, j.error, j.updated_at,
                coalesce(x.n, 0), coalesce(f.n, 0)
            FROM public.groups g
            LEFT JOIN public.crawler_status s ON s.group_id = g.id
            LEFT JOIN (
                SELECT DISTINCT ON (group_id) group_id, low, high, since, is_live, count(*) OVER (PARTITION BY group_id) AS ranges
                FROM aaltohub.coverage ORDER BY group_id, low DESC) r ON r.group_id = g.id
            LEFT JOIN (
                SELECT DISTINCT ON (group_id) * FROM aaltohub.crawl_jobs
                WHERE state IN ('queued', 'running', 'failed') AND (state <> 'failed' OR updated_at > now() - interval '1 day')
                ORDER BY group_id, state = 'running' DESC, state = 'queued' DESC, id DESC) j ON j.group_id = g.id
            LEFT JOIN (
                SELECT g.id, count(*) AS n FROM public.groups g JOIN aaltohub.gaps x ON \(isOpen) AND \(concerns) GROUP BY g.id
            ) x ON x.id = g.id
            LEFT JOIN (SELECT group_id, count(*) AS n FROM \(letters) l GROUP BY group_id) f ON f.group_id = g.id
            ORDER BY g.title NULLS LAST, g.id
            """
        ).map(group)
    }

    private static func group(_ row: Row) -> DatabaseSnapshot.Group {
        var group = DatabaseSnapshot.Group(
            id: row.uuid(0).description, telegramID: row.integer(1), chatType: row.text(2), title: row.textOrNull(3),
            username: row.textOrNull(4))
        group.isEnabled = row.bool(5)
        group.status = row.text(6)
        group.lastMessageAt = row.timestamptzOrNull(7)
        group.errorCount = row.integer(8)
        group.lastError = row.textOrNull(9)
        group.statusAt = row.timestamptzOrNull(10)
        group.initialProgress = row.integer(11)
        group.initialTotal = row.integer(12)
        group.migratedTo = row.uuidOrNull(13)?.description
        group.ranges = row.integer(14)
        if let low = row.integerOrNull(15) {
            group.covered = .init(low: low, high: row.integer(16), since: row.timestamptzOrNull(17), isLive: row.bool(18))
        }
        if let id = row.integerOrNull(19) {
            group.crawl = .init(
                id: id, kind: row.text(20), state: row.text(21), pages: row.integer(22), messages: row.integer(23), total: row.integer(24),
                attempts: row.integer(25), error: row.textOrNull(26), updatedAt: row.timestamptz(27))
        }
        group.openGaps = row.integer(28)
        group.deadLetters = row.integer(29)
        return group
    }

    private static func accounts(_ session: Session) throws -> [DatabaseSnapshot.Account] {
        try session.query("SELECT name, state, state_reason, updated_at FROM aaltohub.accounts ORDER BY name").map { row in
            .init(name: row.text(0), state: row.text(1), reason: row.textOrNull(2), updatedAt: row.timestamptz(3))
        }
    }

    private static func gaps(_ session: Session) throws -> [DatabaseSnapshot.Gap] {
        try session.query(
            """
            SELECT x.id, x.account, x.box, x.channel_id, g.id, x.reason, x.found_at FROM aaltohub.gaps x
            LEFT JOIN public.groups g ON x.box = 'channel' AND g.chat_type = 'channel' AND g.telegram_id = x.channel_id
            WHERE \(isOpen) ORDER BY x.found_at, x.id LIMIT \(DatabaseSnapshot.mostGaps)
            """
        ).map { row in
            .init(
                id: row.integer(0), account: row.text(1), box: row.text(2), channelID: row.integer(3),
                group: row.uuidOrNull(4)?.description,
                reason: row.text(5), foundAt: row.timestamptz(6))
        }
    }

    private static func queues(_ session: Session, mediaFailed: Int64?) throws -> DatabaseSnapshot.Queues {
        var queues = DatabaseSnapshot.Queues()
        let bounds = AgeBucket.bounds.map(String.init)
        let ages = zip(["0"] + bounds, bounds + [""]).map { from, to in
            "count(*) FILTER (WHERE age >= \(from)\(to.isEmpty ? "" : " AND age < \(to)"))"
        }
        let letters = try session.query(
            """
            SELECT count(*), min(created_at), \(ages.joined(separator: ", "))
            FROM (SELECT created_at, coalesce(greatest(0, extract(epoch FROM now() - created_at)), 0) AS age FROM \(letters) l) f
            """)[0]
        queues.deadLetters = letters.integer(0)
        queues.oldestDeadLetterAt = letters.timestamptzOrNull(1)
        queues.deadLetterAges = AgeBucket.names.enumerated().map { .init(name: $1, count: letters.integer(2 + $0)) }

        let outbox = try session.query(
            """
            SELECT coalesce(max(change_id) - min(change_id) + 1, 0), coalesce(max(change_id), 0),
                (SELECT created_at FROM aaltohub.outbox ORDER BY change_id LIMIT 1)
            FROM aaltohub.outbox
            """)[0]
        queues.outboxRows = outbox.integer(0)
        queues.newestChange = outbox.integer(1)
        queues.oldestChangeAt = outbox.timestamptzOrNull(2)

        let media = try session.query(
            """
            SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'leased'), min(created_at)
            FROM (SELECT state, created_at FROM aaltohub.media_files WHERE state IN ('queued', 'leased')
                ORDER BY created_at, media_id LIMIT \(mostCounted)) m
            """)[0]
        queues.mediaQueued = media.integer(0)
        queues.mediaLeased = media.integer(1)
        queues.oldestMediaAt = media.timestamptzOrNull(2)
        queues.mediaFailed =
            try mediaFailed ?? session.query("SELECT count(*) FROM aaltohub.media_files WHERE state = 'failed'")[0].integer(0)

        let crawls = try session.query(
            """
            SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),
                (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'public.messages'::regclass)
            FROM aaltohub.crawl_jobs WHERE state IN ('queued', 'running', 'failed') AND state <> 'failed'
            """)[0]
        queues.crawlsQueued = crawls.integer(0)
        queues.crawlsRunning = crawls.integer(1)
        queues.messagesEstimate = crawls.integer(2)
        return queues
    }
}
