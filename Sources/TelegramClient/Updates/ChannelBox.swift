import Primitives

/// A registered channel or supergroup: its box, and when its difference is asked.
struct ChannelBox: Sendable {
    enum Phase: Sendable, Equatable {
        case idle
        /// A call for this channel is in flight.
        case asking(UpdateRequestID)
        /// CHANNEL_PRIVATE and its like.
        case lost
    }

    /// Why a difference is wanted; the larger goes first.
    enum Need: Int, Sendable, Comparable {
        case poll
        case catchUp
        case gap
        static func < (a: Need, b: Need) -> Bool { a.rawValue < b.rawValue }
    }

    let id: Int64
    var box: NumberedBox
    var accessHash: Int64?
    var phase = Phase.idle
    /// Set while a difference is wanted at `dueAt`.
    var need = Need.poll
    var dueAt: Instant
    /// As far as is known: of a channel that the account has not joined nothing is pushed, or for a while after a poll at most.
    var isJoined = true
    /// The budget that the call in flight counts in.
    var charged: Budget?
    /// No call before this, after a failure.
    var notBefore: Instant?
    var retry = Retry()
    /// When its difference was last asked for.
    var askedAt: Instant?
    /// Updates to ask for at once; falls while answers are too slow or undecodable.
    var limit = UpdateLimits.channelLimit
    /// The last answer undecodable even alone, or the server refused our position: ask where the channel stands, and leave a gap.
    var restart: Restart?
    /// Where the server stood when the box began without a position of its own; nil once the database's word on it was heard, too.
    var startedAt: Int64?
    /// Where the database has it, which was heard before it began.
    var known: BoxState?
    /// Said to be unresolved already.
    var reportedUnresolved = false
    /// The server called this hash invalid: it must be learnt anew.
    var refusedHash: Int64?
    /// When our position was last known to be the server's.
    var comparedAt: Instant
    /// To be compared by the watchdog as soon as may be: anything may have been missed.
    var isSuspect = false
    /// The watchdog saw the server here: unless pushes get there first, the wanted difference is asked.
    var seenAhead: Int64?
    /// The highest id of a new message that was delivered, or that a dialog told; 0 until then.
    var topMessage: Int64 = 0
    /// Its position is to be asked for alone, since no dialog tells it.
    var hasNoDialogPosition = false
    var rhythm: Rhythm
    var statistics = ChannelStatistics()

    enum Budget: Sendable, Equatable { case joined, notJoined }

    enum Restart: Sendable, Equatable {
        /// The part in between is skipped.
        case skip
        /// The server reset the box.
        case newGeneration
    }

    init(id: Int64, position: BoxState?, peer: PeerBook.Peer?, now: Instant) {
        self.id = id
        accessHash = peer?.accessHash
        isJoined = peer?.isLeft != true
        box = NumberedBox(generation: position?.generation ?? 1, value: position?.value)
        dueAt = now
        comparedAt = now
        rhythm = Rhythm(now: now)
    }

    /// Nothing may be applied: a difference runs, or it is unknown where to start.
    var isWaiting: Bool {
        if case .asking = phase { return true }
        return phase == .lost || box.value == nil || restart != nil
    }

    /// The watchdog will see to it.
    var isWatched: Bool { isSuspect && accessHash != nil && restart == nil && phase == .idle && !hasNoDialogPosition }

    /// From when on the watchdog may compare this channel; nil while a difference of it is wanted or under way.
    var compareDue: Instant? {
        guard phase == .idle, accessHash != nil, restart == nil else { return nil }
        if isWatched { return .zero }
        guard box.value != nil, need == .poll else { return nil }
        return comparedAt + UpdateLimits.compareAfter
    }

    /// Wants a difference; what was wanted more, or sooner, stays.
    mutating func want(_ need: Need, at instant: Instant) {
        if need > self.need || seenAhead != nil {
            seenAhead = nil
            self.need = max(self.need, need)
        }
        dueAt = min(dueAt, instant)
    }

    /// Something is missing up to `position`, if that is known. Where nothing else wants a difference, what is still on its way may get
    /// there while calls must wait.
    mutating func wantGap(upTo position: Int64?, now: Instant) {
        let ahead = need == .poll || seenAhead != nil ? position.map { max($0, seenAhead ?? $0) } : nil
        want(.gap, at: now)
        seenAhead = ahead
    }

    /// The watchdog saw the server ahead of us: what is missing may still be on its way.
    mutating func noteAhead(_ position: Int64, now: Instant) {
        guard need == .poll else { return }
        want(.catchUp, at: now + UpdateLimits.holdBack)
        seenAhead = position
    }

    /// Our position is the server's, or was a moment ago.
    mutating func confirm(now: Instant) {
        comparedAt = now
        isSuspect = false
        if let position = seenAhead, let value = box.value, value >= position {
            seenAhead = nil
            need = .poll
        }
        if need == .poll { dueAt = now + rhythm.pollInterval(now: now) }
    }

    /// The earliest instant at which something is to be done for it, without regard to the limits shared by all.
    var nextDeadline: Instant? {
        switch phase {
        case .asking, .lost: nil
        case .idle:
            if accessHash == nil {
                // Without a hash nothing can be asked, but what was pushed need not wait for ever.
                box.value == nil ? box.holdUntil : nil
            } else {
                max(min(dueAt, box.holdUntil ?? dueAt), notBefore ?? .zero)
            }
        }
    }
}
