import Primitives
import TL

/// Envelopes, and the difference of the common box.
extension UpdateEngine {
    // MARK: envelopes

    mutating func take(_ envelope: Envelope, now: Instant) {
        merge(users: envelope.users, chats: envelope.chats, now: now)
        if envelope.tooLong { common.wanted = true }
        if let sender = envelope.shortSender, peers[.init(.user, sender)] == nil {
            // A message of somebody unknown, in a form that names nobody: the difference brings both.
            common.wanted = true
            return
        }
        apply(envelope, now: now)
    }

    /// Numbered updates go to their boxes first; the rest goes by the envelope's number.
    mutating func apply(_ envelope: Envelope, now: Instant) {
        var numbered: [Update] = []
        var loose: [Update] = []
        for update in envelope.updates {
            switch update.place {
            case .box: numbered.append(update)
            case .loose: loose.append(update)
            case .channelTooLong(let channel, let pts): wantDifference(of: channel, pts: pts, now: now)
            }
        }
        place(numbered, way: .push, now: now)

        var rest = envelope
        rest.updates = loose
        rest.users = []
        rest.chats = []
        applyLoose(rest, now: now)
    }

    /// Offers what came together to its boxes. The order inside an envelope is not guaranteed; a stable sort by the position before each
    /// update restores it. What had waited comes after all of them: it must not overtake what moves nothing.
    mutating func place(_ updates: [Update], way: Way, now: Instant) {
        var touched: [Box] = []
        for update in updates.count > 1 ? updates.sorted(by: { $0.order < $1.order }) : updates {
            guard case .box(let box, _, _) = update.place else { continue }
            place(update, way: way, now: now)
            if !touched.contains(box) { touched.append(box) }
        }
        for box in touched {
            switch box {
            case .common:
                if !common.isWaiting, let from = common.pts.value {
                    deliver(common.pts.replay(now: now), box: box, from: from, way: .push, now: now)
                }
            case .qts:
                if !common.isWaiting, let from = common.qts.value {
                    deliver(common.qts.replay(now: now), box: box, from: from, way: .push, now: now)
                }
            case .channel(let id): if let i = index(of: id), !channels[i].isWaiting { replay(i, now: now) }
            }
        }
    }

    /// Offers one numbered update to its box.
    private mutating func place(_ update: Update, way: Way, now: Instant) {
        guard case .box(let box, _, _) = update.place else { return }
        switch box {
        case .common:
            let from = common.pts.value
            let offer = common.pts.offer(update, waiting: common.isWaiting, now: now)
            settle(offer, update, box: box, from: from, way: way, now: now)
            if offer == .overflow { common.wanted = true }
        case .qts:
            let from = common.qts.value
            let offer = common.qts.offer(update, waiting: common.isWaiting || common.qts.value == nil, now: now)
            settle(offer, update, box: box, from: from, way: way, now: now)
            if offer == .overflow { common.wanted = true }
        case .channel(let id):
            placeInChannel(update, id, way: way, now: now)
        }
    }

    /// Hands on what an offer applied.
    mutating func settle(_ offer: NumberedBox.Offer, _ update: Update, box: Box, from: Int64?, way: Way, now: Instant) {
        switch offer {
        case .applied: if let from { deliver([update], box: box, from: from, way: way, now: now) }
        case .duplicate: duplicates += 1
        case .held, .overflow: break
        }
    }

    /// One delivery per update, each with the position after it.
    mutating func deliver(_ updates: [Update], box: Box, from: Int64, way: Way, now: Instant) {
        var position = from
        let channel = if case .channel(let id) = box { index(of: id) } else { Int?.none }
        if box == .common, !updates.isEmpty { common.lastTraffic = now }
        if let channel, !updates.isEmpty { channels[channel].confirm(now: now) }
        for update in updates {
            guard case .box(_, let end, _) = update.place else { continue }
            if let channel {
                note([.update(update)], inChannel: channel, way: way, receivedAt: update.receivedAt, now: now)
            } else if let message = update.object["message"]?.object {
                note(message)
            }
            deliver(box: box, from: position, to: end, way: way, items: [.update(update)], receivedAt: update.receivedAt)
            position = end
        }
    }

    mutating func deliver(
        box: Box, from: Int64, to: Int64, way: Way, tooLong: Bool = false, items: [Delivery.Item] = [], receivedAt: UnixTime
    ) {
        var delivery = Delivery(box: box, from: from, to: to, way: way, tooLong: tooLong, items: items, receivedAt: receivedAt)
        switch box {
        case .common:
            delivery.generation = common.pts.generation
            delivery.date = common.date
            delivery.seq = common.seq
        case .qts: delivery.generation = common.qts.generation
        case .channel(let id): delivery.generation = index(of: id).map { channels[$0].box.generation } ?? 1
        }
        outputs.append(.deliver(delivery))
    }

