import Primitives
import TL

/// How often a channel speaks, and from it when it should be looked at again.
struct Rhythm: Sendable {
    /// The last word of the channel; the time at which it was first tracked before there is one.
    private(set) var lastWord: Instant
    /// The usual time between two words: a moving average that forgets three quarters within five of them.
    private(set) var usual: Duration?
    /// What the server wants between two polls.
    var serverTimeout: Duration?

    init(now: Instant) { lastWord = now }

    mutating func heard(now: Instant) {
        let wait = max(now - lastWord, .zero)
        usual = usual.map { ($0 * 3 + wait) / 4 } ?? wait
        lastWord = now
    }

    /// How long after now the next poll is due: not before the server's timeout, and the longer a channel is silent the later, so that
    /// a quiet one costs a call in fifteen minutes and a busy one that falls silent is asked at once.
    func pollInterval(now: Instant) -> Duration {
        let expected = max(usual ?? .zero, (now - lastWord) / 2)
        let wanted = max(serverTimeout ?? UpdateLimits.pollDefault, expected)
        return min(max(wanted, UpdateLimits.pollSoonest), UpdateLimits.pollLatest)
    }
}

/// How one channel's messages and changes arrive: tells which channel fell off the server's pushes.
public struct ChannelStatistics: Sendable, Equatable {
    /// Updates that were pushed.
    public var pushed: UInt64 = 0
    /// Messages and updates that only a difference brought.
    public var fetched: UInt64 = 0
    /// getChannelDifference calls made for it, for whatever reason.
    public var calls: UInt64 = 0
    /// Times the watchdog found it behind although nothing had been pushed.
    public var foundBehind: UInt64 = 0
    public var lastPush: Instant?
    public var lastFetch: Instant?
    /// Seconds from the date of the last new message to its arrival, as far as whole seconds tell.
    public var delaySeconds: Int64?

    public init() {}

    mutating func note(_ message: TLObject?, _ way: Way, receivedAt: UnixTime, now: Instant) {
        switch way {
        case .push:
            pushed += 1
            lastPush = now
        case .difference:
            fetched += 1
            lastFetch = now
        }
        if let date = message?["date"]?.int, message?["edit_date"] == nil { delaySeconds = max(0, receivedAt.seconds - date) }
    }
}
