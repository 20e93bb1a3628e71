import Primitives
import TL

@testable import TelegramClient

/// What really happened: the history of each box, and the answers that a correct server gives of it.
struct Truth {
    struct Event {
        enum Kind: Equatable { case new(Int64), edit(Int64, version: Int64), delete(Int64), mark(Int64) }
        var box: Box
        var end: Int64
        var count: Int64
        var kind: Kind
        var id: Int64 {
            switch kind {
            case .new(let id), .edit(let id, _), .delete(let id), .mark(let id): id
            }
        }
    }

    struct Row: Equatable {
        /// nil: deleted.
        var version: Int64?
        /// Where the box stood after its last change.
        var end: Int64
    }

    struct Chat {
        var events: [Event] = []
        var position: Int64
        var rows: [Int64: Row] = [:]
        var lastID: Int64 = 0
        var lastVersion: Int64 = 1
    }

    /// Ascending; the common box's messages are those of one basic group.
    let boxes: [Box]
    var chats: [Box: Chat] = [:]
    var seq: Int32 = 1
    /// More missing events than this are too long.
    var window = 40
    /// A difference gives new messages as they are now, without those deleted since; else as they were, with all that followed.
    var isCurrent = false
    var givesDialogPositions = true
    /// Channels that the account has not joined.
    var notJoined: Set<Int64> = []

    init(channels: [Int64], start: Int64) {
        boxes = [.common, .qts] + channels.map(Box.channel)
        for box in boxes { chats[box] = Chat(position: start) }
    }

    subscript(box: Box) -> Chat { chats[box] ?? Chat(position: 0) }

    // MARK: happening

    mutating func happen(in box: Box, using generator: inout SeededGenerator) -> Event {
        var chat = self[box]
        defer { chats[box] = chat }
        if box == .qts {
            chat.position += 1
            chat.lastID += 1
            return add(Event(box: box, end: chat.position, count: 1, kind: .mark(chat.lastID)), to: &chat)
        }
        let living = chat.rows.filter { $0.value.version != nil }.keys.sorted()
        let dice = Int.random(in: 0..<10, using: &generator)
        if dice < 6 || living.isEmpty {
            chat.lastID += 1
            chat.position += 1
            return add(Event(box: box, end: chat.position, count: 1, kind: .new(chat.lastID)), to: &chat)
        }
        // The newest are changed most.
        let id = living[living.count - 1 - Int.random(in: 0..<min(3, living.count), using: &generator)]
        if dice == 6 {
            chat.position += 1
            return add(Event(box: box, end: chat.position, count: 1, kind: .delete(id)), to: &chat)
        }
        // An edit may move nothing at all, or by more than one.
        let count = Int64(dice == 7 ? 0 : dice - 7)
        chat.position += count
        chat.lastVersion += 1
        return add(Event(box: box, end: chat.position, count: count, kind: .edit(id, version: chat.lastVersion)), to: &chat)
    }

    private func add(_ event: Event, to chat: inout Chat) -> Event {
        chat.events.append(event)
        switch event.kind {
        case .new(let id), .mark(let id): chat.rows[id] = Row(version: 1, end: event.end)
        case .edit(let id, let version): chat.rows[id] = Row(version: version, end: event.end)
        case .delete(let id): chat.rows[id] = Row(version: nil, end: event.end)
        }
        return event
    }

    // MARK: objects

    static func peer(_ box: Box) -> TLObject {
        if case .channel(let id) = box { return TLObject("peerChannel", ["channel_id": .integer(id)]) }
        return TLObject("peerChat", ["chat_id": 7])
    }

    static func message(_ id: Int64, version: Int64, in box: Box) -> TLObject {
        TLObject(
            "message", ["id": .integer(id), "peer_id": .object(peer(box)), "message": .string("v\(version)"), "date": 1_800_000_000])
    }

    static func update(_ event: Event, at time: UnixTime) -> Update {
        var fields: TLFields = ["pts": .integer(event.end), "pts_count": .integer(event.count)]
        let isChannel = if case .channel = event.box { true } else { false }
        let name: String
        switch event.kind {
        case .new(let id):
            name = isChannel ? "updateNewChannelMessage" : "updateNewMessage"
            fields["message"] = .object(message(id, version: 1, in: event.box))
        case .edit(let id, let version):
            name = isChannel ? "updateEditChannelMessage" : "updateEditMessage"
            fields["message"] = .object(message(id, version: version, in: event.box))
        case .delete(let id):
            name = isChannel ? "updateDeleteChannelMessages" : "updateDeleteMessages"
            fields["messages"] = [.integer(id)]
            if case .channel(let channel) = event.box { fields["channel_id"] = .integer(channel) }
        case .mark(let id):
            name = "updateChatParticipant"
            fields = ["qts": .integer(event.end), "user_id": .integer(id)]
        }
        return Update(TLObject(name: name, fields: fields), receivedAt: time)
    }

    /// The real access hash of a channel.
    static func hash(of channel: Int64) -> Int64 { channel * 11 }

    /// As the account sees it: those it has not joined say so.
    func chat(_ channel: Int64, min: Bool) -> TLObject {
        var object = Truth.chat(channel, min: min)
        if notJoined.contains(channel), !min { object["left"] = true }
        return object
    }

