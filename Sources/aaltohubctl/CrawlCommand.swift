import ArgumentParser
import BackfillCore
import EventLink
import Glibc
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Store
import WriterCore
import ZeroMQ

struct CrawlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crawl", abstract: "Fetches a group's past again, or for the first time.",
        discussion: """
            Backfill crawls by itself what is not covered of the last days (backfill.days) and what the live stream lost; this is for more,
            or to be sure. What is stored stays; edits and deletions that nobody told are found. The account's backfill does it; while that
            does not run, the crawl waits for it.
            """,
        subcommands: [CrawlStart.self, CrawlCancel.self, CrawlList.self], defaultSubcommand: CrawlStart.self)
}

struct CrawlStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Crawls a group (the default).")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: see `aaltohubctl groups --help`.")
    var group: String
    @Option(help: ArgumentHelp("How far back: a span (14d, 36h) or a date (2026-11-08, UTC); default: backfill.days.", valueName: "when"))
    var since: String?
    @Flag(help: "Only estimate the calls and the minutes that it would take.")
    var dryRun = false
    @Flag(inversion: .prefixedNo, help: "Watch it until it is done (default: on a terminal).")
    var follow: Bool?

    func validate() throws {
        if dryRun, follow == true { throw ValidationError("--dry-run begins nothing that could be followed: leave --follow out") }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let now = SystemClock.unix
        let start = try since.map { text throws(ServiceError) in try PastTime(text, now: now).time }
        let window = UnixTime(seconds: now.seconds - Int64(configuration.backfill.days) * 86_400)
        let reference = try GroupReference(group)
        try await common.withDatabase { database in
            let row = try await GroupStore(database).find(reference)
            guard row.isEnabled else {
                throw ServiceError.data("\(row.chat) is disabled: `aaltohubctl groups enable \(row.chat)` captures it again")
            }
            guard row.migratedTo == nil else { throw ServiceError.data("\(row.chat) became a supergroup: crawl that one") }
            let store = BackfillStore(database)
            let place = try BackfillService(common, await BackfillService.account(of: row, store, database))
            if dryRun { return report(try await place.estimate(row, since: start), row) }
            let open = try await store.openJobs().first { $0.group == row.id }
            if let open, start.map({ $0 >= open.since }) ?? true {
                notice("\(row.chat) is being crawled already, since \(minute(open.since)): crawl \(open.id)")
                return try await show(open.id, place, store, isNew: false)
            }
            if let open, open.kind == .manual {
                throw ServiceError.unavailable(
                    "\(row.chat) is being crawled already, but only since \(minute(open.since)) (crawl \(open.id)): "
                        + "`aaltohubctl crawl cancel \(row.chat)` first")
            }
            let job = try await place.order(row, since: start ?? window, store)
            try await show(job, place, store, isNew: true)
        }
    }

    private func show(_ id: Int64, _ place: BackfillService, _ store: BackfillStore, isNew: Bool) async throws {
        guard let job = try await store.job(id) else { throw StoreError.notFound("crawl \(id)") }
        let isWatched = follow ?? (isatty(STDERR_FILENO) == 1 && !common.json)
        if isNew, !common.json {
            output("crawl \(id) of \(job.chat) since \(minute(job.since)): \(place.isRunning ? "begins" : "ordered")")
        }
        if !place.isRunning {
            notice(
                "backfill@\(place.account) does not run: the crawl begins when it does (systemctl start aaltohub-backfill@\(place.account))"
            )
        }
        guard isWatched else {
            if common.json { output(job.json.text) }
            return
        }
        let last = try await CrawlProgress(id, store, isJSON: common.json).follow()
        if !common.json {
            output("crawl \(id): \(last.state.rawValue), \(grouped(last.messages)) messages in \(grouped(last.pages)) pages")
        }
        switch last.state {
        case .done: return
        case .failed: throw ServiceError.unavailable("crawl \(id) failed: \(last.error ?? "no reason was told")")
        default: throw ServiceError.unavailable("crawl \(id) was cancelled\(last.error.map { ": \($0)" } ?? "")")
        }
    }

    private func report(_ estimate: JSON, _ row: RegisteredGroup) {
        if common.json { return output(estimate.text) }
        let messages = estimate["messages"]?.integer ?? 0
        let calls = estimate["calls"]?.integer ?? 0
        let seconds = Int64((estimate["seconds"]?.double ?? 0).rounded(.up))
        let since = estimate["since"]?.integer.map { minute(UnixTime(seconds: $0)) } ?? "?"
        output(
            "\(row.chat) since \(since): at most \(grouped(messages)) messages, \(grouped(calls)) calls, about \(age(seconds)) at the set pace"
        )
    }
}

struct CrawlCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ends a group's crawls; what is stored stays, and a later crawl fetches only what is missing.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: see `aaltohubctl groups --help`.")
    var group: String

    func run() async throws {
        let reference = try GroupReference(group)
        let cancelled = try await common.withDatabase { database -> [CrawlJob] in
            let row = try await GroupStore(database).find(reference)
            let store = BackfillStore(database)
            let open = try await store.openJobs().filter { $0.group == row.id }
            guard !open.isEmpty else { throw ServiceError.data("\(row.chat) is not being crawled") }
            // Whoever crawls it stops at once; one that does not run finds them cancelled.
            for account in Set(open.map(\.account)).sorted() { try await BackfillService(common, account).cancel(row) }
            for job in open { _ = try await store.cancel(job.id, reason: "cancelled by \(operatorName())") }
            return open
        }
        if common.json {
            return output(JSON.object([.init("cancelled", .array(cancelled.map { .integer($0.id) }))]).text)
        }
        for job in cancelled { output("crawl \(job.id) of \(job.chat): cancelled") }
    }
}

struct CrawlList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the crawls: open ones first, then the newest.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only of this group.")
    var group: String?
    @Flag(help: "Only those that are queued or running.")
    var open = false
    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int32 = 50

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let reference = try group.map { text throws(StoreError) in try GroupReference(text) }
        let (jobs, titles) = try await common.withDatabase { database in
            let groups = GroupStore(database)
            var id: PostgresUUID?
            if let reference { id = try await groups.find(reference).id }
            let store = BackfillStore(database)
            let unfinished = try await store.openJobs().filter { id == nil || $0.group == id }
            let over = open ? [] : try await store.jobs(of: id, limit: limit).filter { !$0.isOpen }
            return (Array((unfinished + over).prefix(Int(limit))), try await groups.titles())
        }
        let now = SystemClock.unix
        common.list(
            jobs, as: "crawls", json: \.json,
            ["CRAWL", "GROUP", "KIND", "STATE", "SINCE", "MESSAGES", "OF ABOUT", "PAGES", "ACCOUNT", "CHANGED", "WHY"]
        ) { job in
            [
                "\(job.id)", titles[job.group] ?? job.chat.description, job.kind.rawValue, job.state.rawValue, minute(job.since),
                grouped(job.messages),
                job.total > 0 ? grouped(job.total) : "-", grouped(job.pages), job.account, ago(job.updatedAt, now), job.error ?? "-",
            ]
        }
    }
}
