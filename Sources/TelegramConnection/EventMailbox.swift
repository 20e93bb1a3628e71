/// Tells one consumer of a connection's events from an earlier one that was cancelled.
final class EventConsumer: Sendable {}

/// Events between the connection and its one consumer: first in, first out, nothing dropped; its owner stops reading when it is full.
struct EventMailbox {
    private var events: [ConnectionEvent] = []
    private var head = 0
    private(set) var bytes = 0
    private var waiting: (consumer: EventConsumer, continuation: CheckedContinuation<ConnectionEvent?, Never>)?
    private(set) var isFinished = false

    var count: Int { events.count - head }

    mutating func append(_ event: ConnectionEvent) {
        if isFinished { return }
        if let waiting {
            self.waiting = nil
            return waiting.continuation.resume(returning: event)
        }
        events.append(event)
        bytes += Self.size(event)
    }

    mutating func pop() -> ConnectionEvent? {
        guard head < events.count else { return nil }
        let event = events[head]
        head += 1
        bytes -= Self.size(event)
        if head == events.count {
            events = []
            head = 0
        } else if head > 4096 {
            events.removeFirst(head)
            head = 0
        }
        return event
    }

    /// The consumer waits for the next event, which will be the first to be appended. It takes the place of an earlier one.
    mutating func wait(_ consumer: EventConsumer, _ continuation: CheckedContinuation<ConnectionEvent?, Never>) {
        waiting?.continuation.resume(returning: nil)
        waiting = nil
        if isFinished { continuation.resume(returning: nil) } else { waiting = (consumer, continuation) }
    }

    /// This consumer gave up.
    mutating func stopWaiting(_ consumer: EventConsumer) {
        guard let waiting, waiting.consumer === consumer else { return }
        waiting.continuation.resume(returning: nil)
        self.waiting = nil
    }

    /// No event will follow those that wait.
    mutating func finish() {
        isFinished = true
        waiting?.continuation.resume(returning: nil)
        waiting = nil
    }

    private static func size(_ event: ConnectionEvent) -> Int {
        switch event {
        case .updates(let bytes), .undecodable(let bytes): bytes.count
        default: 0
        }
    }
}
