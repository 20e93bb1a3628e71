import MTProto
import Primitives
import TL

/// What the control protocol does to connections, sessions and the clock.
extension Endpoint {
    /// Breaks the connection: nothing that is not written yet reaches the client over it.
    mutating func cut(_ connection: Int, now: Moment) {
        closed(connection, now: now)
        close(connection, now.instant)
    }

    /// Breaks the connections of one user, or all; returns how many.
    public mutating func cut(user: Int64?, now: Moment) -> Int {
        let list = connections(of: user)
        for connection in list { cut(connection, now: now) }
        return list.count
    }

    /// Lets the connections of one user, or all, fall silent without closing them; returns how many.
    public mutating func halfOpen(user: Int64?) -> Int {
        let list = connections(of: user)
        for connection in list { connections[connection]?.isHalfOpen = true }
        server.faults.count("half_open")
        return list.count
    }

    /// Moves the server's civil clock. The moment is the one before the jump.
    public mutating func jump(by time: Duration, now: Moment) {
        skew += time
        clock = ServerClock(authoritative: now.time + time, at: now.instant)
        for id in sessionOrder { sessions[id]?.session.setClock(clock) }
    }

    /// The salts of all sessions change so often from now on.
    public mutating func setSalts(periodSeconds: Int64, acceptsPrevious: Bool) {
        configuration.saltPeriodSeconds = periodSeconds
        configuration.acceptsPreviousSalt = acceptsPrevious
        for id in sessionOrder {
            sessions[id]?.session.configuration.saltPeriodSeconds = periodSeconds
            sessions[id]?.session.configuration.acceptsPreviousSalt = acceptsPrevious
        }
    }

    /// Answers of so many bytes or more are only announced from now on; nil: none.
    public mutating func announceAnswers(above bytes: Int?) {
        configuration.announcedAnswerBytes = bytes
        for id in sessionOrder { sessions[id]?.session.configuration.announcedAnswerBytes = bytes }
    }

    /// Loses the user's sessions, as a server that restarts; the connections stay. Or only says that they are new. Returns how many.
    public mutating func renewSessions(
        of user: Int64?, losing: Bool, now: Moment, using generator: inout some RandomNumberGenerator
    ) -> Int {
        let list = sessions(of: user)
        for id in list {
            if losing {
                forget(id)
            } else {
                sessions[id]?.session.announceAnew(now: now.instant, using: &generator)
                ready.append(id)
            }
        }
        server.faults.count("new_sessions")
        return list.count
    }

    /// Sends a packet that a right server would not send to each of the user's connections.
    ///
    /// It holds a message that would fit where the client stands, so that whoever reads it takes it: of a basic group, where there is one.
    mutating func forge(_ kind: Forgery, to user: Int64, now: Moment, using generator: inout some RandomNumberGenerator) -> Int {
        var update = TLObject(
            "updateShortMessage",
            [
                "id": 1_000_000, "message": "forged", "pts": .int(server.world.commonPosition(of: user) + 1), "pts_count": 1,
                "date": .integer(now.time.seconds),
            ])
        if let chat = server.world.chatOrder.first(where: { server.world.chats[$0]?.has(user) == true }) {
            update.name = "updateShortChatMessage"
            update["chat_id"] = .integer(chat)
            update["from_id"] = .integer(server.world.chats[chat]?.creator ?? user)
        } else {
            update["user_id"] = .integer(user)
        }
        guard let body = try? TL.encode(update) else { preconditionFailure("the schema has both updates") }
        var count = 0
        for id in sessions(of: user) {
            guard let connection = sessions[id]?.connection, let session = sessions[id]?.session else { continue }
            let time = now.time.nanoseconds
            let fraction = (time % 1_000_000_000) << 32 / 1_000_000_000
            let message = MessageEnvelope(
                salt: session.currentSalt(now: now.instant), sessionID: id.session,
                messageID: (time / 1_000_000_000) << 32 | fraction & ~3 | 3, sequenceNumber: 1_001, body: body)
            let packet = kind.packet(message, key: session.key, using: &generator)
            write(connection, now.instant) { $0.encode(packet, using: &generator) }
            count += 1
        }
        server.faults.count("forged_packets")
        return count
    }
}
