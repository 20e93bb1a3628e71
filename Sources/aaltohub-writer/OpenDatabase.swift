import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store
import WriterCore

/// How long a start may wait for a database that is away: below the unit's TimeoutStartSec of 300 s, and long enough that 20 such
/// starts never fall into its StartLimitIntervalSec of an hour.
private let databasePatience = Duration.seconds(240)
/// How long a start by hand may wait for the lock of a writer that was killed: Postgres ends its session as soon as it notices. It takes
/// longer to notice one that was cut off, for which a start by systemd waits as for the database.
private let lockPatience = Duration.seconds(15)
/// The longest wait between two tries.
private let longestRetry = Duration.seconds(8)

func connectionOptions(_ context: ServiceContext) throws -> ConnectionOptions {
    let database = context.configuration.database
    var keywords = [("dbname", database.conninfo(of: .writer)), ("application_name", "aaltohub-writer")]
    if let password = try context.credentials.find(.databasePassword) { keywords.append(("password", password.text)) }
    do {
        return try ConnectionOptions(keywords: keywords, statementTimeoutSeconds: database.statementTimeoutSeconds)
    } catch {
        throw ServiceError.configuration("database.conninfo: \(error)")
    }
}

/// Connects and draws an epoch; waits for a database that is away, tells at once what waiting cannot heal.
///
/// - Returns: nil when the process was asked to stop meanwhile.
func openDatabase(_ store: WriterStore, _ context: ServiceContext) async throws -> WriterStart? {
    let begun = SystemClock.now
    var backoff = Backoff(first: .milliseconds(500), limit: longestRetry)
    var generator = SystemRandomNumberGenerator()
    // Nobody restarts a process that a person started by hand: that one is told at once.
    let patience = processEnvironment()["NOTIFY_SOCKET"] != nil ? databasePatience : .zero
    while !context.isStopping {
        let error: any Error
        do { return try await store.open(unixMilliseconds: SystemClock.unix.nanoseconds / 1_000_000) } catch let thrown { error = thrown }
        let serviceError = startError(error)
        let limit: Duration =
            if error as? StoreError == .anotherWriter { max(lockPatience, patience) } else {
                serviceError.status == .temporary ? patience : .zero
            }
        guard SystemClock.now - begun < limit else { throw serviceError }
        if backoff.attempts == 0 { context.logger.warning("\(serviceError.message); trying again for \(limit)") }
        context.report("waiting: \(serviceError.message)")
        context.watchdog.beat()
        do { try await Task.sleep(for: backoff.next(using: &generator)) } catch { return nil }
    }
    return nil
}

/// The one line and the status for a database that cannot be opened.
private func startError(_ error: any Error) -> ServiceError {
    if let error = error as? ServiceError { return error }
    return ServiceError(exitCode(of: error).flatMap(ExitStatus.init) ?? .internal, DatabaseDoctor.remedy(error))
}

extension LinkError: ServiceErrorConvertible {
    public var serviceError: ServiceError {
        switch self {
        case .inUse: .unavailable(description)
        case .pathTooLong: .configuration("\(description): choose a shorter runtime_directory")
        case .cannotOpen, .zeroMQ: .io(description)
        case .noAnswer, .badAnswer: .unavailable(description)
        }
    }
}
