import PostgreSQL

/// What stands between this build and a database's schema. Each names what to do.
public enum SchemaError: Error, Sendable, Equatable {
    /// Fewer steps than this build needs, or none.
    case tooOld(found: Int, needed: Int)
    /// A step that this build does not know and that older builds cannot live with.
    case tooNew(found: Int, known: Int)
    /// An applied step differs from the one in this build.
    case changed(number: Int, name: String)
}

extension SchemaError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooOld(let found, let needed):
            "the database's schema is at step \(found), this build needs \(needed): run aaltohubctl migrate"
        case .tooNew(let found, let known): "the database's schema is at step \(found), this build knows \(known): install a newer build"
        case .changed(let number, let name):
            "step \(number) (\(name)) was applied in another form than this build has: wrong build or database"
        }
    }
}

/// Brings a database to this build's schema, and tells whether it is there.
public enum Migrator {
    /// Key of the advisory lock under which one migrator works: "aaltohub" in ASCII.
    static let lockKey: Int64 = 0x6161_6C74_6F68_7562
    /// Schema and table of the applied steps come before the first step, since that one is recorded in it.
    static let bootstrap = """
        CREATE SCHEMA IF NOT EXISTS aaltohub;
        REVOKE ALL ON SCHEMA aaltohub FROM PUBLIC;
        CREATE TABLE IF NOT EXISTS aaltohub.migrations (
            number int PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            readable_since int NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            applied_by text NOT NULL DEFAULT current_user
        );
        """

    /// The steps that this database lacks, in order. Throws `SchemaError` when it has others than this build.
    public static func pending(_ session: Session, of steps: [Migration] = Migration.all) throws -> [Migration] {
        var applied: Set<Int> = []
        var readableSince = 0
        for step in try appliedSteps(session) {
            applied.insert(step.number)
            readableSince = max(readableSince, step.readableSince)
            guard let ours = steps.first(where: { $0.number == step.number }) else { continue }
            if ours.checksum != step.checksum { throw SchemaError.changed(number: ours.number, name: ours.name) }
        }
        let (found, known) = (applied.max() ?? 0, steps.last?.number ?? 0)
        if found > known { throw SchemaError.tooNew(found: found, known: known) }
        return steps.filter { !applied.contains($0.number) }
    }

    /// Applies what is pending, each step in a transaction, one migrator at a time. Returns what was applied.
    ///
    /// `session` should have no statement timeout: a step may have to read a large table.
    @discardableResult
    public static func migrate(_ session: Session, to steps: [Migration] = Migration.all) throws -> [Migration] {
        try session.query("SELECT pg_advisory_lock($1)", [.bigint(lockKey)])
        defer { if session.isOpen { _ = try? session.query("SELECT pg_advisory_unlock($1)", [.bigint(lockKey)]) } }
        try session.transaction { try session.script(bootstrap) }
        let pending = try pending(session, of: steps)
        for step in pending {
            try session.transaction {
                try session.script(step.sql)
                try session.query(
                    "INSERT INTO aaltohub.migrations (number, name, checksum, readable_since) VALUES ($1, $2, $3, $4)",
                    [.int(Int32(step.number)), .text(step.name), .text(step.checksum), .int(Int32(step.readableSince))])
            }
        }
        return pending
    }

    /// The SQL that `migrate` would run now, in its order; empty when nothing is pending.
    public static func dryRun(_ session: Session, to steps: [Migration] = Migration.all) throws -> String {
        let pending = try pending(session, of: steps)
        guard !pending.isEmpty else { return "" }
        var out = "SELECT pg_advisory_lock(\(lockKey));\n\(bootstrap)\n"
        for step in pending {
            out += """

                -- step \(step.number): \(step.name)
                BEGIN;
                \(step.sql)
                INSERT INTO aaltohub.migrations (number, name, checksum, readable_since)
                VALUES (\(step.number), '\(step.name)', '\(step.checksum)', \(step.readableSince));
                COMMIT;

                """
        }
        return out
    }

    /// Returns when a service of this build can work on the database; throws `SchemaError` otherwise (exit code 78).
    public static func check(_ session: Session, against steps: [Migration] = Migration.all) throws {
        let known = steps.last?.number ?? 0
        let applied = try appliedSteps(session)
        let found = applied.map(\.number).max() ?? 0
        if found < known { throw SchemaError.tooOld(found: found, needed: known) }
        let readableSince = applied.map(\.readableSince).max() ?? 0
        if readableSince > known { throw SchemaError.tooNew(found: found, known: known) }
        for step in steps {
            guard let there = applied.first(where: { $0.number == step.number }) else {
                throw SchemaError.tooOld(found: step.number - 1, needed: known)
            }
            if there.checksum != step.checksum { throw SchemaError.changed(number: step.number, name: step.name) }
        }
    }

    private static func appliedSteps(_ session: Session) throws -> [(number: Int, checksum: String, readableSince: Int)] {
        guard try session.query("SELECT to_regclass('aaltohub.migrations') IS NOT NULL")[0].bool(0) else { return [] }
        return try session.query("SELECT number, checksum, readable_since FROM aaltohub.migrations ORDER BY number")
            .map { (Int($0.integer(0)), $0.text(1), Int($0.integer(2))) }
    }
}
