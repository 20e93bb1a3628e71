import Primitives
import TL
import Testing

@testable import TelegramClient

extension UpdateEngine {
    /// `nextDeadline` by a walk through all channels, and what the list says of them beside it: nil when both agree.
    var deadlineComplaint: String? {
        if !channels.isSettled { return "the channels are left unsettled" }
        if channels.dues != channels.walkedDues { return "\(channels.dues) is not what a walk finds: \(channels.walkedDues)" }
        guard isConnected, !isPaused else { return nextDeadline == nil ? nil : "a deadline while nothing may be asked" }
        var walked = common.nextDeadline
        for other in [compareAllAt, dialogsDeadline, walkedWatchdogDeadline] + channels.map(callAllowed) {
            if let other { walked = min(walked ?? other, other) }
        }
        if nextDeadline == walked { return nil }
        return "the deadline is \(String(describing: nextDeadline)), and \(String(describing: walked)) by a walk"
    }

    private var walkedWatchdogDeadline: Instant? {
        if watchdog.asking != nil { return nil }
        let compared = channels.filter { $0.compareDue != nil }
        guard let due = watchdog.parts.isEmpty ? compared.compactMap(\.compareDue).min() : .zero else { return nil }
        let isUrgent = watchdog.parts.isEmpty && compared.contains(where: \.isSuspect)
        let spacing = isUrgent ? UpdateLimits.compareAllSpacing : UpdateLimits.compareSpacing
        return max(due, watchdog.notBefore ?? .zero, watchdog.lastCall.map { $0 + spacing } ?? .zero)
    }
}

/// What is kept up to date beside the channels equals what a walk through them finds, whatever happened.
@Suite struct DeadlineTests {
    @Test(arguments: UInt64(1)...60) func the_deadline_is_that_of_a_walk_through_all_channels(seed: UInt64) {
        var transcript = Transcript(seed: seed)
        for step in 0..<300 {
            let what = transcript.step()
            let complaint = transcript.engine.deadlineComplaint
            #expect(complaint == nil, "seed \(seed), step \(step), after \(what)")
            if complaint != nil { return }
        }
        #expect(transcript.requests > 0)
    }
}

/// Anything that an engine may be told, in any order, sensible or not.
private struct Transcript {
    private(set) var engine: UpdateEngine
    private(set) var requests = 0
    private var dice: SeededGenerator
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var open: [(id: UpdateRequestID, request: UpdateRequest)] = []
    private let ids: [Int64]
    private var isConnected = false

    private static let time = UnixTime(seconds: 1_800_000_000)

    init(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        // Up to `compareSingly`, and beyond.
        ids = (1...(Bool.random(using: &dice) ? 5 : 40)).map { 100 + $0 }
        var peers = PeerBook()
        var positions: [Box: BoxState] = [.common: BoxState(value: 50), .qts: BoxState(value: 50)]
        for id in ids {
            if dice.chance(of: 5, in: 6) {
                peers.restore(.init(.channel, id), .init(accessHash: id * 7, name: "", isLeft: dice.chance(of: 1, in: 4)))
            }
            if dice.chance(of: 4, in: 5) { positions[.channel(id)] = BoxState(value: 50) }
        }
        engine = UpdateEngine(positions: positions, channels: ids, peers: peers, seed: seed, now: now)
        self.dice = dice
    }

    /// Does one thing, and says what.
    mutating func step() -> String {
        now = now + .milliseconds(Int64.random(in: 0...(dice.chance(of: 1, in: 5) ? 20_000 : 300), using: &dice))
        switch Int.random(in: 0..<40, using: &dice) {
        case 0..<2:
            isConnected = true
            return note(engine.connected(now: now), "a connection")
        case 2:
            isConnected = false
            open = []
            return note(engine.disconnected(now: now), "its end")
        case 3: return note(engine.sessionRenewed(now: now), "a new session")
        case 4:
            let kept = ids.filter { _ in dice.chance(of: 4, in: 5) }
            return note(engine.track(kept, now: now), "\(kept.count) tracked channels")
        case 5:
            engine.pause()
            return "a pause"
        case 6..<9: return note(engine.resume(now: now), "its end")
        case 9: return note(engine.undecodable(now: now), "something unreadable")
        case 10..<22: return note(engine.handle(envelope(), now: now), "a push")
        case 22..<30:
            if let deadline = engine.nextDeadline { now = max(now, deadline) }
            return note(engine.advance(now: now), "the deadline")
        default:
            guard !open.isEmpty else { return "nothing" }
            let (id, request) = open.remove(at: Int.random(in: 0..<open.count, using: &dice))
            if dice.chance(of: 1, in: 3) {
                let failure = failures[Int.random(in: 0..<failures.count, using: &dice)]
                return note(engine.fail(id, failure, receivedAt: Self.time, now: now), "\(request): \(failure)")
            }
            return note(engine.answer(id, answer(request), receivedAt: Self.time, now: now), "an answer to \(request)")
        }
    }

