import Hummingbird
import ServiceKit
import SupervisorCore

/// The stages: what they do, and their restart.
func addLiveCrawlerRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/live-crawler/status") { _, _ in
        Answer.json(parts.watch.board.status(now: SystemClock.now, at: SystemClock.unix))
    }
}
