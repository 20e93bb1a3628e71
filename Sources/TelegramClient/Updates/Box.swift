/// One numbered update stream of an account: its updates are applied in the order of their numbers and of nothing else.
///
/// Source: https://core.telegram.org/api/updates
public enum Box: Hashable, Sendable {
    /// Private chats, basic groups and the account's own state: pts.
    case common
    /// Secret chats and rarer events, each counting 1: qts.
    case qts
    /// One channel or supergroup, by its bare positive id: pts of its own.
    case channel(Int64)
}

/// Where a box stands: everything up to and including `value` has been handed on.
public struct BoxState: Hashable, Sendable {
    /// Grows when the server resets the box; starts at 1.
    public var generation: UInt64
    /// pts, or qts.
    public var value: Int64
    /// Unix seconds; of the common box only.
    public var date: Int32
    /// Number of the last envelope; of the common box only.
    public var seq: Int32

    public init(generation: UInt64 = 1, value: Int64, date: Int32 = 0, seq: Int32 = 0) {
        self.generation = generation
        self.value = value
        self.date = date
        self.seq = seq
    }
}
