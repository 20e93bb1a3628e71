import Synchronization

/// What tasks hand to a socket's thread: bounded, in order.
final class Outbox<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// False when it is full.
    func put(_ element: Element) -> Bool {
        elements.withLock { elements in
            guard elements.count < limit else { return false }
            elements.append(element)
            return true
        }
    }

    func take() -> [Element] {
        elements.withLock { elements in
            defer { elements = [] }
            return elements
        }
    }
}
