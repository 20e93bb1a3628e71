import Primitives

@testable import TelegramClient

/// Watches the engine from outside: what went in, what came out, and whether each call had a reason.
///
/// It keeps its own account of each box and asks the engine nothing.
struct Checker {
    private struct Account {
        /// Handed on so far, by what was delivered.
        var position: Int64?
        /// Came in and not handed on yet, with the time of arrival.
        var waiting: [(end: Int64, count: Int64, at: Instant)] = []
        /// Anything may have been missed: a start, a reconnect, a new session, something unreadable, a loud TooLong.
        var mustCompare = true
        /// The step in which that was raised, and the one in which the call in flight was made: an answer settles what was known then.
        var raisedAt = 0
        var askedAt = 0
        /// The last answer promised more, or the last call failed.
        var goesOn = false
        /// The position was refused or an answer unreadable: nothing is applied until it is known where to go on.
        var isStuck = false
        /// Somebody said that the server is here.
        var told: Int64?
        /// The last word on this box: an update or a final answer.
        var lastWord: Instant
        var serverTimeout: Duration?
        var inFlight = 0
    }

    private var accounts: [Box: Account] = [:]
    private var channelCalls = 0
    private var step = 0
    private var kinds: [UpdateRequestID: UpdateRequest] = [:]
    private var seqBase: Int32 = 1
    private var seqSeen: [Int32] = []
    private let began: Instant
    /// Events after which everything is compared.
    private var upheavals = 1
    private(set) var needless = 0
    private(set) var calls = 0
    private(set) var watchdogCalls = 0
    private(set) var complaints: [String] = []
    var isConnected = false

    init(_ boxes: [Box], positions: [Box: BoxState], now: Instant) {
        began = now
        for box in boxes { accounts[box] = Account(position: positions[box]?.value, lastWord: now) }
    }

    private mutating func complain(_ text: String) { if complaints.count < 20 { complaints.append(text) } }

    // MARK: what goes in

    /// Connected, a new session, unreadable bytes, room again: everything may be compared.
    mutating func upheaval() {
        upheavals += 1
        for box in accounts.keys { mayCompare(box) }
    }

    mutating func mayCompare(_ box: Box) {
        step += 1
        accounts[box]?.mustCompare = true
        accounts[box]?.raisedAt = step
    }

    mutating func restarted(_ positions: [Box: BoxState], now: Instant) {
        upheaval()
        kinds = [:]
        channelCalls = 0
        seqSeen = []
        seqBase = positions[.common]?.seq ?? 0
        for box in accounts.keys {
            accounts[box]?.position = positions[box]?.value
            accounts[box]?.waiting = []
            accounts[box]?.inFlight = 0
            accounts[box]?.isStuck = false
            accounts[box]?.lastWord = now
        }
    }

    mutating func disconnected() {
        isConnected = false
        for (_, request) in kinds { if let box = Checker.box(of: request) { accounts[box]?.inFlight = 0 } }
        kinds = [:]
        channelCalls = 0
    }

    /// `isHeard`: not while it is paused.
    mutating func received(_ envelope: Envelope, now: Instant) {
        if envelope.tooLong { mayCompare(.common) }
        for update in envelope.updates { received(update, now: now) }
        if envelope.seqStart > 0 { seqSeen.append(envelope.seqStart) }
    }

    private mutating func received(_ update: Update, now: Instant) {
        switch update.place {
        case .box(let box, let end, let count):
            guard let account = accounts[box] else { return }
            if let position = account.position, end - count < position { return }
            accounts[box]?.waiting.append((end, count, now))
        case .channelTooLong(let channel, let pts):
            let box = Box.channel(channel)
            if let pts {
                if let position = accounts[box]?.position, pts <= position { return }
                let told = accounts[box]?.told ?? pts
                accounts[box]?.told = max(told, pts)
            } else {
                mayCompare(box)
            }
        case .loose: break
        }
    }

