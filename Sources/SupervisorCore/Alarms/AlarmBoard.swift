import Primitives

/// Which alarms fire, since when, and what of it is to be told.
///
/// A condition that is true for as long as its rule wants begins to fire; one that is no longer true is resolved. A person is told of both,
/// reminded of what goes on, and never told more than so often: what is beyond that is counted, and the next notice says so.
public struct AlarmBoard: Sendable {
    /// Notices of one rule and sample within `window` of which the last is still told: something that flaps says so and no more.
    public static let mostNotices = 6
    public static let window = Duration.seconds(3600)
    /// Conditions that are followed at once: rules times services and methods, with room.
    public static let mostConditions = 512

    /// Something to be told.
    public struct Notice: Hashable, Sendable {
        public enum Status: String, Hashable, Sendable { case firing, resolved }

        public let rule: AlarmRule
        public let labels: String
        public let status: Status
        public let value: Double
        /// Since when the condition was true.
        public let since: UnixTime
        /// It was told before and goes on.
        public let isReminder: Bool
        /// Notices of the same that were not told before this one.
        public let suppressed: Int

        public var summary: String { rule.summary(of: AlarmRule.Hit(labels: labels, value: value)) }
    }

    /// An alarm that fires now.
    public struct Alarm: Hashable, Sendable {
        public let rule: AlarmRule
        public let labels: String
        public let value: Double
        public let since: UnixTime
    }

    private struct Key: Hashable, Comparable {
        /// Its place among the rules.
        var rule: Int
        var labels: String
        static func < (a: Key, b: Key) -> Bool { (a.rule, a.labels) < (b.rule, b.labels) }
    }

    private struct Condition: Sendable {
        /// nil: it is not true now; what was told is remembered for a while.
        var trueSince: Instant?
        var since: UnixTime
        var value: Double
        var isFiring = false
        /// Whether the last notice that was told said that it fires.
        var isToldFiring = false
        var told: [Instant] = []
        /// This firing is not told: too many were before it.
        var isHeldBack = false
        var suppressed = 0
    }

    private let rules: [AlarmRule]
    private let reminderInterval: Duration
    private var conditions: [Key: Condition] = [:]
    /// Notices that were not told since too many had been.
    public private(set) var dropped: Int64 = 0

    /// - Parameter reminderInterval: after so long a firing alarm is told again; zero: never.
    public init(rules: [AlarmRule] = AlarmRule.all, reminderInterval: Duration) {
        self.rules = rules
        self.reminderInterval = reminderInterval
    }

    /// What fires now, by the rules' order.
    public var firing: [Alarm] {
        conditions.filter { $0.value.isFiring }.sorted { $0.key < $1.key }.map { key, condition in
            Alarm(rule: rules[key.rule], labels: key.labels, value: condition.value, since: condition.since)
        }
    }

    /// Judges the samples of this moment and returns what is to be told of it.
    public mutating func observe(_ page: MetricPage, now: Instant, at time: UnixTime) -> [Notice] {
        var notices: [Notice] = []
        for (number, rule) in rules.enumerated() {
            let hits = rule.hits(in: page)
            let stood = conditions.keys.filter { $0.rule == number }.sorted()
            for hit in hits {
                let key = Key(rule: number, labels: hit.labels)
                guard conditions[key] != nil || conditions.count < AlarmBoard.mostConditions else { continue }
                var condition = conditions[key] ?? Condition(trueSince: nil, since: time, value: hit.value)
                let since = condition.trueSince ?? now
                if condition.trueSince == nil { condition.since = time }
                (condition.trueSince, condition.value) = (since, hit.value)
                if now - since >= rule.holdsFor { condition.isFiring = true }
                notices += tell(&condition, key, now: now)
                conditions[key] = condition
            }
            let isTrue = Set(hits.map(\.labels))
            for key in stood where !isTrue.contains(key.labels) {
                guard var condition = conditions[key] else { continue }
                (condition.trueSince, condition.isFiring, condition.isHeldBack) = (nil, false, false)
                notices += tell(&condition, key, now: now)
                let isForgotten = !condition.isToldFiring && condition.told.allSatisfy { now - $0 > AlarmBoard.window }
                conditions[key] = isForgotten ? nil : condition
            }
        }
        return notices
    }

    /// The notice that a condition gives now, if any.
    private mutating func tell(_ condition: inout Condition, _ key: Key, now: Instant) -> [Notice] {
        let isReminder = condition.isFiring && condition.isToldFiring
        if condition.isFiring == condition.isToldFiring {
            guard isReminder, reminderInterval > .zero, let last = condition.told.last, now - last >= reminderInterval else { return [] }
        }
        let last = condition.told.last
        condition.told.removeAll { now - $0 > AlarmBoard.window && $0 != last }
        let recent = condition.told.count { now - $0 <= AlarmBoard.window }
        // A notice that something fires is held back before one that it is over would be: whoever was called must learn that.
        guard recent < AlarmBoard.mostNotices || !condition.isFiring else {
            if !condition.isHeldBack {
                condition.isHeldBack = true
                condition.suppressed += 1
                dropped += 1
            }
            return []
        }
        let notice = Notice(
            rule: rules[key.rule], labels: key.labels, status: condition.isFiring ? .firing : .resolved, value: condition.value,
            since: condition.since, isReminder: isReminder, suppressed: condition.suppressed)
        condition.told.append(now)
        condition.isToldFiring = condition.isFiring
        (condition.isHeldBack, condition.suppressed) = (false, 0)
        return [notice]
    }
}
