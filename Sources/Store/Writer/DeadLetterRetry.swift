import Events
import PostgreSQL
import Primitives
import WriterCore

/// A dead letter that was tried again.
public struct RetriedLetter: Hashable, Sendable {
    public var id: PostgresUUID
    public var result: RetryResult
    /// Why it failed, at most `FailedPiece.errorCharacters`.
    public var error: String?
    public var changes: [RowChange] = []
}

/// Tries dead letters again inside one transaction, each under a savepoint of its own.
struct DeadLetterRetry {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// In the order of the letters' age; what is asked for and does not wait is told last.
    func run(_ ids: [PostgresUUID]) throws -> [RetriedLetter] {
        var out: [RetriedLetter] = []
        var ranOutOfTime = false
        let rows = try session.query(DeadLetterStatements.lock, [.uuids(ids)])
        for row in rows.map({ $0 }) {
            if ranOutOfTime {
                out.append(RetriedLetter(id: row.uuid(0), result: .skipped))
                continue
            }
            let (letter, state) = try retry(row)
            ranOutOfTime = FailureClass(sqlstate: state) == .timeout && state != nil
            out.append(letter)
        }
        let found = Set(out.map(\.id))
        return out + ids.filter { !found.contains($0) }.map { RetriedLetter(id: $0, result: .unknown) }
    }

    private func retry(_ row: Row) throws -> (letter: RetriedLetter, sqlState: String?) {
        let id = row.uuid(0)
        func fails(_ error: String, _ state: String? = nil) throws -> (RetriedLetter, String?) {
            let text = String(error.prefix(FailedPiece.errorCharacters)).replacing("\0", with: "\u{FFFD}")
            try session.query(DeadLetterStatements.stays, [.uuid(id), .text(text), .text(state)])
            return (RetriedLetter(id: id, result: .failed, error: text), state)
        }
        guard let account = row.textOrNull(1), let payload = row.byteaOrNull(4) else {
            return try fails("nothing is kept that could be decoded: it is the predecessor's")
        }
        // Only names in the log and in a letter that this one leaves; the predecessor's have none.
        let stream = (row.byteaOrNull(2).flatMap { try? StreamID(bytes: $0) }) ?? StreamID.unknown
        let letter = DeadLetter(
            stream: stream, number: UInt64(clamping: row.integerOrNull(3) ?? 0), payload: payload,
            receivedAt: max(0, row.timestamptz(5).nanoseconds))
        let (pieces, unreadable, outdated) = letter.contents
        // One change that runs out of its time is blamed at once: somebody waits, and the others of this transaction with him.
        var writing = BatchWriting(
            session, producer: ProducerKey(role: DeadLetterRetry.role, account: account), timeoutsBefore: TimeoutBlame.patience)
        do {
            try session.savepoint { try writing.write(pieces, unreadable) }
        } catch let error as PostgresError where session.isOpen && FailureClass(error) == .timeout {
            return try fails("\(error)", error.sqlState)
        }
        if writing.pieces.isEmpty, let first = writing.failed.first { return try fails(first.error, writing.states.first ?? nil) }
        // What of it fails still stands in letters of its own from now on.
        try writing.storeFailed()
        try session.query(DeadLetterStatements.resolve, [.uuid(id)])
        let result = writing.pieces.isEmpty && outdated > 0 ? RetryResult.outdated : .stored
        return (RetriedLetter(id: id, result: result, changes: writing.changes), nil)
    }

    /// Stands where a producer's role does: what is stored late says nothing of how far the live stream has come.
    static let role = "retry"
}

extension StreamID {
    /// Of a letter that names no stream.
    fileprivate static var unknown: StreamID {
        guard let id = try? StreamID(bytes: [UInt8](repeating: 0, count: 16)) else { preconditionFailure("16 bytes are a stream's") }
        return id
    }
}

/// The statements of the writer that look after dead letters.
enum DeadLetterStatements {
    static let waiting = Statement(
        name: "waiting_letters", sql: "SELECT id FROM public.failed_messages WHERE resolved IS NOT TRUE ORDER BY created_at, id")

    static let lock = Statement(
        name: "lock_letters",
        sql: """
            SELECT id, account_id, stream, record_number, payload_bytes, coalesce(received_at, created_at, now())
            FROM public.failed_messages WHERE id = ANY ($1) AND resolved IS NOT TRUE
            ORDER BY created_at, record_number, id FOR UPDATE
            """)

    static let stays = Statement(
        name: "letter_stays",
        sql: """
            UPDATE public.failed_messages SET retry_count = coalesce(retry_count, 0) + 1, error_message = $2, sql_state = $3 WHERE id = $1
            """)

    static let resolve = Statement(
        name: "resolve_letter",
        sql: """
            UPDATE public.failed_messages SET retry_count = coalesce(retry_count, 0) + 1, resolved = true, resolved_at = now() WHERE id = $1
            """)
}
