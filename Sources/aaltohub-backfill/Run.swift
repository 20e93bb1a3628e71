import AccountStage
import EventLink
import Events
import Foundation
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// How often groups, jobs and gaps are looked at; the control command `reload` does it at once.
private let groupsInterval = Duration.seconds(5)
/// How often new access hashes are stored, and waits of the account's other processes read.
private let entitiesInterval = Duration.seconds(10)
/// How long a stop waits for what is being stored: with `Crawler.patience` well within the unit's TimeoutStopSec.
private let longestLastStatement = Duration.seconds(4)

/// The stage's life: take backfill's own login and its lock, fetch until told to stop.
func backfill(_ context: ServiceContext, account: String) async throws {
    let masterKey = try context.credentials.masterKey().bytes
    let settings = try context.configuration.telegram.clientSettings()
    let crawl = Crawler.Settings(context.configuration.backfill)
    // A store that cannot be used is told before anything is opened.
    let files = try MediaSettings(context)
    let database = try makeDatabase(context)
    let folder = context.folders.state("\(context.name)")
    guard let start = try await loadStart(context, account: account, database: database, masterKey: masterKey) else { return }

    // Two clients of one key kill it: the second process must not even connect.
    let lock = try FileLock(
        path: context.folders.lock("authorisation-\(start.session.name)"), purpose: "use backfill's login of \(account)")
    defer { withExtendedLifetime(lock) {} }

    let zeroMQ = LinkContext()
    let service = "\(context.name)"
    let authorisation = LoginPurpose.backfill.authorisation(of: account)
    let tap = try TapPublisher(service: service, path: context.folders.tap(service), context: zeroMQ)
    let link = try ProducerLink(path: context.folders.link, role: "backfill", account: account, context: zeroMQ)
    let connection = TelegramConnection(
        try settings.connection(dc: start.session.dc), credentials: start.session.credentials, logger: context.logger)
    let floods = TelegramAPI.FloodSharing(FloodWaitStore(database, account: account)) { error in
        context.logger.warning("flood waits cannot be shared: \(DatabaseDoctor.remedy(error))")
    }
    let unreadable = Unreadable(account: account, database: database, masterKey: masterKey, context: context)
    let makeAPI: @Sendable (TelegramConnection) -> TelegramAPI = { connection in
        TelegramAPI(
            connection: connection, encoder: settings.encoder(withoutUpdates: true),
            floodSleepMost: context.configuration.telegram.floodSleepThresholdSeconds,
            pacer: CallPacer(pages: .milliseconds(crawl.pace)), sharing: floods, unreadable: { unreadable.keep($0) })
    }
    let api = makeAPI(connection)
    api.remember(start.floodWaits.map { ($0.key, $0.until) })

    var random = SystemRandomNumberGenerator()
    let records = RecordLink(
        ProducerMachine.Producer(
            role: .backfill, account: account, incarnation: try nextIncarnation("\(folder)/incarnation"), stream: StreamID(using: &random),
            build: ServiceVersion.text), link: link, tap: tap, context: context)
    let peers = Peers(EntityStore(database, authorisation: authorisation), context: context)
    await peers.restore(start.entities)
    let ledger = Ledger(database: database, account: account)
    let crawler = Crawler(
        account: account, settings: crawl, context: context, api: api, records: records, peers: peers, ledger: ledger,
        reader: HistoryReader(layer: settings.layer, peers: peers) { unreadable.keep($0) }, isAccountPaused: start.isPaused)
    let media = files.map { files in
        MediaLoop.make(
            files, context, account: account, database: database, masterKey: masterKey, session: start.session, client: settings, api: api,
            records: records, peers: peers, makeAPI: makeAPI)
    }
    if let media { await records.onMedia { Task { await media.wake() } } }
    await records.onFailure { reason in Task { await crawler.end(reason) } }
    let names = UsernameStore(database, authorisation: authorisation, process: service)
    let control = try ControlServer(
        path: context.folders.control(service), context: zeroMQ, commands: commands(context, crawler, ledger, api))
    let dialogs = Dialogs(
        account: account, api: api, peers: peers, crawler: crawler, names: names, context: context, interval: crawl.newGroups)

    context.onStop { Task { await crawler.end(.asked) } }
    context.onReload { configuration in
        api.floodSleepMost = configuration.telegram.floodSleepThresholdSeconds
        await crawler.setPace(milliseconds: configuration.backfill.paceMillisecondsPerPage)
        _ = await crawler.look()
    }
    if start.isPaused { await media?.leave() }
    await crawler.begin { isPaused in if isPaused { await media?.leave() } else { await media?.goOn() } }
    let reason = await withTaskGroup { group in
        group.addTask { for await event in connection.events { await crawler.telegram(event) } }
        group.addTask { while let events = await link.inbox.next() { await records.take(events) } }
        group.addTask { await every(RecordLink.tickEvery) { await records.tick() } }
        group.addTask { await context.heartbeats { json in tap.publish("heartbeat", "status") { json } } }
        group.addTask { await every(min(context.watchdog.longestWait, .seconds(1))) { await crawler.tick() } }
        group.addTask {
            await every(groupsInterval) { _ = await crawler.look() }
        }
        group.addTask { await dialogs.run() }
        group.addTask { await media?.run() }
        group.addTask {
            await every(entitiesInterval) {
                await peers.save()
                api.remember(await floods.read())
            }
        }
        let workers = Task {
            await withTaskGroup { workers in for _ in 0..<crawl.parallel { workers.addTask { await crawler.work() } } }
        }
        let reason = await crawler.untilEnd()
        context.stopping(.finishInFlight)
        // The page that is under way is stored, if that goes quickly; else the next start fetches it again.
        await finish(workers, records)
        group.cancelAll()
        return reason
    }
    context.stopping(.closeClients)
    await connection.close()
    context.stopping(.drain)
    await link.close()
    await tap.close()
    let patience = Task {
        do { try await Task.sleep(for: longestLastStatement) } catch { return }
        database.abandon()
    }
    await peers.save()
    // What is not proven is tried again at the next start.
    if case .account(let trouble, let name) = reason, AccountTrouble.isProven(name) {
        await note(trouble, name, account, database, masterKey, context)
    }
    patience.cancel()
    context.stopping(.disconnect)
    await control.close()
    await database.close()
    if let error = reason.serviceError(account: account) { throw error }
}

