import Hummingbird
import Primitives
import ServiceKit
import SupervisorCore

/// What is answered over HTTP. Only `/healthz` and `/readyz` answer an anonymous caller, and they tell nothing but that.
func routes(watch: Watch, token: BearerToken) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("healthz") { _, _ in answer(.ok, "text/plain; charset=utf-8", "ok\n") }
    router.get("readyz") { _, _ in
        let isReady = watch.board.isReady(now: SystemClock.now)
        return answer(isReady ? .ok : .serviceUnavailable, "text/plain; charset=utf-8", isReady ? "ready\n" : "not ready\n")
    }
    let guarded = router.group().add(middleware: BearerGuard(token: token))
    guarded.get("admin/live-crawler/status") { _, _ in
        answer(.ok, "application/json", watch.board.status(now: SystemClock.now, at: SystemClock.unix).text + "\n")
    }
    guarded.get("metrics") { _, _ in
        answer(.ok, "text/plain; version=0.0.4; charset=utf-8", watch.board.metrics(now: SystemClock.now))
    }
    return router
}

private func answer(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
    Response(
        status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
}

/// Lets a request through that presents the token, and answers the others with 401.
private struct BearerGuard: RouterMiddleware {
    let token: BearerToken

    func handle(
        _ request: Request, context: BasicRequestContext, next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        if token.admits(request.headers[.authorization]) { return try await next(request, context) }
        var refusal = answer(.unauthorized, "application/json", "{\"error\":\"present the admin token: Authorization: Bearer …\"}\n")
        refusal.headers[.wwwAuthenticate] = "Bearer"
        return refusal
    }
}
