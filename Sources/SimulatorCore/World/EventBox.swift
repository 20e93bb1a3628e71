import Primitives

/// A position in a box after an event, and by how much the event moved it.
public struct Stamp: Hashable, Sendable {
    /// The box's `pts` after the event.
    public var pts: Int32
    /// `pts_count`: pts before the event is `pts - count`.
    public var count: Int32

    public init(pts: Int32, count: Int32) {
        self.pts = pts
        self.count = count
    }
}

/// One numbered stream of updates: a user's common box or a channel's own, with the newest part of its events.
///
/// Source: https://core.telegram.org/api/updates
public struct EventBox<Kind: Sendable>: Sendable {
    public struct Event: Sendable {
        public var kind: Kind
        public var stamp: Stamp
        public var date: UnixTime
    }

    /// The box's position. A new box stands at 1, as Telegram's do.
    public private(set) var pts: Int32 = 1
    /// How many steps of pts the box remembers. Beyond it a difference is "too long".
    public var window: Int32 { didSet { trim() } }
    /// The date of the newest event, nil before the first.
    public private(set) var lastDate: UnixTime?
    private var storage: [Event] = []
    private var head = 0
    /// The newest position that has been forgotten: differences from before it are refused.
    private var floor: Int32 = 1

    public init(window: Int32) { self.window = window }

    /// Moves the position by `count` and remembers the event.
    public mutating func append(_ kind: Kind, count: Int32 = 1, date: UnixTime) -> Stamp {
        pts += count
        let stamp = Stamp(pts: pts, count: count)
        storage.append(Event(kind: kind, stamp: stamp, date: date))
        lastDate = date
        trim()
        return stamp
    }

    /// The events after `pts`, oldest first, or nil when some of them are forgotten.
    public func events(after pts: Int32) -> ArraySlice<Event>? {
        if pts < floor { return nil }
        var low = head
        var high = storage.count
        while low < high {
            let middle = (low + high) / 2
            if storage[middle].stamp.pts > pts { high = middle } else { low = middle + 1 }
        }
        return storage[low...]
    }

    /// Forgets all events: a difference from any earlier position is "too long".
    mutating func forget() {
        floor = pts
        storage.removeAll()
        head = 0
    }

    private mutating func trim() {
        while head < storage.count, storage[head].stamp.pts <= pts - window {
            floor = storage[head].stamp.pts
            head += 1
        }
        if head > 64, head * 2 > storage.count {
            storage.removeFirst(head)
            head = 0
        }
    }
}
