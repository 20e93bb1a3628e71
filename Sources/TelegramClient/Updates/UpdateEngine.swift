import Primitives
import TL

/// Turns what Telegram pushes, in whatever order and with whatever loss, into updates that come once and in order.
///
/// A pure machine. Feed it envelopes, answers and failures; do what it returns, in order; call `advance` at `nextDeadline`.
/// Only tracked channels are ordered and asked for; updates of other channels are dropped here. The common box and qts always are.
///
/// Source: https://core.telegram.org/api/updates
public struct UpdateEngine: Sendable {
    // MARK: state

    /// Names and access hashes of this authorisation.
    public var peers: PeerBook

    var common: CommonBox
    var channels = ChannelList()
    var dialogs = DialogsSweep()
    var watchdog = Watchdog()
    /// Supergroups that basic groups became, as far as it was told.
    var migrations: [Int64: Int64] = [:]
    /// Requests without an answer yet.
    var requests: [UpdateRequestID: UpdateRequest] = [:]
    var lastRequest: UInt64 = 0
    /// Calls are made only while connected and not paused.
    var isConnected = false
    var connectedAt = Instant.zero
    var disconnectedAt: Instant?
    var resynchronisedAt: Instant?
    /// When the first call on this connection was answered.
    var answeredAt: Instant?
    var isPaused = false
    var isDirty = false
    var channelsNotBefore: Instant?
    var joinedBudget = PollBudget.joined
    var notJoinedBudget = PollBudget.notJoined
    /// When everything was last compared because something could not be decoded, and when it is to be.
    var comparedAllAt: Instant?
    var undecodedAt = Instant.zero
    var compareAllAt: Instant?
    /// The layer that was declared to the server, for what is quarantined.
    let layer: Int32
    var outputs: [UpdateOutput] = []
    /// For waits that should differ from those of others.
    var dice: SeededGenerator

    /// Updates of channels that are not tracked, dropped so far.
    public internal(set) var untracked: UInt64 = 0
    /// Updates seen again, dropped so far.
    public internal(set) var duplicates: UInt64 = 0
    /// Differences asked because something was missing, so far.
    public internal(set) var gaps: UInt64 = 0

    // MARK: making

    /// `positions`: where each box goes on. A box without one is started from where the server stands. `seed`: of the chance in its
    /// waits; without one the moment of its making and its account's position decide.
    public init(
        positions: [Box: BoxState], channels ids: some Sequence<Int64>, peers: PeerBook, layer: Int32 = TL.newestLayer, seed: UInt64? = nil,
        now: Instant
    ) {
        dice = SeededGenerator(seed: seed ?? UInt64(bitPattern: now.nanoseconds ^ (positions[.common]?.value ?? 0)))
        self.peers = peers
        self.layer = layer
        common = CommonBox(positions[.common], qts: positions[.qts], now: now)
        for id in Set(ids).sorted() {
            channels.append(
                ChannelBox(id: id, position: positions[.channel(id)], peer: peers[.init(.channel, id)], now: now))
        }
        for i in channels.indices { compare(i, now: now) }
        channels.settle()
    }

    /// Where each box stands, for those that are known.
    public var positions: [(box: Box, position: BoxState)] {
        var out: [(Box, BoxState)] = []
        if let pts = common.pts.value {
            out.append((.common, BoxState(generation: common.pts.generation, value: pts, date: common.date, seq: common.seq)))
        }
        if let qts = common.qts.value { out.append((.qts, BoxState(generation: common.qts.generation, value: qts))) }
        for channel in channels {
            guard let pts = channel.box.value else { continue }
            out.append((.channel(channel.id), BoxState(generation: channel.box.generation, value: pts)))
        }
        return out
    }

    /// Nothing is in flight, held back or wanted now: for tests and for a status line.
    public var isSettled: Bool {
        requests.isEmpty && !common.isBusy && watchdog.parts.isEmpty
            && channels.allSatisfy { $0.phase == .lost || (!$0.isWaiting && $0.need == .poll && !$0.isSuspect && $0.box.holdUntil == nil) }
    }

    /// The common box has been compared with the server since the last connection, and nothing of it is missing as far as is known.
    public var isCommonCurrent: Bool { isConnected && !common.isBusy }

    // MARK: events

