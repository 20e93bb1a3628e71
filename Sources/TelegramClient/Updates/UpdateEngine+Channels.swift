import Primitives
import TL

/// Boxes of tracked channels: gaps, differences, polling.
extension UpdateEngine {
    mutating func placeInChannel(_ update: Update, _ id: Int64, way: Way, now: Instant) {
        guard let i = index(of: id) else {
            untracked += 1
            return
        }
        if channels[i].phase == .lost { regain(i, now: now) }
        let from = channels[i].box.value
        let offer = channels[i].box.offer(update, waiting: channels[i].isWaiting, now: now)
        settle(offer, box: .channel(id), from: from, way: way)
        switch offer {
        case .overflow: channels[i].want(.gap, at: now)
        case .applied where channels[i].need == .poll:
            // It speaks for itself: no need to poll soon.
            channels[i].dueAt = max(channels[i].dueAt, now + UpdateLimits.pollDefault)
        default: break
        }
    }

    mutating func wantDifference(of channel: Int64, now: Instant) {
        guard let i = index(of: channel) else {
            untracked += 1
            return
        }
        if channels[i].phase == .lost { regain(i, now: now) }
        channels[i].want(.gap, at: now)
    }

    mutating func regain(_ i: Int, now: Instant) {
        channels[i].phase = .idle
        channels[i].retry.reset()
        channels[i].notBefore = nil
        channels[i].want(.catchUp, at: now)
        outputs.append(.regainedAccess(channel: channels[i].id))
    }

    // MARK: asking

    /// When a call of this need may follow the last spaced one. A gap waits for nothing.
    func spacedCallAllowed(_ need: ChannelBox.Need) -> Instant {
        guard let lastSpacedCall else { return .zero }
        return switch need {
        case .gap: .zero
        case .catchUp: lastSpacedCall + UpdateLimits.catchUpSpacing
        case .poll: lastSpacedCall + pollSpacing
        }
    }

    /// Makes the calls that are due: gaps first, then catching up, then polls, the most overdue first.
    mutating func askChannels(now: Instant) {
        for i in channels.indices where channels[i].phase == .idle {
            guard let hold = channels[i].box.holdUntil, hold <= now else { continue }
            gaps += 1
            channels[i].box.stopHolding()
            channels[i].want(.gap, at: now)
        }
        if let channelsNotBefore, channelsNotBefore > now { return }
        while channelCallsInFlight < UpdateLimits.channelCallsInFlight, let i = mostDue(now: now) {
            ask(i, now: now)
        }
    }

    /// From when on this channel may be asked for, when nothing but time is missing.
    func callAllowed(_ channel: ChannelBox) -> Instant? {
        // The sweep through the dialogs tells where it starts.
        if channel.box.value == nil && dialogs.isSweeping { return nil }
        guard let instant = channel.nextDeadline else { return nil }
        return max(instant, channelsNotBefore ?? .zero, spacedCallAllowed(channel.need))
    }

    private func mostDue(now: Instant) -> Int? {
        var best: Int?
        for i in channels.indices {
            guard let allowed = callAllowed(channels[i]), allowed <= now else { continue }
            guard let other = best else {
                best = i
                continue
            }
            let (a, b) = (channels[i], channels[other])
            if a.need != b.need ? a.need > b.need : a.dueAt < b.dueAt { best = i }
        }
        return best
    }

    private mutating func ask(_ i: Int, now: Instant) {
        let channel = channels[i]
        guard let hash = channel.accessHash else { return }
        if channel.need != .gap { lastSpacedCall = now }
        channels[i].box.stopHolding()
        channels[i].need = .poll
        channels[i].dueAt = now + UpdateLimits.pollDefault
        channels[i].notBefore = nil
        channelCallsInFlight += 1
        if let pts = channel.box.value, channel.restart == nil {
            // Position 0 is that of a channel without any event; the method wants at least 1.
            channels[i].phase = .asking(
                request(.getChannelDifference(channel: channel.id, accessHash: hash, pts: max(1, pts), limit: channel.limit)))
        } else {
            channels[i].phase = .asking(request(.getChannelPosition(channel: channel.id, accessHash: hash)))
        }
    }

    // MARK: answers

