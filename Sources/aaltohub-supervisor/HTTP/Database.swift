import PostgreSQL
import Primitives
import ServiceKit
import Store
import Synchronization

/// The supervisor's way to Postgres, under its own role. Nothing is opened before it is asked for; what was lost is opened again at the next
/// use; and while the server is away, callers are told so at once.
final class Database: Sendable {
    /// Connections that the routes share.
    private static let sharedConnections = 2
    /// After a failed attempt to connect, so long everybody is told so without another attempt.
    private static let pause = Duration.seconds(1)
    /// Seconds that a statement for somebody who waits may take.
    private static let statementSeconds = 15

    private let options: ConnectionOptions
    private let shared: [Connection]
    private let state = Mutex(State())

    private struct State {
        var next = 0
        var failure: (error: PostgresError, at: Instant)?
    }

    init(_ context: ServiceContext) throws {
        let database = context.configuration.database
        var keywords = [("dbname", database.conninfo(of: .supervisor)), ("application_name", "aaltohub-supervisor")]
        if let password = try context.credentials.find(.databasePassword) { keywords.append(("password", password.text)) }
        let options = try ConnectionOptions(
            keywords: keywords, statementTimeoutSeconds: min(Self.statementSeconds, database.statementTimeoutSeconds))
        self.options = options
        shared = (0..<Self.sharedConnections).map { _ in Database.connection(options) }
    }

    /// A connection of one's own, for who asks all the time or waits long. Its owner closes it.
    func connection() -> Connection { Self.connection(options) }

    private static func connection(_ options: ConnectionOptions) -> Connection {
        Connection(options) { session in
            try Pooler.refuse(session, options: options)
            try Migrator.check(session)
        }
    }

    /// Runs the body on one of the shared connections. Throws what it throws; `PostgresError.unreachable` while the server is away.
    func run<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws -> T {
        try await use { try await $0.run(body) }
    }

    /// Lends one of the shared connections, as the stores want it.
    func use<T: Sendable>(_ body: (Connection) async throws -> T) async throws -> T {
        let now = SystemClock.now
        let connection = try state.withLock { state throws(PostgresError) -> Connection in
            if let failure = state.failure, now - failure.at < Self.pause { throw failure.error }
            state.next = (state.next + 1) % shared.count
            return shared[state.next]
        }
        do {
            let value = try await body(connection)
            state.withLock { $0.failure = nil }
            return value
        } catch let error as PostgresError {
            if case .unreachable = error { state.withLock { $0.failure = (error, SystemClock.now) } }
            throw error
        }
    }

    /// Waits for nothing: what runs is cut off.
    func close() async { for connection in shared { connection.abandon() } }
}

extension PostgresError: ServiceErrorConvertible {
    public var serviceError: ServiceError {
        ServiceError(exitCode(of: self).flatMap(ExitStatus.init) ?? .internal, DatabaseDoctor.remedy(self))
    }
}
