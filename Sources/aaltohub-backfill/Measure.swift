import AccountStage
import BackfillCore
import Glibc
import Primitives
import ProducerCore
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// Reads the last days of every registered group, one after the other, through the client and into what would go to the writer; sends and
/// stores nothing, and prints what it cost as a line of JSON. Pace and flood waits hold as for a crawl.
func measureHistory(_ context: ServiceContext, account: String, days: Int) async throws {
    let masterKey = try context.credentials.masterKey().bytes
    let settings = try context.configuration.telegram.clientSettings()
    let crawl = Crawler.Settings(context.configuration.backfill)
    let database = try makeDatabase(context)
    guard let start = try await loadStart(context, account: account, database: database, masterKey: masterKey) else { return }
    let lock = try FileLock(
        path: context.folders.lock("authorisation-\(start.session.name)"), purpose: "use backfill's login of \(account)")
    defer { withExtendedLifetime(lock) {} }
    let connection = TelegramConnection(
        try settings.connection(dc: start.session.dc), credentials: start.session.credentials, logger: context.logger)
    let floods = TelegramAPI.FloodSharing(FloodWaitStore(database, account: account)) { error in
        context.logger.warning("flood waits cannot be shared: \(DatabaseDoctor.remedy(error))")
    }
    let api = TelegramAPI(
        connection: connection, encoder: settings.encoder(withoutUpdates: true),
        floodSleepMost: context.configuration.telegram.floodSleepThresholdSeconds, pacer: CallPacer(pages: .milliseconds(crawl.pace)),
        sharing: floods, unreadable: { object in context.logger.warning("unreadable: \(object.reason)") })
    api.remember(start.floodWaits.map { ($0.key, $0.until) })
    let peers = Peers(EntityStore(database, authorisation: LoginPurpose.backfill.authorisation(of: account)), context: context)
    await peers.restore(start.entities)
    let reader = HistoryReader(layer: settings.layer, peers: peers) { object in
        context.logger.warning("unreadable: \(object.reason)")
    }

    await connection.start()
    do {
        try await Dialogs.walk(api, peers)
        let since = SystemClock.unix.seconds - Int64(days) * 86_400
        let (begun, cpu) = (SystemClock.now, cpuSeconds())
        var (messages, characters, pages): (Int64, Int64, Int64) = (0, 0, 0)
        for group in try await Ledger(database: database, account: account).read().1.values.sorted(by: { $0.id < $1.id }) {
            guard group.isEnabled, let peer = await peers.input(of: group.key) else { continue }
            var scan = Scan(Scan.Plan(since: since))
            while let call = scan.request(peer), !context.isStopping {
                let page = try await reader.read(
                    try await api.bytes(call), of: call, group: group, fetchedAt: SystemClock.unix.seconds)
                let step = scan.take(page.found)
                for change in page.changes(of: Set(step.ids)) {
                    messages += change.message.id > 0 ? 1 : 0
                    characters += Int64(change.message.text.unicodeScalars.count)
                }
                pages += 1
            }
        }
        let cost: JSON = [
            "messages": .integer(messages), "characters": .integer(characters), "pages": .integer(pages),
            "seconds": .double((SystemClock.now - begun).inSeconds), "cpu_seconds": .double(cpuSeconds() - cpu),
        ]
        print(cost.text)
    } catch let failure as CallFailure {
        await connection.close()
        await database.close()
        throw ServiceError.unavailable("Telegram: \(failure)")
    }
    await connection.close()
    await database.close()
}

/// Of this process, in user and kernel mode.
private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
