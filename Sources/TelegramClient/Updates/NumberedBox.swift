import Primitives

/// The state of one box: its position, and what waits for its turn.
///
/// The rule for an update that ends at `end` and counts `count`: position + count = end applies, more was already applied, less is
/// a gap. Source: https://core.telegram.org/api/updates#update-handling
struct NumberedBox: Sendable {
    var generation: UInt64
    /// nil until it is known where to start.
    var value: Int64?
    /// Came too early, or while a difference was under way. By `order`, those that are equal in the order of arrival.
    private(set) var held: [Update] = []
    /// When a gap is no longer waited for.
    private(set) var holdUntil: Instant?

    init(generation: UInt64 = 1, value: Int64? = nil) {
        self.generation = generation
        self.value = value
    }

    enum Offer: Equatable {
        /// Applied. What had waited for it is for `replay`, when everything that came with it was offered.
        case applied
        case duplicate
        case held
        /// Not kept: too many wait, or it counts backwards. The difference must be asked for.
        case overflow
    }

    /// Offers an update in any order. `waiting`: a difference runs or the position is unknown, so nothing is applied now.
    mutating func offer(_ update: Update, waiting: Bool, now: Instant) -> Offer {
        if case .box(_, _, let count) = update.place, count < 0 { return .overflow }
        // What moves nothing changes no question that is on its way, and would be too late after its answer.
        if waiting, let value, case .box(_, value, 0) = update.place { return .applied }
        guard !waiting, let value else { return keep(update) ? .held : .overflow }
        switch NumberedBox.judge(update, at: value) {
        case .duplicate: return .duplicate
        case .gap:
            guard keep(update) else { return .overflow }
            if holdUntil == nil { holdUntil = now + UpdateLimits.holdBack }
            return .held
        case .next(let end):
            self.value = end
            return .applied
        }
    }

    /// Applies what waits and now fits; drops what is known by now; what still does not fit starts a new wait.
    mutating func replay(now: Instant) -> [Update] {
        guard var position = value, !held.isEmpty else {
            if held.isEmpty { holdUntil = nil }
            return []
        }
        var applied: [Update] = []
        var passed = 0
        // Behind the first one that does not fit begin all others, too.
        look: while passed < held.count {
            switch NumberedBox.judge(held[passed], at: position) {
            case .duplicate: break
            case .gap: break look
            case .next(let end):
                position = end
                applied.append(held[passed])
            }
            passed += 1
        }
        value = position
        held.removeFirst(passed)
        if held.isEmpty {
            holdUntil = nil
        } else if holdUntil == nil || !applied.isEmpty {
            holdUntil = now + UpdateLimits.holdBack
        }
        return applied
    }

    /// The wait is over: a difference is being asked, which ends it.
    mutating func stopHolding() { holdUntil = nil }

    /// Where the box may start without losing anything that waits.
    var earliestHeld: Int64? { held.first?.order.0 }

    /// How far the server was when it sent what waits.
    var latestHeld: Int64? { held.map(\.order.1).max() }

    /// What is held waits for a start, but not for ever.
    mutating func startHolding(now: Instant) {
        if holdUntil == nil { holdUntil = now + UpdateLimits.holdBack }
    }

    /// The server counts anew: what waits has numbers of the old count.
    mutating func startGeneration() {
        generation += 1
        dropHeld()
    }

    /// Forgets what waits, since a difference will bring it again.
    mutating func dropHeld() {
        held = []
        holdUntil = nil
    }

    private mutating func keep(_ update: Update) -> Bool {
        if held.count >= UpdateLimits.heldUpdates { return false }
        var place = held.count
        while place > 0, update.order < held[place - 1].order { place -= 1 }
        held.insert(update, at: place)
        return true
    }

    private enum Judgement { case next(Int64), duplicate, gap }

    private static func judge(_ update: Update, at value: Int64) -> Judgement {
        guard case .box(_, let end, let count) = update.place else { return .duplicate }
        let expected = value + count
        return expected == end ? .next(end) : expected > end ? .duplicate : .gap
    }
}
