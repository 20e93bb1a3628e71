import PostgreSQL

/// What `doctor` finds out about the database, before a service is started.
public enum DatabaseDoctor {
    public struct Finding: Sendable, Equatable {
        public var name: String
        public var isGood: Bool
        /// One line: what was found, and what to do when it is not good.
        public var text: String
        /// It may be different soon, without anybody mending it: nobody answered.
        public var isTemporary = false
    }

    /// The oldest server version that the migrations are tried with.
    static let oldestVersion = 130_000

    /// Looks in order and stops where the next look would make no sense.
    ///
    /// - Parameter role: the database role that the stage expects to be a member of, such as `aaltohub_writer`.
    public static func examine(_ options: ConnectionOptions, role: String) async -> [Finding] {
        let connection = Connection(options)
        var findings: [Finding] = []
        do {
            findings = try await connection.run { examine($0, options: options, role: role) }
        } catch {
            let isPooler = (error as? PostgresError).map(Pooler.refusedStartup) ?? false
            findings = [
                Finding(name: "database", isGood: false, text: remedy(error), isTemporary: exitCode(of: error) == 75 && !isPooler)
            ]
        }
        await connection.close()
        return findings
    }

    private static func examine(_ session: Session, options: ConnectionOptions, role: String) -> [Finding] {
        var out: [Finding] = []
        func look(_ name: String, _ body: () throws -> String) -> Bool {
            do {
                out.append(Finding(name: name, isGood: true, text: try body()))
                return true
            } catch {
                out.append(Finding(name: name, isGood: false, text: remedy(error), isTemporary: exitCode(of: error) == 75))
                return false
            }
        }
        let version = session.serverVersion
        _ = look("database") {
            guard version >= oldestVersion else {
                throw StoreError.invalid("Postgres \(version / 10000) is too old: 13 or newer is needed")
            }
            return "Postgres \(version / 10000).\(version % 10000)\(session.usesTLS ? ", TLS" : "")"
        }
        guard
            look(
                "pooler",
                {
                    try Pooler.refuse(session, options: options)
                    return "none that breaks transactions"
                })
        else { return out }
        guard
            look(
                "schema",
                {
                    try Migrator.check(session)
                    return "step \(Migration.all.count)"
                })
        else { return out }
        _ = look("role") {
            let row = try session.query(
                "SELECT current_user::text, CASE WHEN to_regrole($1) IS NOT NULL THEN pg_has_role(current_user, to_regrole($1), 'USAGE') ELSE false END",
                [.text(role)])[0]
            guard row.bool(1) else {
                throw StoreError.invalid("\(row.text(0)) has not the rights of \(role): GRANT \(role) TO \(row.text(0))")
            }
            return row.text(0)
        }
        return out
    }

    /// The error in one line, with what to do about the usual ones.
    public static func remedy(_ error: any Error) -> String {
        guard let error = error as? PostgresError else { return "\(error)" }
        if Pooler.refusedStartup(error) { return "\(StoreError.transactionPooler)" }
        switch error.sqlState {
        // A server that speaks another language gets the general advice below.
        case "28000" where "\(error)".contains("does not exist"):
            return "\(error): is database.user right? The stages' roles are made by `aaltohubctl migrate --user ROLE`, "
                + "with a role that may make roles"
        case "28000" where "\(error)".contains("not permitted to log in"): return "\(error): ALTER ROLE … LOGIN lets it"
        case "28P01", "28000": return "\(error): check database.user, the credential database_password and pg_hba.conf"
        case "3D000": return "\(error): make it with createdb, then run aaltohubctl migrate"
        case "42501": return "\(error): run aaltohubctl migrate, or grant the stage's role to this user"
        case "42P01", "3F000": return "\(error): run aaltohubctl migrate"
        case nil: if case .unreachable = error { return "\(error): is Postgres running, and is database.conninfo right?" }
        default: break
        }
        return "\(error)"
    }
}

/// The exit code (sysexits.h) with which a process ends when one of these errors stops it; nil for an error of another module.
public func exitCode(of error: any Error) -> Int32? {
    switch error {
    case is SchemaError, StoreError.transactionPooler, StoreError.sealBroken, PostgresError.badOptions: 78
    case StoreError.anotherWriter: 69
    case is StoreError: 65
    case let error as PostgresError:
        switch error.sqlState?.prefix(2) {
        case "28", "3D", "3F", "42", "25": 78
        case "22", "23", "21", "54": 65
        case nil: if case .badParameter = error { 65 } else { 75 }
        default: 75
        }
    default: nil
    }
}
