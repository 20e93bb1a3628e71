import Cryptography
import PostgreSQL
import Primitives

/// Bytes that this build could not read, kept sealed for a later one. They may hold what somebody wrote.
public struct QuarantineStore: Sendable {
    private let connection: Connection
    private let seal: Seal
    private let digestKey: [UInt8]

    /// Objects of one account that wait for a build that reads them, and their bytes: the unreadable is rare, and a flood of it says
    /// the same again and again.
    public static let rowsMost: Int64 = 10_000
    public static let bytesMost: Int64 = 64 << 20
    /// Bytes of one object; the largest frame of a server is 1 MiB.
    public static let objectMost = 1 << 20

    /// Something to keep.
    public struct Object: Sendable, Hashable {
        public var bytes: [UInt8]
        /// `push`, or the method whose answer it is.
        public var context: String
        public var layer: Int32
        public var reason: String
        public var receivedAt: UnixTime

        public init(bytes: [UInt8], context: String, layer: Int32, reason: String, receivedAt: UnixTime) {
            self.bytes = bytes
            self.context = context
            self.layer = layer
            self.reason = reason
            self.receivedAt = receivedAt
        }
    }

    public enum Kept: Sendable, Equatable {
        case new
        /// The same bytes are there already; they were counted.
        case again
        /// The account's room is used up, or the object is too large.
        case refused
    }

    /// What is kept, without its bytes.
    public struct Entry: Sendable, Equatable {
        public var id: Int64
        public var account: String
        public var receivedAt: UnixTime
        public var context: String
        public var layer: Int32
        public var reason: String
        public var times: Int64
        public var size: Int64
        public var decodedAt: UnixTime?

        public var json: JSON {
            [
                "id": .integer(id), "account": .string(account), "received_at": JSON(receivedAt as UnixTime?), "context": .string(context),
                "layer": .integer(Int64(layer)), "reason": .string(reason), "times": .integer(times), "size": .integer(size),
                "decoded_at": JSON(decodedAt),
            ]
        }
    }

    public init(_ connection: Connection, masterKey: [UInt8]) {
        self.connection = connection
        seal = Seal(masterKey: masterKey)
        digestKey = sha256(Array("aaltohub quarantine".utf8), masterKey)
    }

    /// Keeps the object, or counts it when the same bytes came in the same place before.
    ///
    /// - Parameter nonce: 12 random bytes, never used before.
    public func keep(_ object: Object, of account: String, nonce: [UInt8]) async throws -> Kept {
        guard object.bytes.count <= Self.objectMost else { return .refused }
        let digest = sha256(digestKey, Array(object.context.utf8), [0], object.bytes)
        let sealed = seal.seal(object.bytes, purpose: "quarantine", owner: account, version: 0, nonce: nonce)
        let keyID = seal.keyID
        return try await connection.run { session in
            func isKnown() throws -> Bool {
                try session.query(
                    "UPDATE aaltohub.quarantine SET times = times + 1, last_at = now() WHERE (account, digest) = ($1, $2)",
                    [.text(account), .bytea(digest)]
                ).changed > 0
            }
            if try isKnown() { return .again }
            let made = try session.query(
                """
                INSERT INTO aaltohub.quarantine (account, received_at, context, layer, reason, digest, size, bytes, key_id)
                SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
                WHERE (
                    SELECT count(*) < $10 AND coalesce(sum(size), 0) + $7 <= $11 FROM aaltohub.quarantine
                    WHERE account = $1 AND decoded_at IS NULL)
                ON CONFLICT (account, digest) DO NOTHING
                """,
                [
                    .text(account), .timestamptz(object.receivedAt), .text(object.context), .int(object.layer), .text(object.reason),
                    .bytea(digest), .int(Int32(object.bytes.count)), .bytea(sealed), .text(keyID), .bigint(Self.rowsMost),
                    .bigint(Self.bytesMost),
                ])
            if made.changed > 0 { return .new }
            // Another process may have been quicker with the same bytes.
            return try isKnown() ? .again : .refused
        }
    }

    /// What is kept, newest first.
    public func list(account: String? = nil, onlyUnread: Bool = false, limit: Int32) async throws -> [Entry] {
        try await connection.run { session in
            try session.query(
                """
                SELECT \(Self.columns) FROM aaltohub.quarantine
                WHERE coalesce(account = $1, true) AND NOT ($2 AND decoded_at IS NOT NULL) ORDER BY id DESC LIMIT $3
                """, [.text(account), .bool(onlyUnread), .int(limit)]
            ).map(Self.entry)
        }
    }

    /// One object with its bytes. Throws `notFound`, or `sealBroken` when it was sealed under another master key.
    public func object(_ id: Int64) async throws -> (entry: Entry, bytes: [UInt8]) {
        let seal = seal
        return try await connection.run { session in
            guard
                let row = try session.query("SELECT \(Self.columns), bytes FROM aaltohub.quarantine WHERE id = $1", [.bigint(id)]).first
            else { throw StoreError.notFound("the quarantined object \(id)") }
            let entry = Self.entry(row)
            return (entry, try seal.open(row.bytea(9), purpose: "quarantine", owner: entry.account, version: 0))
        }
    }

    /// This build could read it.
    public func markDecoded(_ id: Int64) async throws {
        try await connection.run { session in
            _ = try session.query("UPDATE aaltohub.quarantine SET decoded_at = coalesce(decoded_at, now()) WHERE id = $1", [.bigint(id)])
        }
    }

    private static let columns = "id, account, received_at, context, layer, reason, times, size::bigint, decoded_at"

    private static func entry(_ row: Row) -> Entry {
        Entry(
            id: row.integer(0), account: row.text(1), receivedAt: row.timestamptz(2), context: row.text(3),
            layer: Int32(clamping: row.integer(4)), reason: row.text(5), times: row.integer(6), size: row.integer(7),
            decodedAt: row.timestamptzOrNull(8))
    }
}
