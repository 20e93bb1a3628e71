import NIOCore
import NIOHTTPTypes

/// Closes a connection whose other end stops in the middle: of a request that it sends, or of an answer that it does not take.
///
/// Between requests a connection may be idle for as long as `HTTPConnectionStateHandler` lets it.
final class StallGuard: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    /// How long a request may take from its first line to the end of its body, of which the largest has some megabytes.
    static let requestTime = TimeAmount.seconds(30)
    /// How long so much may wait for the other end that nothing more is written: half of it has to be taken in this time.
    static let answerTime = TimeAmount.seconds(30)

    private var request: Scheduled<Void>?
    private var answer: Scheduled<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head: request = closing(context, in: Self.requestTime)
        case .body: break
        case .end:
            request?.cancel()
            request = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answer?.cancel()
        answer = context.channel.isWritable ? nil : closing(context, in: Self.answerTime)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    private func forget() {
        request?.cancel()
        answer?.cancel()
        (request, answer) = (nil, nil)
    }

    private func closing(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
