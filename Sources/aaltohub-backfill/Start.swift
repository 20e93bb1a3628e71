import AccountStage
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// What the stage begins with.
struct Start: Sendable {
    var session: AccountSession
    var entities: [Entity]
    var floodWaits: [FloodWaitStore.Wait]
    /// An operator has paused the account.
    var isPaused: Bool
}

private let longestRetry = Duration.seconds(8)

/// Reads backfill's own login of the account. Waits for a database that is away: without it there is nothing to fetch.
///
/// - Returns: nil when the process was asked to stop meanwhile.
func loadStart(_ context: ServiceContext, account: String, database: Connection, masterKey: [UInt8]) async throws -> Start? {
    var backoff = Backoff(first: .milliseconds(500), limit: longestRetry)
    var random = SystemRandomNumberGenerator()
    // Nobody restarts a process that a person started by hand: that one is told at once.
    let isSupervised = processEnvironment()["NOTIFY_SOCKET"] != nil
    while !context.isStopping {
        do {
            return try await readStart(account: account, database: database, masterKey: masterKey)
        } catch {
            let reason = databaseError(error)
            guard reason.status == .temporary, isSupervised else { throw reason }
            if backoff.attempts == 0 { context.logger.warning("\(reason.message); trying again") }
            context.report("waiting: \(reason.message)")
            context.notifier.extendTimeout(.seconds(30))
            context.watchdog.beat()
            do { try await Task.sleep(for: backoff.next(using: &random)) } catch { return nil }
        }
    }
    return nil
}

private func readStart(account: String, database: Connection, masterKey: [UInt8]) async throws -> Start {
    let accounts = AccountStore(database, masterKey: masterKey)
    let bytes = try await accounts.session(of: account, for: .backfill)
    guard let bytes, let session = AccountSession(bytes: bytes), session.userID != 0 else {
        throw ServiceError.loginNeeded(noLogin(account))
    }
    return Start(
        session: session, entities: try await EntityStore(database, authorisation: LoginPurpose.backfill.authorisation(of: account)).load(),
        floodWaits: try await FloodWaitStore(database, account: account).load(now: SystemClock.unix),
        isPaused: try await AccountStore.isPaused(account, database))
}
