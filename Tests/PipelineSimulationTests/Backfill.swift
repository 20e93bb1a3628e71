import BackfillCore
import Events
import Models
import Primitives
import ProducerCore
import TL
import TelegramClient
import WriterCore

/// The backfill process without its tasks: what `Crawler` does one `await` after the other stands here as one state after the other.
struct Backfill {
    /// A call to Telegram, and what its answer is for.
    struct Call {
        enum Purpose { case page, doubtful, again([Int64]) }
        var number: Int
        var object: TLObject
        var chat: ChatKey
        var purpose: Purpose
    }

    enum Phase {
        case idle
        case calling(Int)
        /// Until this record is committed.
        case storing(UInt64, isDone: Bool)
        case resting
    }

    let account: String
    /// Whether what is recent is looked at again and again.
    let looksAgain: Bool
    var life = 0
    var incarnation: UInt64 = 0
    var stream: StreamID?
    /// nil: it does not run.
    var link: ProducerMachine?
    var isPaused = false
    var held: [Pipeline.Event] = []
    var planner: Planner
    var stagger = Stagger(interval: Backfill.interval)
    var phase = Phase.idle
    var sleepsUntil: Instant?
    var facts = CrawlFacts(groups: [], usable: [])
    var ended: Set<Int64> = []
    var readAgainAt: [ChatKey: Instant] = [:]
    // The scan under way.
    var chat = ChatKey.channel(1)
    var kind = ""
    var scan: Scan?
    var isLive = false
    var retry = ScanRetry()
    var lastCall = 0
    var step = Scan.Step.end
    var changes: [WireChange] = []
    var fetchedAt: Int64 = 0
    var doubtful: [Int64] = []

    static let interval = Duration.seconds(20)
    static let window: Int64 = 14 * 86_400

    init(account: String, looksAgain: Bool) {
        self.account = account
        self.looksAgain = looksAgain
        planner = Planner(account: account, window: Backfill.window, interval: Int64(Backfill.interval.inSeconds))
    }
}

/// How `Crawler`, `Crawler+Scan` and `RecordLink` drive the plans and the scans.
extension Pipeline {
    func startBackfill() {
        guard backfill.link == nil else { return }
        let looksAgain = backfill.looksAgain
        var fresh = Backfill(account: "account0", looksAgain: looksAgain)
        fresh.life = backfill.life + 1
        fresh.incarnation = max(backfill.incarnation + 1, UInt64(clock.nanoseconds / 1_000_000))
        let stream = StreamID(using: &generator)
        fresh.stream = bug == .numbersGoOnAcrossRestarts ? backfill.stream ?? stream : stream
        fresh.link = ProducerMachine(
            .init(
                role: .backfill, account: fresh.account, incarnation: fresh.incarnation, stream: fresh.stream ?? stream, build: "model"),
            windowRecords: 1_000)
        backfill = fresh
        referee.began(.backfill)
        note("start backfill")
        plan(.connect(.backfill, life: fresh.life), in: seconds(0.02...0.5))
    }

    func killBackfill() {
        guard backfill.link != nil else { return }
        note("kill backfill")
        kills += 1
        backfill.link = nil
        backfill.isPaused = false
        backfill.held = []
        backfill.sleepsUntil = nil
        disconnect(.backfill)
    }

    func takeBackfill(_ body: (inout ProducerMachine) -> ProducerMachine.Step) {
        guard var link = backfill.link else { return }
        let step = body(&link)
        backfill.link = link
        for frame in step.frames { send(frame, from: .backfill) }
        for notice in step.notices {
            switch notice {
            case .superseded(let reason): referee.complain("backfill is superseded: \(reason)")
            case .incompatible: referee.complain("backfill: incompatible")
            default: break
            }
        }
        if case .storing(let number, let isDone) = backfill.phase, link.committed >= number { stored(isDone: isDone) }
    }

    func advanceBackfill() {
        guard !backfill.isPaused, let link = backfill.link else { return }
        if link.nextDeadline <= now { takeBackfill { $0.advance(now: self.now) } }
        if let until = backfill.sleepsUntil, until <= now {
            backfill.sleepsUntil = nil
            if backfill.scan != nil { fetchPage() } else { backfill.phase = .idle }
        }
    }

    // MARK: the plan

