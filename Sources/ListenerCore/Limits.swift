/// Every bound of the listener's core, with its unit and the reason for it.
public enum ListenerLimits {
    /// A box whose updates are filtered out still tells its position after at most this long …
    public static let positionEvery: Duration = .seconds(10)
    /// … or so many filtered updates, whichever is first: the next record must not look like a hole.
    public static let filteredMost: UInt32 = 100
    /// Bytes after which a segment of the spool is closed: it is read whole at a start, and deleted whole.
    public static let segmentBytes = 16 << 20
    /// A spool has room for at least so many segments: one is open, one is being sent, and the rest is what its limit is for.
    public static let segmentsLeast = 8
    /// The smallest limit of a spool, bytes: an eighth of it still holds the largest record.
    public static let spoolLeast = segmentsLeast * (1 << 20)
    /// Shares of the limit, in hundredths, at which the operator is warned.
    public static let spoolWarnings = [50, 80]
    /// Records of the present stream kept in memory beside the spool: two frames of credit. Older ones are read back.
    public static let memoryRecords = 20_000
    /// Bytes of the same.
    public static let memoryBytes = 32 << 20
}
