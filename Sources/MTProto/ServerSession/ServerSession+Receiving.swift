import Primitives

/// From packets to calls: https://core.telegram.org/mtproto/service_messages_about_messages
extension ServerSession {
    /// Takes an opened packet of this session, after `connected`.
    public mutating func receive(_ envelope: MessageEnvelope, now: Instant, using generator: inout some RandomNumberGenerator) {
        precondition(envelope.sessionID == sessionID, "the packet is this session's")
        let outer = InnerMessage(id: envelope.messageID, sequenceNumber: envelope.sequenceNumber, body: envelope.body)
        let seconds = clock.time(at: now).seconds
        if let code = badIDCode(outer.id, now: now) { return answer(ServiceBody.badMessage(outer, code: code)) }
        let isFirst = firstSalt.map { $0.value == envelope.salt && seconds < $0.until } ?? false
        guard isFirst || salts.accepts(envelope.salt, at: seconds) else {
            return answer(ServiceBody.badSalt(outer, right: salts.current(at: seconds)))
        }

        var inflation = InflationBudget()
        let (messages, broken, containers) = MessageContainer.unfold(outer, &inflation)
        if broken.contains(where: { $0.id == outer.id }) { return answer(ServiceBody.badMessage(outer, code: BadMessageCode.badContainer)) }
        for id in containers { _ = received.insert(id) }
        if !isCreated {
            isCreated = true
            events.append(.created)
            let first = messages.map(\.id).min() ?? outer.id
            let body = ServiceBody.newSession(
                firstMessage: first, uniqueID: Int64(bitPattern: generator.next()), salt: salts.current(at: seconds))
            outgoing.append(.content(body, request: nil))
        }
        for message in messages { take(message, now: now) }
    }

    private mutating func answer(_ body: [UInt8]) { outgoing.append(.service(body, isAnswer: true)) }

    private func badIDCode(_ id: Int64, now: Instant) -> Int32? {
        if id & 3 != 0 { return BadMessageCode.idNotForClients }
        let age = clock.time(at: now) - MessageIDGenerator.time(of: id)
        if age > Limits.oldest { return BadMessageCode.idTooLow }
        return age < .zero - Limits.newest ? BadMessageCode.idTooHigh : nil
    }

    private mutating func take(_ message: InnerMessage, now: Instant) {
        guard message.id & 3 == 0 else { return answer(ServiceBody.badMessage(message, code: BadMessageCode.idNotForClients)) }
        if let code = badSequenceCode(message) { return answer(ServiceBody.badMessage(message, code: code)) }
        if message.isContentRelated { acknowledge(message.id, now: now) }
        guard received.insert(message.id) else { return repeatAnswer(to: message.id) }
        if (try? handle(message, now: now)) == nil {
            answer(ServiceBody.badMessage(message, code: BadMessageCode.badContainer))
        }
    }

    private mutating func acknowledge(_ id: Int64, now: Instant) {
        acknowledgments.append(id)
        if acknowledgmentsDue == nil { acknowledgmentsDue = now + configuration.acknowledgmentDelay }
    }

    /// The call came before: its answer goes out again, if the client has not confirmed it.
    private mutating func repeatAnswer(to id: Int64) {
        guard case .answered(let answer)? = requests[id], unacknowledged[answer] != nil else { return }
        outgoing.append(.again(answer))
    }

    /// What clients disagree on is let pass, as real servers do: only acknowledgments must be even, only API calls odd.
    private mutating func badSequenceCode(_ message: InnerMessage) -> Int32? {
        let kind = constructor(of: message.body)
        if kind == Constructor.msgsAck, message.isContentRelated { return BadMessageCode.evenExpected }
        if !Self.serviceConstructors.contains(kind), !message.isContentRelated { return BadMessageCode.oddExpected }
        guard configuration.checksSequenceNumbers else { return nil }
        let number = message.sequenceNumber
        guard let last = highestSequence, message.id != last.id else {
            highestSequence = (message.id, number)
            return nil
        }
        let isLater = message.id > last.id
        let isRepeated = number == last.number && message.isContentRelated
        if isLater, number < last.number || isRepeated { return BadMessageCode.sequenceTooLow }
        if !isLater, number > last.number || isRepeated { return BadMessageCode.sequenceTooHigh }
        if isLater { highestSequence = (message.id, number) }
        return nil
    }

