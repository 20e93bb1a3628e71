import Primitives
import ServiceKit
import Store
import SupervisorCore

/// Between two snapshots of the database.
private let snapshotInterval = Duration.seconds(5)
/// Snapshots after which what is dear to count is counted again: once a minute.
private let snapshotsBetweenCounts = 12

/// Reads groups and queues again and again, over a connection of its own, until the stop. While the database is away the status says so.
func watchDatabase(into watch: Watch, _ database: Database, _ context: ServiceContext) async {
    let connection = database.connection()
    // A look that hangs is cut off: nobody waits for it then.
    context.onStop { connection.abandon() }
    var looks = 0
    var problem: String?
    while !Task.isCancelled, !context.isStopping {
        let previous = looks.isMultiple(of: snapshotsBetweenCounts) ? nil : watch.snapshot
        looks += 1
        do {
            watch.took(.success(try await StatusQueries.snapshot(connection, previous: previous)))
            context.status.count("status_snapshots_total", ["result": "taken"])
            if problem != nil { context.logger.notice("the database answers again") }
            problem = nil
        } catch {
            if context.isStopping { break }
            watch.took(.failure(error))
            context.status.count("status_snapshots_total", ["result": "failed"])
            let reason = ServiceMain.serviceError(error).message
            if reason != problem { context.logger.warning("groups and queues are not known: \(reason)") }
            problem = reason
        }
        do { try await Task.sleep(for: snapshotInterval) } catch { break }
    }
    connection.abandon()
}
