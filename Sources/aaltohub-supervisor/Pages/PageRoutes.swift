import Hummingbird
import Primitives
import ServiceKit
import SupervisorCore

/// The events that pages listen to: `GET /admin/stream?after=`, where `after` is the last change that the page has seen. A browser that
/// connects again by itself says so in a header.
func addPageRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    // Without a page that would hold one of the places.
    readers.head("admin/stream") { _, _ in
        Response(status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"])
    }
    readers.get("admin/stream") { request, context in
        let after = try request.position("after")
        let last = request.headers[HeaderName("Last-Event-ID")!].flatMap { Int64($0) }  // a token of RFC 9110
        let (caller, peer) = (context.admitted, context.peer)
        guard let page = parts.pages.open(parts.watch, for: caller.role) else {
            throw Refusal.unavailable("too many pages are open, or the supervisor ends")
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                defer { parts.pages.close(page.id) }
                async let _: Void = parts.pages.follow(parts.feed, after: last ?? after, page)
                for await frame in page.frames {
                    // Who may not look any more, or less, gets nothing more; the page asks again and is sent where it belongs.
                    do throws(AccessRefusal) {
                        guard try parts.access.admit(request, from: peer, as: caller.role).role == caller.role else { break }
                    } catch {
                        break
                    }
                    try await writer.write(frame)
                }
                try await writer.finish(nil)
            })
    }
}
