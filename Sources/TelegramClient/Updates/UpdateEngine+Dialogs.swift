import Primitives
import TL

/// A walk through the account's dialogs for access hashes and starting positions of tracked channels.
struct DialogsSweep: Sendable {
    var asking: UpdateRequestID?
    /// The page to ask for next, while a sweep is under way.
    var next: DialogsPage?
    var pages = 0
    var notBefore: Instant?
    /// No call before this, after a failure.
    var retryAt: Instant?
    var retry = Retry()
    /// Channels that were asked for by the message in which they were seen, since the last sweep.
    var asked: Set<Int64> = []

    /// It will soon tell of the channels that it has not come to: not while a page that failed waits, which may be hours.
    var isGettingOn: Bool { asking != nil || (next != nil && retryAt == nil) }
}

extension UpdateEngine {
    private var someChannelIsUnresolved: Bool { channels.dues.hasUnresolved }

    var dialogsDeadline: Instant? {
        guard dialogs.asking == nil else { return nil }
        if unresolvedWithContext != nil { return dialogs.retryAt ?? .zero }
        guard dialogs.next != nil || someChannelIsUnresolved else { return nil }
        return max(dialogs.notBefore ?? .zero, dialogs.retryAt ?? .zero)
    }

    /// An unresolved channel that was seen inside a message of a chat that we can name: its full form can be asked for by that.
    private var unresolvedWithContext: (channel: Int64, seenIn: TLObject, message: Int64)? {
        guard someChannelIsUnresolved else { return nil }
        for channel in channels where channel.accessHash == nil && channel.phase != .lost && !dialogs.asked.contains(channel.id) {
            if let (chat, message) = peers.context(of: .init(.channel, channel.id)) { return (channel.id, chat, message) }
        }
        return nil
    }

    /// By its context a channel is asked for once between two sweeps.
    mutating func channelAsked(_ channel: Int64) { dialogs.asked.insert(channel) }

    mutating func askDialogs(now: Instant) {
        channels.settle()
        guard let due = dialogsDeadline, due <= now else { return }
        if let (channel, chat, message) = unresolvedWithContext {
            dialogs.asking = request(.getChannel(channel: channel, seenIn: chat, message: message))
            return
        }
        let page: DialogsPage
        if let next = dialogs.next {
            page = next
        } else {
            page = DialogsPage()
            dialogs.pages = 0
            dialogs.asked = []
        }
        dialogs.next = nil
        dialogs.notBefore = nil
        dialogs.pages += 1
        dialogs.asking = request(.getDialogs(page))
    }

    mutating func dialogsPage(
        _ page: DialogsPage, _ found: [UpdateAnswer.Dialog], next: DialogsPage?, receivedAt: UnixTime, now: Instant
    ) {
        dialogs.retry.reset()
        dialogs.retryAt = nil
        for dialog in found {
            guard let id = dialog.channel, let i = index(of: id), let pts = dialog.pts else { continue }
            channels[i].hasNoDialogPosition = false
            if let value = channels[i].box.value {
                if pts > value { channels[i].noteAhead(pts, now: now) }
            } else {
                channelPosition(id, pts: pts, receivedAt: receivedAt, now: now)
            }
        }
        // The same page again would go on for ever.
        if let next, next != page, !found.isEmpty, someChannelIsUnresolved, dialogs.pages < UpdateLimits.dialogPages {
            dialogs.next = next
            return
        }
        dialogs.notBefore = now + UpdateLimits.dialogsAgain
        for i in channels.indices where channels[i].accessHash == nil && channels[i].phase != .lost && !channels[i].reportedUnresolved {
            channels[i].reportedUnresolved = true
            outputs.append(.unresolved(channel: channels[i].id))
        }
    }

    mutating func dialogsFailed(_ page: DialogsPage, _ failure: UpdateFailure, now: Instant) {
        dialogs.next = page
        dialogs.pages -= 1
        if case .flood(let seconds) = failure {
            dialogs.retryAt = now + .seconds(max(1, seconds))
        } else {
            dialogs.retryAt = now + dialogs.retry.next(using: &dice)
        }
    }
}
