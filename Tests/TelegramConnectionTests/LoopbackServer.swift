import Cryptography
import MTProto
import NIOCore
import NIOPosix
import Primitives

@testable import TelegramConnection

/// A server on 127.0.0.1 made of the server halves, on one event loop: what a test may ask it is in its methods.
final class LoopbackServer: @unchecked Sendable {
    // Everything below is touched on `loop` only.
    let loop: any EventLoop
    static let rsa = RSAPrivateKey.generate()

    private var listening: (any Channel)?
    private(set) var port = 0
    private var peers: [ObjectIdentifier: Peer] = [:]
    private var keys: [Int64: (key: AuthorizationKey, salt: Int64)] = [:]
    private var sessions: [Int64: ServerSession] = [:]
    private var generator = SystemRandomNumberGenerator()
    private var accepted = 0
    private var executed: [[UInt8]] = []
    private var unanswered: [(session: Int64, message: Int64, body: [UInt8])] = []
    private var answers = true
    private var knowsKeys = true
    private var isDeaf = false
    private var waiting: [(condition: (LoopbackServer) -> Bool, promise: EventLoopPromise<Void>)] = []

    final class Peer {
        let channel: any Channel
        var transport = ServerTransport()
        var exchange: ServerKeyExchange
        var session: Int64?
        init(channel: any Channel, exchange: ServerKeyExchange) {
            self.channel = channel
            self.exchange = exchange
        }
    }

    private init(loop: any EventLoop) { self.loop = loop }

    static func start(port: Int = 0) async throws -> LoopbackServer {
        let server = LoopbackServer(loop: MultiThreadedEventLoopGroup.singleton.next())
        try await server.listen(port: port)
        return server
    }

