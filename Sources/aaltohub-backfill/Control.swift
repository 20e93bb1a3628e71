import AccountStage
import BackfillCore
import EventLink
import Primitives
import ServiceKit
import Store
import TL
import TelegramClient
import TelegramConnection

/// What may be asked of a running backfill.
func commands(
    _ context: ServiceContext, _ crawler: Crawler, _ ledger: Ledger, _ api: TelegramAPI
) -> [String: ControlServer.Handler] {
    @Sendable func said(_ request: ControlRequest) {
        context.logger.notice("asked: \(request.command)", metadata: ["actor": "\(request.actor)"])
    }
    return [
        "status": { _ in await crawler.status() },
        "limits": { _ in api.limits(now: SystemClock.unix) },
        "drain": { request in
            said(request)
            context.requestStop()
            return "draining"
        },
        "reload": { (request) async throws(ControlFailure) -> JSON in
            said(request)
            guard await crawler.look() else { throw ControlFailure("the groups cannot be read: the database is away") }
            return ["groups": .integer(Int64(await crawler.rows.count)), "paused": .bool(await crawler.accountPause.isPaused)]
        },
        "pause": { request in
            said(request)
            await crawler.pause()
            return "paused"
        },
        "resume": { request in
            said(request)
            await crawler.resume()
            return "resumed"
        },
        "crawl": { (request) async throws(ControlFailure) -> JSON in
            said(request)
            return try await crawler.order(request.arguments, by: request.actor)
        },
        "cancel": { (request) async throws(ControlFailure) -> JSON in
            said(request)
            let group = try await crawler.group(request.arguments)
            do {
                return ["cancelled": .integer(Int64(try await crawler.cancel(group.id, by: request.actor)))]
            } catch {
                throw ControlFailure(DatabaseDoctor.remedy(error))
            }
        },
    ]
}

extension Crawler {
    /// The group that is named by its row: `group`.
    func group(_ arguments: JSON) async throws(ControlFailure) -> Ledger.Group {
        guard let id = arguments["group"]?.string, !id.isEmpty else { throw ControlFailure("group is missing: the id of its row") }
        if let found = rows[id] { return found }
        // Registered a moment ago.
        await look()
        guard let found = rows[id] else { throw ControlFailure("no group has the id \(id)") }
        return found
    }

    /// `crawl`: plans a crawl of `group` since `since` (unix seconds; default: the kept window), or only estimates it (`dry_run`).
    func order(_ arguments: JSON, by actor: String) async throws(ControlFailure) -> JSON {
        let group = try await group(arguments)
        let since = arguments["since"]?.integer ?? serverTime.seconds - settings.window.inWholeSeconds
        guard since >= 0, since <= serverTime.seconds else { throw ControlFailure("since is no time of the past, in unix seconds") }
        guard !accountPause.isPaused else { throw ControlFailure("\(account) is paused: `aaltohubctl accounts resume \(account)` first") }
        guard group.isEnabled else { throw ControlFailure("the group is disabled: enable it first") }
        guard group.isOurs(account, facts.usable) else {
            if let crawler = Planner.crawler(of: group.facts, usable: facts.usable) { throw ControlFailure("it is crawled by \(crawler)") }
            guard hasWalked else { throw ControlFailure("\(account) is still finding out which groups it reaches: ask again in a moment") }
            throw ControlFailure("no account reaches it: look at `aaltohubctl doctor`")
        }
        if arguments["dry_run"]?.bool == true { return try await estimate(group, since: since) }
        do {
            guard let job = try await ledger.create(group: group.id, kind: .manual, since: since, gaps: [], by: actor) else {
                throw ControlFailure("the group is being crawled already")
            }
            await look()
            return ["job": .integer(job)]
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure(DatabaseDoctor.remedy(error))
        }
    }

    /// Two calls tell about how many messages a crawl would find. Somebody waits for them: they go ahead of a crawl's pages, and what must
    /// wait is told instead of waited for.
    private func estimate(_ group: Ledger.Group, since: Int64) async throws(ControlFailure) -> JSON {
        guard let peer = await peers.input(of: group.key) else { throw ControlFailure("its access hash is not known yet") }
        do {
            let newest = try await ask(HistoryCalls.newest(peer))
            let before = try await ask(HistoryCalls.newest(peer, before: since))
            let estimate = CrawlEstimate(
                count: newest["count"]?.int ?? Int64((newest["messages"]?.vector ?? []).count), newest: first(newest),
                before: first(before),
                place: first(before) > 0 ? before["offset_id_offset"]?.int : nil, areIDsOwn: group.key.kind == .channel, pace: settings.pace
            )
            return [
                "messages": .integer(estimate.messages), "calls": .integer(estimate.calls), "seconds": .double(estimate.seconds),
                "since": .integer(since),
            ]
        } catch let failure as CallFailure {
            throw ControlFailure("\(failure)")
        } catch {
            throw ControlFailure("\(error)")
        }
    }

    private func ask(_ call: TLObject) async throws -> TLObject {
        try await api.once(call, goesAhead: true).object ?? TLObject("null")
    }

    private func first(_ answer: TLObject) -> Int64 { answer["messages"]?.vector?.first?.object?["id"]?.int ?? 0 }

    /// The heartbeat, as every service answers it, and beside it what is being done.
    func status() async -> JSON {
        guard case .object(let members) = context.status.json() else { return .null }
        let now = SystemClock.now
        let running = scans.sorted { $0.key < $1.key }.map { group, scan -> JSON in
            let seconds = (now - scan.begun).inSeconds
            return [
                "group": .string(group), "title": .string(scan.title), "job": .integer(scan.job), "kind": .string(scan.kind),
                "messages": .integer(scan.messages), "pages": .integer(scan.pages), "total": .integer(scan.total),
                "messages_per_second": seconds > 0 ? .double(Double(scan.messages) / seconds) : .null,
                "waiting_until": scan.waitingUntil.map { .integer($0.seconds) } ?? .null,
            ]
        }
        let open = facts.jobs.filter(\.isOpen).map { job -> JSON in
            [
                "job": .integer(job.id), "group": .string(job.group), "account": .string(job.account), "kind": .string(job.kind.rawValue),
                "state": .string(job.state.rawValue),
            ]
        }
        let crawl: JSON = [
            "paused": .bool(isPaused), "account_paused": .bool(accountPause.isPaused), "running": .array(running), "open": .array(open),
            "gaps_open": .integer(Int64(openGaps)),
            "groups": .integer(Int64(rows.count)), "unknown_groups": .integer(Int64(await unknown.count)),
            "unacknowledged_records": .integer(Int64(await records.unacknowledged)),
        ]
        return .object(members + [.init("crawl", crawl)])
    }
}
