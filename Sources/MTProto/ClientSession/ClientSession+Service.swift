import Primitives

/// What each kind of message means: https://core.telegram.org/mtproto/service_messages
extension ClientSession {
    mutating func handle(
        _ message: InnerMessage, isCopy: Bool, now: Instant, using generator: inout some RandomNumberGenerator
    ) throws(MalformedBytes) {
        var reader = ByteReader(message.body)
        switch try reader.uint32() {
        case Constructor.rpcResult:
            handleResult(of: try reader.int64(), reader.rest, now: now)
        case Constructor.msgsAck:
            for id in try reader.vectorOfInt64() { noteAcknowledged(id) }
        case Constructor.pong:
            _ = try reader.int64()
            handlePong(ping: try reader.int64(), of: message, now: now)
        case Constructor.newSessionCreated:
            try handleNewSession(&reader, now: now)
        case Constructor.badServerSalt:
            let id = try reader.int64()
            _ = try reader.int64()
            handleBadSalt(id, right: try reader.int64(), of: message, now: now)
        case Constructor.badMsgNotification:
            let id = try reader.int64()
            _ = try reader.int32()
            handleBadMessage(id, code: try reader.int32(), of: message, now: now, using: &generator)
        case Constructor.futureSalts:
            guard case .service(.futureSalts)? = records[try reader.int64()] else { return }
            takeSalts(try ServiceBody.futureSalts(from: &reader))
        case Constructor.msgsStateInfo:
            let request = try reader.int64()
            guard case .service(.stateRequest(let ids))? = records[request] else { return }
            learnStates(ids, try reader.string(), now: now)
        case Constructor.msgDetailedInfo:
            let request = try reader.int64()
            handleDetailedInfo(answer: try reader.int64(), request: request, now: now)
        case Constructor.msgNewDetailedInfo:
            handleDetailedInfo(answer: try reader.int64(), request: nil, now: now)
        case Constructor.msgsStateReq:
            let ids = try reader.vectorOfInt64(atMost: ServiceBody.maximumIDs)
            outbox.append(.stateInfo(request: message.id, ids.map(receivedState)))
        case Constructor.msgResendReq, Constructor.msgResendAnsReq:
            handleResendRequest(try reader.vectorOfInt64(atMost: ServiceBody.maximumIDs), message, now: now)
        case Constructor.msgCopy:
            guard !isCopy else { throw .badCount }
            let id = try reader.int64(), number = try reader.int32(), length = Int(try reader.int32())
            let copy = InnerMessage(id: id, sequenceNumber: number, body: try reader.raw(length))
            take(copy, isCopy: true, now: now, using: &generator)
        case Constructor.destroyAuthKeyOK, Constructor.destroyAuthKeyNone:
            keyDestroyed(true)
        case Constructor.destroyAuthKeyFail:
            keyDestroyed(false)
        case Constructor.msgsAllInfo, Constructor.destroySessionOK, Constructor.destroySessionNone:
            break
        default:
            events.append(.updates(message.body))
        }
    }

    // MARK: results

    private mutating func handleResult(of id: Int64, _ body: [UInt8], now: Instant) {
        guard case .request(let handle)? = records[id], let request = requests[handle] else {
            return handleOtherResult(of: id, body)
        }
        guard let result = try? Gzip.unpacked(body, &inflation) else {
            remove(handle)
            return events.append(.failed(handle, .undecodable(body)))
        }
        resetsInRow = 0
        sendsSingly = false
        guard let error = RPCError(body: result) else {
            confirmPrefix(request)
            remove(handle)
            return events.append(.result(handle, result))
        }
        if error.code == 400, ["CONNECTION_NOT_INITED", "CONNECTION_LAYER_INVALID"].contains(error.text),
            !configuration.connectionPrefix.isEmpty,
            request.sent?.hasPrefix == false
        {
            isPrefixConfirmed = false
            return retry(handle, surelyNotReceived: true)
        }
        // A server in trouble has not necessarily taken the prefix in.
        if error.code >= 400, error.code < 500, !error.text.hasPrefix("CONNECTION_") { confirmPrefix(request) }
        remove(handle)
        events.append(.failed(handle, .rpc(error)))
    }

    /// The result of no open request: of a service message of ours, or too late.
    private mutating func handleOtherResult(of id: Int64, _ body: [UInt8]) {
        var reader = ByteReader(body)
        switch records[id] {
        case .service(.futureSalts)?:
            if (try? reader.uint32()) == Constructor.futureSalts, (try? reader.int64()) != nil,
                let salts = try? ServiceBody.futureSalts(from: &reader)
            {
                takeSalts(salts)
            }
        case .service(.destroyKey)?:
            keyDestroyed([Constructor.destroyAuthKeyOK, Constructor.destroyAuthKeyNone].contains(constructor(of: body)))
        case .service?:
            // The answer to rpc_drop_answer or destroy_session: nothing depends on it.
            break
        default:
            statistics.lateResults += 1
            unwantedBytes += body.count
            // They share the stream with what is wanted. On a new connection the server sends only what was not dropped.
            if unwantedBytes > Limits.unwantedBytes { close(.unwantedAnswers) }
        }
    }

