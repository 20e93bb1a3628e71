/// A Postgres connection with a thread of its own: opened at first use, opened again at the next use after it was lost.
///
/// Calls run one after the other. A transaction is one call, so nothing of another caller can come between its statements.
public final class Connection: Sendable {
    private let thread: WorkerThread
    private let slot: Slot
    private let options: ConnectionOptions
    private let prepare: @Sendable (Session) throws -> Void

    /// The session, touched by the thread alone.
    private final class Slot: @unchecked Sendable {
        var session: Session?
    }

    /// Nothing is opened yet. `prepare` runs on every new session before anyone else uses it (locks that belong to the session,
    /// checks of the schema); its error closes that session and is what the caller gets.
    public init(_ options: ConnectionOptions, prepare: @escaping @Sendable (Session) throws -> Void = { _ in }) {
        self.options = options
        self.prepare = prepare
        slot = Slot()
        thread = WorkerThread()
    }

    /// Runs `body` on the connection's thread and hands back what it returns. Opens a session first when there is none.
    ///
    /// Throws what `body` throws, and `PostgresError.unreachable` when no session could be opened. Cancelling the task does not end
    /// a running statement: its own deadline does.
    public func run<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws -> T {
        let (slot, options, prepare) = (slot, options, prepare)
        return try await withCheckedThrowingContinuation { continuation in
            let accepted = thread.submit {
                continuation.resume(
                    with: Result {
                        try body(Connection.session(in: slot, options, prepare))
                    })
                if let session = slot.session, !session.isOpen || session.isInTransaction {
                    session.close()
                    slot.session = nil
                }
            }
            if !accepted { continuation.resume(throwing: PostgresError.closed) }
        }
    }

    /// Ends the session and the thread after what is queued. Later calls throw `closed`.
    public func close() async {
        let slot = slot
        await withCheckedContinuation { continuation in
            let accepted = thread.submit {
                slot.session?.close()
                slot.session = nil
                continuation.resume()
            }
            if !accepted { continuation.resume() }
        }
        thread.stop()
    }

    private static func session(
        in slot: Slot, _ options: ConnectionOptions, _ prepare: (Session) throws -> Void
    ) throws -> Session {
        if let session = slot.session, session.isOpen { return session }
        slot.session = nil
        let session = try Session(options)
        do {
            try prepare(session)
        } catch {
            session.close()
            throw error
        }
        slot.session = session
        return session
    }
}
