import AccountStage
import EventLink
import Events
import Foundation
import ListenerCore
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Spool
import Store
import TelegramClient
import TelegramConnection

/// How often the registered groups are looked at; the control command `reload` does it at once.
private let groupsInterval = Duration.seconds(5)
/// How long a stop waits for what is being stored: with the drain of 15 s well within the unit's TimeoutStopSec.
private let longestLastStatement = Duration.seconds(5)
/// How often new access hashes are stored, and waits of the account's other processes read.
private let entitiesInterval = Duration.seconds(10)

/// The listener's life: begin with what is stored, take the authorisation's lock, follow Telegram until told to stop, drain.
func listen(_ context: ServiceContext, account: String) async throws {
    let masterKey = try context.credentials.masterKey().bytes
    let settings = try context.configuration.telegram.clientSettings()
    let database = try makeDatabase(context)
    let seal = Seal(masterKey: masterKey)
    let folder = context.folders.state("\(context.name)")
    let copy = StartCopy.File(path: "\(folder)/start.sealed", account: account, seal: seal)
    guard let start = try await loadStart(context, account: account, database: database, masterKey: masterKey, copy: copy) else { return }

    // Two clients of one key kill it: the second process must not even connect.
    let lock = try FileLock(
        path: context.folders.lock("authorisation-\(start.session.name)"), purpose: "use this login of \(account)")
    defer { withExtendedLifetime(lock) {} }
    if !start.isCopy { try keep(start, copy) }
    let spoolFolder = SpoolFolder("\(folder)/spool")
    let spooled = try await openSpool(spoolFolder, account: account, context)

    let zeroMQ = LinkContext()
    let service = "\(context.name)"
    let tap = try TapPublisher(service: service, path: context.folders.tap(service), context: zeroMQ)
    let link = try ProducerLink(path: context.folders.link, role: "listener", account: account, context: zeroMQ)
    let connection = TelegramConnection(
        try settings.connection(dc: start.session.dc), credentials: start.session.credentials, logger: context.logger)
    let keeper = Keeper(
        account: account, database: database, masterKey: masterKey, context: context,
        quarantine: Quarantine(folder: "\(folder)/quarantine", account: account, seal: seal), session: start.session)
    let floods = TelegramAPI.FloodSharing(FloodWaitStore(database, account: account)) { error in
        context.logger.warning("flood waits cannot be shared: \(DatabaseDoctor.remedy(error))")
    }
    let api = TelegramAPI(
        connection: connection, encoder: settings.encoder(),
        floodSleepMost: context.configuration.telegram.floodSleepThresholdSeconds, sharing: floods,
        unreadable: { object in Task { await keeper.keep(object, at: SystemClock.unix) } })
    api.remember(start.floodWaits.map { ($0.key, $0.until) })
    let serverConfig = ServerConfig(TelegramConfigStore(database, account: account), api, dc: start.session.dc, context)
    let (spoolEvents, spoolEvent) = AsyncStream.makeStream(of: SpoolWriter.Event.self)
    let spool = SpoolWriter(
        spoolFolder,
        onMoment: { moment in
            switch moment {
            case .beforeSync: CrashPoint.listenerFsyncBefore.pass()
            case .afterSync: CrashPoint.listenerFsyncAfter.pass()
            }
        },
        onEvent: { spoolEvent.yield($0) })
    let loop = ListenerLoop(
        machine: makeMachine(
            account, start, spooled, incarnation: try nextIncarnation("\(folder)/incarnation"), layer: settings.layer,
            spoolLimit: context.configuration.listener.spoolMegabytes << 20),
        context: context, api: api, link: link, spool: spool, tap: tap, keeper: keeper, serverConfig: serverConfig,
        session: start.session)
    let groups = GroupsWatch(account: account, database: database, loop: loop, context: context, copy: copy, start: start, api: api)
    let names = UsernameStore(database, authorisation: account, process: service)
    let control = try ControlServer(
        path: context.folders.control(service), context: zeroMQ,
        commands: commands(context, loop, groups, api).merging(
            accountCommands(context, api, loop, names),
            uniquingKeysWith: { a, _ in a }))

    context.onStop { Task { await loop.drain() } }
    context.onReload { configuration in
        api.floodSleepMost = configuration.telegram.floodSleepThresholdSeconds
        await groups.look()
    }
    await loop.begin()
    var patience = Task {}
    let reason = await withTaskGroup { group in
        let executor = api.connection.taskExecutor
        group.addTask(executorPreference: executor) { await loop.follow() }
        group.addTask(executorPreference: executor) { await loop.listen() }
        group.addTask(executorPreference: executor) { for await event in spoolEvents { await loop.spool(event) } }
        group.addTask { await context.heartbeats { json in tap.publish("heartbeat", "status") { json } } }
        group.addTask { await every(context.watchdog.longestWait) { await loop.tick() } }
        group.addTask { await every(groupsInterval) { await groups.look() } }
        group.addTask {
            await every(entitiesInterval) {
                await keeper.save(await loop.takeChangedPeers())
                api.remember(await floods.read())
            }
        }
        group.addTask { await serverConfig.run() }
        group.addTask {
            await resolveByName(account, loop, database, names, api) {
                context.logger.info("a channel could not be asked for by its name: \($0)")
            }
        }
        let reason = await loop.untilFinished()
        // A statement that hangs is let go after a while: what it would have stored is learnt again.
        patience = Task {
            do { try await Task.sleep(for: longestLastStatement) } catch { return }
            database.abandon()
        }
        group.cancelAll()
        return reason
    }
    context.stopping(.closeClients)
    await connection.close()
    context.stopping(.drain)
    await link.close()
    // What was received is on the disk then, whatever the writer has of it.
    await spool.close()
    await tap.close()
    defer { patience.cancel() }
    await keeper.save(await loop.takeChangedPeers(), isLast: true)
    if case .loginNeeded(let error) = reason, AccountTrouble.isProven(error) {
        await keeper.set(AccountState(AccountTrouble(message: error)), reason: error)
    }
    context.stopping(.disconnect)
    // Late: an answer to the one who asked for this end may still be on its way.
    await control.close()
    await database.close()
    if case .spooled(let left) = reason {
        context.logger.notice("\(left) records were not acknowledged; the spool keeps them for the next start")
    }
    if case .otherDatabase = reason { try setAside(spoolFolder, context) }
    if let error = reason.serviceError(account: account) { throw error }
}

