import PostgreSQL

/// The statements that change messages. Each takes arrays and serves any number of rows.
///
/// Chats are resolved inside: only registered groups join, and of a basic group only the copies of its primary account.
enum MessageStatements {
    /// The newer copy's value of a column, else the stored one's. The comparison is `MergeKey`'s order.
    private static let isNewer = """
        (excluded.merge_edit_date, excluded.merge_settled, excluded.merge_generation, excluded.merge_position, excluded.content_hash)
            > (m.merge_edit_date, m.merge_settled, m.merge_generation, m.merge_position, m.content_hash)
        """

    private static let contentColumns = [
        "sender_id", "text", "media_type", "reply_to_message_id", "reply", "topic_id", "sent_at", "edited_at", "grouped_id", "entities",
        "forward", "via_bot_id", "media_kind", "media", "media_id", "service", "merge_edit_date", "merge_settled", "merge_generation",
        "merge_position", "content_hash",
    ]

    /// Records that a chat's rows are registered and that this producer's account stores them.
    static func join(_ alias: String, account: String) -> String {
        """
        JOIN public.groups g ON g.telegram_id = \(alias).chat_id AND g.chat_type = \(alias).chat_type
            AND (g.chat_type = 'channel' OR \(GroupStore.isPrimary("g", account)))
        """
    }

    /// Whether a copy comes late (`MessageRow.isLate`): while another account is ahead in the channel, which is why the positions move
    /// first; or, $36, as a dead letter that is tried again, when anything may be ahead of it. A count and `OFFSET 0`, so that no plan
    /// reads all positions: each row looks up its channel's, account by account.
    private static let isLate = """
        ($36 OR e.chat_type = 'channel' AND (
            SELECT count(*) > 0 FROM aaltohub.producers a CROSS JOIN LATERAL (
                SELECT FROM aaltohub.positions mine JOIN aaltohub.positions p USING (box, channel_id, generation)
                WHERE mine.account = $1 AND p.account = a.account AND mine.box = 'channel' AND mine.channel_id = e.chat_id
                    AND p.value > mine.value OFFSET 0) ahead
            WHERE a.role = 'listener' AND a.account <> $1))
        """

    /// One copy per message as a row, with the tombstones of messages that were deleted before they came.
    private static let insertion = """
        INSERT INTO public.messages AS m (
            group_id, account_id, telegram_message_id, sent_at, edited_at, sender_id, text, entities, media_type, media_kind,
            media, media_id, reply_to_message_id, reply, topic_id, grouped_id, forward, via_bot_id, service, merge_edit_date,
            merge_settled, merge_generation, merge_position, content_hash, reactions, reactions_key, sender_name,
            sender_name_key, views, forwards, is_deleted, deleted_at, deletion_presumed, unsettled_edit_date, suspect, received_at)
        SELECT g.id, CASE g.chat_type WHEN 'group' THEN $1 END, e.id, e.sent_at, e.edited_at, e.sender_id, e.text, e.entities,
            e.media_type, e.media_kind, e.media, e.media_id, e.reply_to, e.reply, e.topic_id, e.grouped_id, e.forward, e.via_bot_id,
            e.service, e.edit_date, e.settled, e.generation, e.position, e.content_hash, e.reactions, e.reactions_key,
            e.sender_name, e.sender_name_key, e.views, e.forwards,
            coalesce(e.deleted_at, t.deleted_at, u.deleted_at) IS NOT NULL, least(e.deleted_at, t.deleted_at, u.deleted_at),
            CASE WHEN coalesce(e.deleted_at, t.deleted_at, u.deleted_at) IS NOT NULL
                THEN coalesce(e.presumed, true) AND coalesce(t.presumed, true) AND coalesce(u.presumed, true) END,
            e.unsettled_edit_date, NOT e.settled AND (e.unsettled_edit_date = e.edit_date OR \(isLate)), e.received_at
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35) AS e (
            chat_type, chat_id, id, sent_at, edited_at, sender_id, text, entities, media_type, media_kind, media, media_id,
            reply_to, reply, topic_id, grouped_id, forward, via_bot_id, service, edit_date, settled, generation, position,
            content_hash, reactions, reactions_key, sender_name, sender_name_key, views, forwards, deleted_at, presumed,
            unsettled_edit_date, received_at)
        \(join("e", account: "$1"))
        LEFT JOIN aaltohub.tombstones t ON t.group_id = g.id AND t.telegram_message_id = e.id
        LEFT JOIN aaltohub.tombstones u ON g.chat_type = 'group' AND u.account = $1 AND u.telegram_message_id = e.id
        """

