import Hummingbird
import SupervisorCore

/// The status of everything, the alarms that fire, and the rates and lags of the last hour.
func addStatusRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let watch = parts.watch
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/status") { _, _ in Answer.json(watch.statusJSON) }
    readers.get("admin/alarms") { _, _ in Answer.json(["alarms": watch.alarmsJSON]) }
    readers.get("admin/history") { request, _ in
        var after = Int64.min
        if let text = request.query("after") {
            guard let number = Int64(text) else { throw Refusal.badRequest("after is a time in unix seconds") }
            after = number
        }
        return Answer.json(watch.history(after: after))
    }
}
