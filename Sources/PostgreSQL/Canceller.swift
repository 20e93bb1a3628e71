import CLibpq

/// The right to ask a server to end what one session runs. May be used from any thread, and outlives the session.
final class Canceller: @unchecked Sendable {
    // libpq only reads what it holds. https://www.postgresql.org/docs/15/libpq-cancel.html
    private let pointer: OpaquePointer

    init?(_ session: OpaquePointer) {
        guard let pointer = PQgetCancel(session) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }

    /// Waits for the server without a bound: call it on a thread that nobody waits for. Whether it was heard, nobody learns.
    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &message, Int32(message.count))
    }
}