    private mutating func keyDestroyed(_ isGone: Bool) {
        destroysKey = false
        events.append(.keyDestroyed(isGone))
    }

    private mutating func confirmPrefix(_ request: Request) {
        if let sent = request.sent, sent.hasPrefix, sent.connection == connection { isPrefixConfirmed = true }
    }

    private mutating func noteAcknowledged(_ id: Int64) {
        guard case .request(let handle)? = records[id], requests[handle]?.sent?.id == id else { return }
        requests[handle]?.sent?.isAcknowledged = true
    }

    /// The server holds an answer and asks whether we want it.
    private mutating func handleDetailedInfo(answer: Int64, request: Int64?, now: Instant) {
        var isWanted = received.standing(of: answer) == .unknown
        if let request {
            if case .request(let handle)? = records[request], requests[handle] != nil {
                noteAcknowledged(request)
                // What is older than all ids that we remember cannot have come: its request is still open.
                isWanted = received.standing(of: answer) != .received
            } else {
                isWanted = false
            }
        }
        if isWanted { outbox.append(.resendRequest([answer])) } else { acknowledge(answer, now: now) }
    }

    // MARK: clock, salts, sessions

    private mutating func handlePong(ping: Int64, of message: InnerMessage, now: Instant) {
        guard let sent = pings.removeValue(forKey: ping) else { return }
        lastPong = now
        let trip = now - sent
        statistics.roundTrip = trip
        guard trip < Limits.clockTolerance else { return }
        let time = MessageIDGenerator.time(of: message.id) + trip / 2
        let error = time - clock.time(at: now)
        if !clock.isInStep || error > Limits.clockTolerance || error < .zero - Limits.clockTolerance { correctClock(to: time, now: now) }
    }

    private mutating func correctClock(to time: UnixTime, now: Instant) {
        let step = clock.correct(to: time, at: now)
        if step > .seconds(1) || step < .seconds(-1) { events.append(.clockCorrected(by: step)) }
    }

    private mutating func takeSalts(_ new: [ServerSalt]) {
        guard !new.isEmpty else { return }
        salts.replace(with: new)
        events.append(.saltsChanged(salts.salts))
    }

    private mutating func handleNewSession(_ reader: inout ByteReader, now: Instant) throws(MalformedBytes) {
        let first = try reader.int64(), unique = try reader.int64(), salt = try reader.int64()
        guard unique != lastUniqueID else { return }
        lastUniqueID = unique
        salts.adopt(salt, at: clock.time(at: now).seconds)
        events.append(.saltsChanged(salts.salts))
        resendBefore(first)
        events.append(.newSession(uniqueID: unique))
    }

    private mutating func handleBadSalt(_ id: Int64, right salt: Int64, of message: InnerMessage, now: Instant) {
        // Only about a message of ours: else anybody's replay could set a salt.
        guard records[id] != nil else { return }
        if !clock.isInStep { correctClock(to: MessageIDGenerator.time(of: message.id), now: now) }
        salts.adoptAlone(salt, at: clock.time(at: now).seconds)
        events.append(.saltsChanged(salts.salts))
        resend(id, surelyNotReceived: true, now: now)
    }

    private mutating func handleBadMessage(
        _ id: Int64, code: Int32, of message: InnerMessage, now: Instant, using generator: inout some RandomNumberGenerator
    ) {
        guard records[id] != nil else { return }
        let serverTime = MessageIDGenerator.time(of: message.id)
        switch code {
        case BadMessageCode.idTooLow:
            correctClock(to: serverTime, now: now)
            resend(id, surelyNotReceived: true, now: now)
        case BadMessageCode.idTooHigh:
            // A lower id than the last is not allowed in the old session.
            correctClock(to: serverTime, now: now)
            reset(code: code, rejected: Set(requests(in: id)), now: now, using: &generator)
        case BadMessageCode.tooOldToKnow:
            resend(id, surelyNotReceived: false, now: now)
        case BadMessageCode.badContainer:
            sendsSingly = true
            reset(code: code, rejected: Set(requests(in: id)), now: now, using: &generator)
        default:
            // 18, 19, 32-35 are our own mistakes, or a session that the server sees otherwise: only a new one helps.
            reset(code: code, rejected: Set(requests(in: id)), now: now, using: &generator)
        }
    }

    // MARK: the server's own questions

    /// One byte of msgs_state_info about a message that the server sent.
    private func receivedState(_ id: Int64) -> UInt8 {
        switch received.standing(of: id) {
        case .received: 4
        case .forgotten: 1
        case .unknown: id > received.highest ?? 0 ? 3 : 2
        }
    }

    private mutating func handleResendRequest(_ ids: [Int64], _ message: InnerMessage, now: Instant) {
        for id in ids { if records[id] != nil { resend(id, surelyNotReceived: true, now: now) } }
        outbox.append(.stateInfo(request: message.id, ids.map(receivedState)))
    }
}
