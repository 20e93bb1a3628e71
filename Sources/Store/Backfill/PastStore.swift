import PostgreSQL
import Primitives
import WriterCore

/// What an operator asks about the past of the groups, and orders: crawls, what is covered, what is missing.
public struct PastStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// A crawl of one group, done, under way or to be done.
    public struct Job: Sendable, Equatable {
        public var id: Int64
        public var group: PostgresUUID
        public var chat: ChatKey
        public var title: String?
        public var account: String
        /// initial, gap or manual.
        public var kind: String
        /// queued, running, done, failed or cancelled.
        public var state: String
        public var since: UnixTime
        public var pages: Int64
        public var messages: Int64
        /// An estimate; 0 unknown.
        public var total: Int64
        public var attempts: Int64
        /// It is not gone on with before then.
        public var notBefore: UnixTime?
        public var error: String?
        public var requestedBy: String?
        /// How many gaps it closes.
        public var gaps: Int64
        public var createdAt: UnixTime
        public var startedAt: UnixTime?
        public var updatedAt: UnixTime
        public var finishedAt: UnixTime?

        public var isOpen: Bool { ["queued", "running"].contains(state) }

        public var json: JSON {
            [
                "job": .integer(id), "group": .string(group.description), "chat_type": .string(chat.column),
                "telegram_id": .integer(chat.id),
                "title": JSON(title), "account": .string(account), "kind": .string(kind), "state": .string(state),
                "since": JSON(since as UnixTime?), "pages": .integer(pages), "messages": .integer(messages), "total": .integer(total),
                "attempts": .integer(attempts), "not_before": JSON(notBefore), "error": JSON(error), "requested_by": JSON(requestedBy),
                "gaps": .integer(gaps), "created_at": JSON(createdAt as UnixTime?), "started_at": JSON(startedAt),
                "updated_at": JSON(updatedAt as UnixTime?), "finished_at": JSON(finishedAt),
            ]
        }

        static let columns = """
            j.id, j.group_id, g.chat_type, g.telegram_id, g.title, j.account, j.kind, j.state, j.since, j.pages, j.messages, j.total, j.attempts,
            j.not_before, j.error, j.requested_by, cardinality(j.gaps), j.created_at, j.started_at, j.updated_at, j.finished_at
            """
        static let tables = "aaltohub.crawl_jobs j JOIN public.groups g ON g.id = j.group_id"

        init(_ row: Row) {
            (id, group) = (row.integer(0), row.uuid(1))
            chat = row.text(2) == "group" ? .basicGroup(row.integer(3)) : .channel(row.integer(3))
            (title, account, kind, state) = (row.textOrNull(4), row.text(5), row.text(6), row.text(7))
            since = row.timestamptz(8)
            (pages, messages, total, attempts) = (row.integer(9), row.integer(10), row.integer(11), row.integer(12))
            (notBefore, error, requestedBy) = (row.timestamptzOrNull(13), row.textOrNull(14), row.textOrNull(15))
            gaps = row.integer(16)
            (createdAt, startedAt) = (row.timestamptz(17), row.timestamptzOrNull(18))
            (updatedAt, finishedAt) = (row.timestamptz(19), row.timestamptzOrNull(20))
        }
    }

    // MARK: jobs

    /// Jobs, the open ones first, then the newest.
    public func jobs(of group: PostgresUUID? = nil, onlyOpen: Bool = false, limit: Int32) async throws -> [Job] {
        try await connection.run { session in
            try session.query(
                """
                SELECT \(Job.columns) FROM \(Job.tables)
                WHERE coalesce(j.group_id = $1, true) AND NOT ($2 AND j.state NOT IN ('queued', 'running'))
                ORDER BY j.state = 'running' DESC, j.state = 'queued' DESC, j.id DESC LIMIT $3
                """, [.uuid(group), .bool(onlyOpen), .int(limit)]
            ).map(Job.init)
        }
    }

    /// Throws `notFound`.
    public func job(_ id: Int64) async throws -> Job {
        try await connection.run { session in
            guard let row = try session.query("SELECT \(Job.columns) FROM \(Job.tables) WHERE j.id = $1", [.bigint(id)]).first else {
                throw StoreError.notFound("the crawl \(id)")
            }
            return Job(row)
        }
    }

    /// Asks for a crawl; the account's backfill begins it when it runs. Nil when a crawl of the group that somebody asked for is open.
    public func order(_ group: PostgresUUID, account: String, since: UnixTime, by person: String) async throws -> Int64? {
        try await connection.run { session in
            try session.transaction {
                // Two at once would both see none.
                _ = try session.query("SELECT 1 FROM public.groups WHERE id = $1 FOR KEY SHARE", [.uuid(group)])
                _ = try session.query(
                    "SELECT pg_advisory_xact_lock(hashtextextended('aaltohub crawl ' || $1::text, 0))::text", [.uuid(group)])
                return try session.query(
                    """
                    INSERT INTO aaltohub.crawl_jobs (group_id, account, kind, since, requested_by)
                    SELECT $1, $2, 'manual', $3, $4
                    WHERE NOT EXISTS (
                        SELECT FROM aaltohub.crawl_jobs WHERE group_id = $1 AND kind = 'manual' AND state IN ('queued', 'running'))
                    RETURNING id
                    """, [.uuid(group), .text(account), .timestamptz(since), .text(person)]
                ).first?.integer(0)
            }
        }
    }

    /// Ends the group's open crawls; one that is under way stops after the page in flight. Returns how many there were.
    public func cancel(_ group: PostgresUUID, by person: String) async throws -> Int {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.crawl_jobs SET state = 'cancelled', error = 'by ' || $2, finished_at = now(), updated_at = now()
                WHERE group_id = $1 AND state IN ('queued', 'running')
                """, [.uuid(group), .text(person)]
            ).changed
        }
    }

    /// Which account reaches which group: ok, lost or unknown.
    public func access() async throws -> [PostgresUUID: [String: String]] {
        try await connection.run { session in
            var out: [PostgresUUID: [String: String]] = [:]
            for (group, account, state) in try session.query("SELECT group_id, account, state FROM aaltohub.group_access", [])
                .map({ ($0.uuid(0), $0.text(1), $0.text(2)) })
            {
                out[group, default: [:]][account] = state
            }
            return out
        }
    }

    // MARK: what is covered and what is not

    /// Ids of a group that are known complete.
    public struct Range: Sendable, Equatable {
        public var low: Int64
        public var high: Int64
        /// History since then begins at `low`; nil unknown.
        public var since: UnixTime?
        /// What came above `high` has come live.
        public var isLive: Bool
        public var observedAt: UnixTime

        public var json: JSON {
            [
                "low": .integer(low), "high": .integer(high), "since": JSON(since), "live": .bool(isLive),
                "observed_at": JSON(observedAt as UnixTime?),
            ]
        }
    }

    /// By group, ascending.
    public func coverage() async throws -> [PostgresUUID: [Range]] {
        try await connection.run { session in
            var out: [PostgresUUID: [Range]] = [:]
            for (group, range) in try session.query(
                "SELECT group_id, low, high, since, is_live, observed_at FROM aaltohub.coverage ORDER BY group_id, low, high", []
            ).map({ row in
                (
                    row.uuid(0),
                    Range(
                        low: row.integer(1), high: row.integer(2), since: row.timestamptzOrNull(3), isLive: row.bool(4),
                        observedAt: row.timestamptz(5))
                )
            }) {
                out[group, default: []].append(range)
            }
            return out
        }
    }

    /// A stretch that the live stream did not bring, of a group that is captured.
    public struct Gap: Sendable, Equatable {
        public var id: Int64
        public var group: PostgresUUID
        public var chat: ChatKey
        public var title: String?
        public var account: String
        public var reason: String
        public var foundAt: UnixTime
        /// The crawl of this group that will fill it.
        public var job: Int64?
        public var jobState: String?

        public var json: JSON {
            [
                "gap": .integer(id), "group": .string(group.description), "chat_type": .string(chat.column),
                "telegram_id": .integer(chat.id),
                "title": JSON(title), "account": .string(account), "reason": .string(reason), "found_at": JSON(foundAt as UnixTime?),
                "job": JSON(job), "job_state": JSON(jobState),
            ]
        }
    }

    /// The open gaps, one entry for each group that they concern; a gap of the common box concerns all basic groups of its account.
    public func gaps() async throws -> [Gap] {
        try await connection.run { session in
            try session.query(
                """
                SELECT x.id, g.id, g.chat_type, g.telegram_id, g.title, x.account, x.reason, x.found_at, j.id, j.state
                FROM aaltohub.gaps x
                JOIN public.groups g ON CASE g.chat_type WHEN 'channel' THEN x.box = 'channel' AND x.channel_id = g.telegram_id
                    ELSE x.box = 'common' AND \(GroupStore.isPrimary("g", "x.account")) END
                LEFT JOIN public.crawler_status s ON s.group_id = g.id
                LEFT JOIN LATERAL (
                    SELECT id, state FROM aaltohub.crawl_jobs
                    WHERE group_id = g.id AND state IN ('queued', 'running') AND gaps @> ARRAY[x.id] ORDER BY id LIMIT 1) j ON true
                WHERE x.closed_at IS NULL AND x.to_value IS DISTINCT FROM x.from_value AND coalesce(s.is_enabled, true)
                    AND g.migrated_to IS NULL
                ORDER BY g.title, g.telegram_id, x.id
                """, []
            ).map { row in
                Gap(
                    id: row.integer(0), group: row.uuid(1),
                    chat: row.text(2) == "group" ? .basicGroup(row.integer(3)) : .channel(row.integer(3)), title: row.textOrNull(4),
                    account: row.text(5), reason: row.text(6), foundAt: row.timestamptz(7), job: row.integerOrNull(8),
                    jobState: row.textOrNull(9))
            }
        }
    }

    /// Unresolved dead letters by group.
    public func deadLetters() async throws -> [PostgresUUID: Int64] {
        try await connection.run { session in
            Dictionary(
                try session.query(
                    """
                    SELECT group_id, count(*) FROM public.failed_messages
                    WHERE NOT coalesce(resolved, false) AND group_id IS NOT NULL GROUP BY group_id
                    """, []
                ).map { ($0.uuid(0), $0.integer(1)) }, uniquingKeysWith: +)
        }
    }
}
