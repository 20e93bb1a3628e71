import Synchronization

/// "Please stop", asked once and seen by everybody: threads poll it, tasks wait for it, shells hang a handler on it.
final class StopSignal: Sendable {
    private struct Content {
        var isRequested = false
        var handlers: [@Sendable () -> Void] = []
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }
    private let content = Mutex(Content())

    var isRequested: Bool { content.withLock { $0.isRequested } }

    func request() {
        let (handlers, waiters) = content.withLock { content in
            content.isRequested = true
            defer {
                content.handlers = []
                content.waiters = [:]
            }
            return (content.handlers, content.waiters.sorted { $0.key < $1.key }.map(\.value))
        }
        for handler in handlers { handler() }
        for waiter in waiters { waiter.resume() }
    }

    func onRequest(_ handler: @escaping @Sendable () -> Void) {
        let already = content.withLock { content in
            if !content.isRequested { content.handlers.append(handler) }
            return content.isRequested
        }
        if already { handler() }
    }

    /// Returns when the stop is requested or the task is cancelled.
    func wait() async {
        let id = content.withLock { content in
            content.nextWaiter += 1
            return content.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = content.withLock { content in
                    if content.isRequested || Task.isCancelled { return true }
                    content.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            content.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
