import Primitives

/// How many messages may be sent now: at most so many in any second, fewer for a while after the endpoint said that it was too many.
///
/// A plan counts each delivery to each subscriber too, which a sender does not see; so the rate is halved at each 429 and grows back slowly.
struct BroadcastPace {
    /// After each 429 the rate stands for so long before it grows, and between two steps of growth.
    private static let step = Duration.seconds(5)
    private static let window = Duration.seconds(1)

    private let most: Int
    private(set) var allowed: Int
    private var changedAt: Instant?
    private var sent: [(at: Instant, messages: Int)] = []

    init(messagesPerSecond: Int) {
        most = messagesPerSecond
        allowed = messagesPerSecond
    }

    /// Kept for live messages, so that a crawl's do not make them wait.
    var reserve: Int { allowed / 5 }

    /// Messages of the past in one request: a server that keeps an average would take more for a burst.
    var historyBatch: Int { max(1, allowed / 10) }

    /// Messages that may be sent now.
    mutating func room(now: Instant) -> Int {
        sent.removeAll { now - $0.at >= Self.window }
        return max(0, allowed - sent.reduce(0) { $0 + $1.messages })
    }

    /// When more than `kept` messages may be sent; nil: now.
    mutating func opens(keeping kept: Int = 0, now: Instant) -> Instant? {
        var left = room(now: now)
        guard left <= kept else { return nil }
        for (at, messages) in sent {
            left += messages
            if left > kept { return at + Self.window }
        }
        // What was sent before the rate was lowered: when all of it is a second ago.
        return sent.last.map { $0.at + Self.window }
    }

    mutating func sent(_ messages: Int, now: Instant) { if messages > 0 { sent.append((now, messages)) } }

    mutating func accepted(now: Instant) {
        guard allowed < most, let changedAt, now - changedAt >= Self.step else { return }
        allowed = min(most, allowed + max(1, most / 10))
        self.changedAt = now
    }

    mutating func tooMany(now: Instant) {
        allowed = max(1, allowed / 2)
        changedAt = now
    }
}
