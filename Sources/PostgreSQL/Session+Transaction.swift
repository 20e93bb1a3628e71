extension Session {
    /// Runs `body` between BEGIN and COMMIT (READ COMMITTED). An error of `body` rolls back and is thrown on.
    ///
    /// Throws `commitOutcomeUnknown` when the connection went away between COMMIT and its answer.
    public func transaction<T>(_ body: () throws -> T) throws -> T {
        try query("BEGIN")
        let value: T
        do {
            value = try body()
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    /// Runs `body` under a savepoint: its error undoes only what `body` did, and is thrown on.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        try query("SAVEPOINT s")
        do {
            let value = try body()
            try query("RELEASE SAVEPOINT s")
            return value
        } catch {
            if isOpen { try script("ROLLBACK TO SAVEPOINT s; RELEASE SAVEPOINT s") }
            throw error
        }
    }

    private func commit() throws(PostgresError) {
        do throws(PostgresError) {
            let rows = try query("COMMIT")
            // A transaction that had failed answers COMMIT with ROLLBACK, without an error.
            if rows.tag != "COMMIT" {
                throw PostgresError.server(ServerError(sqlState: "25P02", message: "the transaction had failed and was rolled back"))
            }
        } catch {
            switch error {
            case .connectionLost(let text), .timedOut(let text): throw .commitOutcomeUnknown(text)
            case .server(let refusal) where refusal.isFatal: throw .commitOutcomeUnknown(refusal.message)
            default: throw error
            }
        }
    }

    /// After a failed statement; a connection that is gone has rolled back by itself.
    private func rollBack() {
        guard isOpen, isInTransaction else { return }
        do throws(PostgresError) {
            try query("ROLLBACK")
        } catch {
            close()
        }
    }
}
