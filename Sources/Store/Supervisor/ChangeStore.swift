import PostgreSQL
import Primitives
import SupervisorCore

/// The outbox as those read it who follow the changes of messages. The writer fills it, in the order of its commits, and forgets what is old.
///
/// Rows are rendered by Postgres at the time of reading, so a change shows its message's newest state.
public struct ChangeStore: Sendable {
    /// The columns of `messages` that readers get, in this order. The others are the merge's own, or name the operator's accounts.
    public static let columns = [
        "id", "telegram_message_id", "group_id", "sender_id", "sender_name", "text", "media_type", "media_url", "reply_to_message_id",
        "topic_id", "is_deleted", "sent_at", "created_at", "edited_at", "deleted_at", "deletion_presumed", "grouped_id", "entities",
        "forward", "reply", "reactions", "views", "forwards", "via_bot_id", "media_kind", "media", "media_id", "service",
    ]

    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Changes in order, and how far this reading has come: further than the last of them where messages were removed by hand.
    public struct Page: Sendable, Equatable {
        public var changes: [Change]
        public var through: Int64
        /// Whether there may be more.
        public var isMore: Bool

        public init(changes: [Change], through: Int64, isMore: Bool) {
            (self.changes, self.through, self.isMore) = (changes, through, isMore)
        }
    }

    /// What the outbox holds.
    public struct Bounds: Sendable, Equatable {
        /// Everything up to this change is forgotten; 0: nothing is.
        public var pruned: Int64
        /// The newest change that there was.
        public var newest: Int64
        /// The oldest that is kept; nil: none is.
        public var oldest: Int64?
        /// Of the database; a restored one has another.
        public var epoch: Int64
    }

    /// The changes after `id`, at most so many.
    public func page(after id: Int64, limit: Int) async throws -> Page {
        try await connection.run { try Self.page($0, after: id, limit: limit) }
    }

    /// As `page`, with what the outbox holds at its end: where `pruned` is beyond `id`, the page has a hole before it.
    public func boundedPage(after id: Int64, limit: Int) async throws -> (page: Page, bounds: Bounds) {
        // In this order: what is forgotten between the two shows in the bounds.
        try await connection.run { (try Self.page($0, after: id, limit: limit), try Self.bounds($0)) }
    }

    public func bounds() async throws -> Bounds { try await connection.run(Self.bounds) }

    /// The changes after `id` without their rows, at most so many.
    ///
    /// - Returns: how far it has come, too, whether there may be more, and what the outbox holds at its end.
    public func announcements(
        after id: Int64, limit: Int
    ) async throws -> (changes: [Announcement], through: Int64, isMore: Bool, bounds: Bounds) {
        try await connection.run { session in
            let rows = try session.query(Self.announced, [.bigint(id), .int(Int32(clamping: limit))])
            let changes = rows.map { row in
                Announcement(
                    id: row.integer(0), event: Change.Event(rawValue: row.text(1)) ?? .update, message: MessageKey(row.uuid(2)),
                    committedAt: row.timestamptz(3), isHistory: row.bool(4))
            }
            return (changes, changes.last?.id ?? id, rows.count >= limit, try Self.bounds(session))
        }
    }

    /// The rows of these messages as they are now, and whether they are deleted; of a message that is not there any more, nil.
    public func rows(of messages: [MessageKey]) async throws -> [(row: [UInt8], isDeleted: Bool)?] {
        try await connection.run { session in
            var out = [(row: [UInt8], isDeleted: Bool)?](repeating: nil, count: messages.count)
            let found = try session.query(Self.rowsOf, [.uuids(messages.map { PostgresUUID(high: $0.high, low: $0.low) })])
            for i in 0..<found.count { out[Int(found[i].integer(0)) - 1] = (Array(found[i].text(1).utf8), found[i].bool(2)) }
            return out
        }
    }

    /// How far the sink of this name has come. Nil: it never began.
    public func cursors(of sink: String) async throws -> SinkCursors? {
        try await connection.run { session in
            try session.query("SELECT live_id, history_id FROM aaltohub.broadcast_sinks WHERE name = $1", [.text(sink)]).first.map {
                SinkCursors(live: $0.integer(0), history: $0.integer(1))
            }
        }
    }

