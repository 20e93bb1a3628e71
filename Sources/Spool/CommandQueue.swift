import Glibc
import ListenerCore
import Synchronization

/// What is handed to the spool's thread.
final class CommandQueue: @unchecked Sendable {
    // The mutex guards everything below.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var actions: [SpoolAction] = []
    /// Something other than a record is among them: it is not kept waiting for company.
    private var isUrgent = false
    /// How many the one who waits would like.
    private var wanted = 1
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func put(_ action: SpoolAction) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if isClosed { return }
        actions.append(action)
        if case .append = action {} else { isUrgent = true }
        if isUrgent || actions.count >= wanted { pthread_cond_signal(condition) }
    }

    func close() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isClosed = true
        pthread_cond_signal(condition)
    }

    /// Everything that is there; waits for something.
    ///
    /// - Parameters:
    ///   - wait: the most milliseconds; negative: as long as it takes.
    ///   - wanted: so many records are worth waiting for; anything else comes at once.
    /// - Returns: what there is when the time is over, nil when the queue is closed and empty.
    func take(wait milliseconds: Int, wanted: Int = 1) -> [SpoolAction]? {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds % 1_000 * 1_000_000
        deadline.tv_sec += milliseconds / 1_000 + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        self.wanted = wanted
        while actions.count < wanted, !isUrgent {
            if isClosed { return actions.isEmpty ? nil : taken() }
            if milliseconds < 0 {
                pthread_cond_wait(condition, mutex)
            } else if pthread_cond_timedwait(condition, mutex, &deadline) != 0 {
                break
            }
        }
        return taken()
    }

    private func taken() -> [SpoolAction] {
        defer {
            actions = []
            isUrgent = false
        }
        return actions
    }
}

/// The end of the thread, which one task waits for.
final class Ended: Sendable {
    private let state = Mutex<(isDone: Bool, waiter: CheckedContinuation<Void, Never>?)>((false, nil))

    func signal() {
        let waiter = state.withLock { state in
            state.isDone = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.isDone { state.waiter = continuation }
                return state.isDone
            }
            if isDone { continuation.resume() }
        }
    }
}
