import Primitives
import TL

/// Boxes of tracked channels: gaps, differences, polling.
extension UpdateEngine {
    mutating func placeInChannel(_ update: Update, _ id: Int64, way: Way, now: Instant) {
        guard let i = index(of: id) else {
            if let message = update.object["message"]?.object { note(message) }
            untracked += 1
            return
        }
        if channels[i].phase == .lost { regain(i, now: now) }
        let from = channels[i].box.value
        let offer = channels[i].box.offer(update, waiting: channels[i].isWaiting, now: now)
        settle(offer, update, box: .channel(id), from: from, way: way, now: now)
        switch offer {
        case .overflow: channels[i].want(.gap, at: now)
        // Nothing tells where it starts: the earliest of what is pushed will, unless the dialogs come first.
        case .held where from == nil && channels[i].accessHash == nil: channels[i].box.startHolding(now: now)
        default: break
        }
    }

    /// The server says that this channel must be asked for. It stands at `pts`, if it says.
    mutating func wantDifference(of channel: Int64, pts: Int64?, now: Instant) {
        guard let i = index(of: channel) else {
            untracked += 1
            return
        }
        if let pts, let value = channels[i].box.value, pts <= value, channels[i].phase != .lost { return }
        if channels[i].phase == .lost { regain(i, now: now) }
        channels[i].wantGap(upTo: pts, now: now)
    }

    mutating func regain(_ i: Int, now: Instant) {
        channels[i].phase = .idle
        channels[i].retry.reset()
        channels[i].notBefore = nil
        channels[i].refusedHash = nil
        channels[i].want(.catchUp, at: now)
        outputs.append(.regainedAccess(channel: channels[i].id))
    }

    // MARK: asking

    private func budget(_ channel: ChannelBox) -> PollBudget { channel.isJoined ? joinedBudget : notJoinedBudget }
    var channelCallsInFlight: Int { joinedBudget.inFlight + notJoinedBudget.inFlight }

    /// Makes the calls that are due: gaps first, then catching up, then polls, the most overdue first.
    mutating func askChannels(now: Instant) {
        channels.settle()
        if channels.dues.hold <= now { endHolds(now: now) }
        if let channelsNotBefore, channelsNotBefore > now { return }
        channels.settle()
        while nextChannelCall(channels.dues) <= now, let i = mostDue(now: now) {
            ask(i, now: now)
            channels.settle()
        }
    }

    /// What was held back long enough is a gap now.
    private mutating func endHolds(now: Instant) {
        for i in channels.indices where channels[i].phase == .idle {
            guard let hold = channels[i].box.holdUntil, hold <= now else { continue }
            if channels[i].box.value == nil {
                if channels[i].accessHash == nil, let first = channels[i].box.earliestHeld { startChannel(i, at: first, now: now) }
                channels[i].box.stopHolding()
                continue
            }
            gaps += 1
            let latest = channels[i].box.latestHeld
            channels[i].box.stopHolding()
            channels[i].wantGap(upTo: latest, now: now)
        }
    }

    /// When `askChannels` has something to do.
    var nextChannelDeadline: Instant? {
        let dues = channels.dues
        let next = min(dues.hashless, nextChannelCall(dues))
        return next == ChannelDues.never ? nil : next
    }

    /// The least `callAllowed` of the channels with a hash; `ChannelDues.never` without any.
    private func nextChannelCall(_ dues: ChannelDues) -> Instant {
        if channelCallsInFlight >= UpdateLimits.channelCallsInFlight { return ChannelDues.never }
        var next = ChannelDues.never
        func consider(_ known: ChannelDues.Calls, _ unknown: ChannelDues.Calls, _ budget: PollBudget) {
            guard budget.hasRoom else { return }
            next = min(next, known.earliest(budget))
            if !dialogs.isGettingOn { next = min(next, unknown.earliest(budget)) }
        }
        consider(dues.joined, dues.joinedUnknown, joinedBudget)
        consider(dues.notJoined, dues.notJoinedUnknown, notJoinedBudget)
        return max(next, channelsNotBefore ?? .zero)
    }

