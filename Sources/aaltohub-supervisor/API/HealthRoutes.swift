import Hummingbird
import ServiceKit
import SupervisorCore

/// What scrapers and watchers ask. Only `/healthz` and `/readyz` answer an anonymous caller, and they tell nothing but that.
///
/// - `/healthz`: this process answers. Whoever restarts it by that restarts it for nothing else's sake.
/// - `/readyz`: messages can flow: the writer and a listener are ready, and no service that was heard is silent.
func addHealthRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let watch = parts.watch
    router.get("healthz") { _, _ in Answer.plain(.ok, "ok") }
    router.get("readyz") { _, _ in
        let isReady = watch.board.isReady(now: SystemClock.now)
        return Answer.plain(isReady ? .ok : .serviceUnavailable, isReady ? "ready" : "not ready")
    }
    router.group().add(middleware: Admit(.reader, parts.access)).get("metrics") { _, _ in
        Answer.text(.ok, "text/plain; version=0.0.4; charset=utf-8", watch.metrics.text)
    }
}
