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
    /// No call before this, after a failure.
    var notBefore: Instant?
    var retry = Retry()
    /// Updates to ask for at once; falls while answers are too slow or undecodable.
    var limit = UpdateLimits.channelLimit
    /// The last answer undecodable even alone, or the server refused our position: ask where the channel stands, and leave a gap.
    var restart: Restart?
    /// Said to be unresolved already.
    var reportedUnresolved = false

    enum Restart: Sendable, Equatable {
        /// The part in between is skipped.
        case skip
        /// The server reset the box.
        case newGeneration
    }

    init(id: Int64, generation: UInt64, value: Int64?, accessHash: Int64?, now: Instant) {
        self.id = id
        self.accessHash = accessHash
        box = NumberedBox(generation: generation, value: value)
        need = .catchUp
        dueAt = now
    }

    var isAsking: Bool { if case .asking = phase { true } else { false } }
    /// Nothing may be applied: a difference runs, or it is unknown where to start.
    var isWaiting: Bool { phase != .idle || box.value == nil || restart != nil }

    /// Wants a difference; what was wanted more, or sooner, stays.
    mutating func want(_ need: Need, at instant: Instant) {
        self.need = max(self.need, need)
        dueAt = min(dueAt, instant)
    }

    /// The earliest instant at which something is to be done for it, without regard to the limits shared by all.
    var nextDeadline: Instant? {
        switch phase {
        case .asking, .lost: nil
        case .idle:
            accessHash == nil ? nil : max(min(dueAt, box.holdUntil ?? dueAt), notBefore ?? .zero)
        }
    }
}
