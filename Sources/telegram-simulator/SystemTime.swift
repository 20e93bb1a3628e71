import Glibc
import Primitives
import SimulatorCore

/// This machine's two clocks, read together.
func machineMoment() -> Endpoint.Moment {
    func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    return Endpoint.Moment(instant: Instant(nanoseconds: read(CLOCK_MONOTONIC)), time: UnixTime(nanoseconds: read(CLOCK_REALTIME)))
}