    private static let serviceConstructors: Set<UInt32> = [
        Constructor.msgsAck, Constructor.ping, Constructor.pingDelayDisconnect, Constructor.getFutureSalts, Constructor.msgsStateReq,
        Constructor.msgsStateInfo, Constructor.msgsAllInfo, Constructor.msgResendReq, Constructor.msgResendAnsReq,
        Constructor.rpcDropAnswer,
        Constructor.httpWait, Constructor.destroySession, Constructor.destroyAuthKey,
    ]

    private mutating func handle(_ message: InnerMessage, now: Instant) throws(MalformedBytes) {
        var reader = ByteReader(message.body)
        switch try reader.uint32() {
        case Constructor.msgsAck:
            let count = try reader.vectorOfInt64().count { forget($0) != nil }
            if count > 0 { events.append(.acknowledged(count: count)) }
        case Constructor.ping:
            answer(ServiceBody.pong(message: message.id, ping: try reader.int64()))
        case Constructor.pingDelayDisconnect:
            let ping = try reader.int64(), delay = try reader.int32()
            disconnectAt = now + .seconds(Int64(max(0, delay)))
            answer(ServiceBody.pong(message: message.id, ping: ping))
        case Constructor.getFutureSalts:
            let count = Int(min(max(try reader.int32(), 1), SaltStore.asked)), seconds = clock.time(at: now).seconds
            let salts = salts.future(count, at: seconds)
            answer(ServiceBody.futureSalts(request: message.id, now: Int32(truncatingIfNeeded: seconds), salts))
        case Constructor.msgsStateReq:
            let states = try reader.vectorOfInt64().map(state)
            answer(ServiceBody.stateInfo(request: message.id, states: states))
        case Constructor.msgResendReq, Constructor.msgResendAnsReq:
            resend(try reader.vectorOfInt64(), asked: message.id)
        case Constructor.rpcDropAnswer:
            drop(try reader.int64(), asked: message.id)
        case Constructor.destroySession:
            let id = try reader.int64()
            events.append(.sessionDestroyed(sessionID: id))
            answer(ServiceBody.longs(Constructor.destroySessionOK, id))
        case Constructor.destroyAuthKey:
            events.append(.keyDestroyed)
            answer(ServiceBody.longs(Constructor.destroyAuthKeyOK))
        case Constructor.httpWait, Constructor.msgsStateInfo, Constructor.msgsAllInfo:
            break
        default:
            note(message.id)
            events.append(.request(messageID: message.id, body: message.body))
        }
    }

    private mutating func note(_ id: Int64) {
        requests[id] = .running
        requestOrder.append(id)
        if requestOrder.count > 2 * Limits.requests {
            for old in requestOrder.prefix(Limits.requests) {
                if case .running? = requests[old] { continue }
                requests[old] = nil
            }
            requestOrder.removeFirst(Limits.requests)
        }
    }

    /// One byte of msgs_state_info about a message of the client.
    private func state(of id: Int64) -> UInt8 {
        switch received.standing(of: id) {
        case .forgotten: return 1
        case .unknown: return id > received.highest ?? 0 ? 3 : 2
        case .received: break
        }
        return switch requests[id] {
        case .running: 4 | 8 | 32
        case .answered: 4 | 8 | 64
        case .dropped: 4 | 8
        case nil: 4 | 16
        }
    }

    private mutating func resend(_ ids: [Int64], asked: Int64) {
        var states: [UInt8] = []
        for id in ids {
            if unacknowledged[id] != nil {
                outgoing.append(.again(id))
            } else {
                repeatAnswer(to: id)
            }
            states.append(state(of: id))
        }
        answer(ServiceBody.stateInfo(request: asked, states: states))
    }

    private mutating func drop(_ id: Int64, asked: Int64) {
        let body: [UInt8]
        switch requests[id] {
        case .running?:
            requests[id] = .dropped
            events.append(.answerDropped(messageID: id))
            body = ServiceBody.longs(Constructor.rpcAnswerDroppedRunning)
        case .answered(let answer)?:
            requests[id] = .dropped
            let kept = forget(answer)?.message
            body =
                ServiceBody.longs(Constructor.rpcAnswerDropped, answer) + (kept.map { droppedInfo($0) } ?? [UInt8](repeating: 0, count: 8))
        case .dropped?, nil:
            body = ServiceBody.longs(Constructor.rpcAnswerUnknown)
        }
        outgoing.append(.content(ServiceBody.result(of: asked, body), request: nil))
    }

    /// seq_no and bytes of rpc_answer_dropped.
    private func droppedInfo(_ message: InnerMessage) -> [UInt8] {
        var out: [UInt8] = []
        out.append(int32: message.sequenceNumber)
        out.append(int32: Int32(message.body.count))
        return out
    }
}
