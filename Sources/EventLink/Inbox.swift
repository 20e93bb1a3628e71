import Synchronization

/// What one thread hands to one task: bounded, in order, taken one by one or all at once.
///
/// A full inbox tells the sender so; nothing waits here and nothing is dropped in secret.
public final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var cost = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Elements, and their summed cost (bytes), at which it is full.
    private let elementLimit: Int
    private let costLimit: Int
    /// Called, on the taker's thread, when a full inbox has room again.
    private let hasRoom: @Sendable () -> Void

    init(elementLimit: Int, costLimit: Int, hasRoom: @escaping @Sendable () -> Void) {
        self.elementLimit = elementLimit
        self.costLimit = costLimit
        self.hasRoom = hasRoom
    }

    /// Whether the sender should stop. One more element is always taken, so a check before each suffices.
    var isFull: Bool { state.withLock { $0.elements.count >= elementLimit || $0.cost >= costLimit } }

    func put(_ element: Element, cost: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.isClosed { return nil }
            state.elements.append(element)
            state.cost += cost
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// No element will follow; those that are here can still be taken.
    func close() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Everything that is here, without waiting.
    public func take() -> [Element] {
        let (elements, wasFull) = state.withLock { state -> ([Element], Bool) in
            let wasFull = state.elements.count >= elementLimit || state.cost >= costLimit
            defer {
                state.elements = []
                state.cost = 0
            }
            return (state.elements, wasFull)
        }
        if wasFull { hasRoom() }
        return elements
    }

    /// Waits until there is something and takes all of it; nil when the sender has closed or the task is cancelled. One task at a time.
    public func next() async -> [Element]? {
        await withTaskCancellationHandler {
            await nextHere()
        } onCancel: {
            stopWaiting()
        }
    }

    /// The same on the executor of the one who asks. A task that is cancelled while it waits must call `stopWaiting`.
    public func nextHere(isolation: isolated (any Actor)? = #isolation) async -> [Element]? {
        while true {
            let elements = take()
            if !elements.isEmpty { return elements }
            if state.withLock({ $0.isClosed }) || Task.isCancelled {
                let last = take()
                return last.isEmpty ? nil : last
            }
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    if !state.elements.isEmpty || state.isClosed || Task.isCancelled { return true }
                    precondition(state.waiter == nil, "one task takes from an inbox")
                    state.waiter = continuation
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        }
    }

    /// Ends the wait of a task that was cancelled.
    public func stopWaiting() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

extension Inbox: AsyncSequence {
    /// Iterates over batches: everything that came since the last one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let inbox: Inbox
        public mutating func next() async -> [Element]? { await inbox.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbox: self) }
}
