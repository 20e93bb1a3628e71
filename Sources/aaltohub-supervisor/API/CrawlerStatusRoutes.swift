import Hummingbird
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore

/// The groups: what is known of each, turning them on and off, crawls.
func addCrawlerStatusRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/crawler-status") { _, _ in
        Answer.raw(try await parts.database.use { try await AdminTables($0).crawlerStatus() })
    }
    readers.get("admin/crawls") { request, _ in
        let (group, isOpen, limit) = (try request.uuid("group_id"), try request.flag("open") ?? false, try request.limit())
        return Answer.raw(try await parts.database.use { try await AdminTables($0).crawls(group: group, isOpen: isOpen, limit: limit) })
    }
    readers.get("admin/gaps") { request, _ in
        let limit = try request.limit()
        return Answer.raw(try await parts.database.use { try await AdminTables($0).gaps(limit: limit) })
    }
    readers.get("admin/coverage") { _, _ in
        Answer.raw(try await parts.database.use { try await AdminTables($0).coverage() })
    }
    readers.get("admin/limits") { _, _ in
        Answer.raw(try await parts.database.use { try await AdminTables($0).limits() })
    }
    readers.get("admin/messages") { request, _ in
        let (group, limit) = (try request.uuid("group_id"), try request.limit())
        let before = try request.position("before").map { UnixTime(nanoseconds: min($0, Int64.max / 1000) * 1000) }
        let text = try request.single("text").flatMap { $0.isEmpty ? nil : $0 }
        guard text?.utf8.contains(0) != true else { throw Refusal.badRequest("text holds a NUL") }
        do {
            return Answer.raw(
                try await parts.database.use(text == nil ? .requests : .search) {
                    try await AdminTables($0).messages(group: group, before: before, text: text, limit: limit)
                })
        } catch PostgresError.server(let error) where text != nil && error.sqlState == "57014" {
            throw Refusal.unavailable(
                "the search took longer than \(Database.searchSeconds) s: search in one group, or nearer to what is looked for (before)")
        }
    }

    let admins = router.group().add(middleware: Admit(.admin, parts.access))
    admins.post("admin/crawler-status/{group_id}/toggle") { request, context in
        let group = try context.uuid("group_id")
        let body = try await request.jsonObject()
        try body.allow("is_enabled")
        let isEnabled = try body.optional("is_enabled", \.bool, "true or false")
        let details: JSON = isEnabled.map { ["is_enabled": .bool($0)] } ?? [:]
        let row = try await parts.audit.record("toggle", "\(group)", by: context.admitted, details: details) {
            try await parts.database.use { try await AdminTables($0).toggle(group, to: isEnabled) }
        }
        // The stages look every few seconds; told so, they take it over at once.
        for stage in parts.control.running where stage.contains("@") { await parts.control.hint(stage, by: context.admitted.actor) }
        return Answer.raw(row)
    }
    admins.post("admin/crawler-status/{group_id}/crawl") { request, context in
        let group = try context.uuid("group_id")
        let body = try await request.jsonObject()
        try body.allow("since", "days")
        let since = try crawlStart(body, days: parts.context.configuration.backfill.days)
        let details: JSON = ["since": .integer(since.seconds)]
        let answer = try await parts.audit.record("crawl", "\(group)", by: context.admitted, details: details) {
            try await CrawlOrders(parts).order(group, since: since, by: context.admitted.actor)
        }
        return Answer.json(answer, .accepted)
    }
    admins.delete("admin/crawler-status/{group_id}/crawl") { _, context in
        let group = try context.uuid("group_id")
        let answer = try await parts.audit.record("crawl_cancel", "\(group)", by: context.admitted) {
            try await CrawlOrders(parts).cancel(group, by: context.admitted.actor)
        }
        return Answer.json(answer)
    }
}

/// From when a crawl is wanted: `since` (unix seconds) or `days`; neither: the kept window.
private func crawlStart(_ body: JSON, days: Int) throws -> UnixTime {
    if body["since"] != nil, body["days"] != nil { throw Refusal.badRequest("since or days, not both") }
    let now = SystemClock.unix
    if let since = try body.optional("since", \.wholeNumber, "a time in unix seconds") {
        guard since >= 0 else { throw Refusal.badRequest("since is a time in unix seconds") }
        guard since <= now.seconds else { throw Refusal.conflict("since lies in the future") }
        return UnixTime(seconds: since)
    }
    let days = try body.optional("days", \.wholeNumber, "a number of days") ?? Int64(days)
    guard (1...3650).contains(days) else { throw Refusal.badRequest("days is a number from 1 to 3650") }
    return UnixTime(seconds: now.seconds - days * 86_400)
}