    func look() {
        guard backfill.link != nil, !backfill.isPaused, isDatabaseUp else { return }
        readFacts()
        let steps = backfill.planner.plan(backfill.facts, now: clock.seconds, clock: clock.seconds)
        for step in steps { perform(step) }
        if !steps.isEmpty { readFacts() }
        pick()
    }

    private func name(_ chat: ChatKey) -> String { chat.description }
    private func chat(_ name: String) -> ChatKey? { postgres.groups.first { $0.description == name } }

    private func readFacts() {
        let groups = postgres.groups.map { chat in
            CrawlFacts.Group(
                id: name(chat), kind: chat == .basicGroup(chat.id) ? .basicGroup : .channel, chat: chat.id, primary: backfill.account,
                access: [backfill.account: .ok], coverage: Coverage(of: postgres.coverage[chat] ?? []),
                isFollowed: postgres.isFollowed(chat))
        }
        let jobs = postgres.jobs.filter { row in
            row.isOpen || row.id == postgres.jobs.last { $0.chat == row.chat && $0.kind == row.kind && !$0.isOpen }?.id
                || row.state == .done && row.kind == "gap" && postgres.gaps.contains { $0.isOpen && row.gaps.contains($0.id) }
        }.compactMap { row -> CrawlFacts.Job? in
            guard let kind = CrawlFacts.Job.Kind(rawValue: row.kind), let state = CrawlFacts.Job.State(rawValue: row.state.rawValue) else {
                return nil
            }
            return .init(
                id: row.id, group: name(row.chat), account: row.account, kind: kind, state: state, gaps: row.gaps,
                hasBegun: row.next != nil || row.state == .running, finishedAt: row.finishedAt)
        }
        let gaps = postgres.gaps.filter(\.isOpen).map { row in
            let place: CrawlFacts.Gap.Place =
                switch row.gap.box {
                case .common: .common
                case .channel(let id): .channel(id)
                case .qts: .other
                }
            return CrawlFacts.Gap(id: row.id, account: row.account, place: place)
        }
        backfill.facts = CrawlFacts(groups: groups, jobs: jobs, gaps: gaps, usable: [backfill.account])
    }

    private func perform(_ step: Planner.Step) {
        switch step {
        case .create(let group, let kind, let since, let gaps):
            guard let chat = chat(group) else { return }
            let made = postgres.createJob(chat, account: backfill.account, kind: kind.rawValue, since: since, from: nil, gaps: gaps)
            note("job \(made ?? 0) \(kind.rawValue) of \(group) for \(gaps)")
        case .add(let gaps, let job): postgres.adopt(gaps: gaps, job: job)
        case .adopt(let job): _ = postgres.start(job: job, account: backfill.account)
        case .cancel(let job, _): referee.complain("job \(job) is cancelled")
        }
    }

    /// Gaps first, then what is doubtful, then what is recent, then the first crawl.
    private func pick() {
        guard case .idle = backfill.phase else { return }
        let able = backfill.facts.jobs.filter { !backfill.ended.contains($0.id) }
        let job = backfill.planner.next(of: able, busy: [], now: clock.seconds)
        if let job, job.kind != .initial { return begin(job) }
        let suspects = postgres.suspects(before: clock.seconds - Absence.margin)
        for chat in postgres.groups {
            guard let ids = suspects[chat], backfill.readAgainAt[chat].map({ now - $0 >= Backfill.interval }) ?? true else { continue }
            backfill.readAgainAt[chat] = now
            backfill.chat = chat
            return call(HistoryCalls.messages(Array(ids.prefix(BackfillLimits.pageMessages)), of: peer(chat)), .again(ids))
        }
        if backfill.looksAgain {
            for chat in postgres.groups where backfill.stagger.isDue(name(chat), now: clock) {
                backfill.stagger.did(name(chat), at: clock)
                return begin(Scan(Scan.Plan(since: clock.seconds - 3_600, limit: 2_000)), of: chat, kind: "recent")
            }
        }
        if let job { begin(job) }
    }

