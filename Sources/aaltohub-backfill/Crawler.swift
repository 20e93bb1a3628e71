import AccountStage
import BackfillCore
import EventLink
import Events
import Logging
import Primitives
import ProducerCore
import ServiceKit
import Store
import TL
import TelegramClient
import TelegramConnection

/// What is fetched when: asks the planner, hands work to the scans, keeps what they have in common.
actor Crawler {
    /// One piece of work for one group.
    enum Work: Sendable {
        case job(CrawlFacts.Job)
        /// The last hour, again.
        case recent
        /// Messages that were fetched too soon after an edit.
        case again([Int64])
    }

    /// What of the configuration a crawl goes by.
    struct Settings: Sendable {
        var window: Duration
        var interval: Duration
        var recent: Duration
        var recentMessages: Int64
        var parallel: Int
        var pace: Int
        var newGroups: Duration

        init(_ configuration: Configuration.Backfill) {
            window = .seconds(Int64(configuration.days) * 86_400)
            interval = .seconds(configuration.intervalSeconds)
            recent = .seconds(configuration.recentMinutes * 60)
            recentMessages = Int64(configuration.recentMessages)
            parallel = configuration.parallelGroups
            pace = configuration.paceMillisecondsPerPage
            newGroups = .seconds(configuration.newGroupsSeconds)
        }
    }

    /// Ids below the last known complete one that tell how old that is: single ones may be deleted.
    static let newestLooked: Int64 = 200
    /// How often messages of one group are read again at most: what did not help at once seldom helps at once again.
    static let readAgainEvery = Duration.seconds(30)
    /// How long a stop waits for the page that is under way.
    static let patience = Duration.seconds(8)

    let account: String
    private(set) var settings: Settings
    let context: ServiceContext
    let api: TelegramAPI
    let records: RecordLink
    let peers: Peers
    let ledger: Ledger
    let reader: HistoryReader
    let planner: Planner
    private var stagger: Stagger
    private(set) var facts = CrawlFacts(groups: [], usable: [])
    private(set) var rows: [String: Ledger.Group] = [:]
    /// Groups whose access hash the server refused, with its word.
    var refused: [String: String] = [:]
    /// Jobs that this process has brought to their ends. A writer that does not understand it leaves them open.
    private var ended: [Int64: Instant] = [:]
    private var readAgainAt: [String: Instant] = [:]
    private var suspects: [String: [Int64]] = [:]
    private var busy: Set<String> = []
    private(set) var scans: [String: ScanStatus] = [:]
    private var cancelled: Set<Int64> = []
    /// An operator holds the crawls; files, names and looks go on.
    private(set) var isPaused = false
    /// An operator has paused the whole account.
    var accountPause: AccountPause
    /// Tells what fetches files to leave, and waits until it did (true), or to go on.
    var onAccountPause: @Sendable (Bool) async -> Void = { _ in }
    /// Connecting, leaving and hanging up, one after the other.
    var connecting = Task {}
    private(set) var isStopping = false
    private var outcome: StopReason?
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var ends: [CheckedContinuation<StopReason, Never>] = []
    var sleepers: [UInt64: Task<Void, Never>] = [:]
    private var sleeper: UInt64 = 0
    /// Added to the host's clock it is the server's.
    private(set) var clockOffset = Duration.zero
    private var isLooking = false
    private var isDatabaseAway = false
    private var isReady = false
    private var hasLooked = false
    /// The account's dialogs have been walked through, and what they told is in the plan.
    private(set) var hasWalked = false
    var isConnected = false
    private var lastDisconnect: String?

    init(
        account: String, settings: Settings, context: ServiceContext, api: TelegramAPI, records: RecordLink, peers: Peers, ledger: Ledger,
        reader: HistoryReader, isAccountPaused: Bool
    ) {
        accountPause = AccountPause(isPaused: isAccountPaused)
        self.account = account
        self.settings = settings
        self.context = context
        self.api = api
        self.records = records
        self.peers = peers
        self.ledger = ledger
        self.reader = reader
        planner = Planner(
            account: account, window: settings.window.inWholeSeconds, interval: settings.interval.inWholeSeconds)
        stagger = Stagger(interval: settings.interval)
    }

    /// The server's time.
    var serverTime: UnixTime { SystemClock.unix + clockOffset }

    /// Goes by another pace from now on.
    func setPace(milliseconds: Int) {
        settings.pace = milliseconds
        api.setPages(.milliseconds(milliseconds))
    }

    // MARK: work

    /// Does one piece of work after the other until the stage ends.
    func work() async {
        while let (group, work) = await next() {
            switch work {
            case .job(let job): await crawl(group, job)
            case .recent: await lookAgain(group)
            case .again(let ids): await readAgain(group, ids)
            }
            busy.remove(group.id)
            scans[group.id] = nil
            perform(accountPause.ended())
            if case .job = work { await look() }
            wake()
        }
    }

    private func next() async -> (Ledger.Group, Work)? {
        while !isStopping {
            if !isPaused, !accountPause.isPaused, isConnected, let found = pick() {
                busy.insert(found.0.id)
                accountPause.began()
                return found
            }
            await withCheckedContinuation { waiters.append($0) }
        }
        return nil
    }

    /// A person's crawl and gaps first, then what is recent, then the long crawls.
    private func pick() -> (Ledger.Group, Work)? {
        let now = serverTime
        let able = facts.jobs.filter {
            !cancelled.contains($0.id) && rows[$0.group]?.access[account] == .ok && !hasEnded($0.id)
        }
        let job = planner.next(of: able, busy: busy, now: SystemClock.unix.seconds)
        if let job, job.kind != .initial, let row = rows[job.group] { return (row, .job(job)) }
        let own = facts.groups.filter {
            $0.isEnabled && !busy.contains($0.id) && Planner.crawler(of: $0, usable: facts.usable) == account
        }
        for group in own {
            if let ids = suspects.removeValue(forKey: group.id), let row = rows[group.id] {
                readAgainAt[group.id] = SystemClock.now
                return (row, .again(ids))
            }
        }
        if settings.recent > .zero {
            for group in own where stagger.isDue(group.id, now: now) {
                stagger.did(group.id, at: now)
                if let row = rows[group.id] { return (row, .recent) }
            }
        }
        if let job, let row = rows[job.group] { return (row, .job(job)) }
        return nil
    }

    func wake() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    // MARK: the plan

    /// Reads what there is and makes the plan true. Returns whether the database answered.
    @discardableResult
    func look() async -> Bool {
        await lookAtPause()
        // One look at a time: two would create the same job.
        guard !isLooking else { return true }
        isLooking = true
        defer { isLooking = false }
        do {
            try await read()
            await noteAccess()
            let steps = planner.plan(facts, now: serverTime.seconds, clock: SystemClock.unix.seconds)
            for step in steps { try await perform(step) }
            if !steps.isEmpty { try await read() }
            if isDatabaseAway { context.logger.notice("the database is back") }
            isDatabaseAway = false
            hasLooked = true
            wake()
            return true
        } catch {
            if !isDatabaseAway { context.logger.warning("the plan cannot be made: \(DatabaseDoctor.remedy(error))") }
            isDatabaseAway = true
            return false
        }
    }

    private func read() async throws {
        let (facts, rows) = try await ledger.read()
        self.facts = facts
        self.rows = rows
        stagger.keep(Set(rows.keys))
        // A row that somebody else cancelled: the scan of it ends after its page.
        let open = Set(facts.jobs.filter(\.isOpen).map(\.id))
        for (_, scan) in scans where scan.job != 0 && !open.contains(scan.job) { cancelled.insert(scan.job) }
        ended = ended.filter { open.contains($0.key) }
        cancelled = cancelled.filter { id in open.contains(id) || scans.values.contains { $0.job == id } }
        let now = SystemClock.now
        suspects = try await ledger.suspects(before: serverTime.seconds - Absence.margin).filter { group, _ in
            rows[group] != nil && readAgainAt[group].map { now - $0 >= Crawler.readAgainEvery } ?? true
        }
    }

    private func perform(_ step: Planner.Step) async throws {
        switch step {
        case .create(let group, let kind, let since, let gaps):
            let from = kind == .gap ? try await beforeWindow(group, since: since) : nil
            let made = try await ledger.create(group: group, kind: kind, since: since, from: from, gaps: gaps, by: "\(context.name)")
            if let made {
                context.logger.notice("a crawl is planned", metadata: ["job": "\(made)", "kind": "\(kind.rawValue)", "group": "\(group)"])
            }
        case .add(let gaps, let job): try await ledger.add(gaps: gaps, to: job)
        case .adopt(let job):
            try await ledger.adopt(job)
            context.logger.notice("another account's crawl goes on here", metadata: ["job": "\(job)"])
        case .cancel(let job, let reason):
            cancelled.insert(job)
            try await ledger.cancel(job, reason: reason)
        }
    }

    /// Where a gap fill begins that must reach farther back than the kept window: above what is known complete, if all of that is older.
    private func beforeWindow(_ id: String, since: Int64) async throws -> Int64? {
        guard let group = rows[id], group.facts.coverage.top > 0 else { return nil }
        let top = group.facts.coverage.top
        let newest = max(1, top - Crawler.newestLooked)...top
        let all = try await ledger.stored(group, newest, before: serverTime.seconds)
        let older = try await ledger.stored(group, newest, before: since)
        return !all.isEmpty && older.count == all.count ? top + 1 : nil
    }

    /// Which chats this login can address, for this process and the account's other one.
    private func noteAccess() async {
        for group in rows.values where group.isEnabled && group.access[account] != .ok {
            // A basic group is addressed by its id alone: whether it may be read is seen when it is.
            guard group.access[account] != .lost else { continue }
            if group.key.kind == .channel, await peers.input(of: group.key) == nil { continue }
            if group.key.kind == .basicGroup, group.primary != account { continue }
            if await peers.description(of: group.key)?.isLeft == true { continue }
            await setAccess(group, .ok, nil)
        }
    }

    func setAccess(_ group: Ledger.Group, _ access: CrawlFacts.Access, _ reason: String?) async {
        do {
            try await ledger.setAccess(group, access, reason: reason)
            rows[group.id]?.access[account] = access
            if let i = facts.groups.firstIndex(where: { $0.id == group.id }) { facts.groups[i].access[account] = access }
        } catch {
            context.logger.warning("who reaches a group could not be stored: \(DatabaseDoctor.remedy(error))")
        }
    }

    func isCancelled(_ job: Int64) -> Bool { cancelled.contains(job) }

    func didWalk() { hasWalked = true }

    func didEnd(_ job: Int64) { ended[job] = SystemClock.now }

    private func hasEnded(_ job: Int64) -> Bool { ended[job].map { SystemClock.now - $0 < settings.interval } ?? false }

    /// Registered, enabled channels that cannot be addressed.
    var unknown: [Ledger.Group] {
        get async {
            var out: [Ledger.Group] = []
            for group in rows.values.sorted(by: { $0.id < $1.id }) where group.isEnabled && group.key.kind == .channel {
                if await peers.input(of: group.key) == nil { out.append(group) }
            }
            return out
        }
    }

    /// Whether a group was lost that may be found again.
    var hasLost: Bool { rows.values.contains { $0.isEnabled && $0.access[account] == .lost } }

    // MARK: orders

    func pause() {
        isPaused = true
        report()
    }

    func resume() {
        isPaused = false
        wake()
        report()
    }

    /// Ends the crawls of a group. Returns how many there were.
    func cancel(_ group: String, by actor: String) async throws -> Int {
        let jobs = facts.jobs.filter { $0.group == group && $0.isOpen && $0.account == account }
        for job in jobs {
            cancelled.insert(job.id)
            try await ledger.cancel(job.id, reason: "cancelled by \(actor)")
        }
        await look()
        return jobs.count
    }

    // MARK: Telegram

    func telegram(_ event: ConnectionEvent) {
        switch event {
        case .connected:
            lastDisconnect = nil
            isConnected = true
            context.logger.notice("connected to Telegram")
            wake()
        case .disconnected(.suspended):
            lastDisconnect = nil
            isConnected = false
        case .disconnected(let reason):
            lastDisconnect = "\(reason)"
            context.logger.warning("Telegram is away", metadata: ["reason": "\(reason)"])
        case .keyRejected: end(.account(.revoked, AccountTrouble.keyRejected))
        case .clockCorrected(let step):
            clockOffset += step
            context.logger.notice("clock corrected by the server", metadata: ["seconds": "\(step.inSeconds)"])
        // This login asks for no updates; what comes all the same is the listener's affair.
        case .updates, .undecodable, .newSession, .salts, .authorizationKey: break
        }
    }

    // MARK: time

    /// Comes round at least every `watchdog.longestWait`.
    func tick() async {
        context.watchdog.beat()
        if !isReady, hasLooked, isConnected || accountPause.isPaused, await records.isWelcomed { becomeReady() }
        wake()
        report()
    }

    /// Sleeps, less when the stage ends.
    func sleep(_ time: Duration) async {
        guard !isStopping else { return }
        sleeper += 1
        let id = sleeper
        let task = Task {
            // Cancelled by the end of the stage.
            do { try await Task.sleep(for: time) } catch { return }
        }
        sleepers[id] = task
        await task.value
        sleepers[id] = nil
    }

    // MARK: status and the end

    func noted(_ status: ScanStatus, of group: String) {
        scans[group] = status
    }

    func report() {
        api.publish(to: context.status, now: SystemClock.unix)
        let open = facts.jobs.filter { $0.isOpen && $0.account == account }
        context.status.gauge("groups", Double(rows.values.count(where: \.isEnabled)))
        context.status.gauge("crawl_jobs_open", Double(open.count))
        context.status.gauge("gaps_open", Double(openGaps))
        context.status.fact("connected", .bool(isConnected && lastDisconnect == nil))
        context.status.fact("paused", .bool(isPaused))
        context.status.fact("account_paused", .bool(accountPause.isPaused))
        let line = statusLine(open.count)
        if isStopping {
            context.report(.draining, line)
        } else if isReady {
            context.report(isPaused || accountPause.isPaused ? .holding : .ready, line)
        } else {
            context.report(.starting, line)
            // Waiting for the writer or for Telegram is no failed start.
            context.notifier.extendTimeout(.seconds(30))
        }
    }

    /// Gaps by which something of an enabled group is missing.
    var openGaps: Int {
        facts.gaps.count { gap in facts.groups.contains { $0.isEnabled && Planner.concerns(gap, $0) } }
    }

    private func statusLine(_ open: Int) -> String {
        if accountPause.isPaused { return "the account is paused, \(open) crawls open" }
        if let lastDisconnect { return "Telegram is away (\(lastDisconnect))" }
        if isPaused { return "paused, \(open) crawls open" }
        let running = scans.values.map(\.line).sorted().joined(separator: "; ")
        return running.isEmpty ? "\(rows.count) groups, \(open) crawls open" : running
    }

    var statusLine: String { statusLine(facts.jobs.filter { $0.isOpen && $0.account == account }.count) }

    private func becomeReady() {
        isReady = true
        context.ready(statusLine)
    }

    /// The stage ends: scans stop after the page that is under way.
    func end(_ reason: StopReason) {
        if outcome == nil {
            outcome = reason
            for waiter in ends { waiter.resume(returning: reason) }
            ends = []
        }
        isStopping = true
        for (_, task) in sleepers { task.cancel() }
        wake()
        report()
    }

    func untilEnd() async -> StopReason {
        if let outcome { return outcome }
        return await withCheckedContinuation { ends.append($0) }
    }
}

extension Duration {
    var inWholeSeconds: Int64 { inNanoseconds / 1_000_000_000 }
}

/// How far a scan is, for people.
struct ScanStatus: Sendable {
    var title: String
    var job: Int64
    var kind: String
    var messages: Int64 = 0
    var pages: Int64 = 0
    var total: Int64 = 0
    var begun: Instant
    /// Until when the server has asked it to wait.
    var waitingUntil: UnixTime?

    var line: String {
        let part = total > 0 ? "\(messages)/\(total)" : "\(messages)"
        return "\(kind) \(title): \(part) messages, \(pages) pages" + (waitingUntil == nil ? "" : ", waiting")
    }
}
