import Primitives

/// When channels want something, of each kind the earliest. What all channels share is not in it: budgets, spacings, floods.
struct ChannelDues: Sendable, Equatable {
    /// Differences and positions to ask for, by the need behind them.
    struct Calls: Sendable, Equatable {
        var poll = ChannelDues.never
        var catchUp = ChannelDues.never
        var gap = ChannelDues.never

        mutating func merge(_ other: Calls) {
            poll = min(poll, other.poll)
            catchUp = min(catchUp, other.catchUp)
            gap = min(gap, other.gap)
        }

        mutating func note(_ need: ChannelBox.Need, _ instant: Instant) {
            switch need {
            case .poll: poll = min(poll, instant)
            case .catchUp: catchUp = min(catchUp, instant)
            case .gap: gap = min(gap, instant)
            }
        }

        /// The earliest of them when each need has to wait for its budget.
        func earliest(_ budget: PollBudget) -> Instant {
            min(max(poll, budget.allowed(.poll)), max(catchUp, budget.allowed(.catchUp)), max(gap, budget.allowed(.gap)))
        }
    }

    static let never = Instant(nanoseconds: .max)

    /// The end of a hold-back of a channel of which nothing is being asked.
    var hold = never
    /// What needs no call, of channels without an access hash.
    var hashless = never
    /// Calls of channels with a hash whose position is known, or that ask for it whatever the dialogs may tell.
    var joined = Calls()
    var notJoined = Calls()
    /// Calls of those that wait for the sweep through the dialogs while there is one.
    var joinedUnknown = Calls()
    var notJoinedUnknown = Calls()
    /// The watchdog's next comparison.
    var compare = never
    /// One that the watchdog may compare is suspect.
    var hasSuspect = false
    /// One has no access hash, and is not lost.
    var hasUnresolved = false

    init() {}

    /// Those of one channel.
    init(_ channel: ChannelBox) {
        hasUnresolved = channel.accessHash == nil && channel.phase != .lost
        if channel.phase == .idle, let until = channel.box.holdUntil { hold = until }
        if let due = channel.compareDue {
            compare = due
            hasSuspect = channel.isSuspect
        }
        guard let instant = channel.nextDeadline else { return }
        if channel.accessHash == nil {
            hashless = instant
        } else if channel.box.value != nil {
            if channel.isJoined { joined.note(channel.need, instant) } else { notJoined.note(channel.need, instant) }
        } else if !channel.isWatched {
            if channel.isJoined { joinedUnknown.note(channel.need, instant) } else { notJoinedUnknown.note(channel.need, instant) }
        }
    }

    mutating func merge(_ other: ChannelDues) {
        hold = min(hold, other.hold)
        hashless = min(hashless, other.hashless)
        joined.merge(other.joined)
        notJoined.merge(other.notJoined)
        joinedUnknown.merge(other.joinedUnknown)
        notJoinedUnknown.merge(other.notJoinedUnknown)
        compare = min(compare, other.compare)
        hasSuspect = hasSuspect || other.hasSuspect
        hasUnresolved = hasUnresolved || other.hasUnresolved
    }
}
