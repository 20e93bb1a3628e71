import Hummingbird
import NIOCore
import Primitives
import RealtimeServer
import ServiceKit
import SupervisorCore
import Synchronization

/// What Supabase Realtime has over HTTP: broadcasts of admins and of the service role. The answers are Supabase's, so that its clients
/// understand them.
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
        let (topic, event) = (try context.text("topic"), try context.text("event"))
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
    private let audit: AuditLog

    init(_ parts: Parts) {
        hub = parts.realtime
        access = parts.access
        audit = parts.audit
    }

    /// 202 when all was broadcast. Nobody need have listened, and nothing is kept.
    func answer(
        _ request: Request, _ context: HTTPContext, _ read: ([UInt8]) throws(RealtimePost.Refusal) -> [RealtimeBroadcast]
    ) async throws -> Response {
        do throws(RealtimePost.Refusal) {
            guard let key = RealtimePost.key(authorization: request.headers[.authorization], apikey: request.headers[.apikey]) else {
                throw .unauthorized
            }
            let address = access.address(of: request, context.peer)
            try RealtimePost.admit(hub.judge(key, address), at: SystemClock.unix)
            let caller = try caller(key, address)
            var topics: [String] = []
            do throws(RealtimePost.Refusal) {
                let broadcasts = try read(try await body(of: request))
                topics = Set(broadcasts.map(\.topic)).sorted()
                let isAllowed = rate.withLock { $0.take(broadcasts.count, now: SystemClock.now) }
                guard isAllowed else { throw .tooMany }
                await hub.broadcast(broadcasts)
                await write(topics, broadcasts.count, by: caller, outcome: "done")
            } catch {
                await write(topics, 0, by: caller, outcome: "refused", reason: "HTTP \(error.status)")
                throw error
            }
            return Response(status: .accepted, headers: [.cacheControl: "no-store"])
        } catch {
            return Answer.json(error.body, HTTPResponse.Status(code: error.status))
        }
    }

    /// Who it is that may, for the audit log.
    private func caller(_ key: String, _ address: String) throws(RealtimePost.Refusal) -> Caller {
        do throws(AccessRefusal) {
            return try access.caller(presenting: key, from: address, isRealtime: true)
        } catch {
            throw .unauthorized
        }
    }

    /// Topics of one entry of the audit log, and characters of each.
    private static let mostTopics = 10
    private static let topicCharacters = 100

    private func write(_ topics: [String], _ count: Int, by caller: Caller, outcome: String, reason: String? = nil) async {
        let target = topics.prefix(Self.mostTopics).map { String($0.prefix(Self.topicCharacters)) }.joined(separator: ", ")
        await audit.write(
            "broadcast", target, by: caller, details: ["messages": .integer(Int64(count))], outcome: outcome, reason: reason, waits: false)
    }

    private func body(of request: Request) async throws(RealtimePost.Refusal) -> [UInt8] {
        do {
            let body = try await request.body.collect(upTo: RealtimeLimits.requestBytes)
            // The end of the connection looks like the end of the body.
            let length = request.headers[.contentLength].flatMap { Int($0) } ?? body.readableBytes
            if body.readableBytes == length { return Array(body.readableBytesView) }
        } catch {
            throw .tooLarge
        }
        throw .cutOff
    }
}

extension HeaderName {
    fileprivate static let apikey = HeaderName("apikey")!  // a token of RFC 9110
}