    /// Merges one copy per message: `MessageRow.merge` in SQL.
    /// Returns what changed; a copy that changes nothing writes nothing, be it received earlier: nobody waits to be told that.
    static let merge = Statement(
        name: "merge_messages",
        sql: """
            WITH changed AS (
                \(insertion)
                ON CONFLICT (group_id, telegram_message_id) DO UPDATE SET
                    \(contentColumns.map { "\($0) = CASE WHEN \(isNewer) THEN excluded.\($0) ELSE m.\($0) END" }.joined(separator: ",\n")),
                    media_url = CASE WHEN \(isNewer) AND m.media_id IS DISTINCT FROM excluded.media_id AND m.media_id IS NOT NULL
                        THEN NULL ELSE m.media_url END,
                    account_id = coalesce(m.account_id, excluded.account_id),
                    reactions = CASE WHEN excluded.reactions_key > m.reactions_key THEN excluded.reactions ELSE m.reactions END,
                    reactions_key = greatest(m.reactions_key, excluded.reactions_key),
                    sender_name = CASE WHEN excluded.sender_name_key > m.sender_name_key THEN excluded.sender_name ELSE m.sender_name END,
                    sender_name_key = greatest(m.sender_name_key, excluded.sender_name_key),
                    views = greatest(m.views, excluded.views),
                    forwards = greatest(m.forwards, excluded.forwards),
                    is_deleted = m.is_deleted OR excluded.is_deleted,
                    deleted_at = least(m.deleted_at, excluded.deleted_at),
                    deletion_presumed = CASE WHEN NOT m.is_deleted THEN excluded.deletion_presumed
                        WHEN NOT excluded.is_deleted THEN m.deletion_presumed
                        ELSE coalesce(m.deletion_presumed, false) AND excluded.deletion_presumed END,
                    unsettled_edit_date = greatest(m.unsettled_edit_date, excluded.unsettled_edit_date),
                    received_at = least(m.received_at, excluded.received_at),
                    suspect = CASE WHEN \(isNewer)
                        THEN NOT excluded.merge_settled AND (excluded.suspect OR m.unsettled_edit_date = excluded.merge_edit_date)
                        ELSE m.suspect OR NOT m.merge_settled AND excluded.unsettled_edit_date = m.merge_edit_date END
                WHERE \(isNewer)
                    OR excluded.reactions_key > m.reactions_key OR excluded.sender_name_key > m.sender_name_key
                    OR excluded.views > coalesce(m.views, -1) OR excluded.forwards > coalesce(m.forwards, -1)
                    OR excluded.is_deleted AND (NOT m.is_deleted OR excluded.deleted_at < m.deleted_at
                        OR m.deletion_presumed AND NOT excluded.deletion_presumed)
                    OR excluded.unsettled_edit_date > m.unsettled_edit_date
                RETURNING m.id, m.group_id, m.telegram_message_id, m.xmax = 0 AS inserted, m.merge_edit_date, m.content_hash,
                    m.edited_at, m.reactions_key, m.sender_name, m.views, m.forwards, m.is_deleted, m.deleted_at,
                    m.deletion_presumed,
                    CASE WHEN m.xmax <> 0 THEN m.text END AS new_text
            ), \(VersionStatements.keepSuperseded("changed")), announced AS (
                INSERT INTO aaltohub.outbox (event, message_id, group_id, telegram_message_id)
                SELECT CASE WHEN inserted THEN 'insert' ELSE 'update' END, id, group_id, telegram_message_id FROM changed c
                WHERE inserted OR \(showsOtherwise("c"))
            )
            SELECT g.chat_type, g.telegram_id, c.telegram_message_id, c.inserted FROM changed c JOIN public.groups g ON g.id = c.group_id
            """)

    /// `merge` for messages that are all new: refused as a whole (23505) where one of them is stored already. With the same parameters.
    static let insert = Statement(
        name: "insert_messages",
        sql: """
            WITH changed AS (
                \(insertion)
                RETURNING m.id, m.group_id, m.telegram_message_id
            ), announced AS (
                INSERT INTO aaltohub.outbox (event, message_id, group_id, telegram_message_id)
                SELECT 'insert', id, group_id, telegram_message_id FROM changed
            )
            SELECT g.chat_type, g.telegram_id, c.telegram_message_id, true FROM changed c JOIN public.groups g ON g.id = c.group_id
            """)

