import Primitives
import TL

/// Compares the positions of many channels by one call: messages.getPeerDialogs tells pts and top message of a hundred.
struct Watchdog: Sendable {
    var asking: UpdateRequestID?
    var lastCall: Instant?
    var notBefore: Instant?
    var retry = Retry()
    /// Channels of a call that failed, to be asked for in smaller calls: one that the server refuses must not hide the others.
    var parts: [[Int64]] = []
    /// Calls made so far.
    var calls: UInt64 = 0
}

/// The watchdog: a channel of which the server pushes nothing is found within 15 minutes, at one call for a hundred channels.
///
/// Source: https://core.telegram.org/method/messages.getPeerDialogs
extension UpdateEngine {
    /// Everything is compared this way, and not by a difference each.
    var comparesMany: Bool { channels.count > UpdateLimits.compareSingly }

    /// Anything may have been missed in this channel.
    mutating func compare(_ i: Int, now: Instant, need: ChannelBox.Need = .catchUp) {
        if channels[i].phase == .lost { return }
        if !comparesMany { return channels[i].want(need, at: now) }
        channels[i].isSuspect = true
        // Whose position no dialog tells, or who is being asked for already, asks for itself.
        if channels[i].accessHash != nil, !channels[i].isWatched { return channels[i].want(need, at: now) }
        if channels[i].need == .poll { channels[i].dueAt = max(channels[i].dueAt, now + channels[i].rhythm.pollInterval(now: now)) }
    }

    var watchdogDeadline: Instant? {
        guard watchdog.asking == nil else { return nil }
        let dues = channels.dues
        let isUrgent = watchdog.parts.isEmpty && dues.hasSuspect
        let due = watchdog.parts.isEmpty ? dues.compare : .zero
        if due == ChannelDues.never { return nil }
        let spacing = isUrgent ? UpdateLimits.compareAllSpacing : UpdateLimits.compareSpacing
        return max(due, watchdog.notBefore ?? .zero, watchdog.lastCall.map { $0 + spacing } ?? .zero)
    }

    mutating func askWatchdog(now: Instant) {
        channels.settle()
        guard let due = watchdogDeadline, due <= now else { return }
        let ids = watchdog.parts.popLast() ?? mostOverdue(now: now)
        let peers = ids.compactMap { id -> ComparedChannel? in
            guard let i = index(of: id), let hash = channels[i].accessHash, channels[i].phase == .idle else { return nil }
            return ComparedChannel(channel: id, accessHash: hash)
        }
        if peers.isEmpty { return }
        watchdog.lastCall = now
        watchdog.notBefore = nil
        watchdog.calls += 1
        watchdog.asking = request(.getPeerDialogs(peers))
    }

    /// Suspects first, then those that were not confirmed for longest.
    private func mostOverdue(now: Instant) -> [Int64] {
        var found: [(isSuspect: Bool, since: Instant, id: Int64)] = []
        for channel in channels {
            guard let due = channel.compareDue else { continue }
            if !channel.isSuspect, due - UpdateLimits.compareAfter + UpdateLimits.compareAlong > now { continue }
            found.append((channel.isSuspect, channel.comparedAt, channel.id))
        }
        found.sort { $0.isSuspect != $1.isSuspect ? $0.isSuspect : ($0.since, $0.id) < ($1.since, $1.id) }
        return found.prefix(UpdateLimits.comparePeers).map(\.id)
    }

    mutating func peerDialogs(_ asked: [ComparedChannel], _ found: [UpdateAnswer.Dialog], receivedAt: UnixTime, now: Instant) {
        watchdog.retry.reset()
        for peer in asked {
            guard let i = index(of: peer.channel) else { continue }
            compare(i, with: found.first { $0.channel == peer.channel }, receivedAt: receivedAt, now: now)
        }
    }

    private mutating func compare(_ i: Int, with dialog: UpdateAnswer.Dialog?, receivedAt: UnixTime, now: Instant) {
        channels[i].isSuspect = false
        channels[i].comparedAt = now
        if dialog?.pts != nil { channels[i].hasNoDialogPosition = false }
        guard let value = channels[i].box.value else {
            if let pts = dialog?.pts {
                channelPosition(channels[i].id, pts: pts, receivedAt: receivedAt, now: now)
            } else {
                channels[i].hasNoDialogPosition = true
                channels[i].want(.catchUp, at: now)
            }
            return
        }
        let top = dialog?.topMessage ?? 0
        let isNewer = top > channels[i].topMessage && channels[i].topMessage > 0
        channels[i].topMessage = max(channels[i].topMessage, top)
        guard let pts = dialog?.pts else {
            // Nothing to compare with: a difference tells, at once where there is a newer message.
            return channels[i].want(isNewer ? .catchUp : .poll, at: now)
        }
        if pts > value || isNewer {
            if channels[i].need == .poll { channels[i].statistics.foundBehind += 1 }
            channels[i].noteAhead(max(pts, value + 1), now: now)
        } else if value - pts > UpdateLimits.resetDrop {
            channels[i].want(.catchUp, at: now)
        }
    }

    mutating func watchdogFailed(_ asked: [ComparedChannel], _ failure: UpdateFailure, now: Instant) {
        if case .flood(let seconds) = failure {
            watchdog.notBefore = now + .seconds(max(1, seconds))
            return
        }
        // One refused channel is looked for at the usual pace; anything else may be the server's state.
        if case .lostAccess = failure {} else { watchdog.notBefore = now + watchdog.retry.next(using: &dice) }
        if asked.count == 1, let i = index(of: asked[0].channel) {
            // Its own difference tells what is wrong with it.
            channels[i].isSuspect = false
            channels[i].hasNoDialogPosition = true
            channels[i].comparedAt = now
            channels[i].want(.catchUp, at: now)
        } else {
            let middle = asked.count / 2
            watchdog.parts += [asked[..<middle].map(\.channel), asked[middle...].map(\.channel)]
        }
    }

    /// How the messages of each tracked channel arrive, ascending by id.
    public var channelStatistics: [(channel: Int64, statistics: ChannelStatistics)] { channels.map { ($0.id, $0.statistics) } }
    /// Of all tracked channels together: what was pushed, what only a difference brought, and how often the watchdog found one behind.
    public var arrivals: (pushed: UInt64, fetched: UInt64, foundBehind: UInt64) {
        channels.reduce(into: (0, 0, 0)) {
            $0.0 += $1.statistics.pushed
            $0.1 += $1.statistics.fetched
            $0.2 += $1.statistics.foundBehind
        }
    }
    /// Calls of messages.getPeerDialogs so far.
    public var watchdogCalls: UInt64 { watchdog.calls }
    /// Polls of silent channels, a second, at the moment.
    public var currentPollRate: Double { joinedBudget.rate }
    /// The same of channels that the account has not joined.
    public var currentNotJoinedPollRate: Double { notJoinedBudget.rate }
}
