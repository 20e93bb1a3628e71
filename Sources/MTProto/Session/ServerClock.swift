import Primitives

/// The server's civil time as known on this side: an offset against the process's monotonic clock.
///
/// The host's civil clock is asked once, for the first guess, so that it may jump without harm.
public struct ServerClock: Sendable, Hashable {
    /// Nanoseconds of Unix time at the monotonic origin.
    private var offset: Int64
    /// Whether the server itself has told its time. Only then may old and future messages be refused.
    public private(set) var isInStep = false

    /// A first guess, from the host's clock.
    public init(guess: UnixTime, at now: Instant) { offset = guess.nanoseconds &- now.nanoseconds }

    /// A server's own clock: it is right by definition.
    public init(authoritative time: UnixTime, at now: Instant) {
        self.init(guess: time, at: now)
        isInStep = true
    }

    public func time(at now: Instant) -> UnixTime { UnixTime(nanoseconds: now.nanoseconds &+ offset) }

    /// Takes the server's word; returns by how much the clock moved.
    @discardableResult
    public mutating func correct(to time: UnixTime, at now: Instant) -> Duration {
        let before = self.time(at: now)
        offset = time.nanoseconds &- now.nanoseconds
        isInStep = true
        return time - before
    }

    /// Forgets that the clock was in step, since what arrives contradicts it.
    mutating func doubt() { isInStep = false }
}