    /// Whether a reader of a changed row sees anything new: a fetched copy that only confirms a row, or doubts it, is told to nobody.
    /// The row as it was before the statement is read, as in `VersionStatements.keepSuperseded`.
    private static func showsOtherwise(_ changed: String) -> String {
        let shown = [
            "content_hash", "edited_at", "reactions_key", "sender_name", "views", "forwards", "is_deleted", "deleted_at",
            "deletion_presumed",
        ]
        func row(_ alias: String) -> String { "(" + shown.map { "\(alias).\($0)" }.joined(separator: ", ") + ")" }
        return "EXISTS (SELECT FROM public.messages o WHERE o.id = \(changed).id AND \(row("o")) IS DISTINCT FROM \(row(changed)))"
    }

    private static let mark = """
        SET is_deleted = true, deleted_at = least(m.deleted_at, d.deleted_at),
            deletion_presumed = CASE WHEN m.is_deleted THEN coalesce(m.deletion_presumed, false) AND d.presumed ELSE d.presumed END
        """
    private static let marksMore = """
        (NOT m.is_deleted OR d.deleted_at < m.deleted_at OR m.deletion_presumed AND NOT d.presumed)
        """
    static let announceUpdated = """
        announced AS (
            INSERT INTO aaltohub.outbox (event, message_id, group_id, telegram_message_id)
            SELECT 'update', id, group_id, telegram_message_id FROM changed
        )
        SELECT g.chat_type, g.telegram_id, c.telegram_message_id, false FROM changed c JOIN public.groups g ON g.id = c.group_id
        """

    /// Deletions that name their chat; a message that is not stored yet gets a tombstone.
    static let delete = Statement(
        name: "delete_messages",
        sql: """
            WITH d AS MATERIALIZED (
                SELECT g.id AS group_id, e.id, e.deleted_at, e.presumed
                FROM unnest($2, $3, $4, $5, $6) AS e (chat_type, chat_id, id, deleted_at, presumed)
                \(join("e", account: "$1"))
            ), buried AS (
                INSERT INTO aaltohub.tombstones AS t (group_id, telegram_message_id, deleted_at, presumed)
                SELECT d.group_id, d.id, d.deleted_at, d.presumed FROM d
                WHERE NOT EXISTS (SELECT FROM public.messages m WHERE m.group_id = d.group_id AND m.telegram_message_id = d.id)
                ON CONFLICT (group_id, telegram_message_id) WHERE group_id IS NOT NULL DO UPDATE
                SET deleted_at = least(t.deleted_at, excluded.deleted_at), presumed = t.presumed AND excluded.presumed
            ), changed AS (
                UPDATE public.messages m \(mark)
                FROM d WHERE m.group_id = d.group_id AND m.telegram_message_id = d.id AND \(marksMore)
                RETURNING m.id, m.group_id, m.telegram_message_id
            ), \(announceUpdated)
            """)

    /// Deletions that name no chat: they can only mean the basic groups (and private chats) of the account. Message ids there are the
    /// account's own, so a channel's message of the same id is never touched.
    static let deleteChatless = Statement(
        name: "delete_messages_without_chat",
        sql: """
            WITH groups AS MATERIALIZED (
                SELECT id FROM public.groups g WHERE chat_type = 'group' AND \(GroupStore.isPrimary("g", "$1"))
            ), d AS MATERIALIZED (
                SELECT * FROM unnest($2, $3, $4) AS e (id, deleted_at, presumed) WHERE EXISTS (SELECT FROM groups)
            ), changed AS (
                UPDATE public.messages m \(mark)
                FROM d CROSS JOIN groups
                WHERE m.telegram_message_id = d.id AND m.group_id = groups.id AND coalesce(m.account_id, $1) = $1 AND \(marksMore)
                RETURNING m.id, m.group_id, m.telegram_message_id
            ), buried AS (
                INSERT INTO aaltohub.tombstones AS t (account, telegram_message_id, deleted_at, presumed)
                SELECT $1, d.id, d.deleted_at, d.presumed FROM d
                WHERE NOT EXISTS (SELECT FROM groups JOIN public.messages m ON m.group_id = groups.id
                    WHERE m.telegram_message_id = d.id AND coalesce(m.account_id, $1) = $1)
                ON CONFLICT (account, telegram_message_id) WHERE account IS NOT NULL DO UPDATE
                SET deleted_at = least(t.deleted_at, excluded.deleted_at), presumed = t.presumed AND excluded.presumed
            ), \(announceUpdated)
            """)

