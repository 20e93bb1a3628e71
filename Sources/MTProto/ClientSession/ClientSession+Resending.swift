import Primitives

/// What becomes of requests that may be lost: https://core.telegram.org/mtproto/service_messages_about_messages
extension ClientSession {
    /// Puts a sent request back into the queue under a new id, or fails it where that could do it twice.
    mutating func retry(_ handle: RequestHandle, surelyNotReceived: Bool) {
        guard let request = requests[handle], request.sent != nil else { return }
        if request.resending == .onlyIfNotReceived, !surelyNotReceived {
            remove(handle)
            events.append(.failed(handle, .outcomeUnknown))
            return
        }
        requests[handle]?.sent = nil
        underWay[request.priority.rawValue] -= 1
        statistics.resentRequests += 1
        queues[request.priority.rawValue].push(handle)
    }

    /// Asks the server whether it has these requests.
    mutating func askForStates(_ handles: [RequestHandle], now: Instant) {
        var ids: [Int64] = []
        for handle in handles {
            guard var sent = requests[handle]?.sent else { continue }
            let pause = configuration.stateRequestDelay * (1 << min(sent.questions, 4))
            sent.nextQuestion = now + min(pause, Limits.stateRequestPause)
            sent.questions += 1
            requests[handle]?.sent = sent
            ids.append(sent.id)
        }
        for start in stride(from: 0, to: ids.count, by: ServiceBody.maximumIDs) {
            outbox.append(.stateRequest(Array(ids[start..<min(start + ServiceBody.maximumIDs, ids.count)])))
        }
        if inFlight > 0 { nextStateScan = now + configuration.stateRequestDelay }
    }

    /// The server's word on requests that we asked about, one byte each.
    mutating func learnStates(_ ids: [Int64], _ states: [UInt8], now: Instant) {
        guard ids.count == states.count else { return }
        for (id, state) in zip(ids, states) {
            guard case .request(let handle)? = records[id], requests[handle]?.sent?.id == id else { continue }
            switch state & 7 {
            case 1: retry(handle, surelyNotReceived: false)
            case 2, 3: retry(handle, surelyNotReceived: true)
            case 4:
                requests[handle]?.sent?.isAcknowledged = true
                if state & 64 != 0, requests[handle]?.sent?.answerDue == nil {
                    requests[handle]?.sent?.answerDue = now + configuration.stateRequestDelay
                }
            default: break
            }
        }
    }

    /// Sends again what the server refused or lost. `surelyNotReceived`: it said so.
    mutating func resend(_ id: Int64, surelyNotReceived: Bool, now: Instant) {
        switch records.removeValue(forKey: id) {
        case .request(let handle)?:
            if requests[handle]?.sent?.id == id { retry(handle, surelyNotReceived: surelyNotReceived) }
        case .acknowledgments(let ids)?:
            acknowledgments += ids
            acknowledgmentsDue = now
        case .container(let ids)?:
            for id in ids { resend(id, surelyNotReceived: surelyNotReceived, now: now) }
        case .service(.ping(let ping))?:
            pings[ping] = nil
            nextPing = now
        case .service(.stateInfo)?, nil:
            break
        case .service(let service)?:
            outbox.append(service)
        }
    }

    /// The requests that a message carried.
    func requests(in id: Int64) -> [RequestHandle] {
        switch records[id] {
        case .request(let handle)?: [handle]
        case .container(let ids)?: ids.flatMap { requests(in: $0) }
        default: []
        }
    }

    /// The server's session begins at this id: what was sent before is lost to it.
    mutating func resendBefore(_ first: Int64) {
        let lost = requests.filter { $0.value.sent.map { $0.outerID < first } ?? false }.keys.sorted()
        for handle in lost { retry(handle, surelyNotReceived: false) }
    }
}
