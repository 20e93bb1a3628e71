import Events
import WriterCore

/// The true life of one message at the server, and every copy of it that a crawler may come to see.
struct Story: Sendable {
    enum Event: Sendable {
        case new(String)
        case edit(String)
        /// The first reaction bumps the edit date, hidden; so do the others here.
        case reaction(String)
        case view(Int64)
        case delete
        /// Only a moment at which somebody fetches.
        case wait
    }

    /// (unix second, event) in order; several may share a second.
    var events: [(second: Int64, event: Event)]

    static let chat = ChatKey.channel(5)
    static let id: Int64 = 77
    /// An observation: a copy, or the word of the deletion.
    enum Sight: Hashable, Sendable {
        case copy(WireMessage)
        case deleted(at: Int64)
    }

    /// Live copies of every event, and copies fetched right after each event, in the order in which they came to be.
    func sights(live: Bool = true, fetched: Bool = true) -> [Sight] {
        var out: [Sight] = []
        var state = WireMessage()
        state.chat = .with {
            $0.kind = .channel
            $0.id = 5
        }
        state.id = Story.id
        var pts: Int64 = 100
        for (second, event) in events {
            pts += 1
            var isPushed = true
            switch event {
            case .new(let text):
                state.date = second
                state.text = text
                state.senderName = "A"
                state.reactions = "[]"
                state.views = 1
            case .edit(let text):
                state.text = text
                state.editDate = second
                state.editHide = false
                state.edited = true
            case .reaction(let text):
                state.reactions = text
                state.editDate = second
                state.editHide = true
                state.edited = true
            case .view(let count):
                state.views = count
                isPushed = false
            case .delete:
                out.append(.deleted(at: second * 1_000_000_000))
                return out
            case .wait: isPushed = false
            }
            if live, isPushed {
                var copy = state
                copy.position = pts
                copy.generation = 1
                copy.observedAt = second
                out.append(.copy(copy))
            }
            if fetched { out.append(.copy(Story.fetch(state, at: second))) }
        }
        return out
    }

    /// A copy as a history page gives it at this second.
    static func fetch(_ state: WireMessage, at second: Int64) -> WireMessage {
        var copy = state
        copy.position = -1
        copy.generation = 1
        copy.observedAt = second
        copy.settled = second >= state.editDate + 60
        return copy
    }

    /// What the server has at the end; a deleted message keeps what it had.
    var truth: (state: WireMessage, deleted: Bool) {
        var last = WireMessage()
        var deleted = false
        for sight in sights() {
            switch sight {
            case .copy(let copy): last = copy
            case .deleted: deleted = true
            }
        }
        return (last, deleted)
    }

    /// A sight with its row made once: the hashes are what costs.
    enum Step: Sendable {
        case row(MessageRow)
        case mark(DeletionMark)

        init(_ sight: Sight) throws {
            switch sight {
            case .copy(let copy): self = .row(try MessageRow(copy, receivedAt: 1_000))
            case .deleted(let at): self = .mark(DeletionMark(deletedAt: at, presumed: false))
            }
        }
    }

    /// The row that these steps make in this order; nil when there is none but a tombstone.
    static func row(of steps: [Step]) -> MessageRow? {
        var row: MessageRow?
        var mark: DeletionMark?
        for step in steps {
            switch step {
            case .row(let next): if row?.merge(next) == nil { row = next }
            case .mark(let next): mark = DeletionMark.merge(mark, next)
            }
        }
        row?.deletion = mark
        return row
    }

    static func row(_ sights: some Sequence<Sight>) throws -> MessageRow? { row(of: try sights.map { try Step($0) }) }

    /// The ten scripts.
    static let all: [Story] = [
        Story(events: [(1_000, .new("a")), (1_000, .edit("b")), (1_000, .edit("c"))]),
        Story(events: [(1_000, .new("a")), (1_005, .edit("b")), (1_005, .edit("a"))]),
        Story(events: [(1_000, .new("a")), (1_005, .edit("b")), (1_070, .edit("a")), (1_200, .wait)]),
        Story(events: [(1_000, .new("a")), (1_001, .reaction("[1]")), (1_001, .reaction("[2]")), (1_100, .wait)]),
        Story(events: [(1_000, .new("a")), (1_001, .reaction("[1]")), (1_001, .edit("b")), (1_001, .reaction("[]"))]),
        Story(events: [(1_000, .new("a")), (1_010, .edit("b")), (1_010, .delete)]),
        Story(events: [(1_000, .new("a")), (1_000, .delete)]),
        Story(events: [(1_000, .new("a")), (1_002, .view(9)), (1_002, .edit("b")), (1_080, .view(12))]),
        Story(events: [(1_000, .new("a")), (1_000, .edit("b")), (1_061, .edit("b")), (1_061, .delete)]),
        Story(events: [(1_000, .new("a")), (1_003, .edit("")), (1_003, .reaction("[1]")), (1_400, .wait)]),
    ]
}

/// Calls `body` with every order of the elements; Heap's algorithm.
func everyOrder<T>(_ elements: [T], _ body: ([T]) throws -> Void) rethrows {
    var items = elements
    var counters = [Int](repeating: 0, count: items.count)
    try body(items)
    var i = 0
    while i < items.count {
        if counters[i] < i {
            items.swapAt(i % 2 == 0 ? 0 : counters[i], i)
            try body(items)
            counters[i] += 1
            i = 0
        } else {
            counters[i] = 0
            i += 1
        }
    }
}
