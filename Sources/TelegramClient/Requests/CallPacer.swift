import Primitives

/// When the next call of a method may leave: the rate falls to half when the server says "flood" and grows by a little with each success.
///
/// Most methods are not paced until the server has complained about them; then they return to full speed step by step, so that
/// calls which waited for the same moment do not leave together. Rates are in calls per 1000 seconds.
public struct CallPacer: Sendable {
    /// The rate at which a method goes on after its first complaint: 2 calls a second, halved at once.
    static let start = 2_000
    /// Faster than 20 calls a second nothing is paced.
    static let unpaced = 20_000
    /// About one call a minute, however often the server complains: its own waits are longer by then.
    static let slowest = 17
    /// What a success adds: 0.05 calls a second.
    static let gain = 50
    /// Methods that are paced from the beginning, and never made faster than this: what users of other libraries found to be borne.
    static let ceilings = [
        // History is borne at about one page a second.
        history: 1_000,
        // The scarcest call: some 200 a day before waits of a day.
        "contacts.resolveUsername": 200,
        "messages.checkChatInvite": 200,
        "channels.joinChannel": 20,
        "messages.importChatInvite": 20,
    ]
    /// Methods that are remembered at most; there are about 700 in all, of which a crawler uses some dozens.
    static let lanesMost = 200

    private struct Lane {
        var rate: Int
        /// When the next call may leave.
        var free: Instant
        /// Complaints before this belong to the one that was heard already: their calls were under way.
        var deafUntil: Instant
    }

    private var lanes: [String: Lane] = [:]
    private var ceilings: [String: Int]

    public init() { ceilings = CallPacer.ceilings }

    /// - Parameter pages: the least time between two pages of history. Zero: they go as any other call, until the server complains.
    public init(pages: Duration) {
        ceilings = CallPacer.ceilings
        ceilings[CallPacer.history] = CallPacer.ceiling(pages)
    }

    private static let history = "messages.getHistory"

    private static func ceiling(_ pages: Duration) -> Int? {
        pages > .zero ? max(CallPacer.slowest, Int(1_000_000_000_000 / pages.inNanoseconds)) : nil
    }

    /// Takes another least time between two pages over. What the server slowed down stays slower than that; who waits for a turn keeps it.
    public mutating func setPages(_ pages: Duration) {
        let before = ceilings[CallPacer.history]
        let now = CallPacer.ceiling(pages)
        ceilings[CallPacer.history] = now
        guard var lane = lanes[CallPacer.history] else { return }
        if lane.rate == before {
            // The server never complained: the pace was ours alone.
            guard let now else { return lanes[CallPacer.history] = nil }
            lane.rate = now
        } else {
            lane.rate = min(lane.rate, now ?? lane.rate)
        }
        lanes[CallPacer.history] = lane
    }

    /// When a call of this method may leave, which is taken from the ones after it; nil when that would be later than `latest`.
    ///
    /// - Parameter goesAhead: it leaves now, and only the ones after it wait for it: over time the pace is the same.
    public mutating func reserve(_ method: String, now: Instant, latest: Instant, goesAhead: Bool = false) -> Instant? {
        guard var lane = lanes[method] ?? ceilings[method].map({ Lane(rate: $0, free: now, deafUntil: now) }) else { return now }
        let at = max(lane.free, now)
        if at > latest, !goesAhead { return nil }
        lane.free = at + CallPacer.interval(lane.rate)
        lanes[method] = lane
        return goesAhead ? now : at
    }

    /// When the next call of this method could leave.
    public func next(_ method: String, now: Instant) -> Instant { max(lanes[method]?.free ?? now, now) }

    public mutating func succeeded(_ method: String) {
        guard var lane = lanes[method] else { return }
        lane.rate += CallPacer.gain
        if let ceiling = ceilings[method] {
            lane.rate = min(lane.rate, ceiling)
        } else if lane.rate >= CallPacer.unpaced {
            lanes[method] = nil
            return
        }
        lanes[method] = lane
    }

    /// The server asked to wait until then.
    public mutating func flooded(_ method: String, until: Instant, now: Instant) {
        if lanes[method] == nil, lanes.count >= CallPacer.lanesMost { return }
        var lane =
            lanes[method] ?? Lane(rate: ceilings[method] ?? CallPacer.start, free: now, deafUntil: now)
        if now >= lane.deafUntil { lane.rate = max(CallPacer.slowest, lane.rate / 2) }
        lane.deafUntil = max(lane.deafUntil, until)
        lane.free = max(lane.free, until)
        lanes[method] = lane
    }

    /// Calls per second of the paced methods, by name.
    public var rates: [(method: String, perSecond: Double)] {
        lanes.map { (method: $0.key, perSecond: Double($0.value.rate) / 1000) }.sorted { $0.method < $1.method }
    }

    private static func interval(_ rate: Int) -> Duration { .nanoseconds(1_000_000_000_000 / Int64(rate)) }
}
