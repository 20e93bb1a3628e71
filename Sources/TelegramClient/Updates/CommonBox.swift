import Primitives

/// The common box with what shares its difference: qts, and the numbers of the envelopes.
struct CommonBox: Sendable {
    var pts: NumberedBox
    var qts: NumberedBox
    var date: Int32
    var seq: Int32
    /// Loose updates of envelopes that came before their predecessor.
    var envelopes: [Envelope] = []
    var envelopesUntil: Instant?
    var asking: UpdateRequestID?
    /// A difference is wanted as soon as it may be asked.
    var wanted = false
    var notBefore: Instant?
    var retry = Retry()
    var lastTraffic: Instant
    /// When its difference was last asked for.
    var askedAt: Instant?
    /// Slice size asked for; nil leaves it to the server.
    var limit: Int32?
    var restart: ChannelBox.Restart?

    /// The number that the next envelope should have. Wider than what the server sends: its largest has a successor, too.
    var nextSeq: Int64 { Int64(seq) + 1 }

    /// Slice sizes tried, one after the other, while an answer cannot be decoded or takes too long.
    static let smallerLimits: [Int32] = [100, 10, 1]

    init(_ position: BoxState?, qts: BoxState?, now: Instant) {
        pts = NumberedBox(generation: position?.generation ?? 1, value: position?.value)
        self.qts = NumberedBox(generation: qts?.generation ?? 1, value: qts?.value)
        date = position?.date ?? 0
        seq = position?.seq ?? 0
        lastTraffic = now
    }

    /// Nothing may be applied: a difference runs, or it is unknown where to start.
    var isWaiting: Bool { asking != nil || pts.value == nil || restart != nil }
    var isBusy: Bool { isWaiting || wanted || pts.holdUntil != nil || qts.holdUntil != nil || envelopesUntil != nil }

    /// When a hold-back ends or silence has lasted too long, or a failed call may be tried again.
    var nextDeadline: Instant? {
        if asking != nil { return nil }
        var due = lastTraffic + UpdateLimits.idle
        if let hold = pts.holdUntil { due = min(due, hold) }
        if let hold = qts.holdUntil { due = min(due, hold) }
        if let hold = envelopesUntil { due = min(due, hold) }
        if wanted || pts.value == nil || restart != nil { due = .zero }
        return max(due, notBefore ?? .zero)
    }
}
