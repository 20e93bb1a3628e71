import Hummingbird
import NIOCore
import Primitives
import RealtimeServer
import ServiceKit
import SupervisorCore
import Synchronization

/// What Supabase Realtime has over HTTP: broadcasts of admins. The answers are Supabase's, so that its clients understand them.
///
/// The WebSocket itself is no route: the connection becomes one before a router sees it (`RealtimeHTTPChannel`).
func addRealtimeRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let realtime = RealtimeBroadcasts(parts)
    router.get(RouterPath(RealtimeHandshake.path)) { _, _ in
        var response = Answer.failure(HTTPResponse.Status(code: RealtimeRefusal.notAWebSocket.status), RealtimeRefusal.notAWebSocket.text)
        response.headers[.upgrade] = "websocket"
        response.headers[.connection] = "Upgrade"
        return response
    }
    router.post("realtime/v1/api/broadcast") { request, context in
        try await realtime.answer(request, context) { body throws(RealtimePost.Refusal) in try RealtimePost.batch(body) }
    }
    router.post("realtime/v1/api/broadcast/:topic/events/:event") { request, context in
        let (topic, event) = (try context.parameters.require("topic"), try context.parameters.require("event"))
        let type = request.headers[.contentType]?.lowercased() ?? "application/json"
        guard type.hasPrefix("application/json") || type.hasPrefix("application/octet-stream") else {
            return Answer.json(["message": "Unsupported Media Type"], .unsupportedMediaType)
        }
        return try await realtime.answer(request, context) { body throws(RealtimePost.Refusal) in
            [
                try RealtimePost.single(
                    topic: topic, event: event, isPrivate: request.query("private") == "true",
                    isBinary: !type.hasPrefix("application/json"),
                    body)
            ]
        }
    }
}

/// Takes broadcasts over HTTP, so many a second.
private final class RealtimeBroadcasts: Sendable {
    private let hub: RealtimeHub
    private let rate = Mutex(RealtimeRate(perSecond: RealtimeLimits.broadcastsPerSecond, now: SystemClock.now))

    private let access: Access

    init(_ parts: Parts) {
        hub = parts.realtime
        access = parts.access
    }

    /// 202 when all was broadcast. Nobody need have listened, and nothing is kept.
    func answer(
        _ request: Request, _ context: HTTPContext, _ read: ([UInt8]) throws(RealtimePost.Refusal) -> [RealtimeBroadcast]
    ) async throws -> Response {
        do throws(RealtimePost.Refusal) {
            guard let key = RealtimePost.key(authorization: request.headers[.authorization], apikey: request.headers[.apikey]) else {
                throw .unauthorized
            }
            try RealtimePost.admit(hub.judge(key, access.address(of: request, context.peer)), at: SystemClock.unix)
            let broadcasts = try read(try await body(of: request))
            let isAllowed = rate.withLock { $0.take(broadcasts.count, now: SystemClock.now) }
            guard isAllowed else { throw .tooMany }
            await hub.broadcast(broadcasts)
            return Response(status: .accepted, headers: [.cacheControl: "no-store"])
        } catch {
            return Answer.json(error.body, HTTPResponse.Status(code: error.status))
        }
    }

    private func body(of request: Request) async throws(RealtimePost.Refusal) -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: RealtimeLimits.requestBytes).readableBytesView)
        } catch {
            // What else can happen is that the connection ends, and then nobody reads the answer.
            throw .tooLarge
        }
    }
}

extension HeaderName {
    fileprivate static let apikey = HeaderName("apikey")!  // a token of RFC 9110
}
