import PostgreSQL

/// A user, channel or basic group as one authorisation may address it.
public struct Entity: Sendable, Hashable {
    public var type: EntityType
    /// Bare positive id.
    public var id: Int64
    /// Belongs to the authorisation that received it; nil for basic groups, which need none.
    public var accessHash: Int64?
    public var username: String?

    public init(type: EntityType, id: Int64, accessHash: Int64?, username: String?) {
        self.type = type
        self.id = id
        self.accessHash = accessHash
        self.username = username
    }
}

public enum EntityType: String, Sendable { case user, channel, group }

/// Access hashes, kept over restarts. Telegram advises never to delete them: one that the server refuses is marked and stays.
///
/// https://core.telegram.org/api/peers
public struct EntityStore: Sendable {
    private let connection: Connection
    /// Whose hashes these are: the account's name for its listener.
    private let authorisation: String

    public init(_ connection: Connection, authorisation: String) {
        self.connection = connection
        self.authorisation = authorisation
    }

    /// Everything this authorisation has been told; without the hashes that the server refused.
    public func load() async throws -> [Entity] {
        let authorisation = authorisation
        return try await connection.run { session in
            try session.query(
                """
                SELECT entity_type, telegram_id, CASE WHEN refused_at IS NULL THEN access_hash END, username
                FROM public.entity_cache WHERE authorisation = $1
                """, [.text(authorisation)]
            ).map { row in (row.text(0), row.integer(1), row.integerOrNull(2), row.textOrNull(3)) }
                .compactMap { type, id, hash, name in
                    EntityType(rawValue: type).map { Entity(type: $0, id: id, accessHash: hash, username: name) }
                }
        }
    }

    /// Adds or renews; a missing hash or name leaves the stored one. Of the same entity twice the last one counts. A NUL in a name, which
    /// Postgres cannot hold, is replaced: it is no reason to lose the others.
    public func save(_ entities: [Entity]) async throws {
        var last: [Entity] = []
        var seen: Set<String> = []
        for entity in entities.reversed() where seen.insert("\(entity.type):\(entity.id)").inserted { last.append(entity) }
        guard !last.isEmpty else { return }
        let (rows, authorisation) = (last, authorisation)
        try await connection.run { session in
            _ = try session.query(
                Self.upsert,
                [
                    .text(authorisation), .texts(rows.map(\.type.rawValue)), .bigints(rows.map(\.id)), .bigints(rows.map(\.accessHash)),
                    .texts(rows.map { $0.username?.replacing("\0", with: "\u{FFFD}") }),
                ])
        }
    }

    /// The server refused this hash (CHANNEL_INVALID, PEER_ID_INVALID): it is not used until the server gives one again.
    ///
    /// - Parameter hash: the refused one; a row that has another by now stays as it is.
    public func markRefused(_ type: EntityType, _ id: Int64, hash: Int64) async throws {
        let authorisation = authorisation
        try await connection.run { session in
            _ = try session.query(
                """
                UPDATE public.entity_cache SET refused_at = now()
                WHERE (authorisation, entity_type, telegram_id, access_hash) = ($1, $2, $3, $4) AND refused_at IS NULL
                """, [.text(authorisation), .text(type.rawValue), .bigint(id), .bigint(hash)])
        }
    }

    private static let upsert = Statement(
        name: "save_entities",
        sql: """
            INSERT INTO public.entity_cache AS c (authorisation, entity_type, telegram_id, access_hash, username, cached_at)
            SELECT $1, e.*, now() FROM unnest($2, $3, $4, $5) AS e
            ON CONFLICT (authorisation, entity_type, telegram_id) DO UPDATE
            SET access_hash = coalesce(excluded.access_hash, c.access_hash), username = coalesce(excluded.username, c.username),
                cached_at = now(), refused_at = CASE WHEN excluded.access_hash IS NULL THEN c.refused_at END
            WHERE (excluded.access_hash, excluded.username) IS DISTINCT FROM (c.access_hash, c.username)
                OR excluded.access_hash IS NOT NULL AND c.refused_at IS NOT NULL
            """)
}
