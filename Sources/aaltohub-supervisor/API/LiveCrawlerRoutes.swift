import Hummingbird
import Primitives
import ServiceKit
import SupervisorCore

/// The stages: what they do, and their restart.
func addLiveCrawlerRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/live-crawler/status") { _, _ in
        Answer.json(parts.watch.board.status(now: SystemClock.now, at: SystemClock.unix))
    }
    let admins = router.group().add(middleware: Admit(.admin, parts.access))
    admins.post("admin/live-crawler/restart") { request, context in
        let stages = try stages(named: try request.single("stage"), parts)
        let caller = context.admitted
        var restarting: [JSON] = []
        for stage in stages {
            try await parts.audit.record("restart", stage, by: caller) {
                _ = try await parts.control.ask(stage, "drain", by: caller.actor)
            }
            restarting.append(.string(stage))
        }
        return Answer.json(["restarting": .array(restarting)], .accepted)
    }
}

/// The stages that a restart names: all listeners, or those of `stage`, which is `writer`, `listener`, `listener@main`, ….
///
/// Throws `Refusal`: 400 for what is no stage's name, 503 when none of them runs.
private func stages(named name: String?, _ parts: Parts) throws -> [String] {
    let running = parts.control.running
    let name = name ?? "listener"
    guard StageName.isValid(name) else {
        throw Refusal.badRequest("stage is writer, supervisor, listener, backfill, listener@ACCOUNT or backfill@ACCOUNT")
    }
    let found = running.filter { $0 == name || $0.hasPrefix("\(name)@") }
    guard !found.isEmpty else { throw Refusal.unavailable("\(name) does not run") }
    return found
}

extension Caller {
    /// As whom the stages' logs name them.
    var actor: String { "supervisor:\(subject)" }
}
