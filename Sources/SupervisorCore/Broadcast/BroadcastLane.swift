import Primitives

/// A change that waits to be sent, with those of the same message that it stands for.
struct PendingChange: Hashable, Sendable {
    /// Of the newest change that it stands for.
    var id: Int64
    var event: Change.Event
    let message: MessageKey
    /// Of the oldest.
    let committedAt: UnixTime
    let isHistory: Bool
    /// Of the oldest change of the past that it stands for: until it is sent, that one is not done with.
    var firstHistoryID: Int64?
    /// It stands for an insert and a later change.
    var isMerged = false

    init(_ announcement: Announcement) {
        id = announcement.id
        event = announcement.event
        message = announcement.message
        committedAt = announcement.committedAt
        isHistory = announcement.isHistory
        firstHistoryID = announcement.isHistory ? announcement.id : nil
    }
}

/// Changes that wait, in order, found by their message.
struct BroadcastLane {
    /// nil: taken out of the middle.
    private var waiting: [PendingChange?] = []
    private var head = 0
    /// Number of `waiting[0]`, counted from the first change that ever waited.
    private var base = 0
    /// The newest pending change of each message.
    private var places: [MessageKey: Int] = [:]
    private(set) var count = 0

    var first: PendingChange? { head < waiting.count ? waiting[head] : nil }

    mutating func append(_ change: PendingChange) {
        places[change.message] = base + waiting.count
        waiting.append(change)
        count += 1
    }

    /// The newest that waits of this message.
    func newest(of message: MessageKey) -> PendingChange? { places[message].flatMap { waiting[$0 - base] } }

    /// Puts another one in the place of the newest that waits of its message.
    mutating func replace(_ change: PendingChange) {
        guard let place = places[change.message] else { preconditionFailure("only what waits is replaced") }
        waiting[place - base] = change
    }

    /// Takes the newest that waits of this message out of the order.
    mutating func remove(_ message: MessageKey) -> PendingChange? {
        guard let place = places.removeValue(forKey: message), let change = waiting[place - base] else { return nil }
        waiting[place - base] = nil
        count -= 1
        skipHoles()
        return change
    }

    mutating func popFirst() -> PendingChange? {
        guard let change = first else { return nil }
        if places[change.message] == base + head { places[change.message] = nil }
        waiting[head] = nil
        count -= 1
        skipHoles()
        return change
    }

    /// The oldest change of the past that one of these stands for.
    var firstHistoryID: Int64? { waiting[head...].lazy.compactMap { $0?.firstHistoryID }.min() }

    /// The first is always there: holes stand only behind it.
    private mutating func skipHoles() {
        while head < waiting.count, waiting[head] == nil { head += 1 }
        // Moved up seldom, so that no step costs more than a few.
        guard head > 1024, head > waiting.count / 2 else { return }
        waiting.removeFirst(head)
        base += head
        head = 0
    }
}
