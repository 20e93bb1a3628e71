import Primitives

/// From queues to packets.
extension ServerSession {
    /// The next encrypted packet to write, or nil when nothing is to be sent now.
    public mutating func pollPacket(now: Instant, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        guard isConnected else { return nil }
        if let disconnectAt, now >= disconnectAt {
            self.disconnectAt = nil
            events.append(.closeConnection)
        }
        guard !outgoing.isEmpty || acknowledgmentsDue.map({ $0 <= now }) ?? false else { return nil }

        let time = clock.time(at: now)
        var messages: [InnerMessage] = []
        var bytes = 0
        func add(_ message: InnerMessage) {
            messages.append(message)
            bytes += message.body.count + MessageContainer.memberOverhead
        }
        if !acknowledgments.isEmpty {
            let ids = Array(acknowledgments.prefix(ServiceBody.maximumIDs))
            acknowledgments.removeFirst(ids.count)
            add(message(ServiceBody.acknowledgment(ids), isContent: false, isAnswer: false, time, &generator))
        }
        acknowledgmentsDue = acknowledgments.isEmpty ? nil : now
        var taken = 0
        while taken < outgoing.count, messages.count < MessageContainer.maximumMessages {
            let next = outgoing[taken]
            if !messages.isEmpty, bytes + size(of: next) > MessageContainer.maximumBytes { break }
            taken += 1
            if let message = message(for: next, time, &generator) { add(message) }
        }
        outgoing.removeFirst(taken)
        return seal(messages, time, &generator)
    }

    private func size(of outgoing: Outgoing) -> Int {
        switch outgoing {
        case .content(let body, _), .service(let body, _): body.count + MessageContainer.memberOverhead
        case .again(let id): (unacknowledged[id]?.message.body.count ?? 0) + MessageContainer.memberOverhead
        case .announcement: 64
        }
    }

    private mutating func message(
        for outgoing: Outgoing, _ time: UnixTime, _ generator: inout some RandomNumberGenerator
    ) -> InnerMessage? {
        switch outgoing {
        case .service(let body, let isAnswer):
            return message(body, isContent: false, isAnswer: isAnswer, time, &generator)
        case .again(let id):
            return unacknowledged[id]?.message
        case .announcement(let id):
            guard let kept = unacknowledged[id] else { return nil }
            let size = kept.message.body.count
            let body =
                kept.request.map { ServiceBody.detailedInfo(request: $0, answer: id, bytes: size, status: 0) }
                ?? ServiceBody.newDetailedInfo(answer: id, bytes: size, status: 0)
            return message(body, isContent: false, isAnswer: false, time, &generator)
        case .content(let body, let request):
            if let request, case .dropped? = requests[request] { return nil }
            let message = message(body, isContent: true, isAnswer: request != nil, time, &generator)
            unacknowledged[message.id] = Unacknowledged(message: message, request: request)
            unacknowledgedBytes += body.count
            if let request { requests[request] = .answered(message.id) }
            return isAnnounced(message.id) ? self.message(for: .announcement(of: message.id), time, &generator) : message
        }
    }

    private mutating func message(
        _ body: [UInt8], isContent: Bool, isAnswer: Bool, _ time: UnixTime, _ generator: inout some RandomNumberGenerator
    ) -> InnerMessage {
        let id = messageIDs.next(isAnswer ? .serverAnswer : .serverOther, at: time, using: &generator)
        defer { if isContent { contentCount &+= 1 } }
        return InnerMessage(id: id, sequenceNumber: contentCount &* 2 &+ (isContent ? 1 : 0), body: body)
    }

    private mutating func seal(
        _ messages: [InnerMessage], _ time: UnixTime, _ generator: inout some RandomNumberGenerator
    ) -> [UInt8]? {
        guard var outer = messages.first else { return nil }
        if messages.count > 1 {
            outer = message(MessageContainer.encode(messages), isContent: false, isAnswer: true, time, &generator)
        }
        let envelope = MessageEnvelope(
            salt: salts.current(at: time.seconds), sessionID: sessionID, messageID: outer.id, sequenceNumber: outer.sequenceNumber,
            body: outer.body)
        return MessageCipher.seal(envelope, key: key, direction: .serverToClient, using: &generator)
    }
}
