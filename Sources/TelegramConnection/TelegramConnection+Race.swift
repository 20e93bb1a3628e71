import MTProto
import NIOCore
import NIOPosix
import Primitives

/// Finding an address that answers: several TCP connections, each of which must prove itself before one of them is used.
extension TelegramConnection {
    /// One candidate of the race.
    struct Runner {
        var address: ServerAddress
        var proof: Proof
        /// Nil until TCP stands.
        var channel: (any Channel)?
        var transport: ClientTransport?
    }

    /// What a candidate must bring.
    enum Proof {
        /// The answer to a question that needs no key.
        case probe(ConnectionProbe)
        /// The first answer of a key exchange, which then goes on.
        case exchange(ClientKeyExchange)
    }

    /// Begins an attempt to connect.
    func connect() {
        phase = .racing
        policy.began(now: now)
        race.begin(timeout: policy.connectTimeout, now: now)
        runRace()
    }

    /// Does what the race asks for.
    func runRace() {
        guard case .racing = phase else { return }
        // One time for both: the earliest start is never after the present by the clock's own running.
        let now = now
        while let action = race.poll(now: now, notBefore: policy.nextConnect(after: now)) {
            switch action {
            case .start(let candidate): start(candidate)
            case .giveUp(let candidate):
                logger.debug("no answer", metadata: ["address": "\(candidate.address)"])
                drop(candidate.id)
                raceFailure = .connectFailed("\(candidate.address): no answer in time")
            }
        }
        if race.isLost { return lost(raceFailure ?? .connectFailed("no address")) }
        armTimer()
    }

    private func start(_ candidate: AddressRace.Candidate) {
        logger.debug("connecting", metadata: ["address": "\(candidate.address)"])
        policy.connecting(now: now)
        let proof: Proof =
            if session == nil {
                .exchange(ClientKeyExchange(.init(rsaKeys: configuration.rsaKeys, dc: configuration.dc), clock: guessedClock()))
            } else {
                .probe(ConnectionProbe(using: &random))
            }
        runners[candidate.id] = Runner(address: candidate.address, proof: proof)
        // Never a look-up of a name: a false answer could come from anybody on the way.
        guard let address = try? SocketAddress(ipAddress: candidate.address.host, port: candidate.address.port) else {
            return failed(candidate.id, .connectFailed("\(candidate.address): not an IP address"))
        }
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(candidate.connectTimeout.inNanoseconds))
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection: self, number: candidate.id))
                }
            }
            .connect(to: address)
            .whenComplete { result in self.assumeIsolated { $0.connectCompleted(result, candidate) } }
    }

    private func connectCompleted(_ result: Result<any Channel, any Error>, _ candidate: AddressRace.Candidate) {
        guard case .racing = phase, runners[candidate.id] != nil else {
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        switch result {
        case .failure(let error):
            failed(candidate.id, .connectFailed("\(candidate.address): \(error)"))
            runRace()
        case .success(let channel):
            race.connected(candidate.id, now: now)
            var transport = ClientTransport(configuration.transport, dc: Int16(clamping: configuration.dc), using: &random)
            let question = question(candidate.id)
            channel.writeAndFlush(ByteBuffer(bytes: transport.encode(question, using: &random)), promise: nil)
            runners[candidate.id]?.channel = channel
            runners[candidate.id]?.transport = transport
            channel.read()
            armTimer()
        }
    }

    private func question(_ id: Int) -> [UInt8] {
        switch runners[id]?.proof {
        case .probe(let probe): return probe.question(clock: session?.clock ?? guessedClock(), now: now, using: &random)
        case .exchange(var exchange):
            let packet = exchange.start(now: now, using: &random)
            runners[id]?.proof = .exchange(exchange)
            return packet
        case nil: return []
        }
    }

    /// Takes what a candidate received.
    func received(_ bytes: [UInt8], runner id: Int) {
        guard case .racing = phase, runners[id] != nil else { return }
        runners[id]?.transport?.receive(bytes)
        do {
            while let frame = try runners[id]?.transport?.next() {
                take(frame, runner: id)
                // It won, or it is out: the rest is read by whoever has the transport now.
                guard runners[id] != nil else { return }
            }
        } catch {
            failed(id, .badFraming(error))
            runRace()
        }
    }

    private func take(_ frame: TransportFrame, runner id: Int) {
        guard let runner = runners[id], let channel = runner.channel else { return }
        switch (frame, runner.proof) {
        case (.packet(let packet, _), .probe(let probe)) where probe.isAnswer(packet):
            win(id)
            attach(channel)
            takeFrames()
        case (.packet(let packet, _), .exchange(var exchange)):
            do {
                guard case .send(let next) = try exchange.receive(packet, now: now, using: &random) else { return }
                win(id)
                write(next, to: channel)
                phase = .exchanging(channel, exchange, deadline: now + ConnectionLimits.keyExchange)
                armTimer()
                takeFrames()
            } catch {
                // The server was reached and is not the one that the RSA keys belong to: other addresses may be.
                failed(id, .keyExchangeFailed(error))
                runRace()
            }
        case (.failure(-429), _):
            // It is about us, not about the address.
            lost(.transportError(-429))
        case (.failure(let code), _):
            failed(id, .transportError(code))
            runRace()
        case (.packet, .probe):
            failed(id, .connectFailed("\(runner.address): no Telegram server"))
            runRace()
        case (.quickAck, _):
            break
        }
    }

    private func win(_ id: Int) {
        guard let winner = runners.removeValue(forKey: id) else { return }
        for loser in race.proved(id, now: now) { drop(loser) }
        logger.debug("answers", metadata: ["address": "\(winner.address)"])
        channelNumber = id
        transport = winner.transport
        address = winner.address
        raceFailure = nil
        isReadingPaused = false
    }

    func failed(_ id: Int, _ reason: DisconnectReason) {
        logger.debug("failed", metadata: ["reason": "\(reason)"])
        race.failed(id, now: now)
        raceFailure = reason
        drop(id)
    }

    private func drop(_ id: Int) { runners.removeValue(forKey: id)?.channel?.close(promise: nil) }

    /// Ends all candidates.
    func dropRunners() {
        for id in runners.keys.sorted() { drop(id) }
    }
}
