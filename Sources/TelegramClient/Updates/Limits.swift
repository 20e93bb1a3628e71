/// Every bound of the update engine, with its unit and the reason for it.
public enum UpdateLimits {
    // MARK: order

    /// How long an update that came before its predecessor is held back, in every box and whatever the size of the gap: to ask sooner,
    /// as some clients do for small gaps or for channels, costs a call wherever the next packet would have closed it.
    /// Source: https://core.telegram.org/api/updates#recovering-gaps
    public static let holdBack: Duration = .milliseconds(500)
    /// Updates held back, or waiting for a difference, per box. Beyond it they are dropped: the difference brings them again.
    public static let heldUpdates = 1_000
    /// Envelopes held back because of their seq; beyond it the difference brings them.
    public static let heldEnvelopes = 200
    /// A pts that falls by more than this is a reset of the box by the server; a smaller fall is a stale answer.
    public static let resetDrop: Int64 = 1_000_009

    // MARK: differences

    /// Without an update of the common box for so long its difference is asked as a heartbeat: silent losses were seen to stop at this
    /// value. What comes for channels does not count: it says nothing about the common box.
    public static let idle: Duration = .seconds(60)
    /// getChannelDifference calls in flight, as the largest client does; per channel at most one.
    public static let channelCallsInFlight = 10
    /// Updates asked for in one getChannelDifference: more is for bots.
    /// Source: https://core.telegram.org/method/updates.getChannelDifference
    public static let channelLimit: Int32 = 100
    /// Between two differences that only catch up, at a start or where the watchdog saw that a channel is behind.
    public static let catchUpSpacing: Duration = .milliseconds(50)
    /// Wait after a failed call, and after an answer that promises more but did not move: 1, 2, 4 … seconds, at most this, and up to a
    /// third more by chance.
    public static let retryMost: Duration = .seconds(60)
    /// A connection lost for less than this keeps its session: the server still holds what it wanted to push.
    public static let shortAbsence: Duration = .seconds(15)
    /// The notice of a new session comes before the first answer of its connection, but the two reach us by different queues of this
    /// process: so long after the answer it may still be that connection's own.
    public static let sessionNotice: Duration = .seconds(1)
    /// Between two comparisons of everything because something could not be decoded: a flood of that says the same again and again.
    public static let undecodableSpacing: Duration = .seconds(10)

    // MARK: polls

    /// Polls of silent channels, a second: at the start, at least, at most. A flood wait halves the rate, each answer adds `pollRateStep`.
    public static let pollRate = 2.0
    public static let pollRateLeast = 0.1
    public static let pollRateMost = 4.0
    public static let pollRateStep = 0.01
    /// The same of channels that the account has not joined, and their calls in flight: at most half of all, so that a joined channel
    /// with a gap finds room. A flood wait is the account's, and halves both rates.
    public static let notJoinedPollRate = 1.0
    public static let notJoinedPollRateMost = 2.0
    public static let notJoinedCallsInFlight = 5
    /// A poll follows the last word of its channel by the server's `timeout`, or by the time within which it usually speaks where that
    /// is longer, within these bounds; `pollDefault` stands for a timeout that the server does not give.
    public static let pollSoonest: Duration = .seconds(5)
    public static let pollDefault: Duration = .seconds(60)
    public static let pollLatest: Duration = .seconds(900)

    // MARK: watchdog

    /// A channel whose position was not confirmed for so long, by a push or an answer, is compared by messages.getPeerDialogs; with the
    /// time that a round through all channels takes this stays within 15 minutes.
    public static let compareAfter: Duration = .seconds(600)
    /// Channels that were not confirmed for this long go along in the same call.
    public static let compareAlong: Duration = .seconds(300)
    /// Peers in one call. Source: https://core.telegram.org/method/messages.getPeerDialogs
    public static let comparePeers = 100
    /// Between two such calls in the usual round, and while everything is compared at a start or in a new session.
    public static let compareSpacing: Duration = .seconds(5)
    public static let compareAllSpacing: Duration = .seconds(1)
    /// Up to so many channels are compared by a difference each; more of them by one call for a hundred.
    public static let compareSingly = 20

    // MARK: dialogs and peers

    /// Pages of dialogs read in one sweep for access hashes (100 dialogs each): an account holds at most 1,000 channels and some
    /// thousand chats.
    public static let dialogPages = 200
    public static let dialogsPerPage: Int32 = 100
    /// Between two sweeps while a registered channel is still not found among the dialogs.
    public static let dialogsAgain: Duration = .seconds(600)
    /// Users and chats remembered for names and access hashes (about 200 bytes each); the oldest go first. Tracked channels keep
    /// theirs apart.
    public static let peers = 100_000
}
