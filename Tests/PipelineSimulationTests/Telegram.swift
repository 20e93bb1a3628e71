import Primitives
import TL
import TelegramClient

/// Telegram's server as far as the pipeline sees it: what truly happened in every chat, what is pushed of it, and what it answers.
///
/// A channel's events are the same for all accounts; each account's private chats and its basic groups share its common box.
struct Telegram {
    enum Place: Hashable {
        /// The common box of the account with this index.
        case common(Int)
        case channel(Int64)
    }

    struct Event {
        enum Kind { case new, edit, delete, noise }
        var kind: Kind
        var end: Int64
        var count: Int64
        var id: Int64
        var version: Int64
        /// Grows when the server counts anew; the events of before are forgotten by the server, not by the truth.
        var generation: UInt64
    }

    struct Message {
        var id: Int64
        /// Unix seconds.
        var date: Int64
        var editDate: Int64 = 0
        var version: Int64
        var isDeleted = false
    }

    struct Chat {
        var position: Int64
        var generation: UInt64 = 1
        var events: [Event] = []
        /// Ascending by id.
        var messages: [Message] = []
        var lastID: Int64 = 0
        var lastVersion: Int64 = 0

        func index(_ id: Int64) -> Int? {
            var (low, high) = (0, messages.count)
            while low < high {
                let middle = (low + high) / 2
                if messages[middle].id < id { low = middle + 1 } else { high = middle }
            }
            return low < messages.count && messages[low].id == id ? low : nil
        }
        func message(_ id: Int64) -> Message? { index(id).map { messages[$0] } }
        /// What the server still knows.
        var told: [Event] { events.filter { $0.generation == generation } }
    }

    static let basicGroup: Int64 = 7
    static let start: Int64 = 5_000
    let channels: [Int64]
    let accounts: Int
    private(set) var chats: [Place: Chat] = [:]
    /// When each version was made that is an edit, unix seconds: a push of it may be built when it is no more.
    private var editDates: [Place: [Int64: Int64]] = [:]
    /// More missing events than this are too long.
    var window = 1_000
    /// A difference gives new messages as they are now, without those deleted since.
    var isCurrent = false

    init(channels: [Int64], accounts: Int) {
        self.channels = channels
        self.accounts = accounts
        for place in places { chats[place] = Chat(position: Telegram.start) }
    }

    var places: [Place] { (0..<accounts).map(Place.common) + channels.map(Place.channel) }
    subscript(place: Place) -> Chat { chats[place] ?? Chat(position: 0) }

    // MARK: happening

    /// Messages of before everything: nothing is pushed of them and no difference tells them.
    mutating func age(_ place: Place, messages: Int, from date: Int64) {
        for n in 0..<messages {
            guard var chat = chats[place] else { return }
            chat.lastID += 1
            chat.lastVersion += 1
            chat.messages.append(Message(id: chat.lastID, date: date + Int64(n), version: chat.lastVersion))
            chats[place] = chat
        }
    }

    mutating func happen(in place: Place, at date: Int64, using generator: inout SeededGenerator) -> Event {
        guard var chat = chats[place] else { preconditionFailure("a place of this world") }
        defer { chats[place] = chat }
        let dice = Int.random(in: 0..<12, using: &generator)
        if case .common = place, dice > 9 {
            // A private chat's: nothing of it is captured, and its number is one of the account's.
            chat.lastID += 1
            chat.position += 1
            return add(.noise, chat.lastID, count: 1, to: &chat)
        }
        let living = chat.messages.suffix(12).filter { !$0.isDeleted }
        guard dice > 6, let old = living.randomElement(using: &generator), let i = chat.index(old.id) else {
            chat.lastID += 1
            chat.position += 1
            chat.lastVersion += 1
            chat.messages.append(Message(id: chat.lastID, date: date, version: chat.lastVersion))
            return add(.new, chat.lastID, count: 1, to: &chat)
        }
        if dice == 7 {
            chat.position += 1
            chat.messages[i].isDeleted = true
            return add(.delete, old.id, count: 1, to: &chat)
        }
        let count: Int64 = dice == 8 ? 2 : 1
        chat.position += count
        chat.lastVersion += 1
        chat.messages[i].version = chat.lastVersion
        chat.messages[i].editDate = date
        editDates[place, default: [:]][chat.lastVersion] = date
        return add(.edit, old.id, count: count, to: &chat)
    }

    private func add(_ kind: Event.Kind, _ id: Int64, count: Int64, to chat: inout Chat) -> Event {
        let event = Event(
            kind: kind, end: chat.position, count: count, id: id, version: chat.message(id)?.version ?? 0, generation: chat.generation)
        chat.events.append(event)
        return event
    }

    /// The server counts anew, far below where it was.
    mutating func reset(_ channel: Int64) {
        chats[.channel(channel)]?.generation += 1
        chats[.channel(channel)]?.position = 1_000
    }

    // MARK: objects

