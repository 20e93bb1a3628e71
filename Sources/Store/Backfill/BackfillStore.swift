import Events
import PostgreSQL
import Primitives
import WriterCore

/// What backfill and the operator's tool read and write of crawls, under their own roles. Messages, coverage and the progress of jobs are
/// the writer's.
public struct BackfillStore: Sendable {
    /// Characters of an error or reason, as in `crawler_status.last_error`.
    static let errorCharacters = FailedPiece.errorCharacters

    let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    // MARK: jobs

    /// Jobs that are not over, oldest first.
    ///
    /// - Parameter account: nil: of all accounts.
    public func openJobs(of account: String? = nil) async throws -> [CrawlJob] {
        try await jobs("j.state IN ('queued', 'running') AND coalesce(j.account = $1, true) ORDER BY j.id", [.text(account)])
    }

    /// What a planner needs: all open jobs, of every group the last ended one of each kind, and those whose gaps are open still.
    public func plannedJobs() async throws -> [CrawlJob] {
        try await jobs(
            """
            j.state IN ('queued', 'running')
            OR j.id IN (SELECT max(id) FROM aaltohub.crawl_jobs WHERE state NOT IN ('queued', 'running') GROUP BY group_id, kind)
            OR j.state = 'done' AND j.kind = 'gap' AND EXISTS (
                SELECT FROM aaltohub.gaps x WHERE x.closed_at IS NULL AND x.id = ANY (j.gaps))
            ORDER BY j.id
            """, [])
    }

    /// The newest jobs, newest first.
    public func jobs(of group: PostgresUUID?, limit: Int32 = 100) async throws -> [CrawlJob] {
        try await jobs("coalesce(j.group_id = $1, true) ORDER BY j.id DESC LIMIT $2", [.uuid(group), .int(limit)])
    }

    /// nil: there is no such job.
    public func job(_ id: Int64) async throws -> CrawlJob? { try await jobs("j.id = $1", [.bigint(id)]).first }

    /// Makes a queued job. For the kinds other than manual one open job a group is enough: where there is one already, nil.
    ///
    /// - Parameter since: history from then on.
    public func createJob(
        group: PostgresUUID, account: String, kind: CrawlJob.Kind, since: UnixTime, fromID: Int64? = nil, untilID: Int64? = nil,
        gaps: [Int64] = [], total: Int64 = 0, requestedBy: String? = nil
    ) async throws -> CrawlJob? {
        try await connection.run { session in
            let made = try session.query(
                """
                INSERT INTO aaltohub.crawl_jobs (group_id, account, kind, since, from_id, until_id, gaps, total, requested_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (group_id, kind) WHERE state IN ('queued', 'running') AND kind <> 'manual' DO NOTHING RETURNING id
                """,
                [
                    .uuid(group), .text(account), .text(kind.rawValue), .timestamptz(since), .bigint(fromID), .bigint(untilID),
                    .bigints(gaps), .int(Int32(clamping: total)), .text(requestedBy),
                ]
            ).first
            guard let made else { return nil }
            return try Self.select(session, "j.id = $1", [.bigint(made.integer(0))]).first
        }
    }

    /// Gives a job more gaps to close. Only one that has not begun: a page fetched before the gap was read proves nothing about it.
    ///
    /// - Returns: whether it took them.
    public func adopt(gaps: [Int64], job: Int64) async throws -> Bool {
        try await change(
            """
            UPDATE aaltohub.crawl_jobs SET gaps = ARRAY(SELECT DISTINCT unnest(gaps || $2) ORDER BY 1), updated_at = now()
            WHERE id = $1 AND state = 'queued' AND next_id IS NULL
            """, [.bigint(job), .bigints(gaps)])
    }

