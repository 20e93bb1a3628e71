import PostgreSQL
import Primitives

/// Who may use the supervisor: the rows of `admins`.
public struct AdminStore: Sendable {
    /// Rows that are read: an organisation's staff, with room.
    public static let most: Int32 = 10_000
    public static let noteCharacters = 500

    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    public struct Admin: Sendable, Hashable {
        public var subject: String
        /// admin or reader.
        public var role: String
        public var note: String?
        public var addedBy: String
        public var addedAt: UnixTime
        public var updatedAt: UnixTime

        public var json: JSON {
            [
                "subject": .string(subject), "role": .string(role), "note": JSON(note), "added_by": .string(addedBy),
                "added_at": JSON(addedAt as UnixTime?), "updated_at": JSON(updatedAt as UnixTime?),
            ]
        }
    }

    private static let columns = "subject, role, note, added_by, added_at, updated_at"

    private static func admin(_ row: Row) -> Admin {
        Admin(
            subject: row.text(0), role: row.text(1), note: row.textOrNull(2), addedBy: row.text(3), addedAt: row.timestamptz(4),
            updatedAt: row.timestamptz(5))
    }

    /// Everybody, by subject.
    public func list() async throws -> [Admin] {
        try await connection.run { session in
            try session.query("SELECT \(Self.columns) FROM aaltohub.admins ORDER BY subject LIMIT $1", [.int(Self.most)]).map(Self.admin)
        }
    }

    /// Admits somebody, or changes what they may. Returns the row, and whether it is new.
    ///
    /// - Parameter note: nil leaves what stands there.
    /// - Throws: `lastAdmin` when it would take the role from them, `invalid` when the subject cannot have it.
    public func set(_ subject: String, role: String, note: String?, by actor: String) async throws -> (admin: Admin, isNew: Bool) {
        guard (1...200).contains(subject.unicodeScalars.count), !subject.utf8.contains(0), subject != "token" else {
            throw StoreError.invalid("a subject has 1 to 200 characters, and token is not one: it is the credential's")
        }
        guard role == "admin" || role == "reader" else { throw StoreError.invalid("a role is admin or reader") }
        guard role == "reader" || !subject.hasPrefix("role:") else {
            throw StoreError.invalid("\(subject) stands for many, who can only be readers")
        }
        guard (note?.unicodeScalars.count ?? 0) <= Self.noteCharacters, note?.utf8.contains(0) != true else {
            throw StoreError.invalid("a note has at most \(Self.noteCharacters) characters")
        }
        return try await connection.run { session in
            try session.transaction {
                try Self.lock(session)
                if role != "admin" { try Self.refuseLast(subject, session) }
                let row = try session.query(
                    """
                    INSERT INTO aaltohub.admins AS a (subject, role, note, added_by) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (subject) DO UPDATE SET role = $2, note = coalesce($3, a.note), updated_at = now()
                    RETURNING \(Self.columns), xmax = 0
                    """, [.text(subject), .text(role), .text(note), .text(actor)])[0]
                return (Self.admin(row), row.bool(6))
            }
        }
    }

    /// Takes somebody out. Throws `notFound` or `lastAdmin`.
    public func remove(_ subject: String) async throws {
        guard !subject.utf8.contains(0) else { throw StoreError.notFound(subject) }
        try await connection.run { session in
            try session.transaction {
                try Self.lock(session)
                try Self.refuseLast(subject, session)
                guard try session.query("DELETE FROM aaltohub.admins WHERE subject = $1", [.text(subject)]).changed > 0 else {
                    throw StoreError.notFound(subject)
                }
            }
        }
    }

    /// Two who take each other's role at once must not both succeed.
    private static func lock(_ session: Session) throws {
        try session.query("LOCK TABLE aaltohub.admins IN SHARE ROW EXCLUSIVE MODE")
    }

    private static func refuseLast(_ subject: String, _ session: Session) throws {
        let row = try session.query(
            "SELECT coalesce(bool_or(subject = $1), false), coalesce(bool_or(subject <> $1), false) FROM aaltohub.admins WHERE role = 'admin'",
            [.text(subject)])[0]
        if row.bool(0), !row.bool(1) { throw StoreError.lastAdmin(subject) }
    }
}