private func makeMachine(
    _ account: String, _ start: Start, _ spooled: SpoolScan, incarnation: UInt64, layer: Int32, spoolLimit: Int
) -> ListenerMachine {
    var random = SystemRandomNumberGenerator()
    let producer = ProducerMachine.Producer(
        role: .listener, account: account, incarnation: incarnation,
        stream: StreamID(using: &random), build: ServiceVersion.text)
    return ListenerMachine(
        producer: producer, groups: start.groups, peers: start.peers, seed: random.next(), spool: spooled, spoolLimit: spoolLimit,
        layer: layer, isAccountPaused: start.isPaused)
}

private func keep(_ start: Start, _ copy: StartCopy.File) throws {
    do {
        try copy.write(
            StartCopy(session: start.session, groups: start.groups, waits: start.floodWaits, isPaused: start.isPaused))
    } catch {
        throw ServiceError.io("\(copy.path): cannot be written: \(error)")
    }
}

/// What may be asked of a running listener.
private func commands(
    _ context: ServiceContext, _ loop: ListenerLoop, _ groups: GroupsWatch, _ api: TelegramAPI
) -> [String: ControlServer.Handler] {
    [
        "status": { _ in await loop.status() },
        "queue": { _ in await loop.queue() },
        "limits": { _ in api.limits(now: SystemClock.unix) },
        "drain": { request in
            context.logger.notice("asked to drain", metadata: ["actor": "\(request.actor)"])
            context.requestStop()
            return "draining"
        },
        "reload": { (request) async throws(ControlFailure) -> JSON in
            context.logger.notice("asked to reload", metadata: ["actor": "\(request.actor)"])
            return try await reload(groups)
        },
    ]
}

private func reload(_ groups: GroupsWatch) async throws(ControlFailure) -> JSON {
    guard let count = await groups.look() else { throw ControlFailure("the groups cannot be read: the database is away") }
    return ["groups": .integer(Int64(count)), "paused": .bool(await groups.isPaused)]
}

/// Looks at the registered groups, and at whether the account is paused, and tells the loop what changed.
actor GroupsWatch {
    private let account: String
    private let database: Connection
    private let loop: ListenerLoop
    private let context: ServiceContext
    private let copy: StartCopy.File
    private let session: AccountSession
    private let api: TelegramAPI
    private var known: [CapturedGroup]
    private(set) var isPaused: Bool
    private var knownWaits: [FloodWaitStore.Wait]
    private var isCopyOld = false
    private var isAway = false

    init(
        account: String, database: Connection, loop: ListenerLoop, context: ServiceContext, copy: StartCopy.File, start: Start,
        api: TelegramAPI
    ) {
        self.account = account
        self.database = database
        self.loop = loop
        self.context = context
        self.copy = copy
        session = start.session
        self.api = api
        known = start.groups
        isPaused = start.isPaused
        knownWaits = start.floodWaits
    }

    /// How many groups are captured now; nil when the database does not say.
    @discardableResult
    func look() async -> Int? {
        do {
            let groups = try await GroupStore(database).captured(by: account).map(CapturedGroup.init)
            let isPaused = try await AccountStore.isPaused(account, database)
            if isAway { context.logger.notice("the database is back") }
            isAway = false
            if groups != known {
                known = groups
                isCopyOld = true
                await loop.groups(groups)
            }
            if isPaused != self.isPaused {
                self.isPaused = isPaused
                isCopyOld = true
                await loop.accountPaused(isPaused)
            }
            copyIfNeeded()
            return groups.count
        } catch {
            if !isAway { context.logger.warning("the groups cannot be read: \(DatabaseDoctor.remedy(error))") }
            isAway = true
            // Without the database the copy alone remembers what Telegram asked of us.
            copyIfNeeded()
            return nil
        }
    }

    /// Writes the copy when the groups changed or a wait was added; a failure is tried again at the next look.
    private func copyIfNeeded() {
        let now = SystemClock.unix
        let waits = api.floodWaits.filter { $0.until > now }
        let isWaitNew = waits.contains { wait in !knownWaits.contains { $0.key == wait.key && $0.until >= wait.until } }
        guard isCopyOld || isWaitNew else { return }
        do {
            try writeCopy()
            isCopyOld = false
        } catch {
            isCopyOld = true
            context.logger.warning("\(copy.path): cannot be written: \(error)")
        }
    }

    private func writeCopy() throws {
        let now = SystemClock.unix
        knownWaits = api.floodWaits.filter { $0.until > now }.map {
            .init(
                method: $0.key.method, peer: $0.key.peer, seconds: Int32(clamping: Int64(($0.until - now).inSeconds.rounded(.up))),
                // The copy keeps whole seconds.
                until: UnixTime(seconds: $0.until.seconds + 1))
        }
        try copy.write(StartCopy(session: session, groups: known, waits: knownWaits, isPaused: isPaused))
    }
}