    mutating func answered(_ id: UpdateRequestID, _ answer: UpdateAnswer, now: Instant) {
        guard let request = kinds.removeValue(forKey: id) else { return }
        closed(request)
        switch answer {
        case .state(let state): final(.common, now: now, seq: state.seq)
        case .differenceEmpty(_, let seq): final(.common, now: now, seq: seq)
        case .difference(let content, let state, let isFinal):
            if isFinal { final(.common, now: now, seq: state.seq) } else { accounts[.common]?.goesOn = true }
            for update in content.updates { if case .box(.channel, _, _) = update.place { received(update, now: now) } }
            for update in content.updates { if case .channelTooLong = update.place { received(update, now: now) } }
        case .differenceTooLong: accounts[.common]?.goesOn = true
        case .channelDifferenceEmpty(_, let isFinal, let timeout), .channelDifference(_, _, let isFinal, let timeout),
            .channelDifferenceTooLong(_, _, let isFinal, let timeout):
            guard let box = Checker.box(of: request) else { return }
            accounts[box]?.serverTimeout = timeout.map { .seconds(Int64($0)) }
            if isFinal { final(box, now: now) } else { accounts[box]?.goesOn = true }
        case .channelPosition: if let box = Checker.box(of: request) { final(box, now: now) }
        case .dialogs(let dialogs, _, _, _), .peerDialogs(let dialogs, _, _):
            for dialog in dialogs {
                guard let channel = dialog.channel, let account = accounts[.channel(channel)] else { continue }
                if dialog.pts == nil { mayCompare(.channel(channel)) }
                if let pts = dialog.pts, account.position.map({ pts > $0 }) ?? true { accounts[.channel(channel)]?.told = pts }
            }
        case .chats: break
        }
    }

    mutating func failed(_ id: UpdateRequestID, _ failure: UpdateFailure) {
        guard let request = kinds.removeValue(forKey: id) else { return }
        closed(request)
        if case .getPeerDialogs(let peers) = request { for peer in peers { mayCompare(.channel(peer.channel)) } }
        guard let box = Checker.box(of: request) else { return }
        accounts[box]?.goesOn = true
        if failure == .undecodable || failure == .positionInvalid { accounts[box]?.isStuck = true }
    }

    private mutating func final(_ box: Box, now: Instant, seq: Int32? = nil) {
        let account = accounts[box]
        if let account, account.raisedAt <= account.askedAt { accounts[box]?.mustCompare = false }
        accounts[box]?.goesOn = false
        accounts[box]?.isStuck = false
        if let account, let told = account.told, told <= account.position ?? 0 { accounts[box]?.told = nil }
        accounts[box]?.lastWord = now
        if box == .common { final(.qts, now: now) }
        if let seq {
            seqBase = seq
            seqSeen.removeAll { $0 <= seq }
        }
    }

    // MARK: what comes out

    mutating func delivered(_ delivery: Delivery, now: Instant) {
        guard let box = delivery.box, let account = accounts[box] else { return }
        // A box that had no position starts at `from`.
        if let position = account.position, delivery.from != position, !delivery.tooLong {
            complain("\(box): handed on from \(delivery.from) where \(position) was reached")
        }
        accounts[box]?.position = delivery.to
        if delivery.way == .push { accounts[box]?.lastWord = now }
        var isZero = false
        if case .update(let update)? = delivery.items.first, case .box(_, let end, 0) = update.place, delivery.items.count == 1 {
            isZero = true
            if let i = accounts[box]?.waiting.firstIndex(where: { $0.end == end && $0.count == 0 }) { accounts[box]?.waiting.remove(at: i) }
        }
        accounts[box]?.waiting.removeAll { $0.end - $0.count < delivery.to && !(isZero && $0.end == delivery.to) }
    }