    mutating func channelDifference(_ id: Int64, _ answer: UpdateAnswer, receivedAt: UnixTime, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].retry.reset()
        pollSpacing = max(UpdateLimits.pollSpacing, pollSpacing * 9 / 10)
        switch answer {
        case .channelDifferenceEmpty(let pts, let final, let timeout):
            move(i, to: pts, content: DifferenceContent(), tooLong: false, receivedAt: receivedAt, now: now)
            end(i, final: final, timeout: timeout, now: now)
        case .channelDifference(let content, let pts, let final, let timeout):
            merge(users: content.users, chats: content.chats, now: now)
            move(i, to: pts, content: content, tooLong: false, receivedAt: receivedAt, now: now)
            channels[i].limit = min(UpdateLimits.channelLimit, channels[i].limit * 10)
            end(i, final: final, timeout: timeout, now: now)
        case .channelDifferenceTooLong(let content, let pts, let final, let timeout):
            merge(users: content.users, chats: content.chats, now: now)
            move(i, to: pts, content: content, tooLong: true, receivedAt: receivedAt, now: now)
            end(i, final: final, timeout: timeout, now: now)
        default: break
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
            case .channelTooLong(let channel): wantDifference(of: channel, now: now)
            }
        }
        if from != to || !items.isEmpty {
            deliver(
                box: .channel(id), from: isReset ? to : from, to: to, way: .difference, tooLong: tooLong || isReset, items: items,
                receivedAt: receivedAt)
        }
        for update in others { place(update, way: .difference, now: now) }
    }

    private mutating func end(_ i: Int, final: Bool, timeout: Int32?, now: Instant) {
        guard final else { return channels[i].want(.gap, at: now) }
        let wait = timeout.map { Duration.seconds(Int64($0)) } ?? UpdateLimits.pollDefault
        if channels[i].need == .poll { channels[i].dueAt = now + min(max(wait, UpdateLimits.pollSoonest), UpdateLimits.pollLatest) }
        replay(i, now: now)
    }

    private mutating func replay(_ i: Int, now: Instant) {
        guard let from = channels[i].box.value else { return }
        deliver(channels[i].box.replay(now: now), box: .channel(channels[i].id), from: from, way: .push)
    }

    /// Where the channel stands: the start of a new one, or the far side of a gap.
    mutating func channelPosition(_ id: Int64, pts: Int64, receivedAt: UnixTime, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].retry.reset()
        let old = channels[i].box.value
        let restart = channels[i].restart
        guard old == nil || restart != nil else { return }
        if restart == .newGeneration { channels[i].box.startGeneration() }
        channels[i].restart = nil
        channels[i].limit = UpdateLimits.channelLimit
        channels[i].box.value = pts
        channels[i].reportedUnresolved = false
        deliver(
            box: .channel(id), from: restart == nil ? pts : min(old ?? pts, pts), to: pts, way: .difference, tooLong: restart != nil,
            receivedAt: receivedAt)
        channels[i].need = .poll
        channels[i].dueAt = now + UpdateLimits.pollDefault
        replay(i, now: now)
    }

    // MARK: failures

    mutating func channelFailed(_ id: Int64, _ failure: UpdateFailure, now: Instant) {
        guard let i = index(of: id) else { return }
        channels[i].want(.gap, at: now)
        switch failure {
        case .temporary:
            channels[i].notBefore = now + channels[i].retry.next()
        case .tooSlow:
            channels[i].limit = max(1, channels[i].limit / 10)
            channels[i].notBefore = now + channels[i].retry.next()
        case .flood(let seconds):
            channelsNotBefore = now + .seconds(max(1, seconds))
            pollSpacing = min(pollSpacing * 2, UpdateLimits.pollSpacingMost)
        case .lostAccess(let reason):
            channels[i].phase = .lost
            channels[i].box.dropHeld()
            outputs.append(.lostAccess(channel: id, reason: reason))
        case .positionInvalid:
            channels[i].restart = .newGeneration
            channels[i].notBefore = now + channels[i].retry.next()
        case .undecodable:
            if channels[i].limit > 1 {
                channels[i].limit = max(1, channels[i].limit / 10)
            } else if channels[i].box.value != nil {
                channels[i].restart = .skip
            }
            channels[i].notBefore = now + channels[i].retry.next()
        }
    }
}
