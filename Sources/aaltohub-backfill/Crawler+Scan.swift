import BackfillCore
import Events
import Logging
import Primitives
import ProducerCore
import ServiceKit
import Store
import TL
import TelegramClient

extension Crawler {
    /// The longest that one page may take before it is asked for again.
    private static let callDeadline = Duration.seconds(60)
    /// Seconds that the server's clock must be past an edit before a fetched copy of it counts.
    private static let margin: Int64 = Absence.margin

    /// How a scan ended.
    private enum Ending {
        case done
        /// The process stops, or somebody cancelled it: it goes on from its last page some day.
        case left
        case failed(String)
        case lost(String)
    }

    // MARK: kinds of work

    func crawl(_ group: Ledger.Group, _ job: CrawlFacts.Job) async {
        do {
            guard let plan = try await ledger.start(job.id) else { return }
            // What nobody told is found only by seeing everything again; a first crawl fetches what is missing.
            let covered = job.kind == .initial ? try await ledger.coverage(of: group) : Coverage()
            context.logger.notice(
                "crawling", metadata: ["job": "\(job.id)", "kind": "\(job.kind.rawValue)", "from": "\(plan.next ?? 0)"])
            let scan = Scan(plan, passing: covered)
            let ending = try await run(scan, group, kind: job.kind.rawValue)
            await describe(group)
            try await finish(group, job, ending)
        } catch is RecordLink.Closed {
            return
        } catch {
            context.logger.warning("a crawl stands: \(DatabaseDoctor.remedy(error))", metadata: ["job": "\(job.id)"])
            await sleep(.seconds(1))
        }
    }

    private func finish(_ group: Ledger.Group, _ job: CrawlFacts.Job, _ ending: Ending) async throws {
        switch ending {
        case .done:
            didEnd(job.id)
            context.logger.notice("crawled", metadata: ["job": "\(job.id)"])
            context.status.count("crawls_total", ["kind": job.kind.rawValue, "result": "done"])
        case .left: return
        case .failed(let why):
            context.logger.warning("a crawl failed: \(why)", metadata: ["job": "\(job.id)"])
            context.status.count("crawls_total", ["kind": job.kind.rawValue, "result": "failed"])
            try await fail(group, job, why)
        case .lost(let why):
            context.status.count("crawls_total", ["kind": job.kind.rawValue, "result": "lost_access"])
            await lose(group, why)
            // Another account may go on with it; where none can, it is over.
            if Planner.crawler(of: (facts.groups.first { $0.id == group.id } ?? group.facts), usable: facts.usable) == nil {
                try await fail(group, job, why)
            } else {
                try await ledger.requeue(job.id, error: why)
            }
        }
    }

    private func fail(_ group: Ledger.Group, _ job: CrawlFacts.Job, _ why: String) async throws {
        let change = WireChange.with {
            $0.progress = .with {
                $0.chat = group.wire
                $0.job = job.id
                $0.state = .failed
                $0.error = String(why.prefix(BackfillLimits.errorCharacters))
                $0.fetchedAt = serverTime.seconds
            }
        }
        try await records.commit(header(), [change], group: group.id)
    }

    /// The last hour, for edits and deletions that nobody told.
    func lookAgain(_ group: Ledger.Group) async {
        let plan = Scan.Plan(since: serverTime.seconds - settings.recent.inWholeSeconds, limit: settings.recentMessages)
        do {
            let ending = try await run(Scan(plan), group, kind: "recent")
            context.status.count("recent_scans_total")
            await describe(group)
            switch ending {
            case .lost(let why): await lose(group, why)
            case .failed(let why): context.logger.warning("what is recent could not be looked at: \(why)")
            case .done, .left: break
            }
        } catch is RecordLink.Closed {
            return
        } catch {
            context.logger.warning("what is recent could not be looked at: \(DatabaseDoctor.remedy(error))")
        }
    }

