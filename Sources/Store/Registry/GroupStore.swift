import PostgreSQL
import Primitives
import WriterCore

/// Which chats are captured. Read by the listener, changed by the operator.
public struct GroupStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Every registered group, by title.
    public func list() async throws -> [RegisteredGroup] {
        try await connection.run { try Self.select($0, "true ORDER BY g.title, g.telegram_id", []) }
    }

    /// What this account's listener captures now: every enabled channel, and the enabled basic groups that are its own to store.
    public func captured(by account: String) async throws -> [RegisteredGroup] {
        try await connection.run {
            try Self.select(
                $0,
                """
                coalesce(s.is_enabled, true) AND g.migrated_to IS NULL AND (g.chat_type = 'channel' OR \(Self.isPrimary("g", "$1")))
                ORDER BY g.chat_type, g.telegram_id
                """, [.text(account)])
        }
    }

    /// Whether this account is the one that stores the copies of a basic group: ids there are each account's own, so two accounts would
    /// overwrite each other's messages. Where no account was named, all take the same one for it.
    static func isPrimary(_ group: String, _ account: String) -> String {
        "coalesce(\(group).primary_account, (SELECT min(name) FROM aaltohub.accounts), \(account)) = \(account)"
    }

    /// The one group that answers to the name. Throws `notFound` or `ambiguous`.
    public func find(_ reference: GroupReference) async throws -> RegisteredGroup {
        try await connection.run { try Self.find(reference, $0) }
    }

    /// The group of that row. Throws `notFound`.
    public func find(_ id: PostgresUUID) async throws -> RegisteredGroup {
        try await connection.run { session in
            guard let group = try Self.select(session, "g.id = $1", [.uuid(id)]).first else { throw StoreError.notFound("the group \(id)") }
            return group
        }
    }

    /// Registers a chat, or enables it when it is registered. Returns it, and whether it is new.
    ///
    /// - Parameter account: of a basic group, whose copies are stored; nil: the only account there is. Throws `invalid` when there is not
    ///   exactly one and the group has none yet.
    public func add(
        _ chat: ChatKey, title: String?, username: String?, account: String?
    ) async throws -> (group: RegisteredGroup, isNew: Bool) {
        try await connection.run { session in
            try session.transaction {
                if let account, try session.query("SELECT 1 FROM aaltohub.accounts WHERE name = $1", [.text(account)]).count == 0 {
                    throw StoreError.notFound("the account \(account)")
                }
                let row = try session.query(
                    """
                    INSERT INTO public.groups AS g (telegram_id, chat_type, title, username, primary_account)
                    VALUES ($1, $2, $3, $4, CASE WHEN $2 = 'group' THEN coalesce($5, (
                        SELECT min(name) FROM aaltohub.accounts HAVING count(*) = 1)) END)
                    ON CONFLICT (telegram_id, chat_type) DO UPDATE
                    SET title = coalesce(excluded.title, g.title), username = coalesce(excluded.username, g.username),
                        primary_account = coalesce($5, g.primary_account)
                    RETURNING id, xmax = 0, primary_account
                    """, [.bigint(chat.id), .text(chat.column), .text(title), .text(username), .text(account)])[0]
                if case .basicGroup = chat, row.isNull(2) {
                    throw StoreError.invalid(
                        "\(chat) is a basic group, whose message ids differ from account to account: say whose copies to store with --account NAME"
                    )
                }
                try Self.setEnabled(true, row.uuid(0), session)
                return (try Self.select(session, "g.id = $1", [.uuid(row.uuid(0))])[0], row.bool(1))
            }
        }
    }

    /// Starts or stops capturing. Returns the group as it is then. What was missed while it was off becomes a gap.
    public func setEnabled(_ isEnabled: Bool, _ reference: GroupReference) async throws -> RegisteredGroup {
        try await connection.run { session in
            try session.transaction {
                let group = try Self.find(reference, session)
                try Self.setEnabled(isEnabled, group.id, session)
                return try Self.select(session, "g.id = $1", [.uuid(group.id)])[0]
            }
        }
    }

    /// The chat of that user name among the entities that any listener has seen; nil when none has.
    public func chat(ofUsername name: String) async throws -> ChatKey? {
        try await connection.run { session in
            let rows = try session.query(
                """
                SELECT telegram_id, entity_type FROM public.entity_cache WHERE lower(username) = lower($1) AND entity_type IN ('channel', 'group')
                ORDER BY cached_at DESC LIMIT 1
                """, [.text(name)])
            return rows.first.map { $0.text(1) == "group" ? .basicGroup($0.integer(0)) : .channel($0.integer(0)) }
        }
    }

    private static func setEnabled(_ isEnabled: Bool, _ id: PostgresUUID, _ session: Session) throws {
        try session.query(
            """
            INSERT INTO public.crawler_status AS s (group_id, status, is_enabled) VALUES ($1, CASE WHEN $2 THEN 'active' ELSE 'inactive' END, $2)
            ON CONFLICT (group_id) DO UPDATE SET is_enabled = $2, updated_at = now(),
                status = CASE WHEN NOT $2 THEN 'inactive' WHEN coalesce(s.status, 'inactive') = 'inactive' THEN 'active' ELSE s.status END
            """, [.uuid(id), .bool(isEnabled)])
    }

    private static func select(_ session: Session, _ condition: String, _ parameters: [Parameter]) throws -> [RegisteredGroup] {
        try session.query("SELECT \(RegisteredGroup.columns) FROM \(RegisteredGroup.tables) WHERE \(condition)", parameters)
            .map { RegisteredGroup($0) }
    }

    private static func find(_ reference: GroupReference, _ session: Session) throws -> RegisteredGroup {
        var found: [RegisteredGroup]
        let shown: String
        switch reference {
        case .chat(let chat):
            shown = chat.description
            found = try select(session, "g.telegram_id = $1 AND g.chat_type = $2", [.bigint(chat.id), .text(chat.column)])
        case .number(let number):
            shown = "\(number)"
            found = try select(session, "g.telegram_id = $1", [.bigint(number)])
            if found.isEmpty { found = try select(session, byPrefix, [.text("\(number)")]) }
        case .username(let name):
            shown = "@\(name)"
            found = try select(session, "lower(g.username) = $1", [.text(name)])
        case .text(let text):
            shown = text
            if text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || Character(UnicodeScalar($0)).isHexDigit }) {
                found = try select(session, byPrefix, [.text(text.lowercased())])
                if found.isEmpty { found = try select(session, byTitle, [.text(text)]) }
            } else {
                found = try select(session, byTitle, [.text(text)])
            }
        }
        guard let group = found.first else { throw StoreError.notFound("the group \(shown)") }
        if found.count > 1 { throw StoreError.ambiguous(shown, matches: found.map { "\($0.chat) (\($0.title ?? "no title"))" }) }
        return group
    }

    private static let byPrefix = "starts_with(g.id::text, $1) ORDER BY g.id LIMIT 5"
    private static let byTitle = "lower(g.title) = lower($1) ORDER BY g.id LIMIT 5"
}