    mutating func requested(_ id: UpdateRequestID, _ request: UpdateRequest, now: Instant) {
        calls += 1
        kinds[id] = request
        if !isConnected { complain("a call without a connection") }
        switch request {
        case .getChannelDifference(let channel, let hash, _, _), .getChannelPosition(let channel, let hash):
            channelCalls += 1
            if channelCalls > UpdateLimits.channelCallsInFlight { complain("\(channelCalls) channel calls in flight") }
            if hash != Truth.hash(of: channel) { complain("channel \(channel): asked with the hash of a min object") }
            judge(.channel(channel), now: now)
        case .getState, .getDifference: judge(.common, now: now)
        case .getPeerDialogs(let peers):
            watchdogCalls += 1
            if peers.count > UpdateLimits.comparePeers { complain("\(peers.count) peers in one call") }
            // The watchdog's own budget: one call in five seconds, and a round after each upheaval.
            let budget = Int((now - began) / UpdateLimits.compareSpacing) + upheavals * (2 + accounts.count)
            if watchdogCalls > budget { complain("watchdog: \(watchdogCalls) calls where \(budget) are allowed") }
        case .getDialogs, .getChannel: break
        }
    }

    private mutating func judge(_ box: Box, now: Instant) {
        guard let account = accounts[box] else { return complain("a call for \(box)") }
        if account.inFlight > 0 { complain("\(box): two calls at once") }
        accounts[box]?.inFlight += 1
        accounts[box]?.askedAt = step
        if reason(box, account, now: now) == nil {
            needless += 1
            complain("\(box): a needless call at \(now.nanoseconds / 1_000_000) ms, position \(account.position ?? -1)")
        }
    }

    private func reason(_ box: Box, _ account: Account, now: Instant) -> String? {
        if account.position == nil { return "no position" }
        if account.mustCompare { return "upheaval" }
        if account.goesOn { return "goes on" }
        if let told = account.told, told > account.position ?? 0 { return "told" }
        if hasGap(account, now: now) { return "gap" }
        if box == .common {
            if let qts = accounts[.qts], hasGap(qts, now: now) { return "gap of qts" }
            if seqSeen.contains(where: { $0 > nextSeq }) { return "gap of seq" }
            return now - account.lastWord >= UpdateLimits.idle ? "heartbeat" : nil
        }
        let wanted = min(max(account.serverTimeout ?? UpdateLimits.pollDefault, UpdateLimits.pollSoonest), UpdateLimits.pollLatest)
        return now - account.lastWord >= wanted ? "poll" : nil
    }

    private func hasGap(_ account: Account, now: Instant) -> Bool {
        account.waiting.contains { $0.end > account.position ?? 0 && now - $0.at >= UpdateLimits.holdBack }
            || account.waiting.count >= UpdateLimits.heldUpdates
    }

    /// The last number up to which every envelope came.
    private var nextSeq: Int32 {
        var next = seqBase
        for seq in seqSeen.sorted() where seq == next + 1 { next = seq }
        return next + 1
    }

    /// After each step: what fits is handed on, unless a call for its box is on its way.
    mutating func settled(isPaused: Bool, now: Instant) {
        if isPaused { return }
        for (box, account) in accounts where !account.waiting.isEmpty {
            let calls = box == .qts ? accounts[.common]?.inFlight ?? 0 : account.inFlight
            let isStuck = box == .qts ? accounts[.common]?.isStuck ?? false : account.isStuck
            guard calls == 0, !isStuck, let position = account.position else { continue }
            if let fits = account.waiting.first(where: { $0.end - $0.count == position }) {
                complain("\(box): at \(position), and \(fits.end) (\(fits.count)) is not handed on at \(now.nanoseconds / 1_000_000) ms")
            }
        }
    }

    /// What was asked under this number, while it is not answered.
    func request(_ id: UpdateRequestID) -> UpdateRequest? { kinds[id] }

    static func box(of request: UpdateRequest) -> Box? {
        switch request {
        case .getState, .getDifference: .common
        case .getChannelDifference(let channel, _, _, _), .getChannelPosition(let channel, _): .channel(channel)
        case .getDialogs, .getPeerDialogs, .getChannel: nil
        }
    }

    private mutating func closed(_ request: UpdateRequest) {
        guard let box = Checker.box(of: request) else { return }
        accounts[box]?.inFlight = 0
        if case .channel = box { channelCalls -= 1 }
    }
}
