import Events
import PostgreSQL

/// Which database this is: a spool that was acknowledged by another one must not be believed.
enum DatabaseIdentity {
    /// The server's own identifier, or the stored one where the server does not tell it, and the epoch that a restore renews.
    static func read(_ session: Session) throws -> WireDatabaseIdentity {
        let row = try session.query(
            """
            SELECT CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
                        THEN (SELECT system_identifier FROM pg_control_system()) ELSE fallback_identifier END, epoch
            FROM aaltohub.database_identity
            """)[0]
        return .with {
            $0.systemIdentifier = UInt64(bitPattern: row.integer(0))
            $0.epoch = UInt64(bitPattern: row.integer(1))
        }
    }
}
