import CLibpq
import Glibc

/// A statement that is parsed once per session and then called by name.
public struct Statement: Sendable, Hashable {
    public let name: String
    public let sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// One open connection. Every call blocks and belongs to the one thread that owns it; `Connection` gives it that thread.
///
/// Each call has a deadline: the server's statement timeout plus a grace; past it the session is closed. Nothing is asked of a server
/// that does not keep its own timeout: a cancel request, too, would wait for it. It ends the statement when it lives again.
public final class Session {
    private var handle: OpaquePointer?
    private var prepared: Set<String> = []
    let answerTimeoutMilliseconds: Int
    /// How many savepoints stand around what runs now.
    var savepointDepth = 0
    /// Names, by depth, of those that are open though their work is done: COMMIT takes them along, the next one of its depth releases it.
    var keptSavepoints: [Int: String] = [:]
    /// The process id that the server announced at connect. A pooler announces one of its own making.
    public let announcedBackendPID: Int32
    /// Asks the server, from any thread, to end what this session runs.
    let canceller: Canceller?

    /// Opens a session, or throws `unreachable` with the server's SQLSTATE if it gave one.
    public init(_ options: ConnectionOptions) throws(PostgresError) {
        let handle = try Session.connect(options)
        self.handle = handle
        announcedBackendPID = PQbackendPID(handle)
        canceller = Canceller(handle)
        answerTimeoutMilliseconds =
            options.statementTimeoutMilliseconds > 0
            ? options.statementTimeoutMilliseconds + options.answerGraceMilliseconds : Int(Int32.max)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0 else {
            PQfinish(handle)
            self.handle = nil
            throw .unreachable("the socket cannot be made non-blocking", sqlState: nil)
        }
        // Not through the startup packet's `options`: session poolers refuse that.
        _ = try query(
            """
            SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
                   set_config('idle_in_transaction_session_timeout', $3, false), set_config('synchronous_commit', 'on', false),
                   set_config('TimeZone', 'UTC', false), set_config('default_transaction_isolation', 'read committed', false),
                   set_config('tcp_keepalives_idle', $4, false), set_config('tcp_keepalives_interval', $5, false),
                   set_config('tcp_keepalives_count', $6, false), set_config('tcp_user_timeout', $7, false)
            """,
            [
                .text(String(options.statementTimeoutMilliseconds)), .text(String(options.lockTimeoutMilliseconds)),
                .text(String(options.idleInTransactionTimeoutMilliseconds)),
                // The server, too, has to notice a cut connection: its session holds locks until then. Over a unix socket these say nothing.
                .text(String(ConnectionOptions.keepalivesIdleSeconds)), .text(String(ConnectionOptions.keepalivesIntervalSeconds)),
                .text(String(ConnectionOptions.keepalivesCount)), .text(String(ConnectionOptions.tcpUserTimeoutMilliseconds)),
            ])
    }

    deinit { if let handle { PQfinish(handle) } }

    public var isOpen: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// The session is inside a transaction, failed or not.
    public var isInTransaction: Bool {
        guard let handle else { return false }
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// The session is inside a transaction that has failed: all it takes is to be rolled back.
    public var isTransactionFailed: Bool { handle.map { PQtransactionStatus($0) == PQTRANS_INERROR } ?? false }

    /// The connection is encrypted.
    public var usesTLS: Bool { handle.map { PQsslInUse($0) == 1 } ?? false }

    /// The server's version, such as 150020.
    public var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    public func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    /// Runs a statement once.
    @discardableResult
    public func query(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
        let values = try EncodedParameters(parameters)
        let handle = try open()
        let sent = values.withPointers { types, values, lengths, formats in
            PQsendQueryParams(handle, sql, Int32(parameters.count), types, values, lengths, formats, 1)
        }
        return try answer(sent)
    }

    /// Runs a statement, preparing it when this session has not done so yet.
    @discardableResult
    public func query(_ statement: Statement, _ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
        let values = try EncodedParameters(parameters)
        try prepare(statement, values)
        return try answer(send(statement, values, to: open()))
    }

    func prepare(_ statement: Statement, _ values: EncodedParameters) throws(PostgresError) {
        if prepared.contains(statement.name) { return }
        let handle = try open()
        let sent = values.withPointers { types, _, _, _ in
            PQsendPrepare(handle, statement.name, statement.sql, Int32(values.count), types)
        }
        _ = try answer(sent)
        prepared.insert(statement.name)
    }

    /// A prepared one; 0 when libpq does not take it.
    func send(_ statement: Statement, _ values: EncodedParameters, to handle: OpaquePointer) -> Int32 {
        values.withPointers { _, pointers, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, Int32(values.count), pointers, lengths, formats, 1)
        }
    }

