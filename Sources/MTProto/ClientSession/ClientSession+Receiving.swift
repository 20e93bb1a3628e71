import Primitives

/// From packets to messages: the checks in their order, then each message for itself.
/// https://core.telegram.org/mtproto/security_guidelines#mtproto-encrypted-messages
extension ClientSession {
    /// Takes an encrypted packet from the connection.
    public mutating func receive(_ packet: [UInt8], now: Instant, using generator: inout some RandomNumberGenerator) {
        guard isConnected else { return }
        let envelope: MessageEnvelope
        do { envelope = try open(packet) } catch { return close(.badPacket(error)) }
        lastReceived = now
        hasReceived = true
        // A packet of a session given up may still be on its way; it harms nobody.
        guard envelope.sessionID == sessionID else { return }

        let outer = InnerMessage(id: envelope.messageID, sequenceNumber: envelope.sequenceNumber, body: envelope.body)
        var inflation = InflationBudget()
        let (messages, broken, containers) = MessageContainer.unfold(outer, &inflation)
        self.inflation = inflation
        let isStray = isOutOfWindow(outer.id, now: now)
        for id in containers { _ = received.insert(id) }
        for message in broken where !isStray {
            if received.insert(message.id) { events.append(.undecodable(message.body)) }
            if message.isContentRelated { acknowledge(message.id, now: now) }
        }
        let session = sessionID
        for message in messages {
            if isStray, !correctsClock(message.body) { continue }
            // A message may have made us give up the session: the rest of its packet belongs to the old one.
            guard session == sessionID, isConnected else { return }
            take(message, now: now, using: &generator)
        }
        guard session == sessionID else { return }
        noteStray(isStray, now: now, using: &generator)
    }

    private func open(_ packet: [UInt8]) throws(MessageError) -> MessageEnvelope {
        let envelope = try MessageCipher.open(packet, key: key, direction: .serverToClient)
        guard envelope.sessionID == sessionID || formerSessions.contains(envelope.sessionID) else { throw .foreignSession }
        guard envelope.messageID & 1 == 1 else { throw .badMessageID }
        return envelope
    }

    /// Handles one message unless it came before. `isCopy`: it came inside msg_copy, where no other may be.
    mutating func take(_ message: InnerMessage, isCopy: Bool = false, now: Instant, using generator: inout some RandomNumberGenerator) {
        guard message.id & 1 == 1 else { return events.append(.undecodable(message.body)) }
        // Acknowledged even when doubled, or the server sends it forever.
        if message.isContentRelated { acknowledge(message.id, now: now) }
        guard received.insert(message.id) || isAwaited(message) else {
            statistics.duplicates += 1
            return
        }
        guard outbox.count < Limits.outbox else { return close(.tooManyQuestions) }
        do {
            try handle(message, isCopy: isCopy, now: now, using: &generator)
        } catch {
            events.append(.undecodable(message.body))
        }
    }

    /// Whether it is the result of an open request, kept by the server for so long that its id is older than all that we remember.
    /// It cannot count twice: the first closes the request.
    private func isAwaited(_ message: InnerMessage) -> Bool {
        guard received.standing(of: message.id) == .forgotten else { return false }
        var reader = ByteReader(message.body)
        guard (try? reader.uint32()) == Constructor.rpcResult, let id = try? reader.int64(), case .request(let handle)? = records[id]
        else { return false }
        return requests[handle] != nil
    }

    mutating func acknowledge(_ id: Int64, now: Instant) {
        acknowledgments.append(id)
        if acknowledgments.count >= Limits.acknowledgments {
            acknowledgmentsDue = now
        } else if acknowledgmentsDue == nil {
            acknowledgmentsDue = now + configuration.acknowledgmentDelay
        }
    }

    private func isOutOfWindow(_ id: Int64, now: Instant) -> Bool {
        guard clock.isInStep else { return false }
        let age = clock.time(at: now) - MessageIDGenerator.time(of: id)
        let waited = lag.map { now < $0.until ? $0.0 : .zero } ?? .zero
        return age > Limits.oldest + waited || age < .zero - Limits.newest
    }

    /// The two notices by which the clock gets corrected are never out of time.
    private func correctsClock(_ body: [UInt8]) -> Bool {
        [Constructor.badServerSalt, Constructor.badMsgNotification].contains(constructor(of: body))
    }

    private mutating func noteStray(_ isStray: Bool, now: Instant, using generator: inout some RandomNumberGenerator) {
        guard isStray else {
            strayPackets = 0
            return
        }
        statistics.outOfWindow += 1
        strayPackets += 1
        guard strayPackets >= Limits.strayPackets else { return }
        // Only packets made for the new session can follow, so their times can be believed.
        clock.doubt()
        reset(code: nil, now: now, using: &generator)
    }
}
