import Glibc
import POSIX
import Synchronization
import ZeroMQ

/// What a socket's thread does with it. Made, used and destroyed on that thread alone.
protocol SocketRole: SendableMetatype {
    /// The sockets to wait for now: one that may not be read (its taker is behind) is left out.
    var readable: [Socket] { get }
    /// Milliseconds until `wake` should be called without any event; −1: none.
    var timeout: Int { get }
    /// Takes what the socket has.
    mutating func read(_ socket: Socket) throws(ZeroMQError)
    /// Does what other threads asked for since. Called after every wait.
    mutating func wake() throws(ZeroMQError)
    /// The last call.
    mutating func close()
}

/// A dedicated thread for a socket set: libzmq's sockets belong to one thread, and polling blocks.
///
/// An actor that works on what comes may run on it (`unownedExecutor`), with the tasks that wait there (`taskExecutor`): then nobody has to
/// be woken between a frame and what is done with it. Such an actor must not block, and must hold the thread. It ends with its last owner.
public final class SocketThread: Sendable {
    private let core: Core

    /// Starts the thread, which waits for an actor's work or a role.
    ///
    /// - Parameter name: the thread's, as `top -H` shows it.
    public convenience init(named name: String) { self.init(named: name, ended: {}) }

    /// - Parameter ended: the thread's last word.
    init(named name: String, ended: @escaping @Sendable () -> Void) {
        let core = Core(ended: ended)
        self.core = core
        detachThread(named: name) { core.serve() }
    }

    deinit { core.end() }

    /// Runs an actor on this thread, before a socket is there, beside it and after it.
    public var unownedExecutor: UnownedSerialExecutor { core.asUnownedSerialExecutor() }

    /// Where a task of such an actor resumes: every wait that ends elsewhere goes through its task's executor, or the pool's.
    public var taskExecutor: any TaskExecutor { core }

    var wakeup: Wakeup { core.wakeup }

    /// libzmq failed in a way that no peer can cause; the role is over.
    var failure: ZeroMQError? { core.failure }

    /// Makes the role on the thread and runs it until `stop`. Once, and not from the thread itself, which it would wait for.
    ///
    /// - Throws: what `make` throws, before any event is handled.
    func start(_ make: @escaping @Sendable () throws(LinkError) -> any SocketRole) throws(LinkError) {
        if let error = core.begin(make) { throw error }
    }

    /// There is something for the role to do: wakes the thread, unless it is the one that says so.
    func signal() { core.signal() }

    /// Asks the role to end and waits until its sockets are closed.
    func stop() async { await core.stop() }

    /// Asks the role to end, without waiting.
    func abandon() { core.abandon() }
}

/// What the thread holds itself.
private final class Core: SerialExecutor, TaskExecutor {
    let wakeup = Wakeup()
    private let state = Mutex(State())
    /// The thread's `pthread_t`, once it runs.
    private let thread = Atomic<UInt>(0)
    private let ended: @Sendable () -> Void

    init(ended: @escaping @Sendable () -> Void) { self.ended = ended }

    private struct State {
        var jobs: [UnownedJob] = []
        var begin: (make: @Sendable () throws(LinkError) -> any SocketRole, opened: Opened)?
        /// A role is there, or will be.
        var isBusy = false
        var isStopping = false
        var isEnding = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var failure: ZeroMQError?
    }

    var failure: ZeroMQError? { state.withLock { $0.failure } }

    // MARK: asked by others

    func begin(_ make: @escaping @Sendable () throws(LinkError) -> any SocketRole) -> LinkError? {
        let opened = Opened()
        state.withLock { state in
            state.isBusy = true
            state.begin = (make, opened)
        }
        signal()
        return opened.wait()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        signal()
    }

    func signal() {
        if thread.load(ordering: .relaxed) != pthread_self() { wakeup.signal() }
    }

    func stop() async {
        abandon()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isBusy { state.waiters.append(continuation) }
                return !state.isBusy
            }
            if isOver { continuation.resume() }
        }
    }

    func abandon() {
        state.withLock { $0.isStopping = true }
        signal()
    }

    func end() {
        state.withLock { state in
            state.isStopping = true
            state.isEnding = true
        }
        signal()
    }

    // MARK: the thread

    func serve() {
        thread.store(pthread_self(), ordering: .relaxed)
        var role: (any SocketRole)?
        while true {
            let (jobs, begin) = state.withLock { state in
                defer { (state.jobs, state.begin) = ([], nil) }
                return (state.jobs, state.begin)
            }
            for job in jobs { job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor()) }
            if let begin { role = open(begin.make, begin.opened) }
            do throws(ZeroMQError) {
                let isStopping = state.withLock { $0.isStopping }
                // What was asked for before the stop is still done.
                try role?.wake()
                if isStopping { close(&role) }
                // Asked last: what was done here may have left more to do.
                let (isIdle, isOver) = state.withLock { state in
                    let isIdle = state.jobs.isEmpty && state.begin == nil
                    return (isIdle, isIdle && state.isEnding && role == nil)
                }
                if isOver { return ended() }
                let sockets = role?.readable ?? []
                let ready = try poll(sockets, wakeup, milliseconds: isIdle ? role?.timeout ?? -1 : 0)
                for (socket, isReady) in zip(sockets, ready) where isReady { try role?.read(socket) }
            } catch {
                state.withLock { $0.failure = error }
                close(&role)
            }
        }
    }

    private func open(_ make: () throws(LinkError) -> any SocketRole, _ opened: Opened) -> (any SocketRole)? {
        do throws(LinkError) {
            let role = try make()
            opened.succeed()
            return role
        } catch {
            state.withLock { $0.isBusy = false }
            opened.fail(error)
            return nil
        }
    }

    /// The role must not outlive its thread: sockets are closed where they were made.
    private func close(_ role: inout (any SocketRole)?) {
        guard role != nil else { return }
        role?.close()
        role = nil
        let waiters = state.withLock { state in
            state.isBusy = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// The start of a thread, waited for by the one that started it: a few calls that do not block.
private final class Opened: @unchecked Sendable {
    // The semaphore orders the write of `error` before its read.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private var error: LinkError?

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func succeed() { sem_post(semaphore) }

    func fail(_ error: LinkError) {
        self.error = error
        sem_post(semaphore)
    }

    func wait() -> LinkError? {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
        return error
    }
}
