import Events
import Primitives
import TelegramClient

/// What happened since the start, for status and metrics.
public struct ListenerCounters: Sendable, Equatable {
    /// `Updates` objects that the server pushed.
    public var pushes: UInt64 = 0
    /// Of those, not decodable.
    public var unreadable: UInt64 = 0
    public var calls: UInt64 = 0
    public var failedCalls: UInt64 = 0
    public var records: UInt64 = 0
    public var messages: UInt64 = 0
    public var edits: UInt64 = 0
    public var deletes: UInt64 = 0
    /// Counters that came without their message.
    public var counters: UInt64 = 0

    public init() {}

    mutating func note(_ recorded: Recorded) {
        records += 1
        for change in recorded.changes {
            switch change.kind {
            case .message(let message): if message.edited { edits += 1 } else { messages += 1 }
            case .deletion(let deletion): deletes += UInt64(deletion.ids.count)
            case .counters: counters += 1
            default: break
            }
        }
    }
}

extension ListenerMachine {
    /// The status document: counts and states, no content.
    public var status: JSON {
        let arrivals = engine?.arrivals ?? (pushed: 0, fetched: 0, foundBehind: 0)
        return .object([
            .init("ready", .bool(isReady)), .init("caught_up", .bool(hasCaughtUp)), .init("welcomed", .bool(link.isWelcomed)),
            .init("held", .bool(link.isHeld)), .init("paused", .bool(isPaused)), .init("account_paused", .bool(isAccountPaused)),
            .init("draining", .bool(isDraining)),
            .init("epoch", .integer(Int64(clamping: link.epoch))), .init("committed", .integer(Int64(clamping: link.committed))),
            .init("unacknowledged", .integer(Int64(link.unacknowledged))), .init("window_bytes", .integer(Int64(link.window.bytes))),
            .init("spool_bytes", .integer(Int64(spoolState.bytes))), .init("spool_segments", .integer(Int64(spoolState.segments))),
            .init("credit_left", .integer(Int64(clamping: link.creditLeft))), .init("groups", .integer(Int64(registry.count))),
            .init("unresolved", .array(unresolved.sorted().map(JSON.integer))),
            .init("lost_access", .array(lostChannels.keys.sorted().map(JSON.integer))),
            .init("pushes_total", .integer(Int64(clamping: counters.pushes))),
            .init("unreadable_total", .integer(Int64(clamping: counters.unreadable))),
            .init("calls_total", .integer(Int64(clamping: counters.calls))),
            .init("failed_calls_total", .integer(Int64(clamping: counters.failedCalls))),
            .init("records_total", .integer(Int64(clamping: counters.records))),
            .init("gaps_total", .integer(Int64(clamping: engine?.gaps ?? 0))),
            .init("duplicates_total", .integer(Int64(clamping: engine?.duplicates ?? 0))),
            .init("watchdog_calls_total", .integer(Int64(clamping: engine?.watchdogCalls ?? 0))),
            .init("channel_updates_pushed_total", .integer(Int64(clamping: arrivals.pushed))),
            .init("channel_updates_fetched_total", .integer(Int64(clamping: arrivals.fetched))),
            .init("channels_found_behind_total", .integer(Int64(clamping: arrivals.foundBehind))),
            .init("untracked_total", .integer(Int64(clamping: engine?.untracked ?? 0))),
        ])
    }

    /// One line for `systemctl status`.
    public var statusLine: String {
        if isDraining { return "draining, \(link.unacknowledged) records left" }
        if isAccountPaused { return "the account is paused, \(link.unacknowledged) unacknowledged" }
        if engine == nil { return "waiting for the writer" }
        if !hasCaughtUp { return "catching up with Telegram" }
        var line = "\(registry.count) groups, \(counters.records) records, \(link.unacknowledged) unacknowledged"
        if !link.isWelcomed { line += ", the writer is away" }
        if link.isHeld { line += ", held by the writer" }
        if isPaused { line += ", spool full: Telegram is not read" }
        return line
    }
}
