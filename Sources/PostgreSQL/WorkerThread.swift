import Glibc
import POSIX

/// One thread that runs jobs in order, so that blocking calls never occupy the cooperative pool.
final class WorkerThread: Sendable {
    typealias Job = @Sendable () -> Void
    private let mailbox = Mailbox()

    /// - Parameter name: the thread's, as `top -H` shows it.
    init(named name: String) {
        let mailbox = mailbox
        detachThread(named: name) {
            while let job = mailbox.take() { job() }
        }
    }

    /// Appends the job; false when the thread has been stopped.
    func submit(_ job: @escaping Job) -> Bool { mailbox.put(job) }

    /// Runs what is queued, then ends the thread.
    func stop() { mailbox.close() }

    /// Drops what is queued, and ends the thread after the job that runs.
    func discard() {
        mailbox.clear()
        mailbox.close()
    }

    deinit { mailbox.close() }
}

/// A queue between threads. Its length is bounded by the callers, each of which waits for its own job.
private final class Mailbox: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [WorkerThread.Job] = []
    private var closed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func put(_ job: @escaping WorkerThread.Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if closed { return false }
        jobs.append(job)
        pthread_cond_signal(condition)
        return true
    }

    func take() -> WorkerThread.Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty && !closed { pthread_cond_wait(condition, mutex) }
        return jobs.isEmpty ? nil : jobs.removeFirst()
    }

    func clear() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        jobs = []
    }

    func close() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        closed = true
        pthread_cond_signal(condition)
    }
}
