import Hummingbird
import NIOCore
import ServiceKit
import Store
import SupervisorCore

/// `GET /changes?after=ID&limit=&epoch=`: what the outbox keeps, for whoever fills a hole or begins where he was.
func addChangeRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("changes") { request, _ in
        let (after, limit, epoch) = (try request.position("after"), Int(try request.limit()), try request.number("epoch"))
        let (page, bounds) = try await parts.database.use { connection -> (ChangeStore.Page, ChangeStore.Bounds) in
            let store = ChangeStore(connection)
            if let after { return try await store.boundedPage(after: after, limit: limit) }
            // Where to begin from now on.
            let bounds = try await store.bounds()
            return (ChangeStore.Page(changes: [], through: bounds.newest, isMore: false), bounds)
        }
        let window = ChangePage(
            changes: page.changes, last: page.through, isMore: page.isMore, oldest: bounds.oldest ?? bounds.newest + 1,
            newest: bounds.newest, epoch: bounds.epoch)
        if let after, let gone = window.gone(after: after, pruned: bounds.pruned, epoch: epoch) { return Answer.json(gone, .gone) }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: window.json)))
    }
}