    /// Copies that were fetched so soon after an edit that another edit in the same second could be hidden.
    func readAgain(_ group: Ledger.Group, _ ids: [Int64]) async {
        guard let peer = await peers.input(of: group.key) else { return }
        do {
            for batch in ids.chunks(of: BackfillLimits.pageMessages) where !mustLeave {
                switch try await fetch(HistoryCalls.messages(batch, of: peer), group, kind: "again") {
                case .page(let page):
                    let changes = page.changes + confirmed(batch, page, group)
                    if !changes.isEmpty { try await records.commit(header(), changes, group: group.id) }
                case .ended(.lost(let why)): return await lose(group, why)
                case .ended: return
                }
            }
        } catch is RecordLink.Closed {
            return
        } catch {
            context.logger.warning("messages could not be read again: \(DatabaseDoctor.remedy(error))")
        }
    }

    // MARK: one scan

    private func run(_ begun: Scan, _ group: Ledger.Group, kind: String) async throws -> Ending {
        var scan = begun
        var status = ScanStatus(
            title: group.title ?? "\(group.key.id)", job: scan.plan.job, kind: kind, messages: scan.plan.messages, pages: scan.plan.pages,
            total: scan.plan.total, begun: SystemClock.now)
        noted(status, of: group.id)
        var isLive = group.isFollowed
        if scan.isDone, scan.plan.job != 0 {
            // Everything is there already: that is all there is to say.
            try await store([], .end, scan, group, isLive: isLive)
        }
        while true {
            if mustLeave || isCancelled(scan.plan.job) { return .left }
            guard let peer = await peers.input(of: group.key) else {
                await setAccess(group, .unknown, "its access hash is not known")
                return .left
            }
            guard let call = scan.request(peer) else { return .done }
            // Before the call: a listener that comes later has not seen what came in between.
            if !isLive { isLive = try await ledger.isFollowed(group) }
            switch try await fetch(call, group, kind: kind) {
            case .ended(let ending): return ending
            case .page(let page):
                CrashPoint.backfillPageFetched.pass()
                let step = scan.take(page.found)
                if step.isProbe { continue }
                if scan.plan.pages == 1, !scan.isDone, scan.plan.job != 0 { scan.expect(total: try await total(page, peer, group)) }
                guard let changes = try await changes(of: page, step, group, kind: kind) else { return .left }
                try await store(changes, step, scan, group, isLive: isLive, at: page.fetchedAt)
                context.status.count("pages_total", ["kind": kind])
                context.status.count("messages_fetched_total", ["kind": kind], by: Int64(step.ids.count))
                (status.messages, status.pages, status.total) = (scan.plan.messages, scan.plan.pages, scan.plan.total)
                noted(status, of: group.id)
            }
        }
    }

    /// What the page says, and what it leaves out; nil when that could not be found out before the account is to be left alone.
    private func changes(
        of page: HistoryReader.Page, _ step: Scan.Step, _ group: Ledger.Group, kind: String
    ) async throws -> [WireChange]? {
        var changes = page.changes(of: Set(step.ids))
        let before = page.fetchedAt - Crawler.margin
        var doubtful: [Int64] = []
        if !step.ids.isEmpty, page.content.isComplete {
            var seen = step
            seen.ids.removeAll { page.empty.contains($0) }
            let absent = Absence.presumed(
                stored: try await ledger.stored(group, step.low...step.high, before: page.fetchedAt + 1), seen)
            if let first = absent.first, let last = absent.last {
                let old = Set(try await ledger.stored(group, first...last, before: before))
                let gone = absent.filter(old.contains)
                if !gone.isEmpty { changes.append(group.deletion(gone)) }
                doubtful = absent.filter { !old.contains($0) }
            }
        }
        if let older = step.older {
            // What the scan begins with may not be what the history began with.
            doubtful += try await ledger.stored(group, older, since: step.since, before: page.fetchedAt + 1)
        }
        if step.isTop {
            // What is stored above the newest one may have been deleted. Where a listener follows, its last minute is that one's affair.
            let newest = max(step.high, step.ids.last ?? 0)
            let isFilling = kind == CrawlFacts.Job.Kind.gap.rawValue
            doubtful += try await ledger.stored(
                group, (newest + 1)...Int64(Int32.max), before: isFilling ? page.fetchedAt + 1 : before)
        }
        // Only a look at the messages themselves tells.
        if !doubtful.isEmpty, let peer = await peers.input(of: group.key) {
            for batch in doubtful.chunks(of: BackfillLimits.pageMessages) {
                switch try await fetch(HistoryCalls.messages(batch, of: peer), group, kind: "again") {
                case .page(let page): changes += page.changes + confirmed(batch, page, group)
                // Without this look the page is not whole: it is fetched again when it may be.
                case .ended(.left): return nil
                case .ended: return changes
                }
            }
        }
        return changes
    }