    private let failures: [UpdateFailure] = [
        .temporary, .tooSlow, .flood(seconds: 3), .lostAccess(reason: "CHANNEL_PRIVATE"), .lostAccess(reason: "CHANNEL_INVALID"),
        .positionInvalid, .undecodable,
    ]

    private mutating func note(_ outputs: [UpdateOutput], _ what: String) -> String {
        for case .request(let id, let request) in outputs {
            requests += 1
            open.append((id, request))
        }
        return what
    }

    private mutating func pts() -> Int64 { Int64.random(in: 48...90, using: &dice) }
    private mutating func channel() -> Int64 { ids[Int.random(in: 0..<ids.count, using: &dice)] }

    private mutating func envelope() -> Envelope {
        var updates: [Update] = []
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            let id = channel()
            // Mostly the one that is due, so that boxes move.
            let next = engine.positions.first { $0.box == .channel(id) }.map { $0.position.value + 1 } ?? 51
            let end = dice.chance(of: 2, in: 3) ? next : pts()
            updates.append(
                Update(
                    dice.chance(of: 1, in: 10)
                        ? TLObject("updateChannelTooLong", ["channel_id": .integer(id), "pts": .integer(end)])
                        : TLObject(
                            "updateDeleteChannelMessages",
                            ["channel_id": .integer(id), "messages": [1], "pts": .integer(end), "pts_count": 1]),
                    receivedAt: Self.time))
        }
        var envelope = Envelope(updates: updates, date: 1_800_000_000, receivedAt: Self.time)
        if dice.chance(of: 1, in: 6) { envelope.chats = [chat(channel())] }
        return envelope
    }

    private mutating func chat(_ id: Int64) -> TLObject {
        TLObject(
            "channel",
            ["id": .integer(id), "access_hash": .integer(id * 7 + Int64.random(in: 0...1, using: &dice)), "title": "", "left": true])
    }

    private mutating func dialog(_ id: Int64) -> UpdateAnswer.Dialog {
        .init(channel: id, pts: dice.chance(of: 4, in: 5) ? pts() : nil, topMessage: pts())
    }

    private mutating func answer(_ request: UpdateRequest) -> UpdateAnswer {
        let (pts, isFinal) = (pts(), dice.chance(of: 3, in: 4))
        switch request {
        case .getState: return .state(CommonState(pts: pts, qts: 50, date: 1_800_000_000, seq: 0))
        case .getDifference:
            let state = CommonState(pts: pts, qts: 50, date: 1_800_000_000, seq: 0)
            return .difference(DifferenceContent(chats: [chat(channel())]), state: state, final: isFinal)
        case .getChannelDifference:
            if dice.chance(of: 1, in: 8) { return .channelDifferenceTooLong(DifferenceContent(), pts: pts, final: isFinal, timeout: 30) }
            return .channelDifferenceEmpty(pts: pts, final: isFinal, timeout: dice.chance(of: 1, in: 2) ? 10 : nil)
        case .getChannelPosition: return .channelPosition(pts: pts, users: [], chats: [])
        case .getDialogs:
            let some = ids.filter { _ in dice.chance(of: 1, in: 2) }
            var next: DialogsPage?
            if dice.chance(of: 1, in: 2) {
                next = DialogsPage()
                next?.id = pts
            }
            return .dialogs(some.map { dialog($0) }, next: next, users: [], chats: some.map { chat($0) })
        case .getPeerDialogs(let peers):
            return .peerDialogs(peers.filter { _ in dice.chance(of: 5, in: 6) }.map { dialog($0.channel) }, users: [], chats: [])
        case .getChannel(let channel, _, _): return .chats([chat(channel)])
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func chance(of some: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &self) < some }
}
