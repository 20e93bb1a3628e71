import Primitives

/// The 16 bytes of `messages.id`.
public struct MessageKey: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// A line of the outbox without its row: what a dispatcher keeps of each change that waits. Some 60 bytes, however long the message.
public struct Announcement: Hashable, Sendable {
    public let id: Int64
    public let event: Change.Event
    public let message: MessageKey
    public let committedAt: UnixTime
    public let isHistory: Bool

    public init(id: Int64, event: Change.Event, message: MessageKey, committedAt: UnixTime, isHistory: Bool) {
        self.id = id
        self.event = event
        self.message = message
        self.committedAt = committedAt
        self.isHistory = isHistory
    }
}

/// Up to which changes a sink has come: all up to them are sent or skipped. Live changes overtake those of the past, so there are two.
public struct SinkCursors: Hashable, Sendable {
    public var live: Int64
    public var history: Int64

    public init(live: Int64, history: Int64) {
        self.live = live
        self.history = history
    }

    /// Where the outbox is read on from.
    public var first: Int64 { min(live, history) }
}