    /// A connection is logged in and ready for calls. The common box is compared with the server at once, since the server pushes
    /// nothing before a call. Every channel is, too: after a longer absence quickly, after a short one at the pace of polls, since
    /// the session should still bring what it has, but need not.
    public mutating func connected(now: Instant) -> [UpdateOutput] {
        isConnected = true
        connectedAt = now
        answeredAt = nil
        if disconnectedAt.map({ now - $0 < UpdateLimits.shortAbsence }) ?? false {
            common.wanted = true
            for i in channels.indices { compare(i, now: now, need: .poll) }
        } else {
            resynchronise(now: now)
            resynchronisedAt = now
        }
        disconnectedAt = nil
        return finish(now: now)
    }

    /// The server made a new session (new_session_created): updates may have been lost. The one that comes with a fresh connection
    /// tells nothing new when everything is being compared already. It precedes the first answer: where an answer came without it, the
    /// server had kept the old session, and the notice is of another one.
    public mutating func sessionRenewed(now: Instant) -> [UpdateOutput] {
        let isLate = answeredAt.map { now - $0 > UpdateLimits.sessionNotice } ?? false
        let isFirst = resynchronisedAt == connectedAt && now - connectedAt < UpdateLimits.shortAbsence && !isLate
        // Only one comes with a connection, be it in the same instant.
        resynchronisedAt = isFirst ? nil : now
        if !isFirst { resynchronise(now: now) }
        return finish(now: now)
    }

    /// The connection is gone: calls in flight will not be answered.
    public mutating func disconnected(now: Instant) -> [UpdateOutput] {
        if isConnected { disconnectedAt = now }
        isConnected = false
        for id in requests.keys.sorted() { forget(id) }
        if !common.isWaiting { replayCommon(complete: false, now: now) }
        for i in channels.indices where !channels[i].isWaiting { replay(i, now: now) }
        return finish(now: now)
    }

    /// Applies what was pushed.
    public mutating func handle(_ envelope: Envelope, now: Instant) -> [UpdateOutput] {
        if isPaused {
            isDirty = true
            return []
        }
        take(envelope, now: now)
        return finish(now: now)
    }

    /// A request was answered. An answer to a request that is no longer awaited is ignored.
    public mutating func answer(_ id: UpdateRequestID, _ answer: UpdateAnswer, receivedAt: UnixTime, now: Instant) -> [UpdateOutput] {
        guard let request = requests[id] else { return [] }
        if answeredAt == nil { answeredAt = now }
        switch (request, answer) {
        case (.getState, .state(let state)):
            forget(id)
            start(at: state, receivedAt: receivedAt)
        case (.getDifference, .differenceEmpty), (.getDifference, .difference), (.getDifference, .differenceTooLong):
            forget(id)
            difference(answer, receivedAt: receivedAt, now: now)
        case (.getChannelDifference(let channel, _, _, _), .channelDifferenceEmpty),
            (.getChannelDifference(let channel, _, _, _), .channelDifference),
            (.getChannelDifference(let channel, _, _, _), .channelDifferenceTooLong):
            forget(id)
            channelDifference(channel, answer, receivedAt: receivedAt, now: now)
        case (.getChannelPosition(let channel, _), .channelPosition(let pts, let users, let chats)):
            forget(id)
            merge(users: users, chats: chats, now: now)
            channelPosition(channel, pts: pts, receivedAt: receivedAt, now: now)
        case (.getPeerDialogs(let asked), .peerDialogs(let found, let users, let chats)):
            forget(id)
            merge(users: users, chats: chats, now: now)
            peerDialogs(asked, found, receivedAt: receivedAt, now: now)
        case (.getChannel(let channel, _, _), .chats(let chats)):
            forget(id)
            merge(users: [], chats: chats, now: now)
            channelAsked(channel)
        case (.getDialogs(let page), .dialogs(let found, let next, let users, let chats)):
            forget(id)
            merge(users: users, chats: chats, now: now)
            dialogsPage(page, found, next: next, receivedAt: receivedAt, now: now)
        default:
            return fail(id, .undecodable, receivedAt: receivedAt, now: now)
        }
        return finish(now: now)
    }

