import Primitives

/// Notices that the host slept or that its civil clock was set: the two clocks of a host run alike, or something happened to one of them.
///
/// A monotonic clock stands still while the host sleeps. What a connection believes of the server's time is wrong afterwards, and the
/// server has given it up long ago.
public struct ClockWatch: Sendable {
    /// A difference that counts: MTProto's own tolerance for messages from the future.
    public static let tolerance = Duration.seconds(30)
    /// Pause between two looks when nothing else happens.
    public static let interval = Duration.seconds(10)

    /// Civil time at the monotonic origin when last looked at, in nanoseconds.
    private var offset: Int64?
    public private(set) var nextLook = Instant.zero

    public init() {}

    /// By how much the civil clock ran ahead of the monotonic one since the last look, where that is more than the tolerance.
    public mutating func look(now: Instant, wall: UnixTime) -> Duration? {
        let current = wall.nanoseconds &- now.nanoseconds
        defer {
            offset = current
            nextLook = now + Self.interval
        }
        guard let offset else { return nil }
        let jump = Duration.nanoseconds(current &- offset)
        return jump > Self.tolerance || jump < .zero - Self.tolerance ? jump : nil
    }
}