    /// Of messages that were asked for by their ids, those that are gone.
    private func confirmed(_ asked: [Int64], _ page: HistoryReader.Page, _ group: Ledger.Group) -> [WireChange] {
        let gone = asked.filter { page.empty.contains($0) }
        return gone.isEmpty ? [] : [group.deletion(gone)]
    }

    /// How many messages the whole scan will find, for who watches.
    private func total(_ page: HistoryReader.Page, _ peer: TLObject, _ group: Ledger.Group) async throws -> Int64 {
        guard case .page(let newest) = try await fetch(HistoryCalls.newest(peer), group, kind: "estimate"),
            let top = newest.found.map(\.id).max(), let first = page.found.map(\.id).min()
        else { return 0 }
        return CrawlEstimate(
            count: page.count, newest: top, before: first - 1, place: nil, areIDsOwn: group.key.kind == .channel, pace: settings.pace
        ).messages
    }

    private func store(
        _ changes: [WireChange], _ step: Scan.Step, _ scan: Scan, _ group: Ledger.Group, isLive: Bool, at fetchedAt: Int64? = nil
    ) async throws {
        let progress = WireChange.with {
            $0.progress = .with {
                $0.chat = group.wire
                $0.job = scan.plan.job
                ($0.low, $0.high, $0.since) = (step.low, step.high, step.since)
                $0.top = step.isTop
                $0.live = isLive
                $0.fetchedAt = fetchedAt ?? serverTime.seconds
                $0.nextID = scan.next ?? 0
                ($0.messages, $0.total) = (scan.plan.messages, scan.plan.total)
                $0.pages = UInt32(clamping: scan.plan.pages)
                $0.state = scan.isDone ? .done : .running
            }
        }
        try await records.commit(header(), changes + [progress], group: group.id)
    }

    private func header() -> WireHeader {
        .with {
            $0.way = .history
            $0.receivedAt = SystemClock.unix.nanoseconds
            $0.trace = .random(in: 1...UInt64.max)
        }
    }

    // MARK: calls

    private enum Fetched {
        case page(HistoryReader.Page)
        case ended(Ending)
    }

    /// One page, however long the server has it waited for.
    private func fetch(_ call: TLObject, _ group: Ledger.Group, kind: String) async throws -> Fetched {
        var retry = ScanRetry()
        var random = SystemRandomNumberGenerator()
        while true {
            do throws(CallFailure) {
                let answer = try await api.timed(call, deadline: Crawler.callDeadline)
                // A live change of the moments in between is newer than the page.
                let fetchedAt = (answer.sentAt + clockOffset).seconds
                return .page(try await reader.read(answer.bytes, of: call, group: group, fetchedAt: fetchedAt))
            } catch {
                if mustLeave { return .ended(.left) }
                switch retry.failed(error, using: &random) {
                case .wait(let time):
                    context.logger.info("waiting: \(error)", metadata: ["seconds": "\(time.inSeconds)", "group": "\(group.id)"])
                    var status = scans[group.id]
                    status?.waitingUntil = SystemClock.unix + time
                    if let status { noted(status, of: group.id) }
                    await sleep(time)
                    if mustLeave { return .ended(.left) }
                    status?.waitingUntil = nil
                    if let status { noted(status, of: group.id) }
                case .unknownPeer(let why):
                    await refuse(group, why)
                    return .ended(.left)
                case .lostAccess(let why): return .ended(.lost(why))
                case .account(let trouble, let name):
                    end(.account(trouble, name))
                    return .ended(.left)
                case .failed(let why): return .ended(.failed(why))
                }
            }
        }
    }

