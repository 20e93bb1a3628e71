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

    /// Renews the epoch of a database that was restored from a dump: nothing that a producer kept for the old one is of use to it.
    ///
    /// - Returns: whether it was.
    static func renew(_ session: Session) throws -> Bool {
        try session.query(
            """
            UPDATE aaltohub.database_identity AS i
            SET epoch = greatest(i.epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),
                home = h.home
            FROM (SELECT d.oid::bigint << 32 | c.oid::bigint AS home
                  FROM pg_database d, pg_class c
                  WHERE d.datname = current_database() AND c.oid = 'aaltohub.database_identity'::regclass) h
            WHERE i.home <> h.home
            RETURNING i.epoch
            """
        ).count > 0
    }
}
