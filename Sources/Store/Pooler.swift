import PostgreSQL

/// Finds out a transaction pooler, which gives each transaction any session of its own.
///
/// PgBouncer speaks prepared statements since 1.21, so those do not give it away; a session's state does. A session pooler is fine.
public enum Pooler {
    /// How often the probe looks whether the session is still the same.
    private static let probes = 4

    /// Throws `StoreError.transactionPooler`.
    public static func refuse(_ session: Session, options: ConnectionOptions) throws {
        // Only a pooler announces another process than the one that answers.
        if try session.query("SELECT pg_backend_pid()")[0].integer(0) == Int64(session.announcedBackendPID) { return }
        let mark = "\(session.announcedBackendPID)"
        try session.query("SELECT set_config('aaltohub.pooler_probe', $1, false)", [.text(mark)])
        // A second client, inside a transaction, either is given the session just used, or takes one that the first may be given next.
        let other = try Session(options)
        defer { other.close() }
        try other.query("BEGIN")
        if try read(other) == mark { throw StoreError.transactionPooler }
        for _ in 0..<probes where try read(session) != mark { throw StoreError.transactionPooler }
        try other.query("ROLLBACK")
    }

    /// Says whether an error at connect is a pooler's refusal of a session setting.
    public static func refusedStartup(_ error: PostgresError) -> Bool {
        guard case .unreachable(let message, _) = error else { return false }
        return message.contains("unsupported startup parameter")
    }

    private static func read(_ session: Session) throws -> String? {
        try session.query("SELECT current_setting('aaltohub.pooler_probe', true)")[0].textOrNull(0)
    }
}