    // MARK: what a chat is

    /// The account reaches this chat no more; where it was the last one, the group is told so.
    private func lose(_ group: Ledger.Group, _ why: String) async {
        context.logger.warning("access to a group is lost: \(why)", metadata: ["group": "\(group.id)"])
        await peers.lost(group.key)
        await setAccess(group, .lost, why)
        let others = rows[group.id]?.access.filter { $0.key != account && $0.value == .ok && facts.usable.contains($0.key) } ?? [:]
        guard others.isEmpty else { return }
        await tell(
            group,
            .with {
                $0.groupState = .with {
                    $0.chat = group.wire
                    $0.state = .lostAccess
                    $0.reason = why
                }
            })
    }

    /// The server does not take this access hash: another one is looked for.
    private func refuse(_ group: Ledger.Group, _ why: String) async {
        await peers.refused(group.key)
        refused[group.id] = why
        await setAccess(group, .unknown, why)
    }

    /// Groups whose access hash was refused, and for which a walk through the dialogs found none.
    func giveUpRefused() async {
        let refused = refused
        self.refused = [:]
        for (id, why) in refused.sorted(by: { $0.key < $1.key }) {
            guard let group = rows[id], group.isEnabled, group.access[account] != .ok else { continue }
            if group.key.kind == .channel, await peers.input(of: group.key) != nil { continue }
            await lose(group, why)
        }
    }

    /// The chat can be read again.
    func regain(_ group: Ledger.Group) async {
        context.logger.notice("access to a group is back", metadata: ["group": "\(group.id)"])
        await setAccess(group, .ok, nil)
        await tell(
            group,
            .with {
                $0.groupState = .with {
                    $0.chat = group.wire
                    $0.state = .active
                }
            })
    }

    /// Title, name and topics as the server has them now.
    func describe(_ group: Ledger.Group) async {
        // As it stands now, not as it stood before a long crawl.
        let group = rows[group.id] ?? group
        guard !mustLeave, let now = await peers.description(of: group.key) else { return }
        var info = WireGroupInfo()
        if let title = now.title, !title.isEmpty, title != group.title { info.title = title }
        if let name = now.username, name != group.username ?? "" { info.username = name }
        if now.isForum != group.isForum { info.forum = now.isForum }
        if info.hasTitle || info.hasUsername || info.hasForum {
            info.chat = group.wire
            let told = info
            await tell(group, .with { $0.groupInfo = told })
        }
        if now.isForum { await topics(of: group) }
        if group.key.kind == .basicGroup, let channel = now.migratedTo, !group.isMigrated {
            await tell(
                group,
                .with {
                    $0.migration = .with {
                        $0.basicGroupID = group.key.id
                        $0.channelID = channel
                    }
                })
        }
    }

    private func tell(_ group: Ledger.Group, _ change: WireChange) async {
        do {
            try await records.commit(header(), [change], group: group.id)
        } catch {
            // The stage ends: it is seen again at the next start.
            context.logger.info("news of a group were not sent: \(error)")
        }
    }

    /// The topics of a forum with their titles.
    private func topics(of group: Ledger.Group) async {
        guard let peer = await peers.input(of: group.key) else { return }
        var place = ForumTopics.Place()
        for _ in 0..<ForumTopics.pagesMost where !mustLeave {
            do {
                guard let call = ForumTopics.call(peer, from: place, layer: api.encoder.layer) else { return }
                guard let answer = try await api.call(call).object else { return }
                let topics = ForumTopics.read(answer)
                let changes = topics.map { topic in WireChange.with { $0.topic = topic.wire(of: group.wire, at: serverTime.seconds) } }
                if !changes.isEmpty { try await records.commit(header(), changes, group: group.id) }
                guard let next = ForumTopics.next(after: answer, topics, place) else { return }
                place = next
            } catch {
                // Not every layer and chat has them; the messages are fetched all the same.
                return context.logger.info("topics could not be read: \(error)", metadata: ["group": "\(group.id)"])
            }
        }
    }
}

extension Array {
    /// Consecutive parts of at most `size` elements.
    func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
