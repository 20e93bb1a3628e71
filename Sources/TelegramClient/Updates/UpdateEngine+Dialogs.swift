import Primitives
import TL

/// A walk through the account's dialogs for access hashes and starting positions of tracked channels.
struct DialogsSweep: Sendable {
    var asking: UpdateRequestID?
    /// The page to ask for next, while a sweep is under way.
    var next: DialogsPage?
    var pages = 0
    var notBefore: Instant?
    var retry = Retry()

    var isSweeping: Bool { asking != nil || next != nil }
}

extension UpdateEngine {
    private var someChannelIsUnresolved: Bool { channels.contains { $0.accessHash == nil && $0.phase != .lost } }

    var dialogsDeadline: Instant? {
        guard dialogs.asking == nil, dialogs.next != nil || someChannelIsUnresolved else { return nil }
        return dialogs.notBefore ?? .zero
    }

    mutating func askDialogs(now: Instant) {
        guard let due = dialogsDeadline, due <= now else { return }
        let page: DialogsPage
        if let next = dialogs.next {
            page = next
        } else {
            page = DialogsPage()
            dialogs.pages = 0
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
        for dialog in found {
            guard let id = dialog.channel, let i = index(of: id), let pts = dialog.pts else { continue }
            if let value = channels[i].box.value {
                if pts > value { channels[i].want(.catchUp, at: now) }
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
            dialogs.notBefore = now + .seconds(max(1, seconds))
        } else {
            dialogs.notBefore = now + dialogs.retry.next()
        }
    }
}