    /// From when on this channel may be asked for, when nothing but time is missing.
    func callAllowed(_ channel: ChannelBox) -> Instant? {
        guard let instant = channel.nextDeadline else { return nil }
        if channel.accessHash == nil { return instant }
        let budget = budget(channel)
        if !budget.hasRoom || channelCallsInFlight >= UpdateLimits.channelCallsInFlight { return nil }
        // The sweep through the dialogs or the watchdog tells where it starts.
        if channel.box.value == nil, dialogs.isGettingOn || channel.isWatched { return nil }
        return max(instant, channelsNotBefore ?? .zero, budget.allowed(channel.need))
    }

    private func mostDue(now: Instant) -> Int? {
        var best: Int?
        for i in channels.indices {
            guard channels[i].accessHash != nil, let allowed = callAllowed(channels[i]), allowed <= now else { continue }
            guard let other = best else {
                best = i
                continue
            }
            let (need, otherNeed) = (channels[i].need, channels[other].need)
            if need != otherNeed ? need > otherNeed : channels[i].dueAt < channels[other].dueAt { best = i }
        }
        return best
    }

    private mutating func ask(_ i: Int, now: Instant) {
        guard let hash = channels[i].accessHash else { return }
        let id = channels[i].id
        if channels[i].isJoined {
            joinedBudget.asked(channels[i].need, now: now)
            channels[i].charged = .joined
        } else {
            notJoinedBudget.asked(channels[i].need, now: now)
            channels[i].charged = .notJoined
        }
        channels[i].box.stopHolding()
        channels[i].need = .poll
        channels[i].seenAhead = nil
        channels[i].dueAt = now + UpdateLimits.pollLatest
        channels[i].notBefore = nil
        channels[i].askedAt = now
        channels[i].statistics.calls += 1
        if let pts = channels[i].box.value, channels[i].restart == nil {
            // Position 0 is that of a channel without any event; the method wants at least 1.
            channels[i].phase = .asking(
                request(.getChannelDifference(channel: id, accessHash: hash, pts: max(1, pts), limit: channels[i].limit)))
        } else {
            channels[i].phase = .asking(request(.getChannelPosition(channel: id, accessHash: hash)))
        }
    }

    // MARK: answers

