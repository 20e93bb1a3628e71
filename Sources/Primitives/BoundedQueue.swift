/// A first-in-first-out queue that refuses what exceeds its limit: nothing grows without a named bound.
public struct BoundedQueue<Element> {
    /// The most elements it holds.
    public let limit: Int
    private var storage: [Element?] = []
    private var head = 0
    public private(set) var count = 0

    public init(limit: Int) {
        precondition(limit > 0, "a queue holds at least one element")
        self.limit = limit
    }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { count == limit }
    public var first: Element? { count == 0 ? nil : storage[head] }

    /// Appends the element, or returns false and leaves the queue as it was when it is full.
    public mutating func append(_ element: Element) -> Bool {
        if count == limit { return false }
        if count == storage.count { grow() }
        storage[(head + count) % storage.count] = element
        count += 1
        return true
    }

    /// Takes the oldest element.
    public mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head]
        storage[head] = nil
        head = (head + 1) % storage.count
        count -= 1
        return element
    }

    /// Takes the oldest elements, at most `maximum`.
    public mutating func popFirst(_ maximum: Int) -> [Element] {
        var out: [Element] = []
        out.reserveCapacity(min(maximum, count))
        while out.count < maximum, let element = popFirst() { out.append(element) }
        return out
    }

    private mutating func grow() {
        var larger = [Element?](repeating: nil, count: min(limit, max(16, storage.count * 2)))
        for i in 0..<count { larger[i] = storage[(head + i) % storage.count] }
        storage = larger
        head = 0
    }
}

extension BoundedQueue: Sendable where Element: Sendable {}
