/// The newest changes, which those who follow read at their own pace: one copy in memory, however many follow.
///
/// A value: the feed appends what it reads from the outbox; a reader says how far it is and gets what comes then.
public struct ChangeWindow: Sendable {
    /// Half a minute of a crawl, minutes of live messages.
    public static let defaultChanges = 10_000

    /// Changes and bytes of rows that are kept. A reader that is further behind reads the outbox.
    public let mostChanges: Int
    public let mostBytes: Int

    private var kept: [Change] = []
    /// Changes at the front of `kept` that are forgotten already; it is moved up seldom, so that no append costs more than a few.
    private var head = 0
    private var bytes = 0
    /// Every change after this one, up to `end`, is here.
    public private(set) var start: Int64
    /// How far the outbox was read.
    public private(set) var end: Int64

    /// - Parameter position: the newest change that there is.
    public init(at position: Int64, mostChanges: Int = ChangeWindow.defaultChanges, mostBytes: Int = 32 << 20) {
        start = position
        end = position
        self.mostChanges = mostChanges
        self.mostBytes = mostBytes
    }

    /// What a reader gets.
    public enum Reading: Hashable, Sendable {
        /// Some of what comes after its position, in order.
        case changes([Change])
        /// Nothing follows yet; the position up to which that holds.
        case upToDate(Int64)
        /// What follows is not kept here any more.
        case older
    }

    public var count: Int { kept.count - head }

    /// Takes what was read from the outbox after `end`, in order, and how far that reading came.
    public mutating func append(_ changes: [Change], through: Int64) {
        precondition(changes.first.map { $0.id > end } ?? true, "changes are appended in order")
        kept += changes
        bytes += changes.reduce(0) { $0 + $1.row.count }
        end = max(end, through, changes.last?.id ?? end)
        while count > mostChanges || (bytes > mostBytes && count > 1) {
            start = kept[head].id
            bytes -= kept[head].row.count
            head += 1
        }
        if head > kept.count / 2 {
            kept.removeFirst(head)
            head = 0
        }
    }

    /// What follows `position`, at most so many changes.
    public func read(after position: Int64, atMost limit: Int) -> Reading {
        if position < start { return .older }
        let first = index(after: position)
        if first == kept.count { return .upToDate(max(position, end)) }
        return .changes(Array(kept[first..<min(kept.count, first + limit)]))
    }

    /// How many of the changes that are kept follow `position`.
    public func count(after position: Int64) -> Int { kept.count - index(after: position) }

    private func index(after position: Int64) -> Int {
        var (low, high) = (head, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].id <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
