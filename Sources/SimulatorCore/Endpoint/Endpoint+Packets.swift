import MTProto
import Primitives

/// From packets to sessions.
extension Endpoint {
    mutating func take(
        _ packet: [UInt8], _ wantsQuickAck: Bool, on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        if isPlainPacket(packet) { return exchange(packet, on: connection, now: now, using: &generator) }
        guard let id = authorizationKeyID(of: packet), let held = authorizationKeys[id],
            held.dataCentre == connections[connection]?.dataCentre
        else { return refuse(connection, now: now, using: &generator) }
        guard let envelope = try? MessageCipher.open(packet, key: held.key, direction: .clientToServer) else {
            return close(connection, now.instant)
        }
        let session = SessionID(authKey: id, session: envelope.sessionID)
        let user = server.user(of: session)
        if let code = WireFaults.take(&server.faults.wire.transportErrors, for: user) {
            server.faults.count("transport_errors")
            return refuse(connection, code: code, now: now, using: &generator)
        }
        if wantsQuickAck {
            let token = MessageCipher.quickAckToken(packet, key: held.key, direction: .clientToServer)
            write(connection, now.instant) { $0.encode(quickAckToken: token, using: &generator) }
        }
        attach(session, held, to: connection, now: now)
        if sessions[session]?.session.takes(salt: envelope.salt, now: now.instant) == false { server.faults.count("bad_salts") }
        if let code = refusal(of: envelope, in: session, of: user, now: now, using: &generator) {
            sessions[session]?.session.refuse(envelope, code: code, now: now.instant)
        } else {
            sessions[session]?.session.receive(envelope, now: now.instant, using: &generator)
        }
        ready.append(session)
    }

    /// The code with which a packet is to be refused: only one that holds a call.
    private mutating func refusal(
        of envelope: MessageEnvelope, in session: SessionID, of user: Int64?, now: Moment,
        using generator: inout some RandomNumberGenerator
    ) -> Int32? {
        guard !server.faults.wire.badMessages.isEmpty, var trial = sessions[session]?.session else { return nil }
        trial.receive(envelope, now: now.instant, using: &generator)
        while let event = trial.pollEvent() {
            guard case .request = event else { continue }
            guard let code = WireFaults.take(&server.faults.wire.badMessages, for: user) else { return nil }
            server.faults.count("bad_messages")
            return code
        }
        return nil
    }

    private mutating func exchange(
        _ packet: [UInt8], on connection: Int, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        guard let dataCentre = connections[connection]?.dataCentre else { return }
        if connections[connection]?.exchange == nil { connections[connection]?.exchange = ServerKeyExchange(keys: keys, clock: clock) }
        do {
            switch try connections[connection]?.exchange?.receive(packet, now: now.instant, using: &generator) {
            case .send(let answer): write(connection, now.instant) { $0.encode(answer, using: &generator) }
            case .done(let result, let answer):
                authorizationKeys[result.key.id] = HeldKey(key: result.key, firstSalt: result.salt, dataCentre: dataCentre)
                handshakes += 1
                if let answer { write(connection, now.instant) { $0.encode(answer, using: &generator) } }
            case nil: break
            }
        } catch {
            server.notice("key exchange failed: \(error)")
            refuse(connection, now: now, using: &generator)
        }
    }

    /// A transport error: -404 for a key that is not there, or a handshake that makes no sense.
    private mutating func refuse(
        _ connection: Int, code: Int32 = -404, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        write(connection, now.instant) { $0.encode(failure: code, using: &generator) }
        close(connection, now.instant)
    }

    /// Makes the session if it is new, and moves it to the connection on which it spoke.
    private mutating func attach(_ id: SessionID, _ held: HeldKey, to connection: Int, now: Moment) {
        if sessions[id] == nil {
            sessions[id] = HeldSession(
                session: ServerSession(
                    key: held.key, sessionID: id.session, clock: clock, firstSalt: held.firstSalt, now: now.instant,
                    configuration: configuration),
                connection: nil, lostAt: now.instant)
            sessionOrder.append(id)
        }
        if sessions[id]?.connection == connection { return }
        sessions[id]?.connection = connection
        sessions[id]?.lostAt = nil
        sessions[id]?.session.connected(now: now.instant)
        server.setConnected(id, true)
    }
}
