import MTProto
import NIOCore
import Primitives

/// The one TCP connection: making it, losing it, making it again.
extension TelegramConnection {
    var now: Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    /// The host's civil clock, asked only for a first guess.
    func guessedClock() -> ServerClock { ServerClock(guess: hostClock(), at: now) }

    /// Looks whether the host slept or its clock was set. It is done before anything is read or timed.
    func watchClock() {
        guard let jump = clockWatch.look(now: now, wall: hostClock()), case .established = phase else { return }
        logger.warning("the host's clock jumped", metadata: ["seconds": "\(jump.inSeconds)"])
        session?.clockJumped()
        pump()
    }

    /// Waits as long as the policy asks, then connects.
    func reconnect() {
        if case .stopped = phase { return }
        if isSuspended { return }
        let at = policy.nextAttempt(after: now)
        phase = .waiting(until: at)
        if at <= now { connect() } else { armTimer() }
    }

    func attach(_ channel: any Channel) {
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
        let wasProven = wasEstablished && session?.isProven ?? false
        let channel = openChannel
        channelNumber = 0
        phase = .idle
        transport = nil
        channel?.close(promise: nil)
        dropRunners()
        if let address, !wasProven { race.noteFailure(of: address, now: now) }
        address = nil
        raceFailure = nil
        if wasEstablished { session?.connectionLost(now: now) }
        switch reason {
        case .transportError, .keyExchangeFailed: policy.refused(now: now, using: &random)
        case .session: policy.failed(now: now, using: &random)
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
        channelNumber = 0
        phase = .stopped(reason)
        transport = nil
        dropRunners()
        timer?.cancel()
        timer = nil
        // A server that knows the key no more has destroyed it.
        finishKeyDestruction(reason == .keyRejected ? .success(true) : .failure(reason))
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
        if runners[number] != nil {
            failed(number, .closedByPeer)
            return runRace()
        }
        if number == channelNumber, openChannel != nil { lost(.closedByPeer) }
    }

    // MARK: bytes

    func received(_ bytes: [UInt8], channel number: Int) {
        watchClock()
        guard number == channelNumber else { return received(bytes, runner: number) }
        transport?.receive(bytes)
        takeFrames()
    }

    func readCompleted(channel number: Int) {
        guard number == channelNumber else {
            runners[number]?.channel?.read()
            return
        }
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