    mutating func channelDifference(_ id: Int64, _ answer: UpdateAnswer, receivedAt: UnixTime, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].refusedHash = nil
        let before = channels[i].box.value
        let isFinal: Bool
        switch answer {
        case .channelDifferenceEmpty(let pts, let final, let timeout):
            channels[i].rhythm.serverTimeout = timeout.map { .seconds(Int64($0)) }
            move(i, to: pts, content: DifferenceContent(), tooLong: false, receivedAt: receivedAt, now: now)
            isFinal = final
        case .channelDifference(let content, let pts, let final, let timeout):
            channels[i].rhythm.serverTimeout = timeout.map { .seconds(Int64($0)) }
            merge(users: content.users, chats: content.chats, now: now)
            move(i, to: pts, content: content, tooLong: content.isIncomplete, receivedAt: receivedAt, now: now)
            channels[i].limit = min(UpdateLimits.channelLimit, channels[i].limit * 10)
            isFinal = final
        case .channelDifferenceTooLong(let content, let pts, let final, let timeout):
            channels[i].rhythm.serverTimeout = timeout.map { .seconds(Int64($0)) }
            merge(users: content.users, chats: content.chats, now: now)
            move(i, to: pts, content: content, tooLong: true, receivedAt: receivedAt, now: now)
            isFinal = final
        default: return
        }
        if channels[i].isJoined { joinedBudget.answered() } else { notJoinedBudget.answered() }
        // Between two slices, too: no call is on its way now.
        defer { replay(i, now: now) }
        if isFinal {
            channels[i].retry.reset()
            channels[i].confirm(now: now)
        } else {
            channels[i].want(.gap, at: now)
            // More is promised, but we stand where we stood: not again at once.
            if channels[i].box.value == before {
                channels[i].notBefore = now + channels[i].retry.next(using: &dice)
            } else {
                channels[i].retry.reset()
            }
        }
    }

    /// Moves the box to where the answer says, and hands on what it brought as one delivery.
    private mutating func move(_ i: Int, to pts: Int64, content: DifferenceContent, tooLong: Bool, receivedAt: UnixTime, now: Instant) {
        let id = channels[i].id
        let from = channels[i].box.value ?? pts
        let isReset = from - pts > UpdateLimits.resetDrop
        if isReset { channels[i].box.startGeneration() }
        let to = isReset ? pts : max(from, pts)
        channels[i].box.value = to
        var items = content.messages.map(Delivery.Item.message)
        var others: [Update] = []
        for update in content.updates {
            switch update.place {
            case .box(.channel(id), _, _), .loose: items.append(.update(update))
            case .box: others.append(update)
            case .channelTooLong(let channel, let pts): wantDifference(of: channel, pts: pts, now: now)
            }
        }
        note(items, inChannel: i, way: .difference, receivedAt: receivedAt, now: now)
        if from != to || !items.isEmpty {
            deliver(
                box: .channel(id), from: isReset ? to : from, to: to, way: .difference, tooLong: tooLong || isReset, items: items,
                receivedAt: receivedAt)
        }
        place(others, way: .difference, now: now)
    }

    mutating func replay(_ i: Int, now: Instant) {
        guard let from = channels[i].box.value else { return }
        let updates = channels[i].box.replay(now: now)
        deliver(updates, box: .channel(channels[i].id), from: from, way: .push, now: now)
    }

    /// Where the channel stands: the start of a new one, or the far side of a gap.
    mutating func channelPosition(_ id: Int64, pts: Int64, receivedAt: UnixTime, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].retry.reset()
        guard let restart = channels[i].restart else {
            guard channels[i].box.value == nil else { return }
            // What was pushed meanwhile is not before the start.
            startChannel(i, at: min(pts, channels[i].box.earliestHeld ?? pts), now: now)
            if let value = channels[i].box.value, value < pts { channels[i].noteAhead(pts, now: now) }
            return
        }
        let old = channels[i].box.value ?? pts
        if restart == .newGeneration { channels[i].box.startGeneration() }
        channels[i].restart = nil
        channels[i].limit = UpdateLimits.channelLimit
        let to = restart == .newGeneration ? pts : max(old, pts)
        channels[i].box.value = to
        deliver(
            box: .channel(id), from: min(old, to), to: to, way: .difference, tooLong: restart == .newGeneration || old < to,
            receivedAt: receivedAt)
        channels[i].confirm(now: now)
        replay(i, now: now)
    }

    /// Where the database has the boxes, once in a process: those that began without knowing it, in this process or in one before whose
    /// records are all that is left, may have begun in another count of the server's, whose numbers say nothing beside the known ones.
    public mutating func learn(_ positions: [Box: BoxState], now: Instant) -> [UpdateOutput] {
        for i in channels.indices {
            guard let known = positions[.channel(channels[i].id)] else { continue }
            guard let value = channels[i].box.value else {
                channels[i].known = known
                continue
            }
            let generation = channels[i].box.generation
            guard let start = channels[i].startedAt, channels[i].phase != .lost else {
                if (known.generation, known.value) > (generation, value) { goOn(i, from: known, now: now) }
                continue
            }
            if known.value > start {
                // The server is never behind what was stored of it, unless it counts anew.
                if case .asking(let id) = channels[i].phase { forget(id) }
                channels[i].box.generation = max(generation, known.generation)
                channels[i].restart = .newGeneration
                channels[i].want(.gap, at: now)
            } else if known.generation > generation {
                // It goes on in that count; what was told in an older one is a hole up to here.
                channels[i].box.generation = known.generation
                deliver(box: .channel(channels[i].id), from: value, to: value, way: .difference, receivedAt: .init(nanoseconds: 0))
            }
        }
        for i in channels.indices where channels[i].startedAt != nil { channels[i].startedAt = nil }
        return finish(now: now)
    }

    /// The database has more than the box was restored with. What the server says from there on shows which count it is in: a position
    /// that it does not have is refused.
    private mutating func goOn(_ i: Int, from known: BoxState, now: Instant) {
        if case .asking(let id) = channels[i].phase { forget(id) }
        channels[i].box = NumberedBox(generation: known.generation, value: known.value)
        channels[i].restart = nil
        channels[i].want(.gap, at: now)
    }

    /// A box of which nothing was known starts here, with what waited for it.
    private mutating func startChannel(_ i: Int, at pts: Int64, now: Instant) {
        if let known = channels[i].known {
            channels[i].known = nil
            channels[i].box.generation = max(channels[i].box.generation, known.generation + (pts < known.value ? 1 : 0))
        } else {
            channels[i].startedAt = pts
        }
        channels[i].box.value = pts
        channels[i].limit = UpdateLimits.channelLimit
        deliver(
            box: .channel(channels[i].id), from: pts, to: pts, way: .difference,
            receivedAt: channels[i].box.held.first?.receivedAt ?? .init(nanoseconds: 0))
        channels[i].need = .poll
        channels[i].confirm(now: now)
        replay(i, now: now)
    }

    // MARK: failures

    mutating func channelFailed(_ id: Int64, _ failure: UpdateFailure, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].want(.gap, at: now)
        // What came meanwhile and fits need not wait for a call that works.
        defer { if !channels[i].isWaiting { replay(i, now: now) } }
        switch failure {
        case .temporary:
            channels[i].notBefore = now + channels[i].retry.next(using: &dice)
        case .tooSlow:
            channels[i].limit = max(1, channels[i].limit / 10)
            channels[i].notBefore = now + channels[i].retry.next(using: &dice)
        case .flood(let seconds):
            channelsNotBefore = now + .seconds(max(1, seconds))
            joinedBudget.flooded()
            notJoinedBudget.flooded()
        case .lostAccess(let reason):
            if reason.hasPrefix("CHANNEL_INVALID"), let hash = channels[i].accessHash, channels[i].refusedHash != hash {
                return refuse(hash, of: i, now: now)
            }
            channels[i].phase = .lost
            channels[i].box.dropHeld()
            outputs.append(.lostAccess(channel: id, reason: reason))
        case .positionInvalid:
            // Below 1 there is nothing to ask from: see where it stands, without a new count.
            channels[i].restart = (channels[i].box.value ?? 0) > 1 ? .newGeneration : .skip
            channels[i].notBefore = now + channels[i].retry.next(using: &dice)
        case .undecodable:
            if channels[i].limit > 1 {
                channels[i].limit = max(1, channels[i].limit / 10)
            } else if channels[i].box.value != nil {
                channels[i].restart = .skip
            }
            channels[i].notBefore = now + channels[i].retry.next(using: &dice)
        }
    }

    /// The server does not know this access hash: it is learnt anew from the dialogs, and the channel kept. When it is the same one again
    /// that is refused, the channel is lost.
    private mutating func refuse(_ hash: Int64, of i: Int, now: Instant) {
        channels[i].refusedHash = hash
        channels[i].accessHash = nil
        channels[i].notBefore = now + channels[i].retry.next(using: &dice)
        peers.refuse(.init(.channel, channels[i].id), hash: hash)
        dialogs.notBefore = nil
        outputs.append(.hashRefused(channel: channels[i].id, accessHash: hash))
    }
}
