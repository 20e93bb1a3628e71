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
        for case .plain(let user, let event) in changes where event.isOrdered && seqs[user] == nil { seqs[user] = world.nextSeq(of: user) }
        var result: TLObject?
        for reader in readers {
            let concerned = changes.filter { concerns($0, reader) }
            if concerned.isEmpty { continue }
            let seq = seqs[reader] ?? 0
            let told = concerned.filter { !isSilent($0, for: reader) }
            let targets = told.isEmpty ? [] : listeners(of: reader).filter { $0 != session }
            if !targets.isEmpty { push(told, to: targets, of: reader, seq: seq, now: now) }
            if reader == own { result = envelope(concerned, for: reader, seq: seq, min: false, now: now) }
        }
        return result
    }

    /// Sends the changes to the user's sessions, to each as the faults have it.
    private mutating func push(_ changes: [Change], to targets: [SessionID], of reader: Int64, seq: Int32, now: UnixTime) {
        let whole = short(changes, for: reader) ?? envelope(changes, for: reader, seq: seq, min: true, now: now)
        let scopes = changes.map(scope)
        for target in targets {
            for arrival in faults.arrivals(for: reader, of: scopes) {
                let updates = arrival.isShortened ? shortened(changes, for: reader, seq: seq, now: now) : whole
                push(updates, to: target, arrival)
            }
        }
    }

    /// The envelope without its last updates; of a single update only that there was something.
    private mutating func shortened(_ changes: [Change], for reader: Int64, seq: Int32, now: UnixTime) -> TLObject {
        let kept = faults.kept(of: changes.count)
        if kept > 0 { return envelope(Array(changes.prefix(kept)), for: reader, seq: seq, min: true, now: now) }
        guard case .channel(let id, _, _)? = changes.first else { return TLObject("updatesTooLong") }
        return channelTooLong(id, for: reader, now: now)
    }

    /// Says that something happened in the channel, but not what.
    func channelTooLong(_ id: Int64, for reader: Int64, now: UnixTime) -> TLObject {
        var mentioned = Mentioned()
        mentioned.insert(.channel(id))
        var envelope = emptyEnvelope(now: now)
        envelope["updates"] = .objects([
            TLObject("updateChannelTooLong", ["channel_id": .integer(id), "pts": .int(world.channels[id]?.box.pts ?? 1)])
        ])
        envelope["chats"] = world.chats(mentioned, for: reader)
        return envelope
    }

    private func scope(_ change: Change) -> PushFaults.Scope {
        if case .channel(let id, _, _) = change { .channel(id) } else { .common }
    }

    private func isSilent(_ change: Change, for user: Int64) -> Bool {
        if case .channel(let id, _, _) = change { faults.pushes.isSilent(id, for: user) } else { false }
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
            case .plain(_, let event): updates.append(world.update(event, for: user, &mentioned))
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
