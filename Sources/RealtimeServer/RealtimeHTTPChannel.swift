import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import SupervisorCore

/// A connection to the supervisor's port: HTTP/1 as Hummingbird serves it, or a WebSocket if its first request asks for one on
/// `RealtimeHandshake.path` with a good key. A handshake that is refused is answered here.
public struct RealtimeHTTPChannel: HTTPChannelHandler {
    /// What became of a connection.
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        /// A WebSocket, which its handlers serve, or a refusal, which closes it.
        case served
    }

    public struct Value: ServerChildChannelValue {
        public let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    /// What the first request was judged to be.
    private enum Judgement: Sendable {
        case notOurs
        case admitted(RealtimeHandshake, RealtimeCaller, address: String)
        case refused(RealtimeRefusal)
    }

    /// Bytes on their way to one subscriber, of which the kernel keeps twice as many: a quarter of a megabyte in each round trip.
    private static let kernelBytes = SocketOptionValue(256 * 1024)
    /// How long a connection may be open without a first request.
    private static let patience = TimeAmount.seconds(30)
    /// How long a connection may wait for its next request. Proxies keep theirs for a minute.
    private static let idleTime = Duration.seconds(75)

    public let responder: Responder
    private let hub: RealtimeHub

    /// For `Application(server:)`: `HTTPServerBuilder { RealtimeHTTPChannel(responder: $0, hub: hub) }`.
    public init(responder: @escaping Responder, hub: RealtimeHub) {
        self.responder = responder
        self.hub = hub
    }

    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let judgement = NIOLoopBoundBox(Judgement.notOurs, eventLoop: channel.eventLoop)
            let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
                maxFrameSize: RealtimeLimits.messageBytes, enableAutomaticErrorHandling: false,
                shouldUpgrade: { channel, head in
                    judgement.value = judge(head, channel)
                    var headers: HTTPHeaders?
                    if case .admitted = judgement.value { headers = HTTPHeaders() }
                    return channel.eventLoop.makeSucceededFuture(headers)
                },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        guard case .admitted(let handshake, let caller, let address) = judgement.value else {
                            preconditionFailure("only what was admitted is upgraded")
                        }
                        return try beWebSocket(channel, RealtimeConnection(handshake, caller, address, channel.eventLoop, hub))
                    }
                })
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Outcome>(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture {
                            if case .refused(let refusal) = judgement.value { return try refuse(channel, refusal) }
                            return try beHTTP(channel, logger)
                        }
                    }))
            // The asynchronous channel takes one request after the other, errors are answered there, and its types validate headers.
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            let pipeline = channel.pipeline.syncOperations
            let outcome = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let watch = FirstRequestGuard { judgement.value = .refused(.notAWebSocket) }
            try pipeline.addHandler(watch, position: .before(try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)))
            let timer = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
            outcome.whenComplete { _ in timer.cancel() }
            return Value(channel: channel, outcome: outcome)
        }
    }

    public func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            do {
                switch try await value.outcome.get() {
                case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
                case .served: try await value.channel.closeFuture.get()
                }
            } catch {
                // Closed before its first request was there.
                logger.trace("a connection ended before it was anything: \(error)")
                value.channel.close(promise: nil)
            }
        } onCancel: {
            // Each kind of connection knows how it ends well.
            value.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    private func judge(_ head: HTTPRequestHead, _ channel: any Channel) -> Judgement {
        guard RealtimeHandshake.isMeant(by: head.uri) else { return .notOurs }
        do throws(RealtimeRefusal) {
            let handshake = try RealtimeHandshake(
                target: head.uri, header: head.headers.first(name: "apikey") ?? head.headers.first(name: "x-api-key"))
            let address = address(head, channel)
            switch hub.judge(handshake.key, address) {
            case .accepted(let caller):
                guard !caller.isExpired(at: hub.clock.time()) else { throw .expired }
                try hub.reserve(channel)
                return .admitted(handshake, caller, address: address)
            case .refused(let refusal): throw refusal
            case .unknown: throw .unavailable
            }
        } catch {
            hub.counters.refused.count()
            return .refused(error)
        }
    }

    private func address(_ head: HTTPRequestHead, _ channel: any Channel) -> String {
        let forwarded = hub.trustsForwardedFor ? head.headers[canonicalForm: "x-forwarded-for"].last : nil
        return forwarded.map { String($0) } ?? channel.remoteAddress?.ipAddress ?? ""
    }

    // MARK: what it becomes

    private func beWebSocket(_ channel: any Channel, _ connection: RealtimeConnection) throws -> Outcome {
        let pipeline = channel.pipeline.syncOperations
        guard let options = channel.syncOptions else { preconditionFailure("sockets have options") }
        // Not writable means: as much waits as may wait for one subscriber.
        try options.setOption(.writeBufferWaterMark, value: .init(low: RealtimeLimits.waitingBytes / 2, high: RealtimeLimits.waitingBytes))
        // What the kernel may hold for it besides; left alone it grows to megabytes for each who does not read.
        try options.setOption(.socketOption(.so_sndbuf), value: Self.kernelBytes)
        try pipeline.addHandler(connection)
        return .served
    }

    private func beHTTP(_ channel: any Channel, _ logger: Logger) throws -> Outcome {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(StallGuard())
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: Self.idleTime, logger: logger))
        return .http(
            try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }

    private func refuse(_ channel: any Channel, _ refusal: RealtimeRefusal) throws -> Outcome {
        let body = ByteBuffer(string: refusal.body)
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: refusal.status),
            headers: [
                "content-type": "application/json; charset=utf-8", "content-length": "\(body.readableBytes)", "cache-control": "no-store",
                "connection": "close",
            ])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
        return .served
    }
}
