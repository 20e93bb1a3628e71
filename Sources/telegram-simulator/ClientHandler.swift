import NIOCore

/// One TCP connection of a Telegram client: bytes to the simulator and back.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let simulator: Simulator
    private let dataCentre: Int32
    private var connection: Int?

    init(_ simulator: Simulator, dataCentre: Int32) {
        self.simulator = simulator
        self.dataCentre = dataCentre
    }

    func channelActive(context: ChannelHandlerContext) {
        connection = simulator.opened(context.channel, at: dataCentre)
        // It may be refused at once.
        simulator.advance()
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