    /// Writes down how far the sink has come. A crash of the server may forget the last of it: then some changes are sent again.
    ///
    /// - Parameter epoch: of the database whose changes the cursors count.
    /// - Returns: false when this is another one, or never had these changes: it was restored, and keeps what it says itself.
    @discardableResult
    public func store(_ cursors: SinkCursors, of sink: String, epoch: Int64) async throws -> Bool {
        try await connection.run { session in
            try session.transaction {
                // Nobody waits for the disk because of it.
                try session.query("SET LOCAL synchronous_commit = off")
                return try session.query(
                    """
                    INSERT INTO aaltohub.broadcast_sinks (name, live_id, history_id)
                    SELECT $1, $2, $3 FROM aaltohub.database_identity i, aaltohub.outbox_horizon h
                    WHERE i.epoch = $4 AND greatest($2, $3) <= greatest(h.pruned, (SELECT max(change_id) FROM aaltohub.outbox))
                    ON CONFLICT (name) DO UPDATE SET live_id = $2, history_id = $3, updated_at = now()
                    """, [.text(sink), .bigint(cursors.live), .bigint(cursors.history), .bigint(epoch)]
                ).changed > 0
            }
        }
    }

    // MARK: statements

    /// What a crawl or a catch-up brings of messages that are older than this is of the past: nobody waits for it. Edits and deletions that a
    /// listener brings are live however old their message is.
    static let pastAge = "interval '1 hour'"
    private static let isHistory = "(o.crawled OR o.event = 'insert') AND coalesce(m.sent_at < o.created_at - \(pastAge), false)"

    /// A message by its key, row by row, whatever the plan was made for.
    private static func message(_ id: String, _ columns: String) -> String {
        "LATERAL (SELECT \(columns) FROM public.messages m WHERE m.id = \(id) OFFSET 0) m ON true"
    }
    private static let rendered = "(SELECT row_to_json(r) FROM (SELECT \(columns.map { "m.\($0)" }.joined(separator: ", "))) r)"

    private static let outboxPart = """
        (SELECT * FROM aaltohub.outbox WHERE change_id > $1 ORDER BY change_id LIMIT $2) o
        """

    private static let pageOf = Statement(
        name: "changes",
        sql: """
            SELECT o.change_id, o.event, o.message_id, o.group_id, o.created_at, \(isHistory), m.row
            FROM \(outboxPart) LEFT JOIN \(message("o.message_id", "m.sent_at, \(rendered) AS row")) ORDER BY o.change_id
            """)

    private static let announced = Statement(
        name: "announced_changes",
        sql: """
            SELECT o.change_id, o.event, o.message_id, o.created_at, \(isHistory)
            FROM \(outboxPart) LEFT JOIN \(message("o.message_id", "m.sent_at")) ORDER BY o.change_id
            """)

    private static let rowsOf = Statement(
        name: "rows_of_messages",
        sql: """
            SELECT e.place, m.row, m.is_deleted
            FROM unnest($1) WITH ORDINALITY AS e (id, place) JOIN \(message("e.id", "m.is_deleted, \(rendered) AS row"))
            """)

    private static func page(_ session: Session, after id: Int64, limit: Int) throws -> Page {
        let rows = try session.query(pageOf, [.bigint(id), .int(Int32(clamping: limit))])
        var page = Page(changes: [], through: id, isMore: rows.count >= limit)
        page.changes.reserveCapacity(rows.count)
        for i in 0..<rows.count {
            let row = rows[i]
            page.through = row.integer(0)
            // Removed by hand: there is nothing to show.
            guard let text = row.textOrNull(6) else { continue }
            page.changes.append(
                Change(
                    // The table's CHECK lets nothing else in.
                    id: page.through, event: Change.Event(rawValue: row.text(1)) ?? .update, messageID: row.uuid(2).description,
                    groupID: row.uuid(3).description, row: Array(text.utf8), committedAt: row.timestamptz(4), isHistory: row.bool(5)))
        }
        return page
    }

    private static func bounds(_ session: Session) throws -> Bounds {
        let row = try session.query(
            """
            SELECT h.pruned, (SELECT max(change_id) FROM aaltohub.outbox), (SELECT min(change_id) FROM aaltohub.outbox), i.epoch
            FROM aaltohub.outbox_horizon h, aaltohub.database_identity i
            """)[0]
        let pruned = row.integer(0)
        return Bounds(pruned: pruned, newest: max(pruned, row.integerOrNull(1) ?? 0), oldest: row.integerOrNull(2), epoch: row.integer(3))
    }
}

extension MessageKey {
    fileprivate init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }
}
