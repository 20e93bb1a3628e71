import Cryptography
import Primitives

/// One step of the schema: a file of the folder Migrations, embedded at compile time.
public struct Migration: Sendable, Equatable {
    /// Counted from 1 without a hole.
    public let number: Int
    /// The file's name without number and extension.
    public let name: String
    public let sql: String
    /// The oldest migration that a service may know and still work on a schema that has this one. Equal to `number` when the step
    /// breaks older builds; lower when it only adds, so that stages can be upgraded one at a time.
    public let readableSince: Int

    /// SHA-256 of the SQL in lower-case hexadecimal: a step that has been applied must never change.
    public var checksum: String { hex(sha256(Array(sql.utf8))) }
}

extension Migration {
    /// Every step in order. A new one is a file `NNNN_name.sql` and a line here; SwiftPM's constant for it has `_` for the first digit.
    public static let all: [Migration] = [
        Migration(1, "predecessor", PackageResources._001_predecessor_sql),
        Migration(2, "columns", PackageResources._002_columns_sql),
        Migration(3, "delivery", PackageResources._003_delivery_sql),
        Migration(4, "roles", PackageResources._004_roles_sql),
        Migration(5, "accounts", PackageResources._005_accounts_sql),
        Migration(6, "forgetting", PackageResources._006_forgetting_sql, readableSince: 5),
        Migration(7, "backfill", PackageResources._007_backfill_sql, readableSince: 5),
        Migration(8, "identity", PackageResources._008_identity_sql, readableSince: 5),
        Migration(9, "history", PackageResources._009_history_sql, readableSince: 5),
        Migration(10, "admins", PackageResources._010_admins_sql, readableSince: 5),
        Migration(11, "broadcast", PackageResources._011_broadcast_sql, readableSince: 5),
        Migration(12, "logins", PackageResources._012_logins_sql, readableSince: 5),
        Migration(13, "sessions", PackageResources._013_sessions_sql, readableSince: 5),
    ]

    private init(_ number: Int, _ name: String, _ bytes: [UInt8], readableSince: Int? = nil) {
        self.number = number
        self.name = name
        sql = String(decoding: bytes, as: UTF8.self)
        self.readableSince = readableSince ?? number
    }
}
