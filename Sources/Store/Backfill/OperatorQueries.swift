import PostgreSQL

extension BackfillStore {
    /// Messages that could not be stored and that nobody has dealt with, by group.
    public func deadLetters() async throws -> [PostgresUUID: Int64] {
        try await connection.run { session in
            Dictionary(
                try session.query(
                    """
                    SELECT group_id, count(*) FROM public.failed_messages
                    WHERE NOT coalesce(resolved, false) AND group_id IS NOT NULL GROUP BY group_id
                    """
                ).map { ($0.uuid(0), $0.integer(1)) }, uniquingKeysWith: +)
        }
    }
}

extension MediaStore {
    /// Leaves out files that failed or still wait.
    ///
    /// - Parameters:
    ///   - id: one that failed or waits; nil: every one that failed.
    ///   - reason: who wanted it so.
    /// - Returns: how many.
    public func drop(only id: Int64? = nil, reason: String) async throws -> Int {
        try await connection.run { session in
            try session.query(
                """
                UPDATE aaltohub.media_files SET state = 'skipped', filtered = false, not_before = NULL, error = $2
                WHERE coalesce(media_id = $1, true) AND (state = 'failed' OR state = 'queued' AND $1 IS NOT NULL)
                """, [.bigint(id), .text(String(reason.prefix(BackfillStore.errorCharacters)))]
            ).changed
        }
    }
}
