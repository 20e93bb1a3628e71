import NIOCore

/// One TCP connection of a Telegram client: bytes to the simulator and back.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let simulator: Simulator
    private var connection: Int?

    init(_ simulator: Simulator) { self.simulator = simulator }

    func channelActive(context: ChannelHandlerContext) {
        connection = simulator.opened(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let connection else { return }
        var buffer = unwrapInboundIn(data)
        simulator.received(buffer.readBytes(length: buffer.readableBytes) ?? [], on: connection)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let connection { simulator.closed(connection) }
        connection = nil
    }

    /// A client that goes away in the middle of something is everyday life.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