    private func begin(_ job: CrawlFacts.Job) {
        guard let chat = chat(job.group), let row = postgres.start(job: job.id, account: backfill.account) else { return }
        let plan = Scan.Plan(
            job: row.id, since: row.since, next: row.next ?? row.from, messages: row.messages, pages: row.pages)
        let covered = job.kind == .initial ? Coverage(of: postgres.coverage[chat] ?? []) : Coverage()
        note("crawls \(job.group), job \(row.id) from \(row.next ?? 0)")
        begin(Scan(plan, passing: covered), of: chat, kind: job.kind.rawValue)
    }

    private func begin(_ scan: Scan, of chat: ChatKey, kind: String) {
        backfill.chat = chat
        backfill.kind = kind
        backfill.scan = scan
        backfill.retry = ScanRetry()
        backfill.isLive = postgres.isFollowed(chat)
        if scan.isDone, scan.plan.job != 0 {
            (backfill.step, backfill.changes, backfill.fetchedAt) = (.end, [], clock.seconds)
            return store()
        }
        fetchPage()
    }

    // MARK: pages

    private func peer(_ chat: ChatKey) -> TLObject {
        switch chat {
        case .basicGroup(let id): TLObject("inputPeerChat", ["chat_id": .integer(id)])
        case .channel(let id):
            TLObject("inputPeerChannel", ["channel_id": .integer(id), "access_hash": .integer(Telegram.hash(of: id))])
        }
    }

    private func fetchPage() {
        guard let request = backfill.scan?.request(peer(backfill.chat)) else { return rest() }
        // Before the call: a listener that comes later has not seen what came in between.
        if !backfill.isLive { backfill.isLive = postgres.isFollowed(backfill.chat) }
        call(request, .page)
    }

    private func call(_ object: TLObject, _ purpose: Backfill.Call.Purpose) {
        backfill.lastCall += 1
        backfill.phase = .calling(backfill.lastCall)
        let call = Backfill.Call(number: backfill.lastCall, object: object, chat: backfill.chat, purpose: purpose)
        plan(.page(call, life: backfill.life), in: seconds(0.01...0.1))
    }

    func servePage(_ call: Backfill.Call, _ life: Int) {
        let place: Telegram.Place = if case .channel(let id) = call.chat { .channel(id) } else { .common(0) }
        var result = Result<[UInt8], CallFailure>.success(telegram.page(call.object, of: place))
        if chance(weather.failing) {
            result = .failure(
                chance(0.5) ? .disconnected : .rpc(RPCError(code: 420, message: "FLOOD_WAIT_\(Int.random(in: 1...5, using: &generator))")))
        }
        plan(.paged(call, result, life: life), in: seconds(0.01...(0.05 + weather.delay)))
    }

    func paged(_ call: Backfill.Call, _ result: Result<[UInt8], CallFailure>, _ life: Int, _ event: Event) {
        guard backfill.life == life, backfill.link != nil, case .calling(call.number) = backfill.phase else { return }
        if backfill.isPaused { return backfill.held.append(event) }
        switch result {
        case .failure(let failure):
            guard case .wait(let time) = backfill.retry.failed(failure, using: &generator) else {
                referee.complain("a scan fails: \(failure)")
                return
            }
            backfill.phase = .resting
            if case .page = call.purpose {} else { backfill.scan = nil }
            backfill.sleepsUntil = now + time
        case .success(let bytes):
            backfill.retry.succeeded()
            let wire = WireChat(call.chat == .basicGroup(call.chat.id) ? .basicGroup : .channel, call.chat.id)
            do {
                let page = try HistoryPage(bytes: bytes, of: wire, fetchedAt: clock.seconds, context: call.object.name)
                take(page, call)
            } catch {
                referee.complain("a page cannot be read: \(error)")
            }
        }
    }

    private func take(_ page: HistoryPage, _ call: Backfill.Call) {
        let empty = Set(page.entries.filter(\.isEmpty).map(\.id))
        switch call.purpose {
        case .again(let ids):
            let changes = page.changes + gone(ids.filter(empty.contains))
            if changes.isEmpty { backfill.phase = .idle } else { send(changes, isDone: true) }
        case .doubtful:
            backfill.changes += page.changes + gone(backfill.doubtful.filter(empty.contains))
            backfill.doubtful = []
            store()
        case .page:
            guard isDatabaseUp else { return stand() }
            guard let step = backfill.scan?.take(page.entries.map { .init(id: $0.id, date: $0.date) }) else { return }
            if step.isProbe { return fetchPage() }
            backfill.step = step
            backfill.fetchedAt = clock.seconds
            backfill.changes = changes(of: page, step, empty)
            if backfill.doubtful.isEmpty { return store() }
            callDoubtful()
        }
    }

