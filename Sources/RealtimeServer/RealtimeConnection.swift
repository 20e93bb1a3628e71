import Glibc
import Logging
import NIOCore
import NIOWebSocket
import Primitives
import SupervisorCore

/// One WebSocket: hands what comes in to its `RealtimeSession`, and does what that says. Lives on its event loop.
final class RealtimeConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    /// How long the peer has to answer a close frame: a round trip, however far it is.
    private static let closeTime = TimeAmount.seconds(2)

    private let hub: RealtimeHub
    private let subscribers: LoopSubscribers
    private let address: String
    private var session: RealtimeSession
    private var context: ChannelHandlerContext?
    /// Where bytes are written: past NIO's encoder of frames, since frames for many are encoded once for all.
    private var outlet: ChannelHandlerContext?
    private(set) var topics: Set<RealtimeTopic> = []
    /// A message of which not all fragments have come.
    private var fragments: (opcode: WebSocketOpcode, content: [UInt8])?
    private var timer: (scheduled: Scheduled<Void>, at: NIODeadline)?
    /// A close frame was sent: nothing may follow it.
    private var isClosing = false

    init(_ handshake: RealtimeHandshake, _ caller: RealtimeCaller, _ address: String, _ loop: any EventLoop, _ hub: RealtimeHub) {
        self.hub = hub
        self.address = address
        subscribers = hub.subscribers(on: loop)
        session = RealtimeSession(version: handshake.version, key: handshake.key, caller: caller, now: hub.clock.now())
    }

    // MARK: the channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        do {
            outlet = try context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        } catch {
            preconditionFailure("it is added behind an encoder of frames: \(error)")
        }
        subscribers.add(self)
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        session.ended()
        subscribers.remove(self, hub.counters)
        topics = []
        timer?.scheduled.cancel()
        timer = nil
        context = nil
        outlet = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // The server's graceful stop.
        case is ChannelShouldQuiesceEvent: stop()
        // Who closes half of a WebSocket's connection is gone.
        case let change as ChannelEvent where change == .inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Tells the subscriber to come back, and closes.
    func stop() { perform(session.stopping()) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable { dropSlow(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Its buffer is full: it does not read. A close frame would not come through, so the connection is reset, and what waits is freed.
    private func dropSlow(_ context: ChannelHandlerContext) {
        hub.counters.droppedSlow.count()
        hub.logger.info("a subscriber does not read: closed", metadata: ["waiting_bytes": "\(RealtimeLimits.waitingBytes)"])
        session.ended()
        isClosing = true
        if let socket = context.channel as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: fail(WebSocketClose.tooBig, "message too big")
        case is NIOWebSocketError: fail(WebSocketClose.protocolError, "no frame of RFC 6455")
        default:
            hub.logger.debug("a subscriber's connection failed: \(error)")
            context.close(promise: nil)
        }
    }

    // MARK: what comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        if frame.opcode == .connectionClose {
            // Its answer to ours, or its own, which is answered with the same code.
            if !isClosing {
                var content = frame.unmaskedData
                let code = content.readInteger(as: UInt16.self).map { Int($0) } ?? WebSocketClose.normal
                send(RealtimeFrame.close(code, ""))
                isClosing = true
                context.flush()
            }
            session.ended()
            context.close(promise: nil)
            return
        }
        guard !isClosing else { return }
        // A client masks what it sends (RFC 6455, 5.1), and no extension was agreed on.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return fail(WebSocketClose.protocolError, "no frame of a client")
        }
        switch frame.opcode {
        case .ping:
            perform(session.receivedControl(now: hub.clock.now()))
            if !isClosing {
                send(RealtimeFrame.encode(RealtimeFrame.pong, Array(frame.unmaskedData.readableBytesView)))
                context.flush()
            }
        case .pong: perform(session.receivedControl(now: hub.clock.now()))
        case .text, .binary, .continuation: received(frame)
        default: fail(WebSocketClose.protocolError, "unknown opcode")
        }
    }

    private func received(_ frame: WebSocketFrame) {
        // A continuation continues, and nothing else comes between the fragments of a message (RFC 6455, 5.4).
        guard (frame.opcode == .continuation) == (fragments != nil) else {
            return fail(WebSocketClose.protocolError, "fragments out of order")
        }
        var (opcode, content) = fragments ?? (frame.opcode, [])
        guard content.count + frame.length <= RealtimeLimits.messageBytes else { return fail(WebSocketClose.tooBig, "message too big") }
        content += frame.unmaskedData.readableBytesView
        guard frame.fin else {
            fragments = (opcode, content)
            return perform(session.receivedControl(now: hub.clock.now()))
        }
        fragments = nil
        let (now, time) = (hub.clock.now(), hub.clock.time())
        perform(
            opcode == .binary
                ? session.received(binary: content, now: now, at: time) : session.received(text: content, now: now, at: time))
    }

    // MARK: what is done

    /// Writes a parcel; false when this connection takes none any more.
    func write(_ parcel: Parcel) -> Bool {
        guard let outlet, !isClosing else { return false }
        let bytes = parcel.bytes(session.version)
        if bytes.readableBytes > 0 { outlet.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil) }
        return true
    }

    private func perform(_ first: [RealtimeSession.Action]) {
        var actions = first[...]
        var isWritten = false
        while let action = actions.popFirst() {
            switch action {
            case .send(let text):
                send(RealtimeFrame.encode(RealtimeFrame.text, text))
                isWritten = true
            case .judge(let question, let key):
                actions += session.judged(question, hub.judge(key, address), at: hub.clock.time())
            case .subscribe(let topic):
                // What was just sent may have been too much for it, and it is gone.
                guard !isClosing else { continue }
                topics.insert(topic)
                subscribers.subscribe(self, topic, hub.counters)
            case .unsubscribe(let topic):
                topics.remove(topic)
                subscribers.unsubscribe(self, topic, hub.counters)
            case .broadcast(let broadcast, let echo):
                hub.broadcast(broadcast, except: echo ? nil : ObjectIdentifier(self))
            case .close(let code, let reason):
                if code != WebSocketClose.serviceRestart { hub.counters.droppedOther.count() }
                close(code, reason)
                isWritten = false
            }
        }
        if isWritten { context?.flush() }
        arm()
    }

    private func send(_ frame: [UInt8]) {
        guard let outlet, !isClosing else { return }
        outlet.write(Self.wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
    }

    /// The peer is wrong.
    private func fail(_ code: Int, _ reason: String) {
        guard !isClosing else { return }
        session.ended()
        hub.counters.droppedOther.count()
        close(code, reason)
    }

    /// Sends a close frame, and ends the connection when the peer has answered it or time is up. Closed at once, with unread bytes of the
    /// peer in the kernel, the connection would be reset, and the peer might not see why.
    private func close(_ code: Int, _ reason: String) {
        guard let context, !isClosing else { return }
        send(RealtimeFrame.close(code, reason))
        context.flush()
        isClosing = true
        subscribers.remove(self, hub.counters)
        topics = []
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.closeTime) { channel.close(promise: nil) }
    }

    // MARK: time

    /// One timer, which is set anew only when something is due before it.
    private func arm() {
        guard let context, !isClosing, let deadline = session.nextDeadline(now: hub.clock.now(), at: hub.clock.time()) else { return }
        let wait = TimeAmount.nanoseconds(max(0, (deadline - hub.clock.now()).inNanoseconds))
        let at = NIODeadline.now() + wait
        if let timer, timer.at <= at { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (context.eventLoop.scheduleTask(deadline: at) { bound.value.due() }, at)
    }

    private func due() {
        timer = nil
        perform(session.elapsed(now: hub.clock.now(), at: hub.clock.time()))
    }
}
