/// Every bound of what the producers (listener, backfill) share, with its unit and the reason for it.
public enum ProducerLimits {
    /// Records kept until they are acknowledged: an hour of the busiest account at 25 a second. Beyond it Telegram is not read.
    public static let windowRecords = 100_000
    /// Bytes of the same.
    public static let windowBytes = 128 << 20
    /// Telegram is read again when this share of the window is free: 1/4, so that it is not switched at each record.
    public static let windowResume = 4
    /// The link is looked after so often: PING while something is quiet.
    public static let pingEvery: Duration = .seconds(2)
    /// Without any frame for so long, the writer is taken for gone and HELLO is said again.
    public static let silenceMost: Duration = .seconds(6)
    /// HELLO is repeated so often until there is a WELCOME.
    public static let helloEvery: Duration = .seconds(2)
    /// Half of the units' TimeoutStopSec: what is not acknowledged by then, Telegram gives again at the next start.
    public static let drainTime: Duration = .seconds(15)
    /// Seconds after its edit date from which a fetched copy is the last word of that second: servers may serve a copy that old.
    public static let settledAfterSeconds: Int64 = 60
}
