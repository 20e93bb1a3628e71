import Primitives

/// When a client may try to connect again. Without such a brake a dead data centre ends in a ban of the client's address.
///
/// Every attempt counts in windows of growing length, TDLib's flood control: 1 in 1 s, 2 in 4 s, 3 in 8 s. An attempt may try several
/// addresses; of all TCP connections, 5 begin in 10 s at most.
/// What the server refuses (`-429`, failed key exchanges) counts again in windows of its own, and failures in a row wait longer.
public struct ReconnectPolicy: Sendable {
    /// How many may start within so long.
    struct Window: Sendable {
        let count: Int
        let duration: Duration
    }

    static let windows = [
        Window(count: 1, duration: .seconds(1)), Window(count: 2, duration: .seconds(4)), Window(count: 3, duration: .seconds(8)),
    ]
    /// Of TCP connections, whatever they are for.
    static let sanity = Window(count: 5, duration: .seconds(10))
    /// Times remembered: as many as the largest window counts.
    private static let remembered = 5
    /// A first connect may take so long; each further one in a row twice, up to the limit: tdesktop's.
    static let firstTimeout = Duration.seconds(1)
    static let timeoutLimit = Duration.seconds(8)

    private var attempts: [Instant] = []
    private var connects: [Instant] = []
    private var refusals: [Instant] = []
    private var notBefore = Instant(nanoseconds: .min)
    /// Failures in a row, of any kind.
    public private(set) var failuresInRow = 0
    private var afterFailure = Backoff(first: .milliseconds(500), limit: .seconds(16))
    private var afterRefusal = Backoff(first: .seconds(2), limit: .seconds(60))

    public init() {}

    /// The earliest time for the next attempt.
    public func nextAttempt(after now: Instant) -> Instant {
        max(now, notBefore, Self.free(attempts, Self.windows, now), Self.free(refusals, Self.windows, now), nextConnect(after: now))
    }

    /// The earliest time for another TCP connection within an attempt.
    public func nextConnect(after now: Instant) -> Instant { Self.free(connects, [Self.sanity], now) }

    /// The limit for the connect that begins now.
    public var connectTimeout: Duration {
        min(Self.firstTimeout * (1 << min(failuresInRow, 3)), Self.timeoutLimit)
    }

    /// An attempt begins.
    public mutating func began(now: Instant) {
        attempts = (attempts + [now]).suffix(Self.remembered)
    }

    /// A TCP connection is begun.
    public mutating func connecting(now: Instant) {
        connects = (connects + [now]).suffix(Self.remembered)
    }

    /// The attempt, or the connection before it proved itself, failed.
    public mutating func failed(now: Instant, using generator: inout some RandomNumberGenerator) {
        failuresInRow += 1
        notBefore = now + afterFailure.next(using: &generator)
    }

    /// The server answered, and refused: `-429`, or a key exchange that went wrong.
    public mutating func refused(now: Instant, using generator: inout some RandomNumberGenerator) {
        failuresInRow += 1
        refusals = (refusals + [now]).suffix(Self.remembered)
        notBefore = now + afterRefusal.next(using: &generator)
    }

    /// The connection proved itself by an authentic packet.
    public mutating func succeeded() {
        failuresInRow = 0
        afterFailure.reset()
        afterRefusal.reset()
    }

    /// When all windows have room again.
    private static func free(_ times: [Instant], _ windows: [Window], _ now: Instant) -> Instant {
        windows.reduce(now) { earliest, window in
            guard times.count >= window.count else { return earliest }
            return max(earliest, times[times.count - window.count] + window.duration)
        }
    }
}
