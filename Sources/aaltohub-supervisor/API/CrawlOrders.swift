import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store

/// Orders crawls as the operator's tool does: of a backfill that runs, else through the table of crawls, where the next one finds it.
struct CrawlOrders {
    /// What backfill says of a group that another account crawls.
    private static let elsewhere = "it is crawled by "

    private let parts: Parts

    init(_ parts: Parts) { self.parts = parts }

    /// `job` is the crawl's number, `account` whose backfill does it, `is_running` whether that runs now.
    ///
    /// Throws `StoreError.notFound`, and `Refusal` (409) when the group is disabled, has moved, or is being crawled already.
    func order(_ id: PostgresUUID, since: UnixTime, by actor: String) async throws -> JSON {
        let (group, open, accounts) = try await parts.database.use { database in
            let group = try await GroupStore(database).find(id)
            let open = try await BackfillStore(database).openJobs().first { $0.group == id && ($0.kind == .manual || $0.since <= since) }
            return (group, open, try await AccountStore.list(database))
        }
        guard group.isEnabled else { throw Refusal.conflict("\(group.chat) is disabled: enable it first") }
        guard group.migratedTo == nil else { throw Refusal.conflict("\(group.chat) became a supergroup: crawl that one") }
        if let open { throw Refusal.conflict("\(group.chat) is being crawled already: crawl \(open.id)") }
        let usable = accounts.filter { $0.state == .active && $0.hasBackfillSession }.map(\.name)
        guard let first = usable.first(where: { $0 == group.primaryAccount }) ?? usable.first else {
            throw Refusal.conflict("no account has a login for backfill: `aaltohubctl login`")
        }
        var account = first
        var tried: Set<String> = []
        while parts.control.isRunning("backfill@\(account)"), tried.insert(account).inserted {
            do {
                let answer = try await parts.control.ask(
                    "backfill@\(account)", "crawl", ["group": .string(id.description), "since": .integer(since.seconds)], by: actor)
                return ["job": answer["job"] ?? .null, "account": .string(account), "is_running": true]
            } catch let refusal as Refusal {
                // It knows who reaches the group.
                guard let at = refusal.message.firstRange(of: Self.elsewhere) else { throw refusal }
                account = String(refusal.message[at.upperBound...])
            }
        }
        guard !tried.contains(account) else { throw Refusal.conflict("no backfill takes \(group.chat) for its own") }
        let chosen = account
        let job = try await parts.database.use {
            try await BackfillStore($0).createJob(group: id, account: chosen, kind: .manual, since: since, requestedBy: actor)
        }
        guard let job else { throw Refusal.conflict("\(group.chat) is being crawled already") }
        return ["job": .integer(job.id), "account": .string(account), "is_running": false]
    }

    /// Ends the group's crawls; `cancelled` are their numbers. Throws `Refusal` (409) when there is none.
    func cancel(_ id: PostgresUUID, by actor: String) async throws -> JSON {
        let open = try await parts.database.use { database in
            _ = try await GroupStore(database).find(id)
            return try await BackfillStore(database).openJobs().filter { $0.group == id }
        }
        guard !open.isEmpty else { throw Refusal.conflict("this group is not being crawled") }
        // Whoever crawls it stops at once; one that does not run finds them cancelled.
        for account in Set(open.map(\.account)).sorted() where parts.control.isRunning("backfill@\(account)") {
            _ = try await parts.control.ask("backfill@\(account)", "cancel", ["group": .string(id.description)], by: actor)
        }
        try await parts.database.use { database in
            for job in open { _ = try await BackfillStore(database).cancel(job.id, reason: "cancelled by \(actor)") }
        }
        return ["cancelled": .array(open.map { .integer($0.id) })]
    }
}
