import PostgreSQL
import Primitives
import ServiceKit
import Store
import Synchronization

/// The supervisor's way to Postgres, under its own role. Nothing is opened before it is asked for; what was lost is opened again at the next
/// use; and while the server is away, callers are told so at once.
final class Database: Sendable {
    /// For what a connection is asked. None of these waits for another.
    enum Purpose: Hashable, CaseIterable {
        /// Answers to requests.
        case requests
        /// Who may, and who did what.
        case access
        /// What reads whole tables to find little.
        case search

        /// Connections that it shares.
        fileprivate var connections: Int { self == .requests ? 2 : 1 }

        /// Calls that wait or run; beyond them a caller is told at once to come back. Only requests come in any number: for the others' sake
        /// a table that is locked may keep them all waiting, and what each holds is small.
        fileprivate var mostCalls: Int {
            switch self {
            case .requests: 32
            case .access: .max
            case .search: 4
            }
        }

        /// Seconds that a statement for somebody who waits may take.
        fileprivate var statementSeconds: Int { self == .search ? Database.searchSeconds : 15 }
    }

    /// Seconds that a search may take.
    static let searchSeconds = 5
    /// Seconds after which whoever was turned away comes back.
    private static let comeBackSeconds = 2
    /// After a failed attempt to connect, so long everybody is told so without another attempt.
    private static let pause = Duration.seconds(1)

    private let options: ConnectionOptions
    private let shared: [Purpose: [Connection]]
    private let state = Mutex(State())

    private struct State {
        /// Calls that wait or run, by connection.
        var calls: [Purpose: [Int]] = [:]
        var failure: (error: PostgresError, at: Instant)?
    }

    init(_ context: ServiceContext) throws {
        let database = context.configuration.database
        var keywords = [("dbname", database.conninfo(of: .supervisor)), ("application_name", "aaltohub-supervisor")]
        if let password = try context.credentials.find(.databasePassword) { keywords.append(("password", password.text)) }
        func options(_ purpose: Purpose) throws(PostgresError) -> ConnectionOptions {
            try ConnectionOptions(
                keywords: keywords, statementTimeoutSeconds: min(purpose.statementSeconds, database.statementTimeoutSeconds))
        }
        self.options = try options(.requests)
        var shared: [Purpose: [Connection]] = [:]
        for purpose in Purpose.allCases {
            let options = try options(purpose)
            shared[purpose] = (0..<purpose.connections).map { _ in Database.connection(options) }
        }
        self.shared = shared
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

    /// Lends one of the shared connections, as the stores want it: the one for which the fewest wait.
    ///
    /// Throws `Refusal` (503) when too many do.
    func use<T: Sendable>(_ purpose: Purpose = .requests, _ body: (Connection) async throws -> T) async throws -> T {
        let now = SystemClock.now
        let place = try state.withLock { state -> Int in
            if let failure = state.failure, now - failure.at < Self.pause { throw failure.error }
            var calls = state.calls[purpose] ?? [Int](repeating: 0, count: purpose.connections)
            guard calls.reduce(0, +) < purpose.mostCalls, let place = calls.indices.min(by: { calls[$0] < calls[$1] }) else {
                throw Refusal(
                    .serviceUnavailable, "too many requests wait for the database: come back in \(Self.comeBackSeconds) s",
                    retryAfter: Self.comeBackSeconds)
            }
            calls[place] += 1
            state.calls[purpose] = calls
            return place
        }
        defer { state.withLock { $0.calls[purpose]?[place] -= 1 } }
        do {
            // One for each place, from the beginning.
            let value = try await body(shared[purpose]![place])
            state.withLock { $0.failure = nil }
            return value
        } catch let error as PostgresError {
            if case .unreachable = error { state.withLock { $0.failure = (error, SystemClock.now) } }
            throw error
        }
    }

    /// Waits for nothing: what runs is cut off.
    func close() async { for connection in shared.values.joined() { connection.abandon() } }
}

extension PostgresError: ServiceErrorConvertible {
    public var serviceError: ServiceError {
        ServiceError(exitCode(of: self).flatMap(ExitStatus.init) ?? .internal, DatabaseDoctor.remedy(self))
    }
}