    /// The seq rule: 0 applies at once; the next number applies; a smaller one is known; a larger one is a gap.
    private mutating func applyLoose(_ envelope: Envelope, now: Instant) {
        if envelope.seqStart == 0 {
            handOn(envelope)
            if !common.isWaiting, common.pts.holdUntil == nil { common.date = max(common.date, envelope.date) }
            return
        }
        if envelope.hasWaited, Int64(envelope.seqStart) > common.nextSeq {
            // A whole difference did not explain the number: some servers count too far. What it says is taken, its number is not.
            return handOn(envelope)
        }
        if common.isWaiting || Int64(envelope.seqStart) > common.nextSeq {
            guard common.envelopes.count < UpdateLimits.heldEnvelopes else {
                common.wanted = true
                return
            }
            common.envelopes.append(envelope)
            if !common.isWaiting, common.envelopesUntil == nil { common.envelopesUntil = now + UpdateLimits.holdBack }
            return
        }
        guard Int64(envelope.seqStart) == common.nextSeq else {
            duplicates += envelope.updates.isEmpty ? 0 : 1
            return
        }
        common.seq = envelope.seq
        common.date = max(common.date, envelope.date)
        handOn(envelope)
        replayEnvelopes(now: now)
    }

    private mutating func handOn(_ envelope: Envelope) {
        guard !envelope.updates.isEmpty else { return }
        outputs.append(
            .deliver(
                Delivery(box: nil, way: .push, items: envelope.updates.map { .update($0) }, receivedAt: envelope.receivedAt)))
    }

    /// `complete`: a difference has told everything that came before them.
    private mutating func replayEnvelopes(complete: Bool = false, now: Instant) {
        guard !common.envelopes.isEmpty else { return common.envelopesUntil = nil }
        let waiting = common.envelopes.sorted { $0.seqStart < $1.seqStart }
        common.envelopes = []
        common.envelopesUntil = nil
        for var envelope in waiting {
            if complete { envelope.hasWaited = true }
            applyLoose(envelope, now: now)
        }
    }

    // MARK: asking

    mutating func askCommon(now: Instant) {
        guard common.asking == nil, let due = common.nextDeadline, due <= now else { return }
        for hold in [common.pts.holdUntil, common.qts.holdUntil, common.envelopesUntil] {
            if let hold, hold <= now {
                gaps += 1
                break
            }
        }
        common.wanted = false
        common.notBefore = nil
        common.pts.stopHolding()
        common.qts.stopHolding()
        common.envelopesUntil = nil
        common.lastTraffic = now
        common.askedAt = now
        if let pts = common.pts.value, common.restart == nil {
            common.asking = request(
                .getDifference(pts: pts, date: common.date, qts: common.qts.value ?? 0, limit: common.limit))
        } else {
            common.asking = request(.getState)
        }
    }

    // MARK: answers

    /// The box starts where the server stands; after a restart with the gap in between.
    mutating func start(at state: CommonState, receivedAt: UnixTime) {
        common.retry.reset()
        let old = common.pts.value
        let restart = common.restart
        if common.restart == .newGeneration {
            common.pts.startGeneration()
            common.qts.startGeneration()
        }
        let skipped = common.restart != nil
        common.restart = nil
        common.limit = nil
        // What was pushed before this answer is not before the start.
        let to = skipped ? state.pts : min(state.pts, common.pts.earliestHeld ?? state.pts)
        let from = skipped ? min(old ?? to, to) : to
        common.pts.value = to
        common.date = state.date
        common.seq = state.seq
        if to < state.pts { common.wanted = true }
        deliver(
            box: .common, from: from, to: to, way: .difference, tooLong: skipped && (restart == .newGeneration || from < to),
            receivedAt: receivedAt)
        if common.qts.value == nil || skipped {
            let old = common.qts.value ?? state.qts
            let to = restart == .newGeneration ? state.qts : max(old, state.qts)
            common.qts.value = to
            deliver(
                box: .qts, from: min(old, to), to: to, way: .difference, tooLong: restart == .newGeneration || old < to,
                receivedAt: receivedAt)
        }
        replayCommon(now: common.lastTraffic)
    }

