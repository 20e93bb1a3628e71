import PostgreSQL
import WriterCore

/// The statements on a producer's row, its streams' cursors, its account's positions and gaps.
enum ProducerStatements {
    /// The row must exist to be locked.
    static let insert = Statement(
        name: "insert_producer",
        sql: """
            INSERT INTO aaltohub.producers (role, account, incarnation, epoch) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING
            """)

    /// Waits for any transaction in flight on whoever's connection. What else belongs to the producer is read by later statements,
    /// which see what that transaction committed.
    static let lock = Statement(
        name: "lock_producer",
        sql: "SELECT incarnation, epoch FROM aaltohub.producers WHERE role = $1 AND account = $2 FOR UPDATE")

    static let update = Statement(
        name: "update_producer",
        sql: """
            UPDATE aaltohub.producers SET incarnation = $3, epoch = $4, build = $5, hello_at = now() WHERE role = $1 AND account = $2
            """)

    /// Until the end of the transaction the outbox tells which role brought its changes.
    static let name = Statement(name: "name_producer", sql: "SELECT set_config('aaltohub.producer', $1, true)")

    static let streams = Statement(
        name: "streams",
        sql: "SELECT id, committed, place, last FROM aaltohub.streams WHERE role = $1 AND account = $2 ORDER BY place NULLS LAST, id")

    static let listedStreams = Statement(
        name: "listed_streams",
        sql: """
            SELECT id, committed, place, last FROM aaltohub.streams WHERE role = $1 AND account = $2 AND place IS NOT NULL ORDER BY place
            """)

    static let storeStreams = Statement(
        name: "store_streams",
        sql: """
            INSERT INTO aaltohub.streams (role, account, id, committed, place, last)
            SELECT $1, $2, e.* FROM unnest($3, $4, $5, $6) AS e
            ON CONFLICT (id) DO UPDATE
            SET committed = excluded.committed, place = excluded.place, last = excluded.last, updated_at = now()
            """)

    static let moveCursors = Statement(
        name: "move_cursors",
        sql: """
            UPDATE aaltohub.streams s SET committed = e.committed, updated_at = now()
            FROM unnest($1, $2) AS e (id, committed) WHERE s.id = e.id
            """)

    /// Locked, too: positions are the account's, whose other producers have rows of their own.
    static let positions = Statement(
        name: "positions",
        sql: """
            SELECT box, channel_id, generation, value, date, seq FROM aaltohub.positions WHERE account = $1
            ORDER BY box, channel_id FOR UPDATE
            """)

    static let positionsOf = Statement(
        name: "positions_of",
        sql: """
            SELECT p.box, p.channel_id, p.generation, p.value, p.date, p.seq
            FROM unnest($2, $3) AS e (box, channel_id) JOIN aaltohub.positions p
            ON p.account = $1 AND p.box = e.box AND p.channel_id = e.channel_id ORDER BY p.box, p.channel_id FOR UPDATE OF p
            """)

    /// A box that is followed for the first time, though something of its chats was fetched before or is being fetched: what changed there
    /// between was told to nobody, and becomes a gap. Where another account stands in the channel where this one begins, nothing was
    /// missed; one that is behind may never come so far, and to look once more costs calls, no messages.
    static let movePositions = Statement(
        name: "move_positions",
        sql: """
            WITH moved AS (
                INSERT INTO aaltohub.positions (account, box, channel_id, generation, value, date, seq)
                SELECT $1, e.* FROM unnest($2, $3, $4, $5, $6, $7) AS e
                ON CONFLICT (account, box, channel_id) DO UPDATE SET generation = excluded.generation, value = excluded.value,
                    date = excluded.date, seq = excluded.seq, updated_at = now()
                RETURNING box, channel_id, generation, value, xmax = 0 AS is_first
            )
            INSERT INTO aaltohub.gaps (account, box, channel_id, generation, to_value, reason)
            SELECT $1, m.box, m.channel_id, m.generation, m.value, '\(Gap.Reason.followed.rawValue)'
            FROM moved m
            WHERE m.is_first AND m.box <> 'qts'
                AND NOT (m.box = 'channel' AND EXISTS (
                    SELECT FROM aaltohub.positions p
                    WHERE p.box = m.box AND p.channel_id = m.channel_id AND p.account <> $1
                        AND p.generation = m.generation AND p.value >= m.value))
                AND EXISTS (
                    SELECT FROM public.groups g
                    WHERE CASE m.box WHEN 'channel' THEN g.chat_type = 'channel' AND g.telegram_id = m.channel_id
                            ELSE g.chat_type = 'group' AND \(GroupStore.isPrimary("g", "$1")) END
                        AND (EXISTS (SELECT FROM aaltohub.coverage c WHERE c.group_id = g.id)
                            OR EXISTS (SELECT FROM aaltohub.crawl_jobs j WHERE j.group_id = g.id AND j.state = 'running')))
            """)

    /// A stream's cursor from where it is said to be; the producer is locked as by `lock`. One that is not there, or a row of another life,
    /// refuses the whole transaction (22012).
    static let moveCursorFrom = Statement(
        name: "move_cursor_from",
        sql: """
            WITH moved AS (
                UPDATE aaltohub.streams s SET committed = $7, updated_at = now()
                FROM (SELECT FROM aaltohub.producers
                    WHERE role = $1 AND account = $2 AND incarnation = $3 AND epoch = $4 FOR UPDATE) producer
                WHERE s.id = $5 AND s.committed = $6 AND s.place IS NOT NULL RETURNING 1
            )
            SELECT 1 / count(*) FROM moved
            """)

    /// A box's position from where it is said to be; one that is not there refuses the whole transaction (22012).
    static let movePositionFrom = Statement(
        name: "move_position_from",
        sql: """
            WITH moved AS (
                UPDATE aaltohub.positions SET generation = $8, value = $9, date = $10, seq = $11, updated_at = now()
                WHERE account = $1 AND box = $2 AND channel_id = $3
                    AND generation = $4 AND value = $5 AND date = $6 AND seq = $7 RETURNING 1
            )
            SELECT 1 / count(*) FROM moved
            """)

    static let recordGaps = Statement(
        name: "record_gaps",
        sql: """
            INSERT INTO aaltohub.gaps (account, box, channel_id, generation, from_value, to_value, reason)
            SELECT $1, e.* FROM unnest($2, $3, $4, $5, $6, $7) AS e
            """)

    /// Streams of long ended processes, whose records can no longer be sent.
    static let forgetStreams = Statement(
        name: "forget_streams",
        sql: """
            DELETE FROM aaltohub.streams
            WHERE role = $1 AND account = $2 AND place IS NULL AND updated_at < now() - make_interval(days => $3)
            """)
}
