import Primitives

/// From queues to packets.
extension ClientSession {
    /// The next encrypted packet to write, or nil when nothing is to be sent now. Runs the timers first.
    public mutating func pollPacket(now: Instant, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        runTimers(now: now, using: &generator)
        guard isConnected else { return nil }
        let hasRequest = nextQueued() != nil
        guard hasRequest || !outbox.isEmpty || acknowledgmentsDue.map({ $0 <= now }) ?? false else { return nil }

        var batch = Batch(time: clock.time(at: now))
        takeAcknowledgments(into: &batch, &generator)
        takeServices(into: &batch, now: now, &generator)
        takeRequests(into: &batch, now: now, &generator)
        return seal(batch, now: now, using: &generator)
    }

    /// Messages on their way into one packet.
    struct Batch {
        let time: UnixTime
        var messages: [InnerMessage] = []
        var handles: [(RequestHandle, Int64)] = []
        var bytes = 0
    }

    private mutating func takeAcknowledgments(into batch: inout Batch, _ generator: inout some RandomNumberGenerator) {
        guard !acknowledgments.isEmpty else { return }
        for start in stride(from: 0, to: acknowledgments.count, by: ServiceBody.maximumIDs) {
            let ids = Array(acknowledgments[start..<min(start + ServiceBody.maximumIDs, acknowledgments.count)])
            add(ServiceBody.acknowledgment(ids), .acknowledgments(ids), to: &batch, &generator)
        }
        acknowledgments = []
        acknowledgmentsDue = nil
    }

    /// As many as a container holds; the rest goes out with the next packet.
    private mutating func takeServices(into batch: inout Batch, now: Instant, _ generator: inout some RandomNumberGenerator) {
        var taken = 0
        while taken < outbox.count, batch.messages.count < MessageContainer.maximumMessages {
            let service = outbox[taken], body = body(of: service)
            let size = body.count + MessageContainer.memberOverhead
            if !batch.messages.isEmpty, batch.bytes + size > MessageContainer.maximumBytes { break }
            if case .ping(let id) = service { pings[id] = now }
            add(body, .service(service), to: &batch, &generator)
            taken += 1
        }
        outbox.removeFirst(taken)
    }

    private mutating func takeRequests(into batch: inout Batch, now: Instant, _ generator: inout some RandomNumberGenerator) {
        while batch.messages.count < MessageContainer.maximumMessages, let handle = nextQueued(), let request = requests[handle] {
            let hasPrefix = !isPrefixConfirmed && !configuration.connectionPrefix.isEmpty
            let whole = hasPrefix ? configuration.connectionPrefix + request.body : request.body
            let body = request.mayPack ? Gzip.packed(whole) : whole
            let size = body.count + MessageContainer.memberOverhead
            if !batch.messages.isEmpty, batch.bytes + size > MessageContainer.maximumBytes || sendsSingly { return }
            queues[request.priority.rawValue].pop()
            let id = add(body, .request(handle), isContent: true, to: &batch, &generator)
            batch.handles.append((handle, id))
            requests[handle]?.sent = Sent(
                id: id, outerID: id, connection: connection, at: now, hasPrefix: hasPrefix,
                nextQuestion: now + configuration.stateRequestDelay)
            underWay[request.priority.rawValue] += 1
        }
    }

    /// The oldest of the first requests that wait and may go out now.
    private mutating func nextQueued() -> RequestHandle? {
        guard inFlight < Limits.inFlight else { return nil }
        for priority in RequestPriority.allCases where underWay[priority.rawValue] < priority.inFlightLimit {
            while let handle = queues[priority.rawValue].first {
                if let request = requests[handle], request.sent == nil { return handle }
                queues[priority.rawValue].pop()
            }
        }
        return nil
    }

    @discardableResult
    private mutating func add(
        _ body: [UInt8], _ record: Record, isContent: Bool = false, to batch: inout Batch, _ generator: inout some RandomNumberGenerator
    ) -> Int64 {
        let id = messageIDs.next(.client, at: batch.time, using: &generator)
        batch.messages.append(InnerMessage(id: id, sequenceNumber: nextSequenceNumber(isContent: isContent), body: body))
        batch.bytes += body.count + MessageContainer.memberOverhead
        records[id] = record
        return id
    }

    /// 2 · content-related messages sent before, and 1 more for such a one. As TDLib does, only API calls are content-related.
    private mutating func nextSequenceNumber(isContent: Bool) -> Int32 {
        defer { if isContent { contentCount &+= 1 } }
        return contentCount &* 2 &+ (isContent ? 1 : 0)
    }

    private mutating func seal(_ batch: Batch, now: Instant, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        guard var outer = batch.messages.first else { return nil }
        for message in batch.messages { recordOrder.append((message.id, now)) }
        if batch.messages.count > 1 {
            // The container's id is the largest of all, so it is drawn last.
            let id = messageIDs.next(.client, at: batch.time, using: &generator)
            outer = InnerMessage(
                id: id, sequenceNumber: nextSequenceNumber(isContent: false), body: MessageContainer.encode(batch.messages))
            records[id] = .container(batch.messages.map(\.id))
            recordOrder.append((id, now))
            for (handle, _) in batch.handles { requests[handle]?.sent?.outerID = id }
        }
        if inFlight > 0, nextStateScan == nil { nextStateScan = now + configuration.stateRequestDelay }
        let envelope = MessageEnvelope(
            salt: salts.current(at: batch.time.seconds), sessionID: sessionID, messageID: outer.id, sequenceNumber: outer.sequenceNumber,
            body: outer.body)
        return MessageCipher.seal(envelope, key: key, direction: .clientToServer, using: &generator)
    }

    private func body(of service: Service) -> [UInt8] {
        switch service {
        case .ping(let id): ServiceBody.ping(id, disconnectAfterSeconds: configuration.disconnectDelaySeconds)
        case .futureSalts: ServiceBody.getFutureSalts(SaltStore.asked)
        case .stateRequest(let ids): ServiceBody.stateRequest(ids)
        case .resendRequest(let ids): ServiceBody.resendRequest(ids)
        case .resendAnswers(let ids): ServiceBody.resendAnswersRequest(ids)
        case .dropAnswer(let id): ServiceBody.dropAnswer(id)
        case .stateInfo(let request, let states): ServiceBody.stateInfo(request: request, states: states)
        case .destroySession(let id): ServiceBody.destroySession(id)
        case .destroyKey: ServiceBody.destroyKey
        }
    }
}