    static func hash(of channel: Int64) -> Int64 { channel * 11 }

    private func peer(_ place: Place) -> TLObject {
        if case .channel(let id) = place { return TLObject("peerChannel", ["channel_id": .integer(id)]) }
        return TLObject("peerChat", ["chat_id": .integer(Telegram.basicGroup)])
    }

    private func object(_ message: Message, in place: Place) -> TLObject {
        TLObject(
            "message",
            [
                "id": .integer(message.id), "peer_id": .object(peer(place)), "message": .string("v\(message.version)"),
                "date": .integer(message.date), "edit_date": message.editDate > 0 ? .integer(message.editDate) : nil,
            ])
    }

    /// `asOf`: the event's own version, not the one of now.
    func update(_ event: Event, in place: Place, asOf isThen: Bool) -> TLObject {
        var fields: TLFields = ["pts": .integer(event.end), "pts_count": .integer(event.count)]
        let isChannel = if case .channel = place { true } else { false }
        var name: String
        switch event.kind {
        case .new, .edit:
            name = event.kind == .new ? "updateNew" : "updateEdit"
            name += isChannel ? "ChannelMessage" : "Message"
            guard var message = self[place].message(event.id) else { preconditionFailure("an event has its message") }
            if isThen, message.version != event.version {
                message.version = event.version
                message.editDate = edited(event, in: place)
            }
            fields["message"] = .object(object(message, in: place))
        case .delete:
            name = isChannel ? "updateDeleteChannelMessages" : "updateDeleteMessages"
            fields["messages"] = [.integer(event.id)]
            if case .channel(let id) = place { fields["channel_id"] = .integer(id) }
        case .noise:
            name = "updateNewMessage"
            fields["message"] = .object(
                TLObject(
                    "message",
                    [
                        "id": .integer(event.id), "peer_id": .object(TLObject("peerUser", ["user_id": 42])), "message": "private",
                        "date": 1_800_000_000,
                    ]))
        }
        return TLObject(name: name, fields: fields)
    }

    private func edited(_ event: Event, in place: Place) -> Int64 { editDates[place]?[event.version] ?? 0 }

    /// A push: `Updates` in bytes.
    static func pushed(_ updates: [TLObject], date: Int64) -> [UInt8] {
        let whole = TLObject(
            "updates", ["updates": .objects(updates), "users": [], "chats": [], "date": .integer(date), "seq": 0])
        do { return try TL.encode(whole) } catch { preconditionFailure("\(error)") }
    }

    // MARK: answers to the listener

    static let invalidPosition = CallFailure.rpc(RPCError(code: 400, message: "PERSISTENT_TIMESTAMP_INVALID"))

    func answer(_ call: TLObject, account: Int, using generator: inout SeededGenerator) -> Result<TLObject, CallFailure> {
        let timeout = Int64.random(in: 1...20, using: &generator)
        switch call.name {
        case "updates.getState": return .success(state(pts: self[.common(account)].position))
        case "updates.getDifference":
            let pts = call["pts"]?.int ?? 0
            return .success(commonDifference(account, after: pts, most: Int.random(in: 1...8, using: &generator)))
        case "updates.getChannelDifference":
            guard let channel = call["channel"]?.object?["channel_id"]?.int, let pts = call["pts"]?.int else { break }
            let chat = self[.channel(channel)]
            if pts > chat.position { return .failure(Telegram.invalidPosition) }
            return .success(channelDifference(channel, after: pts, most: Int.random(in: 1...8, using: &generator), timeout: timeout))
        case "channels.getFullChannel":
            guard let channel = call["channel"]?.object?["channel_id"]?.int else { break }
            return .success(
                TLObject(
                    "messages.chatFull",
                    [
                        "full_chat": .object(TLObject("channelFull", ["pts": .integer(self[.channel(channel)].position)])), "users": [],
                        "chats": [],
                    ]))
        case "messages.getPeerDialogs", "messages.getDialogs":
            let asked = channels.map { id in
                TLObject(
                    "dialog",
                    [
                        "peer": .object(peer(.channel(id))), "pts": .integer(self[.channel(id)].position),
                        "top_message": .integer(self[.channel(id)].lastID),
                    ])
            }
            let name = call.name == "messages.getDialogs" ? "messages.dialogs" : "messages.peerDialogs"
            return .success(
                TLObject(
                    name, ["dialogs": .objects(asked), "users": [], "chats": .objects(channels.map(chat)), "messages": []]))
        default: break
        }
        return .failure(.rpc(RPCError(code: 400, message: "METHOD_INVALID")))
    }

    private func chat(_ channel: Int64) -> TLObject {
        TLObject(
            "channel",
            ["id": .integer(channel), "title": .string("channel \(channel)"), "access_hash": .integer(Telegram.hash(of: channel))])
    }

    private func state(pts: Int64) -> TLObject {
        TLObject("updates.state", ["pts": .integer(pts), "qts": 0, "date": 1_800_000_000, "seq": 1, "unread_count": 0])
    }

