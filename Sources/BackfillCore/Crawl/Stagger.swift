import Primitives

/// When each group's recent messages are looked at again: every interval, at a moment of its own, so that the calls are spread.
public struct Stagger: Sendable {
    public let interval: Duration
    private var done: [String: UnixTime] = [:]

    public init(interval: Duration) {
        precondition(interval > .zero, "an interval has a length")
        self.interval = interval
    }

    /// The moment of this group that is the last one before or at `now`.
    public func moment(of group: String, now: UnixTime) -> UnixTime {
        let length = interval.inNanoseconds
        let offset = Int64(bitPattern: Stagger.hash(group) >> 1) % length
        let past = now.nanoseconds - offset
        // Rounded down for times before 1970, too.
        let turns = past >= 0 ? past / length : (past - length + 1) / length
        return UnixTime(nanoseconds: turns * length + offset)
    }

    /// Whether its moment has come since it was looked at last. A group that is new waits for its moment.
    public mutating func isDue(_ group: String, now: UnixTime) -> Bool {
        guard let last = done[group] else {
            done[group] = now
            return false
        }
        return moment(of: group, now: now) > last
    }

    public mutating func did(_ group: String, at time: UnixTime) { done[group] = time }

    /// Groups that are no longer there are forgotten.
    public mutating func keep(_ groups: Set<String>) { done = done.filter { groups.contains($0.key) } }

    /// When the next of these groups is due.
    public func next(of groups: [String], now: UnixTime) -> UnixTime? {
        groups.map { group in
            let last = moment(of: group, now: now)
            if let seen = done[group], last > seen { return last }
            return last + interval
        }.min()
    }

    /// FNV-1a, 64 bits: the same in every process and at every start.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
