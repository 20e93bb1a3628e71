import PostgreSQL
import Primitives
import WriterCore

/// A row of `groups` with its status: a chat whose messages are captured while it is enabled.
public struct RegisteredGroup: Sendable, Equatable {
    public var id: PostgresUUID
    public var chat: ChatKey
    public var title: String?
    public var username: String?
    public var isEnabled: Bool
    /// inactive, initializing, active or error.
    public var status: String
    /// The account whose copies of a basic group are stored; nil: any.
    public var primaryAccount: String?
    public var errorCount: Int64
    public var lastError: String?
    public var lastMessageAt: UnixTime?
    /// The supergroup that this basic group became.
    public var migratedTo: PostgresUUID?

    static let columns = """
        g.id, g.chat_type, g.telegram_id, g.title, g.username, coalesce(s.is_enabled, true), coalesce(s.status, 'active'), g.primary_account,
        coalesce(s.error_count, 0), s.last_error, s.last_message_at, g.migrated_to
        """
    static let tables = "public.groups g LEFT JOIN public.crawler_status s ON s.group_id = g.id"

    init(_ row: Row) {
        id = row.uuid(0)
        chat = row.text(1) == "group" ? .basicGroup(row.integer(2)) : .channel(row.integer(2))
        title = row.textOrNull(3)
        username = row.textOrNull(4)
        isEnabled = row.bool(5)
        status = row.text(6)
        primaryAccount = row.textOrNull(7)
        errorCount = row.integer(8)
        lastError = row.textOrNull(9)
        lastMessageAt = row.timestamptzOrNull(10)
        migratedTo = row.uuidOrNull(11)
    }

    public var json: JSON {
        [
            "id": .string(id.description), "telegram_id": .integer(chat.id), "chat_type": .string(chat.column), "title": JSON(title),
            "username": JSON(username), "is_enabled": .bool(isEnabled), "status": .string(status), "account": JSON(primaryAccount),
            "error_count": .integer(errorCount), "last_error": JSON(lastError), "last_message_at": JSON(lastMessageAt),
            "migrated_to": JSON(migratedTo?.description),
        ]
    }
}

extension JSON {
    /// The text, or null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// Whole unix seconds, or null.
    init(_ time: UnixTime?) { self = time.map { .integer($0.seconds) } ?? .null }
    init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
}