    private func callDoubtful() {
        let ids = backfill.doubtful.prefix(BackfillLimits.pageMessages)
        call(HistoryCalls.messages(Array(ids), of: peer(backfill.chat)), .doubtful)
    }

    /// What the page says, and what it leaves out.
    private func changes(of page: HistoryPage, _ step: Scan.Step, _ empty: Set<Int64>) -> [WireChange] {
        let ids = Set(step.ids)
        let chat = backfill.chat
        var changes: [WireChange] = page.messages.reversed().filter { ids.contains($0.id) }.map { message in .with { $0.message = message }
        }
        let before = backfill.fetchedAt - Absence.margin
        var doubtful: [Int64] = []
        if !step.ids.isEmpty, page.isComplete {
            var seen = step
            seen.ids.removeAll { empty.contains($0) }
            let absent = Absence.presumed(
                stored: postgres.stored(chat, step.low...step.high, before: backfill.fetchedAt + 1), seen)
            if let first = absent.first, let last = absent.last {
                let old = Set(postgres.stored(chat, first...last, before: before))
                changes += gone(absent.filter(old.contains))
                doubtful = absent.filter { !old.contains($0) }
            }
        }
        if let older = step.older {
            doubtful += postgres.stored(chat, older, since: step.since, before: backfill.fetchedAt + 1)
        }
        if step.isTop {
            let newest = max(step.high, step.ids.last ?? 0)
            doubtful += postgres.stored(
                chat, (newest + 1)...Int64(Int32.max), before: backfill.kind == "gap" ? backfill.fetchedAt + 1 : before)
        }
        backfill.doubtful = doubtful
        return changes
    }

    private func gone(_ ids: [Int64]) -> [WireChange] {
        if ids.isEmpty { return [] }
        return [
            .with {
                $0.deletion = .with {
                    $0.chat = wire
                    $0.ids = ids
                    $0.presumed = true
                }
            }
        ]
    }

    private var wire: WireChat { WireChat(backfill.chat == .basicGroup(backfill.chat.id) ? .basicGroup : .channel, backfill.chat.id) }

    // MARK: records

    private func store() {
        guard let scan = backfill.scan else { return }
        let step = backfill.step
        let progress = WireChange.with {
            $0.progress = .with {
                $0.chat = wire
                $0.job = scan.plan.job
                ($0.low, $0.high, $0.since) = (step.low, step.high, step.since)
                $0.top = step.isTop
                $0.live = backfill.isLive
                $0.fetchedAt = backfill.fetchedAt
                $0.nextID = scan.next ?? 0
                ($0.messages, $0.total) = (scan.plan.messages, scan.plan.total)
                $0.pages = UInt32(clamping: scan.plan.pages)
                $0.state = scan.isDone ? .done : .running
            }
        }
        send(backfill.changes + [progress], isDone: scan.isDone)
    }

    private func send(_ changes: [WireChange], isDone: Bool) {
        let header = WireHeader.with {
            $0.way = .history
            $0.receivedAt = clock.nanoseconds
            $0.trace = generator.next()
        }
        guard let record = try? WireRecord(header, changes: changes), let number = backfill.link?.append(record) else { return }
        backfill.phase = .storing(number, isDone: isDone)
        takeBackfill { $0.flush() }
    }

    private func stored(isDone: Bool) {
        guard isDone else { return fetchPage() }
        if let job = backfill.scan?.plan.job, job != 0 {
            note("job \(job) is done")
            backfill.ended.insert(job)
        }
        rest()
        look()
    }

    private func rest() {
        backfill.scan = nil
        backfill.phase = .idle
    }

    /// The database does not answer: from the last page on, in a while.
    private func stand() {
        backfill.scan = nil
        backfill.phase = .resting
        backfill.sleepsUntil = now + .seconds(1)
    }
}

extension Coverage {
    fileprivate init(of ranges: [CoverageRange]) {
        self.init(ranges.map { CoveredRange(low: $0.low, high: $0.high, since: $0.since, isLive: $0.isLive) })
    }
}