    /// Counters that came without their message: the registers of `merge` alone. Of a message that is not stored they are dropped: its
    /// first copy brings its own.
    static let counters = Statement(
        name: "merge_counters",
        sql: """
            WITH changed AS (
                UPDATE public.messages m SET
                    reactions = CASE WHEN e.reactions_key > m.reactions_key THEN e.reactions ELSE m.reactions END,
                    reactions_key = greatest(m.reactions_key, e.reactions_key),
                    views = greatest(m.views, e.views), forwards = greatest(m.forwards, e.forwards)
                FROM unnest($2, $3, $4, $5, $6, $7, $8) AS e (chat_type, chat_id, id, reactions, reactions_key, views, forwards)
                \(join("e", account: "$1"))
                WHERE m.group_id = g.id AND m.telegram_message_id = e.id
                    AND (e.reactions_key > m.reactions_key OR e.views > coalesce(m.views, -1) OR e.forwards > coalesce(m.forwards, -1))
                RETURNING m.id, m.group_id, m.telegram_message_id
            ), \(announceUpdated)
            """)

    /// The newest message of each chat, for the status page; and, where a listener brought them, how far live coverage reaches.
    static let lastMessage = Statement(
        name: "last_message_at",
        sql: """
            WITH e AS MATERIALIZED (
                -- What a clock gone wrong has dated would stand for ever.
                SELECT g.id AS group_id, least(e.sent_at, now()) AS sent_at, e.id
                FROM unnest($2, $3, $4, $5) AS e (chat_type, chat_id, sent_at, id)
                \(join("e", account: "$1"))
            ), raised AS (
                UPDATE aaltohub.coverage c SET high = e.id FROM e WHERE $6 AND c.group_id = e.group_id AND c.is_live AND c.high < e.id
            )
            UPDATE public.crawler_status s SET last_message_at = e.sent_at, updated_at = now()
            FROM e WHERE s.group_id = e.group_id AND (s.last_message_at IS NULL OR s.last_message_at < e.sent_at)
            """)

    /// Access lost or regained; a group that was turned off stays inactive.
    static let groupState = Statement(
        name: "group_state",
        sql: """
            UPDATE public.crawler_status s SET
                status = CASE WHEN e.lost THEN 'error' WHEN s.is_enabled THEN 'active' ELSE 'inactive' END,
                error_count = CASE WHEN e.lost THEN coalesce(s.error_count, 0) + 1 ELSE 0 END,
                last_error = CASE WHEN e.lost THEN left(e.reason, 500) END, updated_at = now()
            FROM unnest($2, $3, $4, $5) AS e (chat_type, chat_id, lost, reason)
            \(join("e", account: "$1"))
            WHERE s.group_id = g.id
            """)

    /// A basic group became a supergroup: the latter is registered like the former, which points to it.
    static let migrate = Statement(
        name: "migrate_group",
        sql: """
            WITH old AS (
                SELECT id, title FROM public.groups g
                WHERE telegram_id = $2 AND chat_type = 'group' AND \(GroupStore.isPrimary("g", "$1"))
            ), made AS (
                INSERT INTO public.groups (telegram_id, chat_type, title) SELECT $3, 'channel', title FROM old
                ON CONFLICT (telegram_id, chat_type) DO NOTHING RETURNING id
            ), target AS (
                SELECT id FROM made UNION ALL SELECT id FROM public.groups WHERE telegram_id = $3 AND chat_type = 'channel'
            ), status AS (
                INSERT INTO public.crawler_status (group_id, status, is_enabled)
                SELECT made.id, s.status, s.is_enabled FROM made CROSS JOIN old JOIN public.crawler_status s ON s.group_id = old.id
            )
            UPDATE public.groups g SET migrated_to = target.id, migrated_max_id = coalesce(nullif($4, 0), g.migrated_max_id)
            FROM old, target WHERE g.id = old.id
            """)

    /// Dead letters. A chat that is not registered leaves the group NULL.
    static let fail = Statement(
        name: "fail_messages",
        sql: """
            INSERT INTO public.failed_messages
                (telegram_message_id, group_id, payload, error_message, account_id, stream, record_number, sql_state, payload_bytes,
                received_at)
            SELECT e.id, g.id, e.payload, e.error, $1, e.stream, e.number, e.sql_state, e.bytes, e.received_at
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS e (
                chat_type, chat_id, id, payload, error, stream, number, sql_state, bytes, received_at)
            LEFT JOIN public.groups g ON g.telegram_id = e.chat_id AND g.chat_type = e.chat_type
            """)
}
