import Glibc
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
final class SocketThread: Sendable {
    let wakeup = Wakeup()
    private let state = Mutex(State())

    private struct State {
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var failure: ZeroMQError?
    }

    /// libzmq failed in a way that no peer can cause; the role is over.
    var failure: ZeroMQError? { state.withLock { $0.failure } }

    /// Makes the role on a new thread and runs it until `stop`.
    ///
    /// - Throws: what `make` throws, before any event is handled.
    func start<Role: SocketRole>(_ make: @escaping @Sendable () throws(LinkError) -> Role) throws(LinkError) {
        let opened = Opened()
        spawn { [self] in
            // The role must not outlive its thread: sockets are closed where they were made.
            do throws(LinkError) {
                var role = try make()
                opened.succeed()
                run(&role)
                role.close()
            } catch {
                opened.fail(error)
            }
            let waiters = state.withLock { state in
                state.hasEnded = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
        if let error = opened.wait() { throw error }
    }

    private func run(_ role: inout some SocketRole) {
        do throws(ZeroMQError) {
            while !state.withLock({ $0.isStopping }) {
                let sockets = role.readable
                let ready = try poll(sockets, wakeup, milliseconds: role.timeout)
                for (socket, isReady) in zip(sockets, ready) where isReady { try role.read(socket) }
                try role.wake()
            }
            // What was asked for before the stop is still done.
            try role.wake()
        } catch {
            state.withLock { $0.failure = error }
        }
    }

    /// Asks the thread to end and waits until its sockets are closed.
    func stop() async {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Asks the thread to end, without waiting.
    func abandon() {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
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

private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func spawn(_ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { raw in
            // pthread_create hands over what it was given, which is never null here.
            Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(Body(run)).toOpaque())
    precondition(result == 0, "pthread_create failed with \(result)")
    pthread_detach(thread)
}