    private static func chat(_ channel: Int64, min: Bool) -> TLObject {
        var object = TLObject(
            "channel", ["id": .integer(channel), "title": .string("channel \(channel)"), "access_hash": .integer(hash(of: channel))])
        if min {
            // What stands in a min object does not work.
            object["access_hash"] = .integer(-channel)
            object["min"] = true
        }
        return object
    }

    // MARK: answers

    /// Events after a position, as a slice; events that end at the same position are never parted.
    private func slice(_ box: Box, after position: Int64, most: Int) -> (events: [Event], whole: Bool, end: Int64) {
        let chat = self[box]
        let missing = chat.events.filter { $0.end > position }
        var part = Array(missing.prefix(most))
        while part.count < missing.count, missing[part.count].end == part.last?.end { part.append(missing[part.count]) }
        return (part, part.count == missing.count, part.count == missing.count ? max(chat.position, position) : part.last?.end ?? position)
    }

    private func content(_ events: [Event], in box: Box, at time: UnixTime) -> DifferenceContent {
        var content = DifferenceContent()
        let rows = self[box].rows
        var new: Set<Int64> = []
        for event in events {
            switch event.kind {
            case .new(let id):
                new.insert(id)
                if !isCurrent {
                    content.messages.append(Truth.message(id, version: 1, in: box))
                } else if let version = rows[id]?.version {
                    content.messages.append(Truth.message(id, version: version, in: box))
                }
            case .edit(let id, _):
                if isCurrent {
                    guard !new.contains(id), let version = rows[id]?.version else { continue }
                    var now = event
                    now.kind = .edit(id, version: version)
                    content.updates.append(Truth.update(now, at: time))
                } else {
                    content.updates.append(Truth.update(event, at: time))
                }
            case .delete, .mark: content.updates.append(Truth.update(event, at: time))
            }
        }
        return content
    }

    private func state(pts: Int64) -> CommonState {
        CommonState(pts: pts, qts: self[.qts].position, date: 1_800_000_000, seq: seq)
    }

    /// What a server says now; nil when the access hash is wrong.
    func answer(_ request: UpdateRequest, at time: UnixTime, using generator: inout SeededGenerator) -> UpdateAnswer? {
        let most = Int.random(in: 1...8, using: &generator)
        let timeout = Int32.random(in: 1...60, using: &generator)
        switch request {
        case .getState: return .state(state(pts: self[.common].position))
        case .getDifference(let pts, _, let qts, let limit):
            let missing = self[.common].events.count { $0.end > pts }
            if missing > window { return .differenceTooLong(pts: self[.common].position) }
            let part = slice(.common, after: pts, most: min(most, Int(limit ?? 100)))
            var content = content(part.events, in: .common, at: time)
            content.updates += slice(.qts, after: qts, most: .max).events.map { Truth.update($0, at: time) }
            if part.whole { content.updates += words(onChannels: &generator, at: time) }
            if content == DifferenceContent(), part.whole { return .differenceEmpty(date: 1_800_000_000, seq: seq) }
            return .difference(content, state: state(pts: part.end), final: part.whole)
        case .getChannelDifference(let channel, let accessHash, let pts, let limit):
            if accessHash != Truth.hash(of: channel) { return nil }
            let box = Box.channel(channel)
            if self[box].events.count(where: { $0.end > pts }) > window {
                var content = DifferenceContent()
                for id in self[box].rows.keys.sorted().suffix(3) {
                    if let version = self[box].rows[id]?.version { content.messages.append(Truth.message(id, version: version, in: box)) }
                }
                return .channelDifferenceTooLong(content, pts: self[box].position, final: true, timeout: timeout)
            }
            let part = slice(box, after: pts, most: min(most, Int(limit)))
            if part.events.isEmpty { return .channelDifferenceEmpty(pts: part.end, final: true, timeout: timeout) }
            return .channelDifference(content(part.events, in: box, at: time), pts: part.end, final: part.whole, timeout: timeout)
        case .getChannelPosition(let channel, _):
            return .channelPosition(pts: self[.channel(channel)].position, users: [], chats: [])
        case .getDialogs, .getChannel:
            let channels = boxes.compactMap { if case .channel(let id) = $0 { id } else { nil } }
            return .dialogs(channels.map(dialog), next: nil, users: [], chats: channels.map { chat($0, min: false) })
        case .getPeerDialogs(let peers):
            if peers.contains(where: { $0.accessHash != Truth.hash(of: $0.channel) }) { return nil }
            return .peerDialogs(peers.map { dialog($0.channel) }, users: [], chats: peers.map { chat($0.channel, min: false) })
        }
    }

    private func dialog(_ channel: Int64) -> UpdateAnswer.Dialog {
        let chat = self[.channel(channel)]
        let top = chat.rows.filter { $0.value.version != nil }.keys.max()
        return .init(channel: channel, pts: givesDialogPositions ? chat.position : nil, topMessage: top)
    }

    /// The common difference tells of channels, too: by a bare word, or by an update with the channel's own number.
    private func words(onChannels generator: inout SeededGenerator, at time: UnixTime) -> [Update] {
        var out: [Update] = []
        for box in boxes {
            guard case .channel(let id) = box, let last = self[box].events.last else { continue }
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                out.append(
                    Update(
                        TLObject("updateChannelTooLong", ["channel_id": .integer(id), "pts": .integer(self[box].position)]),
                        receivedAt: time))
            case 1: if last.count > 0 { out.append(Truth.update(last, at: time)) }
            default: break
            }
        }
        return out
    }
}
