import POSIX
import Synchronization

/// A Postgres connection with a thread of its own: opened at first use, opened again at the next use after it was lost.
///
/// Calls run one after the other. A transaction is one call, so nothing of another caller can come between its statements.
public final class Connection: Sendable {
    private let thread: WorkerThread
    private let slot: Slot
    private let callers = Callers()
    private let options: ConnectionOptions
    private let prepare: @Sendable (Session) throws -> Void

    /// The session, touched by the thread alone.
    private final class Slot: @unchecked Sendable {
        var session: Session?
    }

    /// Those who wait for the thread, and how to interrupt it.
    private final class Callers: Sendable {
        private struct State {
            var waiting: [Int: @Sendable () -> Void] = [:]
            var next = 0
            var canceller: Canceller?
        }

        private let state = Mutex(State())

        func add(_ fail: @escaping @Sendable () -> Void) -> Int {
            state.withLock { state in
                state.next += 1
                state.waiting[state.next] = fail
                return state.next
            }
        }

        func remove(_ id: Int) { state.withLock { $0.waiting[id] = nil } }

        /// nil: no session is open.
        func session(_ canceller: Canceller?) { state.withLock { $0.canceller = canceller } }

        /// Lets everybody go. Returns what interrupts the open session, if anybody waited.
        func failAll() -> Canceller? {
            let (waiting, canceller) = state.withLock { state in
                defer { state.waiting = [:] }
                return (Array(state.waiting.values), state.canceller)
            }
            for fail in waiting { fail() }
            return waiting.isEmpty ? nil : canceller
        }
    }

    /// A caller, answered once: by the thread, or by `abandon`.
    private final class Call<T: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<T, any Error>?>

        init(_ continuation: CheckedContinuation<T, any Error>) { self.continuation = Mutex(continuation) }

        func resume(with result: Result<T, any Error>) {
            let waiting = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            waiting?.resume(with: result)
        }
    }

    /// Nothing is opened yet. `prepare` runs on every new session before anyone else uses it (locks that belong to the session,
    /// checks of the schema); its error closes that session and is what the caller gets.
    public init(_ options: ConnectionOptions, prepare: @escaping @Sendable (Session) throws -> Void = { _ in }) {
        self.options = options
        self.prepare = prepare
        slot = Slot()
        thread = WorkerThread(named: "libpq")
    }

    /// Runs `body` on the connection's thread and hands back what it returns. Opens a session first when there is none.
    ///
    /// Throws what `body` throws, and `PostgresError.unreachable` when no session could be opened. Cancelling the task does not end
    /// a running statement: its own deadline does. The caller goes on where it was.
    public nonisolated(nonsending) func run<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws -> T {
        let (slot, callers, options, prepare) = (slot, callers, options, prepare)
        return try await withCheckedThrowingContinuation { continuation in
            let call = Call(continuation)
            let id = callers.add { call.resume(with: .failure(PostgresError.closed)) }
            let accepted = thread.submit {
                let result = Result { try body(Connection.session(in: slot, callers, options, prepare)) }
                if let session = slot.session, !session.isOpen || session.isInTransaction {
                    session.close()
                    slot.session = nil
                }
                callers.remove(id)
                call.resume(with: result)
            }
            if !accepted {
                callers.remove(id)
                call.resume(with: .failure(PostgresError.closed))
            }
        }
    }

    /// Ends the session and the thread after what is queued, and returns then, or when the connection is abandoned meanwhile.
    /// Later calls throw `closed`.
    public func close() async {
        let (slot, callers) = (slot, callers)
        let _: Void? = try? await withCheckedThrowingContinuation { continuation in
            let call = Call(continuation)
            let id = callers.add { call.resume(with: .success(())) }
            let accepted = thread.submit {
                slot.session?.close()
                slot.session = nil
                callers.remove(id)
                call.resume(with: .success(()))
            }
            if !accepted {
                callers.remove(id)
                call.resume(with: .success(()))
            }
        }
        thread.stop()
    }

    /// Waits for nothing: who waits for a call gets `closed`, what is queued is dropped, and the server is asked to end what runs.
    ///
    /// For the end of a process, whose time is short: a transaction that is cut off so may still turn out to be committed.
    public func abandon() {
        thread.discard()
        if let canceller = callers.failAll() { detachThread(named: "libpq cancel") { canceller.cancel() } }
    }

    private static func session(
        in slot: Slot, _ callers: Callers, _ options: ConnectionOptions, _ prepare: (Session) throws -> Void
    ) throws -> Session {
        if let session = slot.session, session.isOpen { return session }
        slot.session = nil
        callers.session(nil)
        let session = try Session(options)
        callers.session(session.canceller)
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
