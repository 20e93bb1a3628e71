import Primitives

/// What happens by itself as time passes.
extension ClientSession {
    /// When to call `pollPacket` again if nothing else happens.
    public var nextDeadline: Instant? {
        var next = deadlines.first?.when
        func consider(_ when: Instant?) {
            if let when { next = next.map { min($0, when) } ?? when }
        }
        guard isConnected else { return next }
        if !isReceivingPaused { consider(silenceDeadline) }
        consider(nextPing)
        consider(acknowledgmentsDue)
        if inFlight > 0 { consider(nextStateScan) }
        return next
    }

    private var silenceDeadline: Instant {
        lastReceived + (hasReceived ? configuration.silenceLimit : configuration.firstAnswerLimit)
    }

    mutating func runTimers(now: Instant, using generator: inout some RandomNumberGenerator) {
        while let due = deadlines.first, due.when <= now || requests[due.key] == nil {
            deadlines.pop()
            guard requests[due.key] != nil else { continue }
            cancel(due.key)
            events.append(.failed(due.key, .deadlineExceeded))
        }
        guard isConnected else { return }
        if !isReceivingPaused, now >= silenceDeadline { return close(hasReceived ? .silence : .noFirstAnswer) }
        if now >= nextPing {
            let id = Int64(bitPattern: generator.next())
            outbox.append(.ping(id))
            nextPing = now + configuration.pingInterval
        }
        if salts.wantsMore(at: clock.time(at: now).seconds, now: now) {
            salts.asked(at: now)
            outbox.append(.futureSalts)
        }
        if let scan = nextStateScan, now >= scan { scanStates(now: now) }
        forgetRecords(now: now)
    }

    /// Asks about requests that the server should have acknowledged, and notices those that it sits on.
    private mutating func scanStates(now: Instant) {
        nextStateScan = inFlight > 0 ? now + configuration.stateRequestDelay : nil
        var unknown: [RequestHandle] = []
        var answers: [Int64] = []
        for handle in requests.filter({ $0.value.sent != nil }).keys.sorted() {
            guard let sent = requests[handle]?.sent else { continue }
            if !sent.isAcknowledged {
                if now >= sent.nextQuestion { unknown.append(handle) }
            } else if let due = sent.answerDue, now >= due {
                answers.append(sent.id)
                requests[handle]?.sent?.answerDue = now + configuration.stuckLimit
            } else {
                // What an earlier connection carried has its time on this one too.
                let since = max(sent.at, connectedAt)
                if now - since > configuration.stuckLimit, let lastPong, lastPong > since { return close(.stuckRequest) }
            }
        }
        if !unknown.isEmpty { askForStates(unknown, now: now) }
        if !answers.isEmpty { outbox.append(.resendAnswers(answers)) }
    }

    /// Forgets what was sent long ago, save requests that are still open.
    private mutating func forgetRecords(now: Instant) {
        var kept: [(id: Int64, at: Instant)] = []
        var count = 0
        for (id, at) in recordOrder {
            if now - at < Limits.sentMemory { break }
            count += 1
            if case .request(let handle)? = records[id], requests[handle] != nil {
                kept.append((id, now))
            } else {
                records[id] = nil
            }
        }
        if count > 0 {
            recordOrder.removeFirst(count)
            recordOrder += kept
        }
    }
}
