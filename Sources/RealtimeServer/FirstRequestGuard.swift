import NIOCore
import NIOHTTP1
import SupervisorCore

/// Watches a connection until the head of its first request, which shows what the connection is to be; what that is then watches itself.
///
/// NIO's handler of upgrades loses the head of a request with `Upgrade` that it does not upgrade. So the header is taken off where an
/// upgrade is out of the question (a server may ignore it: RFC 9110, 7.8), and those that are meant for us are answered there.
final class FirstRequestGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let asksForUpgrade: () -> Void

    /// - Parameter asksForUpgrade: called for a request that asks on our path for another protocol.
    init(asksForUpgrade: @escaping () -> Void) { self.asksForUpgrade = asksForUpgrade }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if !RealtimeHandshake.isMeant(by: head.uri) {
            head.headers.remove(name: "upgrade")
        } else if head.headers.contains(name: "upgrade") {
            asksForUpgrade()
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// The first bytes are no HTTP.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: ["connection": "close", "content-length": "0"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
