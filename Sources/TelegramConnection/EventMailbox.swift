/// Tells one consumer of a connection's events from an earlier one that was cancelled.
public final class EventConsumer: Sendable {
    public init() {}
}

/// Events between the connection and its one consumer: first in, first out, nothing dropped; its owner stops reading when it is full.
struct EventMailbox {
    private var events: [ConnectionEvent] = []
    private var head = 0
    private(set) var bytes = 0
    /// Resumed with true when there is something to take.
    private var waiting: (consumer: EventConsumer, continuation: CheckedContinuation<Bool, Never>)?
    private(set) var isFinished = false

    var count: Int { events.count - head }
    var isAwaited: Bool { waiting != nil }

    mutating func append(_ event: ConnectionEvent) {
        if isFinished { return }
        events.append(event)
        bytes += Self.size(event)
        waiting?.continuation.resume(returning: true)
        waiting = nil
    }

    /// Everything that is here.
    mutating func takeAll() -> [ConnectionEvent] {
        defer {
            events = []
            head = 0
            bytes = 0
        }
        return head == 0 ? events : Array(events[head...])
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

    /// The consumer, which found nothing, waits until there is something. It takes the place of an earlier one.
    mutating func wait(_ consumer: EventConsumer, _ continuation: CheckedContinuation<Bool, Never>) {
        waiting?.continuation.resume(returning: false)
        waiting = nil
        if isFinished { continuation.resume(returning: false) } else { waiting = (consumer, continuation) }
    }

    /// This consumer gave up.
    mutating func stopWaiting(_ consumer: EventConsumer) {
        guard let waiting, waiting.consumer === consumer else { return }
        waiting.continuation.resume(returning: false)
        self.waiting = nil
    }

    /// No event will follow those that wait.
    mutating func finish() {
        isFinished = true
        waiting?.continuation.resume(returning: false)
        waiting = nil
    }

    private static func size(_ event: ConnectionEvent) -> Int {
        switch event {
        case .updates(let bytes), .undecodable(let bytes): bytes.count
        default: 0
        }
    }
}