    /// Takes an open job in hand, from whichever account.
    ///
    /// - Returns: the job as it is then; nil when it is over or gone.
    public func start(_ job: Int64, account: String) async throws -> CrawlJob? {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.crawl_jobs SET state = 'running', account = $2, not_before = NULL, started_at = coalesce(started_at, now()),
                    updated_at = now()
                WHERE id = $1 AND state IN ('queued', 'running')
                """, [.bigint(job), .text(account)])
            return try Self.select(session, "j.id = $1 AND j.state = 'running'", [.bigint(job)]).first
        }
    }

    /// Puts a job back in the queue, at the page where it is: a running one, or one that has failed. Its failures stay counted.
    public func requeue(_ job: Int64, notBefore: UnixTime? = nil, error: String? = nil) async throws -> Bool {
        try await change(
            """
            UPDATE aaltohub.crawl_jobs SET state = 'queued', not_before = $2, error = coalesce($3, error), finished_at = NULL,
                updated_at = now()
            WHERE id = $1 AND state IN ('queued', 'running', 'failed')
            """, [.bigint(job), .timestamptz(notBefore), .text(error.map { String($0.prefix(Self.errorCharacters)) })])
    }

    /// Sets the estimate of what an open job will find.
    public func expect(total: Int64, job: Int64) async throws -> Bool {
        try await change(
            "UPDATE aaltohub.crawl_jobs SET total = $2, updated_at = now() WHERE id = $1 AND state IN ('queued', 'running')",
            [.bigint(job), .int(Int32(clamping: total))])
    }

    /// Ends a job for good; what it found stays.
    ///
    /// - Returns: whether there was something to end.
    public func cancel(_ job: Int64, reason: String? = nil) async throws -> Bool {
        try await change(
            """
            UPDATE aaltohub.crawl_jobs SET state = 'cancelled', error = coalesce($2, error), finished_at = now(), updated_at = now()
            WHERE id = $1 AND state IN ('queued', 'running', 'failed')
            """, [.bigint(job), .text(reason.map { String($0.prefix(Self.errorCharacters)) })])
    }

    // MARK: what is known and what is missing

    /// In order of `low`.
    public func coverage(of group: PostgresUUID) async throws -> [CoverageRange] {
        try await connection.run { session in
            try session.query("SELECT \(Self.coverageColumns) FROM aaltohub.coverage WHERE group_id = $1 ORDER BY low", [.uuid(group)])
                .map { CoverageRange($0) }
        }
    }

    /// The same of every group that has any.
    public func coverage() async throws -> [PostgresUUID: [CoverageRange]] {
        try await connection.run { session in
            var out: [PostgresUUID: [CoverageRange]] = [:]
            for row in try session.query("SELECT \(Self.coverageColumns), group_id FROM aaltohub.coverage ORDER BY low").map({ $0 }) {
                out[row.uuid(6), default: []].append(CoverageRange(row))
            }
            return out
        }
    }

    /// Gaps that nothing has filled, oldest first. One of a group that is still turned off has no end yet and is not among them.
    ///
    /// - Parameter account: nil: of all accounts.
    public func openGaps(of account: String? = nil) async throws -> [OpenGap] {
        try await connection.run { session in
            try session.query(
                """
                SELECT id, account, box, channel_id, generation, from_value, to_value, reason, found_at FROM aaltohub.gaps
                WHERE closed_at IS NULL AND to_value IS DISTINCT FROM from_value AND coalesce(account = $1, true) ORDER BY id
                """, [.text(account)]
            ).map { row in
                OpenGap(
                    id: row.integer(0), account: row.text(1), box: BoxKey(column: row.text(2), channelID: row.integer(3)),
                    generation: row.integer(4), from: row.integerOrNull(5), to: row.integer(6), reason: row.text(7),
                    foundAt: row.timestamptz(8))
            }
        }
    }

    /// Groups that a listener follows: the box in which their updates come has a position. Of a basic group, whose ids are each account's
    /// own, only its primary's listener counts.
    public func followed() async throws -> Set<PostgresUUID> { try await followed(only: nil) }

    /// The same of one group.
    public func isFollowed(_ group: PostgresUUID) async throws -> Bool { try await !followed(only: group).isEmpty }

    private func followed(only group: PostgresUUID?) async throws -> Set<PostgresUUID> {
        try await connection.run { session in
            Set(
                try session.query(
                    """
                    SELECT g.id FROM public.groups g WHERE coalesce(g.id = $1, true) AND EXISTS (
                        SELECT FROM aaltohub.positions p WHERE CASE g.chat_type
                            WHEN 'channel' THEN p.box = 'channel' AND p.channel_id = g.telegram_id
                            ELSE p.box = 'common' AND \(GroupStore.isPrimary("g", "p.account")) END)
                    """, [.uuid(group)]
                ).map { $0.uuid(0) })
        }
    }

    /// Ids of the group's stored messages that are not deleted, ascending, of those sent before a moment, and since another if one is named.
    public func storedIDs(
        _ group: PostgresUUID, low: Int64, high: Int64, since: UnixTime? = nil, before: UnixTime
    ) async throws -> [Int64] {
        try await connection.run { session in
            try session.query(
                """
                SELECT telegram_message_id FROM public.messages
                WHERE group_id = $1 AND telegram_message_id BETWEEN $2 AND $3 AND NOT is_deleted AND sent_at < $4
                    AND coalesce(sent_at >= $5, true) ORDER BY 1
                """, [.uuid(group), .bigint(low), .bigint(high), .timestamptz(before), .timestamptz(since)]
            ).map { $0.integer(0) }
        }
    }

    /// Messages that were fetched too early to be trusted, and were last edited (or sent) before a moment: those that this account may
    /// read, by group and id.
    public func suspects(of account: String, before: UnixTime, limit: Int32 = 1_000) async throws -> [(group: PostgresUUID, id: Int64)] {
        try await connection.run { session in
            try session.query(
                """
                SELECT m.group_id, m.telegram_message_id FROM public.messages m JOIN public.groups g ON g.id = m.group_id
                WHERE m.suspect AND NOT m.is_deleted AND m.merge_edit_date < extract(epoch FROM $2) AND m.sent_at < $2
                    AND (g.chat_type = 'channel' OR \(GroupStore.isPrimary("g", "$1")))
                ORDER BY m.group_id, m.telegram_message_id LIMIT $3
                """, [.text(account), .timestamptz(before), .int(limit)]
            ).map { ($0.uuid(0), $0.integer(1)) }
        }
    }

    /// Topics of a forum, by id.
    public func topics(of group: PostgresUUID) async throws -> [ForumTopic] {
        try await connection.run { session in
            try session.query(
                """
                SELECT topic_id, title, closed, hidden, deleted, updated_at FROM aaltohub.topics WHERE group_id = $1 ORDER BY topic_id
                """, [.uuid(group)]
            ).map { row in
                ForumTopic(
                    id: row.integer(0), title: row.textOrNull(1), isClosed: row.boolOrNull(2), isHidden: row.boolOrNull(3),
                    isDeleted: row.bool(4), updatedAt: row.timestamptz(5))
            }
        }
    }

    /// Which of the registered groups are forums.
    public func forums() async throws -> Set<PostgresUUID> {
        try await connection.run { session in
            Set(try session.query("SELECT id FROM public.groups WHERE is_forum").map { $0.uuid(0) })
        }
    }

    // MARK: access

    /// Of all groups and accounts, as far as it was ever tried.
    public func access() async throws -> [GroupAccess] {
        try await connection.run { session in
            try session.query("SELECT group_id, account, state, reason, updated_at FROM aaltohub.group_access ORDER BY group_id, account")
                .map { row in
                    GroupAccess(
                        group: row.uuid(0), account: row.text(1), state: GroupAccess.State(rawValue: row.text(2)) ?? .unknown,
                        reason: row.textOrNull(3), updatedAt: row.timestamptz(4))
                }
        }
    }

    /// - Returns: whether that is news.
    public func setAccess(_ group: PostgresUUID, account: String, _ state: GroupAccess.State, reason: String? = nil) async throws -> Bool {
        try await change(
            """
            INSERT INTO aaltohub.group_access AS a (group_id, account, state, reason) VALUES ($1, $2, $3, $4)
            ON CONFLICT (group_id, account) DO UPDATE SET state = excluded.state, reason = excluded.reason, updated_at = now()
            WHERE (a.state, a.reason) IS DISTINCT FROM (excluded.state, excluded.reason)
            """, [.uuid(group), .text(account), .text(state.rawValue), .text(reason.map { String($0.prefix(Self.errorCharacters)) })])
    }

    // MARK: -

    private func jobs(_ condition: String, _ parameters: [Parameter]) async throws -> [CrawlJob] {
        try await connection.run { try Self.select($0, condition, parameters) }
    }

    private func change(_ sql: String, _ parameters: [Parameter]) async throws -> Bool {
        try await connection.run { try $0.query(sql, parameters).changed > 0 }
    }

    private static func select(_ session: Session, _ condition: String, _ parameters: [Parameter]) throws -> [CrawlJob] {
        try session.query(
            "SELECT \(CrawlJob.columns) FROM aaltohub.crawl_jobs j JOIN public.groups g ON g.id = j.group_id WHERE \(condition)", parameters
        ).map { CrawlJob($0) }
    }

    static let coverageColumns = "low, high, since, is_live, observed_at, id"
}

extension CoverageRange {
    /// The columns `BackfillStore.coverageColumns`.
    init(_ row: Row) {
        self.init(
            low: row.integer(0), high: row.integer(1), since: row.timestamptzOrNull(2)?.seconds, isLive: row.bool(3),
            observedAt: row.timestamptz(4).seconds)
    }
}
