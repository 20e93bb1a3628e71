import Primitives
import TL

@testable import TelegramClient

/// Small words for transcripts of the update engine.
let someTime = UnixTime(seconds: 1_800_000_000)

func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64((1_000 + seconds) * 1e9)) }

func message(_ id: Int64, in peer: TLObject) -> TLObject {
    TLObject("message", ["id": .integer(id), "peer_id": .object(peer), "message": .string("text \(id)"), "date": 1_800_000_000])
}

func basicGroup(_ id: Int64) -> TLObject { TLObject("peerChat", ["chat_id": .integer(id)]) }
func channelPeer(_ id: Int64) -> TLObject { TLObject("peerChannel", ["channel_id": .integer(id)]) }

/// A numbered update of the common box that ends at `pts`; its message has the same id.
func common(_ pts: Int64, count: Int64 = 1) -> Update {
    Update(
        TLObject(
            "updateNewMessage",
            ["message": .object(message(pts, in: basicGroup(7))), "pts": .integer(pts), "pts_count": .integer(count)]),
        receivedAt: someTime)
}

func inChannel(_ channel: Int64, _ pts: Int64, count: Int64 = 1) -> Update {
    Update(
        TLObject(
            "updateNewChannelMessage",
            ["message": .object(message(pts, in: channelPeer(channel))), "pts": .integer(pts), "pts_count": .integer(count)]),
        receivedAt: someTime)
}

func loose(_ n: Int64) -> Update {
    Update(TLObject("updateChat", ["chat_id": .integer(n)]), receivedAt: someTime)
}

func push(_ updates: Update..., seq: Int32 = 0, chats: [TLObject] = []) -> Envelope {
    Envelope(updates: updates, chats: chats, date: 1_800_000_000, seqStart: seq, seq: seq, receivedAt: someTime)
}

func channelObject(_ id: Int64, hash: Int64?, min: Bool = false) -> TLObject {
    var object = TLObject(
        "channel", ["id": .integer(id), "title": .string("channel \(id)"), "access_hash": hash.map { .integer($0) }])
    if min { object["min"] = true }
    return object
}

func book(_ channels: Int64...) -> PeerBook {
    var book = PeerBook()
    for id in channels { book.restore(.init(.channel, id), .init(accessHash: id * 11, name: "channel \(id)")) }
    return book
}

/// What a delivery says, short enough to compare.
func words(_ outputs: [UpdateOutput]) -> [String] {
    outputs.map { output in
        switch output {
        case .deliver(let d):
            let box =
                switch d.box {
                case .common: "common"
                case .qts: "qts"
                case .channel(let id): "channel \(id)"
                case nil: "loose"
                }
            let items = d.items.map { item in
                switch item {
                case .message(let m): "m\(m["id"]?.int ?? 0)"
                case .update(let u):
                    if case .box(_, let end, _) = u.place { "u\(end)" } else { u.object.name }
                }
            }
            let range = d.box == nil ? "" : " \(d.from)→\(d.to)"
            return "\(box)\(range)\(d.tooLong ? " too long" : "")\(d.generation == 1 ? "" : " g\(d.generation)")"
                + (items.isEmpty ? "" : " [\(items.joined(separator: " "))]")
        case .request(let id, let request):
            switch request {
            case .getState: return "#\(id.number) getState"
            case .getDifference(let pts, _, let qts, let limit):
                return "#\(id.number) getDifference \(pts) \(qts)" + (limit.map { " limit \($0)" } ?? "")
            case .getChannelDifference(let channel, _, let pts, let limit):
                return "#\(id.number) getChannelDifference \(channel) \(pts)" + (limit == 100 ? "" : " limit \(limit)")
            case .getChannelPosition(let channel, _): return "#\(id.number) getChannelPosition \(channel)"
            case .getDialogs(let page): return "#\(id.number) getDialogs \(page.id)"
            case .getPeerDialogs(let peers):
                return "#\(id.number) getPeerDialogs "
                    + (peers.count > 4 ? "\(peers.count) channels" : peers.map { "\($0.channel)" }.joined(separator: " "))
            case .getChannel(let channel, let chat, let message): return "#\(id.number) getChannel \(channel) in \(chat.name) \(message)"
            }
        case .lostAccess(let channel, let reason): return "lost \(channel) \(reason)"
        case .regainedAccess(let channel): return "regained \(channel)"
        case .unresolved(let channel): return "unresolved \(channel)"
        case .resolved(let channel): return "resolved \(channel)"
        case .hashRefused(let channel, _): return "hash refused \(channel)"
        case .migrated(let group, let channel): return "migrated \(group) to \(channel)"
        case .quarantine(let object): return "quarantine \(object.context) \(object.bytes.count)"
        }
    }
}

extension UpdateEngine {
    mutating func answer(_ id: UInt64, _ answer: UpdateAnswer, now: Instant) -> [String] {
        words(self.answer(UpdateRequestID(number: id), answer, receivedAt: someTime, now: now))
    }
    mutating func fail(_ id: UInt64, _ failure: UpdateFailure, now: Instant) -> [String] {
        words(self.fail(UpdateRequestID(number: id), failure, receivedAt: someTime, now: now))
    }
    mutating func push(_ envelope: Envelope, now: Instant) -> [String] { words(handle(envelope, now: now)) }
}

/// An engine whose common box and channels stand at the given positions and have been compared with the server.
func settledEngine(common pts: Int64 = 100, channels: [Int64: Int64] = [:], now: Instant = at(0)) -> UpdateEngine {
    var positions: [Box: BoxState] = [.common: BoxState(value: pts, date: 1_800_000_000, seq: 10), .qts: BoxState(value: 5)]
    var peers = PeerBook()
    for (id, value) in channels.sorted(by: { $0.key < $1.key }) {
        positions[.channel(id)] = BoxState(value: value)
        peers.restore(.init(.channel, id), .init(accessHash: id * 11))
    }
    var engine = UpdateEngine(positions: positions, channels: channels.keys, peers: peers, now: now)
    var pending = engine.connected(now: now)
    var instant = now
    while !engine.isSettled, instant < now + .seconds(60) {
        var next: [UpdateOutput] = []
        for output in pending {
            guard case .request(let id, let request) = output else { continue }
            switch request {
            case .getDifference:
                next += engine.answer(id, .differenceEmpty(date: 1_800_000_000, seq: 10), receivedAt: someTime, now: instant)
            case .getChannelDifference(_, _, let pts, _):
                next += engine.answer(
                    id, .channelDifferenceEmpty(pts: pts, final: true, timeout: 300), receivedAt: someTime, now: instant)
            case .getPeerDialogs(let peers):
                let dialogs = peers.map { UpdateAnswer.Dialog(channel: $0.channel, pts: channels[$0.channel]) }
                next += engine.answer(id, .peerDialogs(dialogs, users: [], chats: []), receivedAt: someTime, now: instant)
            default: break
            }
        }
        instant = instant + .milliseconds(50)
        pending = next + engine.advance(now: instant)
    }
    return engine
}
