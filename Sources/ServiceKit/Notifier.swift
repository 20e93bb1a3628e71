import Glibc
import Primitives
import Synchronization

/// Tells the service manager how this process is doing: sd_notify(3), in its own few lines.
///
/// Without `NOTIFY_SOCKET` every call does nothing.
public final class Notifier: Sendable {
    private let path: String?
    private let descriptor: Int32
    private let status = Mutex("")

    public init(environment: [String: String] = processEnvironment()) {
        path = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        descriptor = path == nil ? -1 : socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // A manager that does not read must not stop the stage.
        var longest = timeval(tv_sec: Notifier.longestSendSeconds, tv_usec: 0)
        if descriptor >= 0 { setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &longest, socklen_t(MemoryLayout<timeval>.size)) }
    }

    /// How long one word may wait for a manager whose queue is full.
    private static let longestSendSeconds = 1

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends one state, such as `READY=1`.
    public func send(_ lines: String...) {
        // A manager that does not listen is its own problem: the watchdog on its side tells it.
        _ = send(lines.joined(separator: "\n"), waits: true)
    }

    private func send(_ text: String, waits: Bool) -> Bool {
        guard let path else { return true }
        return sendDatagram(Array(text.utf8), to: path, over: descriptor, waits: waits)
    }

    public func ready() { send("READY=1") }
    public func stopping() { send("STOPPING=1") }
    /// SIGHUP was taken; `ready()` ends it.
    public func reloading() { send("RELOADING=1", "MONOTONIC_USEC=\(monotonicMicroseconds)") }

    /// The one-liner of `systemctl status`; sent when it changed.
    public func status(_ text: String) {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        let changed = status.withLock { old in
            defer { old = line }
            return old != line
        }
        // Its loss is no loss: the next change tells more.
        if changed { _ = send("STATUS=\(line)", waits: false) }
    }

    /// The next beat comes soon: this one need not wait.
    func beat() { _ = send("WATCHDOG=1", waits: false) }

    /// Asks for at least this much more time to start or to stop.
    public func extendTimeout(_ duration: Duration) { _ = send("EXTEND_TIMEOUT_USEC=\(duration.inNanoseconds / 1000)", waits: false) }

    private var monotonicMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// The watchdog of the unit: the *work loop* beats it, so a loop that hangs gets the process killed and started anew.
public final class Watchdog: Sendable {
    /// How long the manager waits for a beat; nil when it does not watch this process.
    public let interval: Duration?
    private let notifier: Notifier
    /// Nanoseconds of `SystemClock.now`.
    private let last = Atomic<Int64>(0)

    public init(notifier: Notifier, environment: [String: String] = processEnvironment()) {
        self.notifier = notifier
        let isOurs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { isOurs && $0 > 0 ? .microseconds($0) : nil }
    }

    /// The longest a work loop may wait for work before it beats again: a third of the interval, at most 2 s.
    public var longestWait: Duration { min(interval.map { $0 / 3 } ?? .seconds(2), .seconds(2)) }

    /// "The loop came round." As often as one likes: what the manager need not hear is not sent.
    public func beat(now: Instant = SystemClock.now) {
        guard let interval else { return }
        let before = last.load(ordering: .relaxed)
        guard before == 0 || now.nanoseconds - before >= (interval / 5).inNanoseconds else { return }
        if last.compareExchange(expected: before, desired: now.nanoseconds, ordering: .relaxed).exchanged { notifier.beat() }
    }
}
