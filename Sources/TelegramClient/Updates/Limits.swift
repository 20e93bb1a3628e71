/// Every bound of the update engine, with its unit and the reason for it.
public enum UpdateLimits {
    /// How long an update that came before its predecessor is held back. Source: https://core.telegram.org/api/updates#recovering-gaps
    public static let holdBack: Duration = .milliseconds(500)
    /// Updates held back, or waiting for a difference, per box. Beyond it they are dropped: the difference brings them again.
    public static let heldUpdates = 1_000
    /// Envelopes held back because of their seq; beyond it the difference brings them.
    public static let heldEnvelopes = 200
    /// Silence after which the common difference is asked as a heartbeat: silent losses were seen to stop at this value.
    public static let idle: Duration = .seconds(60)
    /// getChannelDifference calls in flight, as the largest client does; per channel at most one.
    public static let channelCallsInFlight = 10
    /// Updates asked for in one getChannelDifference: more is for bots. Source: https://core.telegram.org/method/updates.getChannelDifference
    public static let channelLimit: Int32 = 100
    /// Between two catch-up differences that no gap asked for, at a start or in a new session.
    public static let catchUpSpacing: Duration = .milliseconds(50)
    /// Between two polls of silent channels; doubles at each flood wait up to `pollSpacingMost`.
    public static let pollSpacing: Duration = .milliseconds(500)
    public static let pollSpacingMost: Duration = .seconds(10)
    /// The server's `timeout` before the next poll of a channel is taken within these bounds; the middle one when it gives none.
    public static let pollSoonest: Duration = .seconds(5)
    public static let pollDefault: Duration = .seconds(60)
    public static let pollLatest: Duration = .seconds(900)
    /// Wait after a failed call: 1, 2, 4 … seconds, at most this.
    public static let retryMost: Duration = .seconds(60)
    /// Pages of dialogs read in one sweep for access hashes (100 dialogs each): an account holds at most 1,000 channels and some thousand chats.
    public static let dialogPages = 200
    public static let dialogsPerPage: Int32 = 100
    /// Between two sweeps while a registered channel is still not found among the dialogs.
    public static let dialogsAgain: Duration = .seconds(600)
    /// A connection lost for less than this keeps its session: the server still holds what it wanted to push.
    public static let shortAbsence: Duration = .seconds(15)
    /// A pts that falls by more than this is a reset of the box by the server; a smaller fall is a stale answer.
    public static let resetDrop: Int64 = 1_000_009
    /// Users and chats remembered for names and access hashes (about 200 bytes each); the oldest go first. Tracked channels keep theirs apart.
    public static let peers = 100_000
}
