import Hummingbird
import ServiceKit
import SupervisorCore

/// What scrapers and watchers ask. Only `/healthz` and `/readyz` answer an anonymous caller, and they tell nothing but that.
func addHealthRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let watch = parts.watch
    router.get("healthz") { _, _ in Answer.plain(.ok, "ok") }
    router.get("readyz") { _, _ in
        let isReady = watch.board.isReady(now: SystemClock.now)
        return Answer.plain(isReady ? .ok : .serviceUnavailable, isReady ? "ready" : "not ready")
    }
    router.group().add(middleware: Admit(.reader, parts.access)).get("metrics") { _, _ in
        Answer.text(.ok, "text/plain; version=0.0.4; charset=utf-8", watch.board.metrics(now: SystemClock.now))
    }
}