    private func listen(port: Int) async throws {
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(server: self)) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await loop.submit {
            self.listening = channel
            self.port = channel.localAddress?.port ?? 0
        }.get()
    }

    // MARK: what tests ask

    func on<R: Sendable>(_ body: @escaping @Sendable (LoopbackServer) -> R) async throws -> R { try await loop.submit { body(self) }.get() }

    /// Returns once the condition holds; it is looked at after everything that happens here. A cancelled task waits no longer, or the
    /// time limit of a suite would end nothing.
    func until(_ condition: @escaping @Sendable (LoopbackServer) -> Bool) async throws {
        let promise = loop.makePromise(of: Void.self)
        try await on { server in
            server.waiting.append((condition, promise))
            server.look()
        }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    /// Returns once this call was executed, whichever of those before it were.
    func untilExecuted(_ body: [UInt8]) async throws { try await until { $0.executed.contains(body) } }
    /// Returns once so many calls were executed.
    func untilExecuted(_ count: Int) async throws { try await until { $0.executed.count >= count } }
    /// Returns once some client's socket takes no more, or once all take more again.
    func untilStuck() async throws { try await until { $0.peers.values.contains { !$0.channel.isWritable } } }
    func untilWritable() async throws { try await until { $0.peers.values.allSatisfy { $0.channel.isWritable } } }

    private func look() {
        let done = waiting.filter { $0.condition(self) }
        waiting.removeAll { $0.condition(self) }
        for one in done { one.promise.succeed() }
    }

    var address: ServerAddress { get async throws { try await on { ServerAddress(host: "127.0.0.1", port: $0.port) } } }
    func setAnswering(_ answers: Bool) async throws { try await on { $0.answers = answers } }
    func executedBodies() async throws -> [[UInt8]] { try await on { $0.executed } }
    func sessionCount() async throws -> Int { try await on { $0.sessions.count } }
    func acceptedConnections() async throws -> Int { try await on { $0.accepted } }
    var acceptedNow: Int { peers.count }
    func connections() async throws -> Int { try await on { $0.peers.count } }

    /// Forgets all keys, as after a logout elsewhere.
    func forgetKeys() async throws {
        try await on {
            $0.knowsKeys = false
            $0.keys = [:]
            $0.sessions = [:]
        }
    }

    /// Takes connections and says nothing on them, as a middle box or a broken server would.
    func setDeaf(_ deaf: Bool) async throws { try await on { $0.isDeaf = deaf } }

    func knownKeys() async throws -> Int { try await on { $0.keys.count } }

    /// Closes all connections at once.
    func drop() async throws { try await on { for peer in $0.peers.values { peer.channel.close(promise: nil) } } }

    func stopListening() async throws {
        let channel = try await on { $0.listening }
        try await channel?.close().get()
    }

    /// Answers what was held back.
    func answerHeld() async throws {
        try await on { server in
            for (session, message, body) in server.unanswered { server.sessions[session]?.respond(to: message, result: body.reversed()) }
            server.unanswered = []
            server.flush()
        }
    }

    /// Answers what was held back with these bytes, and takes nothing in after that if it is to be `deaf`.
    func answerHeld(with result: [UInt8], thenDeaf deaf: Bool = false) async throws {
        try await on { server in
            for (session, message, _) in server.unanswered { server.sessions[session]?.respond(to: message, result: result) }
            server.unanswered = []
            server.flush()
            server.isDeaf = deaf
        }
    }

    func fail(code: Int32, text: String) async throws {
        try await on { server in
            for (session, message, _) in server.unanswered { server.sessions[session]?.fail(message, code: code, text: text) }
            server.unanswered = []
            server.flush()
        }
    }

    func push(_ bodies: [[UInt8]]) async throws {
        try await on { server in
            for id in server.sessions.keys { for body in bodies { server.sessions[id]?.push(updates: body) } }
            server.flush()
        }
    }

    func sendTransportError(_ code: Int32) async throws {
        try await on { server in
            for peer in server.peers.values {
                peer.channel.writeAndFlush(ByteBuffer(bytes: peer.transport.encode(failure: code, using: &server.generator)), promise: nil)
            }
        }
    }

    /// Bytes outside any frame.
    func writeRaw(_ bytes: [UInt8]) async throws {
        try await on { for peer in $0.peers.values { peer.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) } }
    }

    // MARK: the wire

    private var now: Instant { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }
    private var clock: ServerClock { ServerClock(authoritative: UnixTime(seconds: 1_763_000_000), at: .zero) }

    fileprivate func opened(_ channel: any Channel) {
        accepted += 1
        peers[ObjectIdentifier(channel)] = Peer(channel: channel, exchange: ServerKeyExchange(keys: [Self.rsa], clock: clock))
    }

    fileprivate func closed(_ channel: any Channel) {
        guard let peer = peers.removeValue(forKey: ObjectIdentifier(channel)), let session = peer.session else { return }
        if !peers.values.contains(where: { $0.session == session }) { sessions[session]?.connectionLost(now: now) }
    }

    fileprivate func received(_ bytes: [UInt8], _ channel: any Channel) {
        guard let peer = peers[ObjectIdentifier(channel)] else { return }
        do {
            try peer.transport.receive(bytes)
            while case .packet(let packet, _)? = try peer.transport.next() { try take(packet, peer) }
        } catch {
            channel.close(promise: nil)
        }
        flush()
    }

    private func take(_ packet: [UInt8], _ peer: Peer) throws {
        if isDeaf { return }
        if isPlainPacket(packet) {
            switch try peer.exchange.receive(packet, now: now, using: &generator) {
            case .send(let answer): send(answer, peer)
            case .done(let result, let answer):
                keys[result.key.id] = (result.key, result.salt)
                if let answer { send(answer, peer) }
            }
            return
        }
        guard knowsKeys, let envelopeKey = authorizationKeyID(of: packet), let (key, salt) = keys[envelopeKey] else {
            let error = peer.transport.encode(failure: -404, using: &generator)
            peer.channel.writeAndFlush(ByteBuffer(bytes: error), promise: nil)
            return
        }
        let envelope = try MessageCipher.open(packet, key: key, direction: .clientToServer)
        peer.session = envelope.sessionID
        if sessions[envelope.sessionID] == nil {
            sessions[envelope.sessionID] = ServerSession(
                key: key, sessionID: envelope.sessionID, clock: clock, firstSalt: salt, now: now)
        }
        if sessions[envelope.sessionID]?.isConnected == false { sessions[envelope.sessionID]?.connected(now: now) }
        sessions[envelope.sessionID]?.receive(envelope, now: now, using: &generator)
        while let event = sessions[envelope.sessionID]?.pollEvent() {
            if event == .keyDestroyed {
                keys[envelopeKey] = nil
                continue
            }
            guard case .request(let id, let body) = event else { continue }
            executed.append(body)
            if answers {
                sessions[envelope.sessionID]?.respond(to: id, result: body.reversed())
            } else {
                unanswered.append((envelope.sessionID, id, body))
            }
        }
    }

    private func flush() {
        for peer in peers.values {
            guard let id = peer.session else { continue }
            while let packet = sessions[id]?.pollPacket(now: now, using: &generator) { send(packet, peer) }
        }
        look()
    }

    private func send(_ packet: [UInt8], _ peer: Peer) {
        peer.channel.writeAndFlush(ByteBuffer(bytes: peer.transport.encode(packet, using: &generator)), promise: nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let server: LoopbackServer
        init(server: LoopbackServer) { self.server = server }
        func channelActive(context: ChannelHandlerContext) { server.opened(context.channel) }
        func channelInactive(context: ChannelHandlerContext) { server.closed(context.channel) }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            server.received(buffer.readBytes(length: buffer.readableBytes) ?? [], context.channel)
        }
        func channelWritabilityChanged(context: ChannelHandlerContext) { server.look() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
