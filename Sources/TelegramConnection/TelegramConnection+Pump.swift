import MTProto
import NIOCore
import Primitives

/// Moving what the session has to say, and its one timer.
extension TelegramConnection {
    /// Pumps once what is queued on the loop has run, so that calls made together travel together.
    func schedulePump() {
        guard !isPumpScheduled else { return }
        isPumpScheduled = true
        loop.execute {
            self.assumeIsolated {
                $0.isPumpScheduled = false
                $0.pump()
            }
        }
    }

    /// Writes every packet and tells every event that is ready; arms the timer for the rest.
    func pump(isTimer: Bool = false) {
        var moved = true
        while moved, session != nil {
            moved = false
            // A socket that takes no more is left alone, but for the timer's pings.
            while canWrite || isTimer, let packet = session?.pollPacket(now: now, using: &random) {
                moved = true
                if case .established(let channel) = phase { write(packet, to: channel) }
            }
            while let event = session?.pollEvent() {
                moved = true
                tell(event)
            }
        }
        armTimer()
    }

    private var canWrite: Bool {
        if case .established(let channel) = phase { channel.isWritable } else { true }
    }

    private func tell(_ event: ClientSession.Event) {
        switch event {
        case .result(let handle, let body):
            if let id = callOfHandle[handle] { finish(id, .success(body)) }
        case .failed(let handle, let failure):
            if let id = callOfHandle[handle] { finish(id, .failure(TelegramCallError(failure))) }
        case .updates(let body):
            mailbox.append(.updates(body))
        case .newSession:
            mailbox.append(.newSession)
        case .saltsChanged(let salts):
            credentials?.salts = salts
            mailbox.append(.salts(salts))
        case .clockCorrected(let step):
            logger.notice("clock corrected", metadata: ["seconds": "\(step.inSeconds)"])
            mailbox.append(.clockCorrected(by: step))
        case .undecodable(let body):
            logger.warning("a message could not be unpacked", metadata: ["bytes": "\(body.count)"])
            mailbox.append(.undecodable(body))
        case .keyDestroyed(let isGone):
            finishKeyDestruction(.success(isGone))
        case .sessionReset(let code):
            // These codes tell of mistakes of ours.
            let isOurs = code.map { [18, 34, 35, 64].contains($0) } ?? false
            logger.log(
                level: isOurs ? .error : .notice, "session given up for a new one", metadata: ["code": "\(code.map { "\($0)" } ?? "clock")"]
            )
        case .closeConnection(let reason):
            lost(.session(reason))
        }
    }

    // MARK: the timer

    private var nextDeadline: Instant? {
        var next = session?.nextDeadline
        func consider(_ when: Instant?) {
            if let when { next = next.map { min($0, when) } ?? when }
        }
        switch phase {
        case .waiting(let until): consider(until)
        case .racing: consider(race.nextDeadline(notBefore: policy.nextConnect(after: now)))
        case .established: consider(clockWatch.nextLook)
        case .exchanging(_, _, let deadline): consider(deadline)
        default: break
        }
        consider(keyDestruction?.deadline)
        if session == nil { consider(calls.values.map(\.deadline).min()) }
        return next
    }

    /// Keeps exactly one timer, for the earliest deadline.
    func armTimer() {
        guard let next = nextDeadline else { return }
        if let timerAt, timer != nil, timerAt <= next { return }
        timer?.cancel()
        timerAt = next
        timer = loop.scheduleTask(deadline: NIODeadline.uptimeNanoseconds(UInt64(clamping: max(next.nanoseconds, 0)))) {
            self.assumeIsolated { $0.timerFired() }
        }
    }

    private func timerFired() {
        timer = nil
        timerAt = nil
        watchClock()
        if let deadline = keyDestruction?.deadline, deadline <= now { finishKeyDestruction(.failure(.deadlineExceeded)) }
        switch phase {
        case .stopped: return
        case .waiting(let until) where until <= now: connect()
        case .racing: runRace()
        case .exchanging(_, _, let deadline) where deadline <= now: lost(.keyExchangeFailed(nil))
        default: break
        }
        if session == nil {
            for id in calls.filter({ $0.value.deadline <= now }).keys.sorted() { finish(id, .failure(.deadlineExceeded)) }
        }
        pump(isTimer: true)
    }
}
