private let beginStatement = Statement(name: "BEGIN", sql: "BEGIN")
private let commitStatement = Statement(name: "COMMIT", sql: "COMMIT")

extension Session {
    /// Runs `body` between BEGIN and COMMIT (READ COMMITTED). An error of `body` rolls back and is thrown on.
    ///
    /// Throws `commitOutcomeUnknown` when the connection went away between COMMIT and its answer.
    public func transaction<T>(_ body: () throws -> T) throws -> T {
        try transaction(beginningWith: []) { _ in (try body(), []) }
    }

    /// The same for a transaction that knows its first statements, and its last: the first go out together with BEGIN, the last with COMMIT.
    ///
    /// - Parameter body: gets the answers of the first; returns the last beside its value.
    public func transaction<T>(beginningWith first: [Call], _ body: ([Rows]) throws -> (T, endingWith: [Call])) throws -> T {
        keptSavepoints = [:]
        // Now: a connection that goes away while COMMIT is prepared would leave the same doubt as one that goes away at COMMIT.
        try prepare(commitStatement, EncodedParameters([]))
        let value: T
        let last: [Call]
        do {
            let rows = try pipeline([Call(beginStatement)] + first)
            (value, last) = try body(Array(rows.dropFirst()))
        } catch {
            rollBack()
            throw error
        }
        try commit(after: last)
        return value
    }

    /// The same for a transaction of which every statement is known: BEGIN, all of them and COMMIT go one way to the server and back.
    ///
    /// A refusal rolls all of it back and is thrown. A connection that went away leaves it unknown whether anything was committed.
    ///
    /// - Returns: the answer of each.
    @discardableResult
    public func transaction(of calls: [Call]) throws(PostgresError) -> [Rows] {
        let answers = try commit(after: [Call(beginStatement)] + calls)
        return Array(answers.dropFirst().dropLast())
    }

    /// Runs `body` under a savepoint: its error undoes only what `body` did, and is thrown on.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        try savepoint(after: [], beginningWith: []) { _ in try body() }
    }

    /// The same for work that knows its first statements: they go out together with the savepoint.
    ///
    /// - Parameters:
    ///   - before: statements that go out before the savepoint, and together with it. What refuses one of them ends the transaction.
    ///   - first: statements that go out together with the savepoint, and are undone with it.
    ///   - body: gets the answers of these.
    public func savepoint<T>(after before: [Call], beginningWith first: [Call], _ body: ([Rows]) throws -> T) throws -> T {
        savepointDepth += 1
        defer { savepointDepth -= 1 }
        let depth = savepointDepth
        // Two names in turn: one that was never reached must not be taken for the one before it.
        let kept = keptSavepoints[depth]
        let name = "s\(depth)\(kept?.hasSuffix("a") == true ? "b" : "a")"
        let release = kept.map { Call(Statement(name: "release_\($0)", sql: "RELEASE SAVEPOINT \($0)")) }
        let open = Call(Statement(name: "savepoint_\(name)", sql: "SAVEPOINT \(name)"))
        let opening = before + (release.map { [$0] } ?? []) + [open]
        keptSavepoints = keptSavepoints.filter { $0.key < depth }
        var isSent = false
        do {
            let answers = try pipeline(opening + first)
            isSent = true
            let value = try body(Array(answers.dropFirst(opening.count)))
            keptSavepoints[depth] = name
            return value
        } catch {
            keptSavepoints = keptSavepoints.filter { $0.key < depth }
            // A value that Postgres cannot hold was found before anything was sent.
            if !isSent, case PostgresError.badParameter = error { try pipeline(opening) }
            if isOpen { try undo(name) }
            throw error
        }
    }

    private func undo(_ name: String) throws(PostgresError) {
        do throws(PostgresError) {
            try script("ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)")
        } catch {
            // One that was not reached cannot be gone back to: the transaction has failed, and so will whatever is tried in it.
            guard case .server(let refusal) = error, !refusal.isFatal else { throw error }
        }
    }

    @discardableResult
    private func commit(after last: [Call]) throws(PostgresError) -> [Rows] {
        keptSavepoints = [:]
        do throws(PostgresError) {
            let rows = try pipeline(last + [Call(commitStatement)])
            // A transaction that had failed answers COMMIT with ROLLBACK, without an error.
            if rows.last?.tag != "COMMIT" {
                throw PostgresError.server(ServerError(sqlState: "25P02", message: "the transaction had failed and was rolled back"))
            }
            return rows
        } catch {
            switch error {
            case .connectionLost(let text), .timedOut(let text): throw .commitOutcomeUnknown(text)
            case .server(let refusal) where refusal.isFatal: throw .commitOutcomeUnknown(refusal.message)
            default:
                rollBack()
                throw error
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
