import Synchronization

/// What the hub counts, for the status and the metrics.
public struct RealtimeFigures: Hashable, Sendable {
    /// WebSockets that are open.
    public var connections = 0
    /// Channels that they are subscribed to, together.
    public var subscriptions = 0
    /// Connections that were opened, since the start.
    public var opened = 0
    /// Handshakes that were answered with an error.
    public var refused = 0
    /// Broadcasts, of rows and of callers.
    public var broadcasts = 0
    /// Broadcasts times the subscribers that each was written to.
    public var deliveries = 0
    /// Subscribers that were closed since they did not read.
    public var droppedSlow = 0
    /// Connections that were closed since they were silent, or sent what is no message.
    public var droppedOther = 0
}

/// The same, counted by many event loops.
final class RealtimeCounters: Sendable {
    let connections = Atomic(0)
    let subscriptions = Atomic(0)
    let opened = Atomic(0)
    let refused = Atomic(0)
    let broadcasts = Atomic(0)
    let deliveries = Atomic(0)
    let droppedSlow = Atomic(0)
    let droppedOther = Atomic(0)

    var figures: RealtimeFigures {
        RealtimeFigures(
            connections: connections.load(ordering: .relaxed), subscriptions: subscriptions.load(ordering: .relaxed),
            opened: opened.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed),
            broadcasts: broadcasts.load(ordering: .relaxed), deliveries: deliveries.load(ordering: .relaxed),
            droppedSlow: droppedSlow.load(ordering: .relaxed), droppedOther: droppedOther.load(ordering: .relaxed))
    }
}

extension Atomic<Int> {
    func count(_ number: Int = 1) { add(number, ordering: .relaxed) }
}
