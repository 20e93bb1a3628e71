import Primitives

/// What happens to calls.
struct CallFaults: Sendable {
    enum Effect: Hashable, Sendable {
        case fail(Failure)
        /// `FLOOD_WAIT_n`, and the same for every call before the wait is over.
        case flood(seconds: Int64)
        /// The answer is only announced by `msg_detailed_info`.
        case announce
        /// The answer is of a constructor that nobody knows.
        case unknown
        /// There is none.
        case swallow
        case delay(Duration)
        /// The call is done, but its connection breaks before the answer.
        case cut
    }

    struct Rule: Sendable {
        /// As "messages.getHistory"; "*": all.
        var method: String
        var user: Int64?
        /// Only calls about this peer.
        var place: Peer?
        var effect: Effect
        /// Lets so many pass first.
        var skip = 0
        /// For so many calls; nil: until it is ended.
        var remaining: Int?
        var probability = 1.0
    }

    /// So many calls in a time, as real servers limit them.
    struct Limit: Sendable {
        var method: String
        var calls: Int
        /// Nanosecond precision, since scaled rules may be shorter than a second.
        var time: Duration
    }

    struct Line: Hashable, Sendable {
        var user: Int64
        var method: String
    }

    var rules: [Rule] = []
    var limits: [Limit] = []
    /// Until when calls are refused.
    private var waits: [Line: UnixTime] = [:]
    /// When the last calls came, for the limits.
    private var recent: [Line: [UnixTime]] = [:]
    /// Calls that came before their flood wait was over.
    private(set) var violations: [String: Int] = [:]
    private(set) var violationCount = 0

    /// The seconds left of a wait that the call does not heed.
    mutating func remainingWait(_ line: Line, now: UnixTime) -> Int64? {
        guard let until = waits[line] else { return nil }
        if until <= now {
            waits[line] = nil
            return nil
        }
        violations[line.method, default: 0] += 1
        violationCount += 1
        return max(1, (until - now).components.seconds + 1)
    }

    mutating func wait(_ line: Line, until: UnixTime) { waits[line] = until }
    mutating func endWaits() { waits = [:] }

    /// The seconds to wait when the call is one too many.
    mutating func excess(_ line: Line, now: UnixTime) -> Int64? {
        guard let limit = limits.first(where: { $0.method == line.method }) else { return nil }
        var times = (recent[line] ?? []).filter { now - $0 < limit.time }
        defer { recent[line] = times }
        if times.count < limit.calls {
            times.append(now)
            return nil
        }
        return max(1, (times[0] + limit.time - now).components.seconds + 1)
    }
}

extension CallFaults {
    /// Calls by one account in half a minute that Telegram was seen to let pass before it asks to wait for the rest of it. There is no
    /// official number. https://core.telegram.org/api/errors#420-flood
    private static let usual: [(method: String, calls: Int, seconds: Double)] = [
        ("messages.getHistory", 30, 30), ("messages.search", 30, 30), ("channels.getMessages", 30, 30),
        ("messages.getMessages", 30, 30), ("messages.getForumTopics", 30, 30), ("channels.getFullChannel", 30, 30),
        ("messages.getFullChat", 30, 30), ("contacts.resolveUsername", 20, 30), ("messages.checkChatInvite", 10, 30),
        ("messages.importChatInvite", 10, 30), ("channels.joinChannel", 10, 30),
    ]

    /// The usual rules with their times divided by `scale`; nil ends all limits.
    mutating func setUsualLimits(scale: Double?) {
        guard let scale else { return limits = [] }
        limits = CallFaults.usual.map { rule in
            Limit(method: rule.method, calls: rule.calls, time: .nanoseconds(Int64(rule.seconds / scale * 1_000_000_000)))
        }
    }
}

extension TelegramServer {
    /// Flood waits as real servers have them for what a crawler calls; their times are divided by `scale`, nil ends them.
    public mutating func setFloodRules(scale: Double?) { faults.calls.setUsualLimits(scale: scale) }
}

extension Faults {
    /// What happens to a call, besides its being answered.
    mutating func effect(on method: String, by user: Int64, about place: Peer?, now: UnixTime) -> CallFaults.Effect? {
        let line = CallFaults.Line(user: user, method: method)
        if let left = calls.remainingWait(line, now: now) { return .fail(Failure(420, "FLOOD_WAIT_\(left)")) }
        if let wait = calls.excess(line, now: now) { return flood(line, seconds: wait, now) }
        for at in calls.rules.indices {
            let rule = calls.rules[at]
            guard rule.method == "*" || rule.method == method, rule.user == nil || rule.user == user,
                rule.place == nil || rule.place == place
            else { continue }
            if rule.skip > 0 {
                calls.rules[at].skip -= 1
                continue
            }
            guard happens(rule.probability) else { continue }
            if let left = rule.remaining {
                calls.rules[at].remaining = left - 1
                if left <= 1 { calls.rules.remove(at: at) }
            }
            if case .flood(let seconds) = rule.effect { return flood(line, seconds: seconds, now) }
            count(name(of: rule.effect))
            return rule.effect
        }
        return nil
    }

    private mutating func flood(_ line: CallFaults.Line, seconds: Int64, _ now: UnixTime) -> CallFaults.Effect {
        calls.wait(line, until: now + .seconds(seconds))
        count("flood_waits")
        return .fail(Failure(420, "FLOOD_WAIT_\(seconds)"))
    }

    private func name(of effect: CallFaults.Effect) -> String {
        switch effect {
        case .fail: "failed_calls"
        case .flood: "flood_waits"
        case .announce: "announced_answers"
        case .unknown: "unknown_answers"
        case .swallow: "swallowed_answers"
        case .delay: "delayed_answers"
        case .cut: "cut_answers"
        }
    }
}
