/// Events between the connection and its one consumer: first in, first out, nothing dropped; its owner stops reading when it is full.
struct EventMailbox {
    private var events: [ConnectionEvent] = []
    private var head = 0
    private(set) var bytes = 0
    private var consumer: CheckedContinuation<ConnectionEvent?, Never>?
    private(set) var isFinished = false

    var count: Int { events.count - head }

    mutating func append(_ event: ConnectionEvent) {
        if isFinished { return }
        if let consumer {
            self.consumer = nil
            return consumer.resume(returning: event)
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

    /// The consumer waits for the next event, which will be the first to be appended.
    mutating func wait(_ continuation: CheckedContinuation<ConnectionEvent?, Never>) {
        precondition(consumer == nil, "a connection's events have one consumer")
        if isFinished { continuation.resume(returning: nil) } else { consumer = continuation }
    }

    /// The consumer gave up.
    mutating func stopWaiting() {
        consumer?.resume(returning: nil)
        consumer = nil
    }

    /// No event will follow those that wait.
    mutating func finish() {
        isFinished = true
        stopWaiting()
    }

    private static func size(_ event: ConnectionEvent) -> Int {
        switch event {
        case .updates(let bytes), .undecodable(let bytes): bytes.count
        default: 0
        }
    }
}