    private func missing(_ place: Place, after pts: Int64) -> [Event] { self[place].told.filter { $0.end > pts } }

    private func commonDifference(_ account: Int, after pts: Int64, most: Int) -> TLObject {
        let place = Place.common(account)
        let missing = missing(place, after: pts)
        if missing.count > window { return TLObject("updates.differenceTooLong", ["pts": .integer(self[place].position)]) }
        if missing.isEmpty { return TLObject("updates.differenceEmpty", ["date": 1_800_000_000, "seq": 1]) }
        let part = Array(missing.prefix(most))
        let (messages, others) = content(part, in: place)
        let isWhole = part.count == missing.count
        return TLObject(
            isWhole ? "updates.difference" : "updates.differenceSlice",
            [
                "new_messages": .objects(messages), "new_encrypted_messages": [], "other_updates": .objects(others), "users": [],
                "chats": [], (isWhole ? "state" : "intermediate_state"): .object(state(pts: part.last?.end ?? pts)),
            ])
    }

    private func channelDifference(_ channel: Int64, after pts: Int64, most: Int, timeout: Int64) -> TLObject {
        let place = Place.channel(channel)
        let missing = missing(place, after: pts)
        if missing.count > window {
            return TLObject(
                "updates.channelDifferenceTooLong",
                [
                    "final": true, "timeout": .integer(timeout),
                    "dialog": .object(TLObject("dialog", ["pts": .integer(self[place].position)])),
                    "messages": .objects(self[place].messages.suffix(3).filter { !$0.isDeleted }.map { object($0, in: place) }),
                    "users": [],
                    "chats": [],
                ])
        }
        if missing.isEmpty {
            return TLObject(
                "updates.channelDifferenceEmpty",
                ["final": true, "timeout": .integer(timeout), "pts": .integer(max(pts, self[place].position))])
        }
        let part = Array(missing.prefix(most))
        let (messages, others) = content(part, in: place)
        let isWhole = part.count == missing.count
        return TLObject(
            "updates.channelDifference",
            [
                "final": isWhole ? true : nil, "timeout": .integer(timeout), "pts": .integer(part.last?.end ?? pts),
                "new_messages": .objects(messages), "other_updates": .objects(others), "users": [], "chats": [],
            ])
    }

    private func content(_ events: [Event], in place: Place) -> (messages: [TLObject], others: [TLObject]) {
        var messages: [TLObject] = []
        var others: [TLObject] = []
        var new: Set<Int64> = []
        for event in events {
            switch event.kind {
            case .new where isCurrent:
                new.insert(event.id)
                if let message = self[place].message(event.id), !message.isDeleted { messages.append(object(message, in: place)) }
            case .new:
                if let message = update(event, in: place, asOf: true)["message"]?.object { messages.append(message) }
            case .edit where isCurrent && (new.contains(event.id) || self[place].message(event.id)?.isDeleted == true): continue
            case .noise: if let message = update(event, in: place, asOf: true)["message"]?.object { messages.append(message) }
            case .edit, .delete: others.append(update(event, in: place, asOf: !isCurrent))
            }
        }
        return (messages, others)
    }

    // MARK: answers to backfill

    /// The serialized answer to a call for history or single messages of a chat.
    func page(_ call: TLObject, of place: Place) -> [UInt8] {
        var found: [TLObject] = []
        let living = self[place].messages.filter { !$0.isDeleted }
        if call.name == "messages.getHistory" {
            let newestFirst = Array(living.reversed())
            let (id, date) = (call["offset_id"]?.int ?? 0, call["offset_date"]?.int ?? 0)
            var first = 0
            if id > 0 {
                first = newestFirst.firstIndex { $0.id < id } ?? newestFirst.count
            } else if date > 0 {
                first = newestFirst.firstIndex { $0.date < date } ?? newestFirst.count
            }
            let start = max(0, first + Int(call["add_offset"]?.int ?? 0))
            let limit = Int(call["limit"]?.int ?? 0)
            if start < newestFirst.count {
                found = newestFirst[start..<min(newestFirst.count, start + limit)].map { object($0, in: place) }
            }
        } else {
            for wanted in call["id"]?.vector ?? [] {
                guard let id = wanted.object?["id"]?.int else { continue }
                if let message = self[place].message(id), !message.isDeleted {
                    found.append(object(message, in: place))
                } else {
                    found.append(TLObject("messageEmpty", ["id": .integer(id)]))
                }
            }
        }
        var answer = TLObject(
            "messages.channelMessages",
            [
                "pts": .integer(self[place].position), "count": .integer(Int64(living.count)), "messages": .objects(found), "topics": [],
                "chats": [], "users": [],
            ])
        if case .common = place {
            answer.name = "messages.messagesSlice"
            answer.fields["pts"] = nil
        }
        do { return try TL.encode(answer) } catch { preconditionFailure("\(error)") }
    }
}
