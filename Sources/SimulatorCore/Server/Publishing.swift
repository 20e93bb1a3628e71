import Primitives
import TL

extension TelegramServer {
    /// Sends what happened in the world to every connected session that it concerns, but not to `session`, which has it in its result.
    public mutating func publish(excluding session: SessionID? = nil, now: UnixTime) {
        let changes = world.takeChanges()
        if !changes.isEmpty { publish(changes, excluding: session, now: now) }
    }

    /// The same, and returns the envelope of the caller as the result of its call. `leading` goes in front of its updates.
    mutating func publishOwn(_ caller: Caller, leading: [TLObject] = []) -> TLObject {
        let changes = world.takeChanges()
        let own = publish(changes, excluding: caller.session, now: caller.now, own: caller.user)
        var envelope = own ?? emptyEnvelope(now: caller.now)
        envelope["updates"] = .vector(leading.map { .object($0) } + (envelope["updates"]?.vector ?? []))
        return envelope
    }

    private func emptyEnvelope(now: UnixTime) -> TLObject {
        TLObject("updates", ["updates": [], "users": [], "chats": [], "date": .integer(now.seconds), "seq": 0])
    }

    /// One envelope per account. Returns that of `own`, with full users.
    @discardableResult
    private mutating func publish(
        _ changes: [Change], excluding session: SessionID?, now: UnixTime, own: Int64? = nil
    ) -> TLObject? {
        var readers = onlineUsers
        if let own, !readers.contains(own) { readers.append(own) }
        // An update without pts moves seq for those that are away too.
        var seqs: [Int64: Int32] = [:]
        for case .plain(let user, _) in changes where seqs[user] == nil { seqs[user] = world.nextSeq(of: user) }
        var result: TLObject?
        for reader in readers {
            let concerned = changes.filter { concerns($0, reader) }
            if concerned.isEmpty { continue }
            let targets = listeners(of: reader).filter { $0 != session }
            if !targets.isEmpty {
                let envelope =
                    short(concerned, for: reader) ?? envelope(concerned, for: reader, seq: seqs[reader] ?? 0, min: true, now: now)
                for target in targets { push(envelope, to: target) }
            }
            if reader == own { result = envelope(concerned, for: reader, seq: seqs[reader] ?? 0, min: false, now: now) }
        }
        return result
    }

    private func concerns(_ change: Change, _ user: Int64) -> Bool {
        switch change {
        case .common(let owner, _, _), .plain(let owner, _): owner == user
        case .channel(let id, _, _): world.channels[id]?.has(user) == true
        }
    }

    private func short(_ changes: [Change], for user: Int64) -> TLObject? {
        guard changes.count == 1, case .common(_, .new(let id), let stamp) = changes[0] else { return nil }
        return world.shortUpdate(id, stamp, for: user)
    }

    private func envelope(_ changes: [Change], for user: Int64, seq: Int32, min: Bool, now: UnixTime) -> TLObject {
        var mentioned = Mentioned()
        var updates: [TLObject] = []
        var isAboutChannels = false
        for change in changes {
            switch change {
            case .common(_, let event, let stamp): updates.append(world.update(event, stamp, for: user, &mentioned))
            case .channel(let id, let event, let stamp):
                isAboutChannels = true
                updates.append(world.update(event, stamp, in: id, for: user, &mentioned))
            case .plain(_, let event): updates.append(world.update(event, &mentioned))
            }
        }
        return TLObject(
            "updates",
            [
                "updates": .objects(updates), "users": world.users(mentioned, for: user, min: min && isAboutChannels),
                "chats": world.chats(mentioned, for: user), "date": .integer(now.seconds), "seq": .int(seq),
            ])
    }
}
