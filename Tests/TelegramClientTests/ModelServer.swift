import Primitives
import TL

@testable import TelegramClient

/// A tiny Telegram: boxes with numbered events, differences in slices, and a network that reorders, repeats and loses pushes.
struct ModelServer {
    struct Event { var pts: Int64, count: Int64, id: Int64 }

    var boxes: [Int64: [Event]] = [:]  // 0 is the common box, others are channels
    var positions: [Int64: Int64] = [:]
    var lastID: Int64 = 0
    /// Pushes under way, in any order.
    var network: [Envelope] = []
    var calls: [(UpdateRequestID, UpdateRequest)] = []

    init(channels: [Int64], start: Int64) {
        for box in [0] + channels {
            boxes[box] = []
            positions[box] = start
        }
    }

    func push(_ box: Int64, _ event: Event) -> Update {
        let peer = box == 0 ? basicGroup(7) : channelPeer(box)
        let name = box == 0 ? "updateNewMessage" : "updateNewChannelMessage"
        return Update(
            TLObject(
                name,
                [
                    "message": .object(message(event.id, in: peer)), "pts": .integer(event.pts), "pts_count": .integer(event.count),
                ]), receivedAt: someTime)
    }

    /// New events in one or several boxes, pushed in one envelope, perhaps lost, perhaps repeated.
    mutating func happen(using generator: inout SeededGenerator, loss: Double) {
        var updates: [Update] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let keys = boxes.keys.sorted()
            let box = keys[Int.random(in: 0..<keys.count, using: &generator)]
            lastID += 1
            let count = Int64.random(in: 1...2, using: &generator)
            let event = Event(pts: positions[box]! + count, count: count, id: lastID)  // every box has a position from init
            positions[box] = event.pts
            boxes[box]!.append(event)
            updates.append(push(box, event))
        }
        updates.shuffle(using: &generator)
        let envelope = Envelope(updates: updates, receivedAt: someTime)
        if Double.random(in: 0..<1, using: &generator) >= loss { network.append(envelope) }
        if Double.random(in: 0..<1, using: &generator) < 0.2 { network.append(envelope) }
    }

    func state() -> CommonState { CommonState(pts: positions[0]!, qts: 0, date: 9, seq: 0) }  // set in init

    func answer(_ request: UpdateRequest, using generator: inout SeededGenerator) -> UpdateAnswer {
        let slice = Int.random(in: 1...5, using: &generator)
        switch request {
        case .getState: return .state(state())
        case .getDifference(let pts, _, _, _):
            let missing = boxes[0]!.filter { $0.pts > pts }
            guard !missing.isEmpty else { return .differenceEmpty(date: 9, seq: 0) }
            let part = Array(missing.prefix(slice))
            var state = state()
            state.pts = part.last?.pts ?? pts
            return .difference(
                DifferenceContent(messages: part.map { message($0.id, in: basicGroup(7)) }), state: state,
                final: part.count == missing.count)
        case .getChannelDifference(let channel, _, let pts, _):
            let missing = boxes[channel]!.filter { $0.pts > pts }
            let part = Array(missing.prefix(slice))
            let final = part.count == missing.count
            if part.isEmpty { return .channelDifferenceEmpty(pts: positions[channel]!, final: true, timeout: 5) }
            return .channelDifference(
                DifferenceContent(messages: part.map { message($0.id, in: channelPeer(channel)) }), pts: part.last?.pts ?? pts,
                final: final, timeout: 5)
        case .getChannelPosition(let channel, _): return .channelPosition(pts: positions[channel]!, users: [], chats: [])
        case .getDialogs: return .dialogs([], next: nil, users: [], chats: [])
        case .getPeerDialogs(let peers):
            return .peerDialogs(peers.map { .init(channel: $0.channel, pts: positions[$0.channel]!) }, users: [], chats: [])  // set in init
        case .getChannel: return .chats([])
        }
    }
}

/// Checks, while they come, that deliveries continue each other, and keeps what they brought.
struct DeliveryLedger {
    var ids: [Int64: [Int64]] = [:]
    var ends: [Box: Int64] = [:]
    var complaints: [String] = []

    mutating func take(_ delivery: Delivery) {
        guard let box = delivery.box else { return }
        if let end = ends[box], end != delivery.from { complaints.append("\(box): from \(delivery.from) after \(end)") }
        ends[box] = delivery.to
        for item in delivery.items {
            let message: TLObject?
            switch item {
            case .message(let m): message = m
            case .update(let u): message = u.object["message"]?.object
            }
            guard let message, let id = message["id"]?.int else { continue }
            ids[message["peer_id"]?["channel_id"]?.int ?? 0, default: []].append(id)
        }
    }
}
