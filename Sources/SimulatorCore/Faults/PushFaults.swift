import Primitives

/// What happens to live updates on their way.
struct PushFaults: Sendable {
    enum Scope: Hashable, Sendable {
        case everything
        /// The accounts' own boxes and what has no box.
        case common
        case channel(Int64)
    }

    /// The probabilities of one account's or everybody's pushes of one box or all.
    struct Rule: Sendable {
        var user: Int64?
        var scope = Scope.everything
        var lose = 0.0
        /// Comes twice, the second time later.
        var double = 0.0
        /// Held back for longer than a client waits for a gap to close.
        var delay = 0.0
        /// Held back so shortly that the next one may overtake it.
        var reorder = 0.0
        /// Some of its updates are left out; of a single one only a "too long" is left.
        var shorten = 0.0
        /// One of its updates has a constructor that nobody knows.
        var unknown = 0.0
        /// Every byte of it is of a constructor that nobody knows.
        var unknownEnvelope = 0.0
        var delayMilliseconds: ClosedRange<Int64> = 1_000...3_000
        /// For so many pushes; nil: until it is ended.
        var remaining: Int?
    }

    /// One arrival of a push.
    struct Arrival: Hashable, Sendable {
        var after = Duration.zero
        var isShortened = false
        var unknown = Unknown.nothing

        enum Unknown: Hashable, Sendable { case nothing, update, envelope }
    }

    /// Milliseconds by which a reordered push is late: below the half second that clients wait.
    static let reorderMilliseconds: ClosedRange<Int64> = 30...300

    var rules: [Rule] = []
    /// Channels of which nothing is pushed, to one account or (nil) to anybody.
    var silent: [Silence] = []

    struct Silence: Hashable, Sendable {
        var channel: Int64
        var user: Int64?
        /// Nor does the account's own difference name it.
        var isWhole: Bool
    }

    func isSilent(_ channel: Int64, for user: Int64) -> Bool {
        silent.contains { $0.channel == channel && ($0.user == nil || $0.user == user) }
    }

    func isForgotten(_ channel: Int64, for user: Int64) -> Bool {
        silent.contains { $0.channel == channel && $0.isWhole && ($0.user == nil || $0.user == user) }
    }
}

extension Faults {
    /// When and how a push with updates of these boxes arrives at the account; empty: never.
    mutating func arrivals(for user: Int64, of scopes: [PushFaults.Scope]) -> [PushFaults.Arrival] {
        guard
            let at = pushes.rules.firstIndex(where: { rule in
                (rule.user == nil || rule.user == user) && (rule.scope == .everything || scopes.contains(rule.scope))
            })
        else { return [PushFaults.Arrival()] }
        let rule = pushes.rules[at]
        if let left = rule.remaining {
            pushes.rules[at].remaining = left - 1
            if left <= 1 { pushes.rules.remove(at: at) }
        }
        if happens(rule.lose) {
            count("lost")
            return []
        }
        var arrival = PushFaults.Arrival()
        if happens(rule.shorten) {
            count("shortened")
            arrival.isShortened = true
        }
        if happens(rule.unknownEnvelope) {
            count("unknown_envelope")
            arrival.unknown = .envelope
        } else if happens(rule.unknown) {
            count("unknown_update")
            arrival.unknown = .update
        }
        if happens(rule.delay) {
            count("delayed")
            arrival.after = .milliseconds(Int64.random(in: rule.delayMilliseconds, using: &generator))
        } else if happens(rule.reorder) {
            count("reordered")
            arrival.after = .milliseconds(Int64.random(in: PushFaults.reorderMilliseconds, using: &generator))
        }
        guard happens(rule.double) else { return [arrival] }
        count("doubled")
        var again = arrival
        again.after += .milliseconds(Int64.random(in: 0...PushFaults.reorderMilliseconds.upperBound, using: &generator))
        return [arrival, again]
    }

    /// How many of an envelope's updates a shortened push keeps.
    mutating func kept(of count: Int) -> Int { count < 2 ? 0 : Int.random(in: 1..<count, using: &generator) }
}
