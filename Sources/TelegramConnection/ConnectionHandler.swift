import NIOCore

/// The last handler of a channel: hands bytes and its end to the connection, which lives on the same event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: TelegramConnection
    /// Which of the connection's channels this is: late calls of an older one are ignored.
    private let number: Int

    init(connection: TelegramConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        let bytes = buffer.readBytes(length: buffer.readableBytes) ?? []
        connection.assumeIsolated { [number] in $0.received(bytes, channel: number) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.assumeIsolated { [number] in $0.readCompleted(channel: number) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.assumeIsolated { $0.schedulePump() } }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.assumeIsolated { [number] in $0.channelClosed(number) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Broken pipes and resets: the end follows as channelInactive.
        context.close(promise: nil)
    }
}
