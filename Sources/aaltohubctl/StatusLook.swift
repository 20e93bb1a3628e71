import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore

/// Looks at everything once: each stage is asked, and the database when it answers.
struct StatusLook: Sendable {
    /// How long the database may take before the rest is shown without it.
    static let patience = Duration.seconds(3)

    let answers: [Answer]
    let status: SystemStatus

    init(_ common: CommonOptions, database: StatusDatabase?) async throws {
        let configuration = try common.configuration()
        async let asked = askAll(Folders(configuration))
        let state = await database?.look() ?? DatabaseState()
        answers = await asked
        // That is no service's trouble: none can be asked.
        if let error = answers.lazy.compactMap(\.misconfigured).first { throw error }
        var board = Board(expected: answers.map(\.name))
        let now = SystemClock.now
        for answer in answers {
            guard let json = answer.status else { continue }
            do throws(HeartbeatError) {
                board.heard(try Heartbeat(json), now: now)
            } catch {
                notice("\(answer.name) answers what is no status: \(error)")
            }
        }
        status = SystemStatus(board: board, database: state, now: now, time: SystemClock.unix, wantedDays: configuration.backfill.days)
    }
}

/// The database as the status sees it: one connection for as long as it is looked at.
final class StatusDatabase: Sendable {
    private let connection: Result<Connection, any Error>

    /// What keeps it from being asked is told with the look, like a database that is away.
    init(_ common: CommonOptions) {
        connection = Result { Connection(try common.databaseOptions()) { session in try Migrator.check(session) } }
    }

    func look() async -> DatabaseState {
        var state = DatabaseState()
        do {
            let connection = try connection.get()
            let limit = Task {
                // Cancelled by the answer.
                do { try await Task.sleep(for: StatusLook.patience) } catch { return }
                connection.abandon()
            }
            defer { limit.cancel() }
            state.took(try await StatusQueries.snapshot(connection, previous: nil), now: SystemClock.now)
        } catch {
            state.failed(ServiceMain.serviceError(error).message)
        }
        return state
    }

    func close() {
        if case .success(let connection) = connection { connection.abandon() }
    }
}
