import Primitives
import Testing

@testable import SupervisorCore

/// A dispatcher in simulated time, with a table of rows and an endpoint that answers as the test says.
struct Outlet {
    var dispatcher: BroadcastDispatcher
    var now = Instant.zero
    var random = SeededGenerator(seed: 1)
    /// Sizes of rows; 100 bytes unless it says otherwise.
    var sizes: [MessageKey: Int] = [:]
    var gone: Set<MessageKey> = []
    var deleted: Set<MessageKey> = []
    var answer: ([BroadcastDispatcher.Message]) -> BroadcastAnswer = { _ in .accepted }
    /// What every request held, and when it was sent.
    var requests: [(at: Instant, messages: [BroadcastDispatcher.Message])] = []
    /// What was accepted.
    var received: [BroadcastDispatcher.Message] = []
    var next: Int64 = 1

    static let began = UnixTime(seconds: 1_700_000_000)
    var time: UnixTime { Self.began + (now - .zero) }

    init(
        perSecond: Int = 100, batch: Int = 100, payload: Int = 256_000, patience: Duration = .seconds(600),
        from cursors: SinkCursors = SinkCursors(live: 0, history: 0)
    ) {
        dispatcher = BroadcastDispatcher(
            plan: BroadcastPlan(messagesPerSecond: perSecond, payloadBytes: payload, batchMessages: batch, patience: patience),
            from: cursors)
    }

    static func key(_ message: Int) -> MessageKey { MessageKey(high: 0, low: UInt64(message)) }

    mutating func announce(_ event: Change.Event, _ message: Int, history: Bool = false) {
        announce([(event, message)], history: history)
    }

    mutating func announce(_ changes: [(Change.Event, Int)], history: Bool = false) {
        let first = next
        next += Int64(changes.count)
        let time = time
        dispatcher.noticed(
            changes.enumerated().map {
                Announcement(
                    id: first + Int64($0.offset), event: $0.element.0, message: Self.key($0.element.1), committedAt: time,
                    isHistory: history)
            }, through: next - 1)
    }

    /// One step; false when there is nothing to do before somebody announces something.
    mutating func step(until end: Instant) -> Bool {
        switch dispatcher.next(now: now) {
        case .wait(let until):
            guard let until, until < end else {
                now = end
                return false
            }
            precondition(until > now, "a wait ends later")
            now = until
        case .take(let keys):
            let messages = dispatcher.fit(
                keys.map { key in
                    gone.contains(key) ? nil : (bytes: sizes[key] ?? 100, isDeleted: deleted.contains(key))
                }, now: now)
            if messages.isEmpty { return true }
            requests.append((now, messages))
            let answer = answer(messages)
            if answer == .accepted { received += messages }
            // Every request takes its time.
            now = now + .milliseconds(5)
            dispatcher.answered(answer, now: now, at: time, using: &random)
        }
        return true
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while now < end, step(until: end) {}
    }

    /// The most messages within any second.
    var busiestSecond: Int { busiestSecond(from: .zero, for: now - .zero + .seconds(1)) }

    /// The same, of a part of the time.
    func busiestSecond(from start: Instant, for length: Duration) -> Int {
        let part = requests.filter { $0.at >= start && $0.at < start + length }
        var (most, sum, first) = (0, 0, 0)
        for request in part {
            sum += request.messages.count
            while request.at - part[first].at >= .seconds(1) {
                sum -= part[first].messages.count
                first += 1
            }
            most = max(most, sum)
        }
        return most
    }
}
