import Foundation
import MTProto
import NIOCore
import NIOPosix
import Primitives

/// The one TCP connection: making it, losing it, making it again.
extension TelegramConnection {
    var now: Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    /// The host's civil clock, asked only for a first guess.
    func guessedClock() -> ServerClock {
        let seconds = Date().timeIntervalSince1970
        return ServerClock(guess: UnixTime(nanoseconds: Int64(seconds * 1e9)), at: now)
    }

    /// Waits as long as the policy asks, then connects.
    func reconnect() {
        if case .stopped = phase { return }
        let at = policy.nextAttempt(after: now)
        phase = .waiting(until: at)
        if at <= now { connect() } else { armTimer() }
    }

    func connect() {
        let address = configuration.addresses[nextAddress % configuration.addresses.count]
        nextAddress += 1
        channelNumber += 1
        let number = channelNumber
        phase = .connecting
        policy.began(now: now)
        logger.debug("connecting", metadata: ["address": "\(address)"])
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(policy.connectTimeout.inNanoseconds))
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection: self, number: number))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in self.assumeIsolated { $0.connectCompleted(result, number, address) } }
    }

    private func connectCompleted(_ result: Result<any Channel, any Error>, _ number: Int, _ address: ServerAddress) {
        guard case .connecting = phase, number == channelNumber else {
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        switch result {
        case .failure(let error):
            lost(.connectFailed("\(address): \(error)"))
        case .success(let channel):
            transport = ClientTransport(configuration.transport, dc: Int16(clamping: configuration.dc), using: &random)
            isReadingPaused = false
            if session == nil { beginKeyExchange(channel) } else { attach(channel) }
            // Reading starts only when the phase stands.
            channel.read()
        }
    }

    private func beginKeyExchange(_ channel: any Channel) {
        var exchange = ClientKeyExchange(.init(rsaKeys: configuration.rsaKeys, dc: configuration.dc), clock: guessedClock())
        write(exchange.start(now: now, using: &random), to: channel)
        phase = .exchanging(channel, exchange, deadline: now + ConnectionLimits.keyExchange)
        armTimer()
    }

    private func attach(_ channel: any Channel) {
        phase = .established(channel)
        session?.connected(now: now)
        mailbox.append(.connected)
        logger.info("connected")
        pump()
    }

    func makeSession(_ credentials: ConnectionCredentials, clock: ServerClock) {
        session = ClientSession(
            key: credentials.key, salts: credentials.salts, clock: clock, configuration: configuration.session, using: &random)
        for id in calls.keys.sorted() { handToSession(id) }
    }

    /// Takes a packet of the key exchange.
    func exchange(_ packet: [UInt8], _ channel: any Channel, _ exchange: ClientKeyExchange, _ deadline: Instant) {
        var exchange = exchange
        do {
            switch try exchange.receive(packet, now: now, using: &random) {
            case .send(let next):
                write(next, to: channel)
                phase = .exchanging(channel, exchange, deadline: deadline)
            case .done(let result, _):
                let seconds = result.clock.time(at: now).seconds
                // Without its own times the first salt is trusted for half an hour, a salt's usual life.
                let salt = ServerSalt(value: result.salt, validSince: seconds - 60, validUntil: seconds + 1800)
                let credentials = ConnectionCredentials(key: result.key, salts: [salt])
                self.credentials = credentials
                logger.info("authorization key made")
                mailbox.append(.authorizationKey(credentials))
                makeSession(credentials, clock: result.clock)
                attach(channel)
            }
        } catch {
            lost(.keyExchangeFailed(error))
        }
    }

    /// Ends the present connection, tells why, and begins the next one.
    func lost(_ reason: DisconnectReason) {
        if case .stopped = phase { return }
        let wasEstablished = if case .established = phase { true } else { false }
        let wasProven = session?.isProven ?? false
        let channel = openChannel
        channelNumber += 1
        phase = .idle
        transport = nil
        channel?.close(promise: nil)
        if wasEstablished { session?.connectionLost(now: now) }
        switch reason {
        case .transportError, .keyExchangeFailed: policy.refused(now: now, using: &random)
        default: if !wasProven { policy.failed(now: now, using: &random) }
        }
        logger.notice("disconnected", metadata: ["reason": "\(reason)"])
        if wasEstablished || !isFailureTold {
            mailbox.append(.disconnected(reason))
            isFailureTold = true
        }
        reconnect()
        schedulePump()
    }

    /// Ends everything for good.
    func stop(_ reason: TelegramCallError) {
        if case .stopped = phase { return }
        channelNumber += 1
        phase = .stopped(reason)
        transport = nil
        timer?.cancel()
        timer = nil
        for id in calls.keys.sorted() { finish(id, .failure(reason)) }
        session = nil
        if reason == .keyRejected { mailbox.append(.keyRejected) }
        mailbox.finish()
    }

    private var openChannel: (any Channel)? {
        switch phase {
        case .exchanging(let channel, _, _), .established(let channel): channel
        default: nil
        }
    }

    func channelClosed(_ number: Int) {
        if number == channelNumber, openChannel != nil { lost(.closedByPeer) }
    }

    // MARK: bytes

    func received(_ bytes: [UInt8], channel number: Int) {
        guard number == channelNumber else { return }
        transport?.receive(bytes)
        takeFrames()
    }

    func readCompleted(channel number: Int) {
        guard number == channelNumber else { return }
        if isReadingPaused || isMailboxFull {
            pauseReading()
        } else {
            openChannel?.read()
        }
    }

    /// Handles whole frames while there is room for what they bring.
    func takeFrames() {
        while !isMailboxFull, let frame = nextFrame() {
            take(frame)
            pump()
        }
        if isMailboxFull { pauseReading() }
    }

    private func nextFrame() -> TransportFrame? {
        do {
            return try transport?.next()
        } catch {
            lost(.badFraming(error))
            return nil
        }
    }

    private func take(_ frame: TransportFrame) {
        switch (frame, phase) {
        case (.packet(let packet, _), .exchanging(let channel, let exchange, let deadline)):
            self.exchange(packet, channel, exchange, deadline)
        case (.packet(let packet, _), .established):
            session?.receive(packet, now: now, using: &random)
            if session?.isProven == true {
                policy.succeeded()
                keyRejections = 0
                isFailureTold = false
            }
        case (.failure(let code), _):
            takeTransportError(code)
        default:
            break
        }
    }

    private func takeTransportError(_ code: Int32) {
        if code == -404, case .established = phase {
            keyRejections += 1
            if keyRejections >= ConnectionLimits.keyRejections {
                logger.critical("the server does not know the authorization key")
                let channel = openChannel
                stop(.keyRejected)
                channel?.close(promise: nil)
                return
            }
        }
        lost(.transportError(code))
    }

    func write(_ packet: [UInt8], to channel: any Channel) {
        guard let bytes = transport?.encode(packet, using: &random) else { return }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    // MARK: back-pressure

    var isMailboxFull: Bool {
        let factor = calls.isEmpty ? 1 : ConnectionLimits.factorDuringCalls
        return mailbox.count >= ConnectionLimits.waitingEvents * factor || mailbox.bytes >= ConnectionLimits.waitingBytes * factor
    }

    private func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        session?.setReceivingPaused(true, now: now)
    }

    /// Reads again once half of the room is free.
    func resumeReadingIfPossible() {
        guard isReadingPaused, !isMailboxFull else { return }
        if calls.isEmpty, mailbox.count > ConnectionLimits.waitingEvents / 2 { return }
        isReadingPaused = false
        session?.setReceivingPaused(false, now: now)
        takeFrames()
        if !isReadingPaused { openChannel?.read() }
    }
}
