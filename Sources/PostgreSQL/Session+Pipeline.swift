import CLibpq

/// A statement with its parameters.
public struct Call: Sendable {
    public var statement: Statement
    public var parameters: [Parameter]

    public init(_ statement: Statement, _ parameters: [Parameter] = []) {
        self.statement = statement
        self.parameters = parameters
    }
}

/// Statements that do not wait for each other's answers: one way to the server and back for all of them.
///
/// https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
extension Session {
    /// Runs the statements one after the other. The first refusal is thrown, and what stands behind it is not run.
    ///
    /// All of them together have the time that a statement alone would have. The server tells its answers at the end: one that told each
    /// would wake this thread for each.
    ///
    /// - Returns: the answer of each, in their order.
    @discardableResult
    public func pipeline(_ calls: [Call]) throws(PostgresError) -> [Rows] {
        guard !calls.isEmpty else { return [] }
        var encoded: [(Statement, EncodedParameters)] = []
        for call in calls { encoded.append((call.statement, try EncodedParameters(call.parameters))) }
        for (statement, values) in encoded { try prepare(statement, values) }
        let handle = try open()
        guard PQenterPipelineMode(handle) == 1 else { throw notSent(handle) }
        for (statement, values) in encoded {
            guard send(statement, values, to: handle) == 1 else { throw abandon(handle) }
        }
        guard PQpipelineSync(handle) == 1 else { throw abandon(handle) }
        do throws(Interruption) {
            let rows = try answers(handle, of: calls.count)
            guard PQexitPipelineMode(handle) == 1 else { throw Interruption.gone }
            return rows
        } catch {
            // After a refusal the session goes on, in its ordinary mode.
            if case .refused = error, PQexitPipelineMode(handle) == 0 { throw lost(handle) }
            throw ended(error, handle)
        }
    }

    /// Half of a pipeline is sent: nobody could tell its answers apart any more.
    private func abandon(_ handle: OpaquePointer) -> PostgresError {
        let error = notSent(handle)
        close()
        return error
    }

    /// The answers to so many statements, to the end of the pipeline.
    private func answers(_ handle: OpaquePointer, of count: Int) throws(Interruption) -> [Rows] {
        let deadline = Deadline(milliseconds: answerTimeoutMilliseconds)
        try flush(handle, until: deadline)
        var rows: [Rows] = []
        var refusal: Interruption?
        for _ in 0..<count {
            do throws(Interruption) {
                guard let result = try next(handle, until: deadline) else { throw .gone }
                // Each answer ends with a null, by libpq's rule.
                if PQresultStatus(result) == PGRES_PIPELINE_ABORTED {
                    PQclear(result)
                } else {
                    let isFailed = Session.failed(result)
                    do throws(Interruption) {
                        rows.append(try Session.finish(result))
                    } catch {
                        guard isFailed, refusal == nil, case .refused = error else { throw error }
                        refusal = error
                    }
                }
                if let more = try next(handle, until: deadline) {
                    PQclear(more)
                    throw .gone
                }
            } catch {
                // What the server said before it went away tells more than that it did.
                throw refusal ?? error
            }
        }
        do throws(Interruption) {
            guard let end = try next(handle, until: deadline) else { throw .gone }
            let isEnd = PQresultStatus(end) == PGRES_PIPELINE_SYNC
            PQclear(end)
            guard isEnd else { throw .gone }
        } catch {
            throw refusal ?? error
        }
        if let refusal { throw refusal }
        return rows
    }

    private func next(_ handle: OpaquePointer, until deadline: Deadline) throws(Interruption) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            _ = try wait(handle, writing: false, until: deadline)
            if PQconsumeInput(handle) == 0 { break }
        }
        return PQgetResult(handle)
    }
}
