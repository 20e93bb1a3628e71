import Glibc
import Primitives

/// The two clocks of this machine. Shells read them and hand the values to cores.
public enum SystemClock {
    /// Monotonic, and going on while the machine sleeps.
    public static var now: Instant { Instant(nanoseconds: read(CLOCK_BOOTTIME)) }
    /// Civil time, which may jump.
    public static var unix: UnixTime { UnixTime(nanoseconds: read(CLOCK_REALTIME)) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let answer = clock_gettime(clock, &time)
        precondition(answer == 0, "Linux has had this clock since 2.6.39")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