    /// Runs any number of statements separated by semicolons, without parameters or results.
    public func script(_ sql: String) throws(PostgresError) {
        _ = try answer(PQsendQuery(try open(), sql))
    }

    func open() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw .connectionLost("the session is closed") }
        guard PQstatus(handle) == CONNECTION_OK else { throw lost(handle) }
        return handle
    }

    func lost(_ handle: OpaquePointer) -> PostgresError {
        let message = text(PQerrorMessage(handle))
        close()
        return .connectionLost(message.isEmpty ? "the server closed the connection" : message)
    }

    // MARK: the answer

    private func answer(_ sent: Int32) throws(PostgresError) -> Rows {
        let handle = try open()
        if sent == 0 { throw notSent(handle) }
        do throws(Interruption) {
            return try Session.finish(collect(handle, until: Deadline(milliseconds: answerTimeoutMilliseconds)))
        } catch {
            throw ended(error, handle)
        }
    }

    /// Why libpq took a call not.
    func notSent(_ handle: OpaquePointer) -> PostgresError {
        let message = text(PQerrorMessage(handle))
        return PQstatus(handle) == CONNECTION_OK ? .badParameter(message) : lost(handle)
    }

    func ended(_ interruption: Interruption, _ handle: OpaquePointer) -> PostgresError {
        switch interruption {
        case .refused(let error):
            // After a FATAL the server closes; what libpq already knows decides, and the next call finds out otherwise.
            if error.isFatal { close() }
            return .server(error)
        case .gone: return lost(handle)
        case .deadline:
            close()
            return .timedOut("no answer in \(answerTimeoutMilliseconds) ms; the connection was closed")
        }
    }

    enum Interruption: Error {
        case refused(ServerError)
        case gone
        case deadline
    }

    /// Sends what is left to send and reads to the end of the answer: the last result, or the first refusal.
    private func collect(_ handle: OpaquePointer, until deadline: Deadline) throws(Interruption) -> OpaquePointer {
        try flush(handle, until: deadline)
        var kept: OpaquePointer?
        while true {
            while PQisBusy(handle) == 1 {
                do throws(Interruption) {
                    _ = try wait(handle, writing: false, until: deadline)
                } catch {
                    if let kept { PQclear(kept) }
                    throw error
                }
                if PQconsumeInput(handle) == 0 { break }
            }
            guard let result = PQgetResult(handle) else { break }
            if let before = kept {
                if Session.failed(before) {
                    PQclear(result)
                    continue
                }
                PQclear(before)
            }
            kept = result
            // COPY is never used; leaving it here would loop.
            let status = PQresultStatus(result)
            precondition(status != PGRES_COPY_IN && status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH, "COPY is not supported")
        }
        guard let kept else { throw .gone }
        if Session.failed(kept), PQstatus(handle) != CONNECTION_OK, PQresultErrorField(kept, AALTOHUB_PG_DIAG_SQLSTATE) == nil {
            PQclear(kept)
            throw .gone
        }
        return kept
    }

    /// Sends what is left to send, and takes in meanwhile what the server says: neither may wait for the other.
    func flush(_ handle: OpaquePointer, until deadline: Deadline) throws(Interruption) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            if left < 0 { throw .gone }
            if try wait(handle, writing: true, until: deadline), PQconsumeInput(handle) == 0 { throw .gone }
        }
    }

    static func failed(_ result: OpaquePointer) -> Bool {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: false
        default: true
        }
    }

    static func finish(_ result: OpaquePointer) throws(Interruption) -> Rows {
        guard failed(result) else { return Rows(owning: result) }
        defer { PQclear(result) }
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        guard let sqlState = field(AALTOHUB_PG_DIAG_SQLSTATE) else { throw .gone }
        let severity = field(AALTOHUB_PG_DIAG_SEVERITY)
        throw .refused(
            ServerError(
                sqlState: sqlState, message: field(AALTOHUB_PG_DIAG_MESSAGE_PRIMARY) ?? "", detail: field(AALTOHUB_PG_DIAG_MESSAGE_DETAIL),
                hint: field(AALTOHUB_PG_DIAG_MESSAGE_HINT), table: field(AALTOHUB_PG_DIAG_TABLE_NAME),
                column: field(AALTOHUB_PG_DIAG_COLUMN_NAME), constraint: field(AALTOHUB_PG_DIAG_CONSTRAINT_NAME),
                isFatal: severity == "FATAL" || severity == "PANIC"))
    }

    /// Waits for the socket; true when it can be read.
    func wait(_ handle: OpaquePointer, writing: Bool, until deadline: Deadline) throws(Interruption) -> Bool {
        while true {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN | (writing ? POLLOUT : 0)), revents: 0)
            let left = deadline.millisecondsLeft
            if left <= 0 { throw .deadline }
            let ready = poll(&descriptor, 1, left)
            if ready > 0 { return descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 }
            if ready < 0 && errno != EINTR { throw .gone }
        }
    }

    // MARK: connecting

    private static func connect(_ options: ConnectionOptions) throws(PostgresError) -> OpaquePointer {
        let keywords = options.parameters.map { strdup($0.keyword) }
        let values = options.parameters.map { strdup($0.value) }
        defer { (keywords + values).forEach { free($0) } }
        let started = PQconnectStartParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        guard let handle = started else { throw .unreachable("out of memory", sqlState: nil) }
        // Verbose is the only way to see a SQLSTATE from before the session exists.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let deadline = Deadline(milliseconds: options.connectTimeoutSeconds * 1000)
        var wanted = PGRES_POLLING_WRITING
        while PQstatus(handle) != CONNECTION_BAD && wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            let left = deadline.millisecondsLeft
            guard left > 0 else {
                PQfinish(handle)
                throw .unreachable("no answer in \(options.connectTimeoutSeconds) s", sqlState: nil)
            }
            if poll(&descriptor, 1, left) > 0 { wanted = PQconnectPoll(handle) }
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let (message, sqlState) = refusal(PQerrorMessage(handle).map { String(cString: $0) } ?? "")
            PQfinish(handle)
            throw .unreachable(message, sqlState: sqlState)
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    /// Takes a verbose message apart: `… FATAL:  28P01: password authentication failed …\nLOCATION: …`.
    static func refusal(_ verbose: String) -> (message: String, sqlState: String?) {
        var lines = verbose.split(separator: "\n").map { $0.trimmingSpaces() }
        lines.removeAll { $0.hasPrefix("LOCATION:") }
        var state: String?
        let words = lines.joined(separator: "; ").split(separator: " ", omittingEmptySubsequences: true).filter { word in
            guard state == nil, word.utf8.count == 6, word.last == ":" else { return true }
            let code = word.dropLast()
            guard code.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) }), code.contains(where: \.isNumber) else { return true }
            state = String(code)
            return false
        }
        return (words.joined(separator: " "), state)
    }
}

extension StringProtocol {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

private func text(_ message: UnsafePointer<CChar>?) -> String {
    guard let message else { return "" }
    return String(cString: message).split(separator: "\n").joined(separator: "; ")
}

/// A point on the monotonic clock.
struct Deadline {
    private let end: Int64

    init(milliseconds: Int) { end = Deadline.now + Int64(milliseconds) }

    var millisecondsLeft: Int32 { Int32(clamping: end - Deadline.now) }

    private static var now: Int64 {
        var t = timespec()
        clock_gettime(CLOCK_MONOTONIC, &t)
        return Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000
    }
}