    /// A request failed.
    public mutating func fail(_ id: UpdateRequestID, _ failure: UpdateFailure, receivedAt: UnixTime, now: Instant) -> [UpdateOutput] {
        guard let request = requests[id] else { return [] }
        forget(id)
        switch request {
        case .getState, .getDifference: commonFailed(failure, now: now)
        case .getChannelDifference(let channel, _, _, _), .getChannelPosition(let channel, _):
            channelFailed(channel, failure, now: now)
        case .getDialogs(let page): dialogsFailed(page, failure, now: now)
        case .getPeerDialogs(let asked): watchdogFailed(asked, failure, now: now)
        case .getChannel(let channel, _, _): channelAsked(channel)
        }
        return finish(now: now)
    }

    /// Does what time asks for.
    public mutating func advance(now: Instant) -> [UpdateOutput] {
        finish(now: now)
    }

    /// Replaces the set of tracked channels. `positions` says where new ones go on, if that is known.
    public mutating func track(_ ids: some Sequence<Int64>, positions: [Box: BoxState] = [:], now: Instant) -> [UpdateOutput] {
        let wanted = Set(ids)
        for channel in channels where !wanted.contains(channel.id) {
            if case .asking(let id) = channel.phase { forget(id) }
        }
        channels.removeAll { !wanted.contains($0.id) }
        for id in wanted.sorted() where index(of: id) == nil {
            let channel = ChannelBox(id: id, position: positions[.channel(id)], peer: peers[.init(.channel, id)], now: now)
            let i = channels.firstIndex { $0.id > id } ?? channels.count
            channels.insert(channel, at: i)
            compare(i, now: now)
            dialogs.notBefore = nil
        }
        return finish(now: now)
    }

    /// What is downstream is full: pushes are dropped and no call is made until `resume`. Telegram keeps them for the difference.
    public mutating func pause() { isPaused = true }

    /// There is room again.
    public mutating func resume(now: Instant) -> [UpdateOutput] {
        guard isPaused else { return [] }
        isPaused = false
        if isDirty { resynchronise(now: now) }
        isDirty = false
        return finish(now: now)
    }

    /// When `advance` has something to do; nil: only an event can bring something.
    public var nextDeadline: Instant? {
        guard isConnected, !isPaused else { return nil }
        var deadline = common.nextDeadline
        func consider(_ other: Instant?) {
            if let other { deadline = min(deadline ?? other, other) }
        }
        consider(compareAllAt)
        consider(dialogsDeadline)
        consider(watchdogDeadline)
        consider(nextChannelDeadline)
        return deadline
    }

    // MARK: the parts' shared steps

    /// Compares every box with the server, since anything may have been missed.
    mutating func resynchronise(now: Instant) {
        common.wanted = true
        for i in channels.indices { compare(i, now: now) }
    }

    /// Everything that is due, then what has gathered.
    mutating func finish(now: Instant) -> [UpdateOutput] {
        if isConnected, !isPaused {
            if let due = compareAllAt, due <= now {
                compareAllAt = nil
                compareAll(now: now)
            }
            askCommon(now: now)
            askDialogs(now: now)
            askWatchdog(now: now)
            askChannels(now: now)
        }
        channels.settle()
        defer { outputs = [] }
        return outputs
    }

    mutating func request(_ request: UpdateRequest) -> UpdateRequestID {
        lastRequest += 1
        let id = UpdateRequestID(number: lastRequest)
        requests[id] = request
        outputs.append(.request(id, request))
        return id
    }

    /// The request is over, however it ended.
    mutating func forget(_ id: UpdateRequestID) {
        guard let request = requests.removeValue(forKey: id) else { return }
        switch request {
        case .getState, .getDifference: common.asking = nil
        case .getDialogs, .getChannel: dialogs.asking = nil
        case .getPeerDialogs: watchdog.asking = nil
        case .getChannelDifference(let channel, _, _, _), .getChannelPosition(let channel, _):
            guard let i = index(of: channel) else { return }
            switch channels[i].charged {
            case .joined?: joinedBudget.ended()
            case .notJoined?: notJoinedBudget.ended()
            case nil: break
            }
            channels[i].charged = nil
            if channels[i].phase == .asking(id) { channels[i].phase = .idle }
        }
    }

    func index(of channel: Int64) -> Int? {
        var low = 0
        var high = channels.count
        while low < high {
            let middle = (low + high) / 2
            if channels[middle].id < channel { low = middle + 1 } else { high = middle }
        }
        return low < channels.count && channels[low].id == channel ? low : nil
    }
}