    mutating func difference(_ answer: UpdateAnswer, receivedAt: UnixTime, now: Instant) {
        common.lastTraffic = now
        let before = (common.pts.value, common.qts.value)
        defer {
            // More is promised, but we stand where we stood: not again at once.
            if common.wanted, before == (common.pts.value, common.qts.value) {
                common.notBefore = now + common.retry.next(using: &dice)
            } else {
                common.retry.reset()
            }
        }
        switch answer {
        case .differenceEmpty(let date, let seq):
            common.date = max(common.date, date)
            common.seq = seq
            replayCommon(now: now)
        case .difference(let content, let state, let final):
            merge(users: content.users, chats: content.chats, now: now)
            takeIn(content, state: state, receivedAt: receivedAt, now: now)
            if let limit = common.limit { common.limit = limit >= 100 ? nil : limit * 10 }
            if !final { common.wanted = true }
            replayCommon(complete: final, now: now)
        case .differenceTooLong(let pts):
            let from = common.pts.value ?? pts
            common.pts.value = max(from, pts)
            deliver(box: .common, from: from, to: max(from, pts), way: .difference, tooLong: true, receivedAt: receivedAt)
            common.wanted = true
        default: break
        }
    }

    /// One slice: everything of the common box in it shares one position, so it is one delivery, messages before what changes them.
    private mutating func takeIn(_ content: DifferenceContent, state: CommonState, receivedAt: UnixTime, now: Instant) {
        var items = content.messages.map(Delivery.Item.message)
        var ofQts: [Delivery.Item] = []
        var ofChannels: [Update] = []
        for update in content.updates {
            switch update.place {
            case .box(.common, _, _), .loose: items.append(.update(update))
            case .box(.qts, _, _): ofQts.append(.update(update))
            case .box(.channel, _, _): ofChannels.append(update)
            case .channelTooLong(let channel, let pts): wantDifference(of: channel, pts: pts, now: now)
            }
        }
        let from = common.pts.value ?? state.pts
        if from - state.pts > UpdateLimits.resetDrop { common.pts.startGeneration() }
        let to = from - state.pts > UpdateLimits.resetDrop ? state.pts : max(from, state.pts)
        common.pts.value = to
        common.date = state.date
        common.seq = state.seq
        for case let message? in items.map(\.message) { note(message) }
        if from != to || !items.isEmpty {
            deliver(
                box: .common, from: min(from, to), to: to, way: .difference, tooLong: to < from || content.isIncomplete, items: items,
                receivedAt: receivedAt)
        }
        let qts = common.qts.value ?? state.qts
        let isReset = qts - state.qts > UpdateLimits.resetDrop
        if isReset { common.qts.startGeneration() }
        let newQts = isReset ? state.qts : max(qts, state.qts)
        if common.qts.value == nil || newQts != qts || !ofQts.isEmpty {
            common.qts.value = newQts
            // Each counts 1: what of an answer that could not be read whole was missing here shows in their number.
            let isIncomplete = content.isIncomplete && Int64(ofQts.count) < newQts - qts
            deliver(
                box: .qts, from: min(qts, newQts), to: newQts, way: .difference, tooLong: isReset || isIncomplete, items: ofQts,
                receivedAt: receivedAt)
        }
        place(ofChannels, way: .difference, now: now)
    }

    /// What waited for the difference, against the new state.
    mutating func replayCommon(complete: Bool = true, now: Instant) {
        if let from = common.pts.value { deliver(common.pts.replay(now: now), box: .common, from: from, way: .push, now: now) }
        if let from = common.qts.value { deliver(common.qts.replay(now: now), box: .qts, from: from, way: .push, now: now) }
        replayEnvelopes(complete: complete, now: now)
    }

    mutating func commonFailed(_ failure: UpdateFailure, now: Instant) {
        common.wanted = true
        // What came meanwhile and fits need not wait for a call that works.
        defer { if !common.isWaiting { replayCommon(complete: false, now: now) } }
        switch failure {
        case .temporary, .lostAccess:
            common.notBefore = now + common.retry.next(using: &dice)
        case .tooSlow:
            shrinkCommon()
            common.notBefore = now + common.retry.next(using: &dice)
        case .flood(let seconds):
            common.notBefore = now + .seconds(max(1, seconds))
        case .positionInvalid:
            // Below 1 there is nothing to ask from: a fresh account. See where it stands, without a new count.
            common.restart = (common.pts.value ?? 0) > 0 ? .newGeneration : .skip
            common.notBefore = now + common.retry.next(using: &dice)
        case .undecodable:
            if common.pts.value != nil, common.restart == nil, !shrinkCommon() { common.restart = .skip }
            common.notBefore = now + common.retry.next(using: &dice)
        }
    }

    /// Asks for smaller slices; false when they are as small as can be.
    @discardableResult
    private mutating func shrinkCommon() -> Bool {
        guard let smaller = CommonBox.smallerLimits.first(where: { $0 < common.limit ?? .max }) else { return false }
        common.limit = smaller
        return true
    }
}