/// Waits for the workers, and lets go of them when they take long.
private func finish(_ workers: Task<Void, Never>, _ records: RecordLink) async {
    let limit = Task {
        do { try await Task.sleep(for: Crawler.patience) } catch { return }
        await records.close()
        workers.cancel()
    }
    await workers.value
    limit.cancel()
    await records.close()
}

/// Tells the account's other processes what became of it. A login that is gone concerns this stage alone.
private func note(
    _ trouble: AccountTrouble, _ name: String, _ account: String, _ database: Connection, _ masterKey: [UInt8], _ context: ServiceContext
) async {
    let accounts = AccountStore(database, masterKey: masterKey)
    do {
        switch trouble {
        case .banned, .frozen: try await accounts.set(state: AccountState(trouble), of: account, reason: name)
        case .revoked, .duplicated: try await accounts.forgetSession(of: account, for: .backfill)
        }
    } catch {
        context.logger.warning("the account's state could not be stored: \(DatabaseDoctor.remedy(error))")
    }
}

/// Keeps answers that cannot be read, for a later build.
struct Unreadable: Sendable {
    let account: String
    let database: Connection
    let masterKey: [UInt8]
    let context: ServiceContext

    func keep(_ object: QuarantinedObject) {
        context.status.count("unreadable_total", ["context": object.context])
        context.logger.warning(
            "unreadable: kept for a later build",
            metadata: ["context": "\(object.context)", "bytes": "\(object.bytes.count)", "reason": "\(object.reason)"])
        Task {
            var random = SystemRandomNumberGenerator()
            do {
                _ = try await QuarantineStore(database, masterKey: masterKey).keep(
                    .init(
                        bytes: object.bytes, context: object.context, layer: object.layer, reason: object.reason,
                        receivedAt: SystemClock.unix), of: account, nonce: random.bytes(Seal.nonceLength))
            } catch {
                context.logger.error("it could not be kept: \(DatabaseDoctor.remedy(error))")
            }
        }
    }
}
