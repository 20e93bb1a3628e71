import MTProto
import Primitives

/// From sessions to packets.
extension Endpoint {
    /// Answers what was asked, sends what is to be sent, forgets sessions that did not come back.
    public mutating func advance(now: Moment, using generator: inout some RandomNumberGenerator) {
        for id in sessionOrder {
            guard let held = sessions[id] else { continue }
            if let lost = held.lostAt, now.instant - lost > sessionLinger {
                forget(id)
            } else if let due = held.session.nextDeadline, due <= now.instant {
                ready.append(id)
            }
        }
        releaseHeld(now)
        repeat {
            for push in server.takeOutgoing() {
                if push.after > .zero {
                    hold(Held(due: now.instant + push.after, session: push.session, content: .updates(push.body)))
                } else {
                    sessions[push.session]?.session.push(updates: push.body)
                    ready.append(push.session)
                }
            }
            let batch = ready
            ready.removeAll(keepingCapacity: true)
            var seen: Set<SessionID> = []
            for id in batch where seen.insert(id).inserted { pump(id, now: now, using: &generator) }
        } while !ready.isEmpty || server.hasOutgoing
        releaseLate(now.instant)
    }

    private mutating func hold(_ late: Held) {
        let at = held.firstIndex { $0.due > late.due } ?? held.count
        held.insert(late, at: at)
    }

    private mutating func releaseHeld(_ now: Moment) {
        while let first = held.first, first.due <= now.instant {
            held.removeFirst()
            switch first.content {
            case .updates(let body): sessions[first.session]?.session.push(updates: body)
            case .answer(let message, let answer): respond(to: message, of: first.session, with: answer)
            }
            ready.append(first.session)
        }
    }

    /// Takes the session's events and writes its packets.
    private mutating func pump(_ id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator) {
        while true {
            while let event = sessions[id]?.session.pollEvent() { handle(event, of: id, now: now, using: &generator) }
            if !writePacket(of: id, now: now, using: &generator) { break }
        }
    }

    private mutating func writePacket(of id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator) -> Bool {
        guard let connection = sessions[id]?.connection,
            let packet = sessions[id]?.session.pollPacket(now: now.instant, using: &generator)
        else { return false }
        write(connection, now.instant) { $0.encode(packet, using: &generator) }
        return true
    }

    private mutating func handle(
        _ event: ServerSession.Event, of id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        switch event {
        case .request(let message, let body):
            let dataCentre = authorizationKeys[id.authKey]?.dataCentre ?? TelegramServer.dataCentre
            let reply = server.reply(to: body, from: id, at: dataCentre, now: now.time, using: &generator)
            bring(reply, to: message, of: id, now: now, using: &generator)
        case .sessionDestroyed(let other): forget(SessionID(authKey: id.authKey, session: other))
        case .keyDestroyed:
            // The client is told first: nothing can be sent under the key afterwards.
            while writePacket(of: id, now: now, using: &generator) {}
            server.revoke(authKey: id.authKey)
            for session in sessionOrder where session.authKey == id.authKey { forget(session) }
            authorizationKeys[id.authKey] = nil
        case .updatesDropped: server.pushTooLong(to: id)
        case .closeConnection:
            if let connection = sessions[id]?.connection { close(connection, now.instant) }
        case .created, .answerDropped, .acknowledged: break
        }
    }

    /// Brings an answer as the faults have it.
    private mutating func bring(
        _ reply: TelegramServer.Reply, to message: Int64, of id: SessionID, now: Moment, using generator: inout some RandomNumberGenerator
    ) {
        switch reply.manner {
        case .plain: respond(to: message, of: id, with: reply.answer)
        case .swallowed: break
        case .delayed(let time): hold(Held(due: now.instant + time, session: id, content: .answer(message: message, reply.answer)))
        case .announced:
            // What is under way goes out first, so that only this answer is announced.
            while writePacket(of: id, now: now, using: &generator) {}
            let usual = sessions[id]?.session.configuration.announcedAnswerBytes
            sessions[id]?.session.configuration.announcedAnswerBytes = 0
            respond(to: message, of: id, with: reply.answer)
            while writePacket(of: id, now: now, using: &generator) {}
            sessions[id]?.session.configuration.announcedAnswerBytes = usual
        case .cut:
            respond(to: message, of: id, with: reply.answer)
            if let connection = sessions[id]?.connection { cut(connection, now: now) }
        }
    }

    private mutating func respond(to message: Int64, of id: SessionID, with answer: TelegramServer.Answer) {
        switch answer {
        case .result(let bytes): sessions[id]?.session.respond(to: message, result: packing.pack(bytes))
        case .failure(let failure): sessions[id]?.session.fail(message, code: failure.code, text: failure.name)
        }
    }

    mutating func forget(_ id: SessionID) {
        sessions[id] = nil
        sessionOrder.removeAll { $0 == id }
        server.disconnect(id)
    }
}
