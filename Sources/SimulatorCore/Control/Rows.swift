import Primitives
import TL

/// Dumps of the world, piece by piece: a large one is never in memory at once.
public struct Dump: Sendable {
    private let user: Int64?
    private let place: Peer?
    /// Under the names of the table's columns.
    private let asRows: Bool
    private var next = 0
    private var count: Int64 = 0

    /// Of `dump` and `rows`: all messages, or those of one account under its ids, or those of one group.
    init(_ command: JSON, _ world: World) throws {
        user = try Control.optionalAccount(command, world)
        place = command["id"] == nil ? nil : try Control.peer(command, world)
        asRows = command["cmd"]?.string == "rows"
    }

    /// Whether the command's answer is streamed.
    public static func isDump(_ command: JSON) -> Bool { ["dump", "rows"].contains(command["cmd"]?.string) }

    public init(of command: JSON, in world: World) throws(Control.Refusal) {
        do {
            try self.init(command, world)
        } catch {
            throw error as? Control.Refusal ?? Control.Refusal("\(error)")
        }
    }

    /// Appends the lines of the next messages; false when that was the last piece.
    public mutating func write(_ messages: Int, of world: World, to out: inout [UInt8]) -> Bool {
        for json in lines(messages, of: world) {
            json.write(to: &out)
            out.append(UInt8(ascii: "\n"))
        }
        return next < world.contents.count
    }

    /// The last line.
    public var end: JSON { ["ok": true, "count": .integer(count)] }

    mutating func lines(_ messages: Int, of world: World) -> [JSON] {
        var lines: [JSON] = []
        let stop = min(world.contents.count, next + messages)
        while next < stop {
            if isWanted(next, world) {
                lines.append(
                    asRows ? Control.row(world.contents[next], world, for: user) : Control.line(world.contents[next], world, for: user))
                count += 1
            }
            next += 1
        }
        return lines
    }

    private func isWanted(_ key: Int, _ world: World) -> Bool {
        let home = world.contents[key].place
        if let place, home != place { return false }
        guard let user else { return true }
        if case .channel(let id) = home { return world.channels[id]?.has(user) == true }
        return world.contents[key].copies.contains { $0.user == user }
    }
}

extension Control {
    /// A message as the table's row has it. What is empty is null.
    static func row(_ content: Content, _ world: World, for user: Int64?) -> JSON {
        let id = user.flatMap { content.id(for: $0) } ?? (content.channelMessageID == 0 ? nil : content.channelMessageID)
        func answer(_ key: Int) -> Int32? {
            let id = user.map { world.contents[key].id(for: $0) } ?? world.contents[key].channelMessageID
            return id == 0 ? nil : id
        }
        func number(_ value: Int32?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
        let isSecret = if case .selfDestructing? = content.media { true } else { false }
        let text = content.text.isEmpty || isSecret || content.action != nil ? JSON.null : .string(content.text)
        let described = world.described(content.media)
        var isDeleted = content.deletedAt != nil
        if let user, content.channelMessageID == 0, let id { isDeleted = world.accounts[user]?.entry(id)?.isDeleted ?? true }
        let isPost = world.kind(of: content.place) == .channel
        return [
            "key": .integer(Int64(content.key)), "kind": .string(world.kind(of: content.place)?.rawValue ?? "private"),
            "chat": .integer(content.place.id), "telegram_message_id": number(id),
            "ids": content.copies.isEmpty ? .null : .object(content.copies.map { .init(String($0.user), .integer(Int64($0.id))) }),
            "sender_id": .integer(world.writer(of: content).id), "sender_name": .string(world.writer(of: content).name), "text": text,
            "media_type": described.type.map { .string($0) } ?? .null, "media_kind": described.kind.map { .string($0) } ?? .null,
            "media_id": described.id.map { .integer($0) } ?? .null, "media": described.metadata,
            // In a forum the answered message may be the one that made the topic.
            "reply_to": number(content.replyTo.flatMap(answer) ?? content.topic), "answers": number(content.replyTo.flatMap(answer)),
            "topic_id": number(content.topic), "grouped_id": content.groupedID.map { .integer($0) } ?? .null,
            "forward": content.forward.map(forward) ?? .null,
            "entities": text == .null || content.entities.isEmpty ? .null : .array(content.entities.map(entity)),
            "reactions": content.reactions.isEmpty ? .null : .array(content.reactions.map(reaction)),
            "views": isPost && content.action == nil ? .integer(Int64(content.views)) : .null,
            "forwards": isPost && content.action == nil ? .integer(Int64(content.forwards)) : .null,
            "via_bot_id": content.viaBot.map { .integer($0) } ?? .null, "post_author": content.postAuthor.map { .string($0) } ?? .null,
            "service": content.action.map { world.described($0) } ?? .null,
            "edit_date": content.editedAt.map { .integer($0.seconds) } ?? .null, "edit_hide": .bool(content.isEditHidden),
            "ttl_period": number(content.ttlPeriod), "is_deleted": .bool(isDeleted), "sent_at": .integer(content.date.seconds),
            "deleted_at": content.deletedAt.map { .integer($0.seconds) } ?? .null,
        ]
    }

    private static func forward(_ forward: Forward) -> JSON {
        var members: [JSON.Member] = []
        if let origin = forward.origin { members.append(.init("from_id", .integer(World.marked(origin)))) }
        if let name = forward.name { members.append(.init("from_name", .string(name))) }
        if let author = forward.postAuthor { members.append(.init("post_author", .string(author))) }
        members.append(.init("date", .integer(forward.date.seconds)))
        if let post = forward.post { members.append(.init("channel_post", .integer(Int64(post)))) }
        return .object(members)
    }

    private static func entity(_ entity: Entity) -> JSON {
        var members: [JSON.Member] = [
            .init("type", .string(World.word(entity.name, without: "messageEntity"))), .init("offset", .integer(entity.offset)),
            .init("length", .integer(entity.length)),
        ]
        if let argument = entity.argument, !argument.isEmpty {
            members.append(.init(entity.name == "messageEntityPre" ? "language" : "url", .string(argument)))
        }
        if let number = entity.number {
            members.append(.init(entity.name == "messageEntityCustomEmoji" ? "document_id" : "user_id", .integer(number)))
        }
        return .object(members)
    }

    private static func reaction(_ reaction: Reaction) -> JSON {
        let kind: JSON.Member =
            switch reaction.kind {
            case .emoji(let text): .init("emoji", .string(text))
            case .document(let id): .init("document_id", .integer(id))
            case .paid: .init("type", "paid")
            }
        return .object([kind, .init("count", .integer(Int64(reaction.count)))])
    }
}

/// What a row says of the media of a message.
struct DescribedMedia {
    var type: String?
    var kind: String?
    var id: Int64?
    var metadata = JSON.null
}

extension World {
    /// Users positive, basic groups negative, channels -1000000000000 - id. Source: https://core.telegram.org/api/bots/ids
    static func marked(_ peer: Peer) -> Int64 {
        switch peer {
        case .user(let id): id
        case .chat(let id): -id
        case .channel(let id): -1_000_000_000_000 - id
        }
    }

    /// "messageActionPinMessage" without its prefix: "pin_message".
    static func word(_ name: String, without prefix: String) -> String {
        var out = ""
        for letter in name.dropFirst(name.hasPrefix(prefix) ? prefix.count : 0) {
            if letter.isUppercase, !out.isEmpty { out.append("_") }
            out += letter.lowercased()
        }
        return out
    }

    /// Who speaks, as a number and by name: posts and anonymous admins are their group's.
    func writer(of content: Content) -> (id: Int64, name: String) {
        guard case .channel(let id) = content.place, content.isAnonymous || channels[id]?.isBroadcast == true else {
            return (content.sender, accounts[content.sender]?.name ?? "")
        }
        return (World.marked(content.place), content.postAuthor ?? channels[id]?.title ?? "")
    }

    /// A service message's type and what it tells.
    func described(_ action: Action) -> JSON {
        var mentioned = Mentioned()
        return plain(tl(action, &mentioned), without: "messageAction")
    }

    private func plain(_ object: TLObject, without prefix: String) -> JSON {
        let fields = object.fields.keys.sorted().compactMap { name -> JSON.Member? in
            object.fields[name].flatMap { plain($0) }.map { .init(name, $0) }
        }
        return .object([.init("type", .string(World.word(object.name, without: prefix)))] + fields)
    }

    private func plain(_ value: TLValue) -> JSON? {
        switch value {
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .bool(let isSet): .bool(isSet)
        case .bytes(let bytes): .string(String(decoding: bytes, as: UTF8.self))
        case .vector(let values): .array(values.compactMap { plain($0) })
        case .object(let object): plain(object, without: "")
        }
    }

    func described(_ media: Media?) -> DescribedMedia {
        switch media {
        case nil: return DescribedMedia()
        case .photo(let id):
            guard let size = files[id]?.sizes.last else { return DescribedMedia(type: "photo", kind: "photo", id: id) }
            return DescribedMedia(
                type: "photo", kind: "photo", id: id,
                metadata: [
                    "width": .integer(Int64(size.width)), "height": .integer(Int64(size.height)), "size": .integer(size.size),
                ])
        case .document(let id): return described(document: id)
        case .selfDestructing: return DescribedMedia(kind: "self_destructing")
        case .webPage(let page):
            return DescribedMedia(
                kind: "web_page",
                metadata: [
                    "url": .string(page.url), "site_name": .string(page.siteName), "title": .string(page.title),
                    "description": .string(page.description),
                ])
        case .place(_, _, nil, _): return DescribedMedia(kind: "geo")
        case .place: return DescribedMedia(kind: "venue")
        case .contact: return DescribedMedia(kind: "contact")
        case .poll: return DescribedMedia(kind: "poll")
        case .dice: return DescribedMedia(kind: "dice")
        }
    }

    private func described(document id: Int64) -> DescribedMedia {
        guard let file = files[id], let info = file.document else { return DescribedMedia(type: "document", kind: "document", id: id) }
        let (type, kind) =
            switch info.kind {
            case .plain: ("document", "document")
            case .video: ("video", "video")
            case .roundVideo: ("video", "round_video")
            case .animation: ("video", "gif")
            case .audio: ("audio", "audio")
            case .voice: ("voice", "voice")
            case .sticker: ("sticker", "sticker")
            }
        var members: [JSON.Member] = [.init("mime_type", .string(info.mimeType)), .init("size", .integer(file.size))]
        if let name = info.fileName { members.append(.init("file_name", .string(name))) }
        return DescribedMedia(type: type, kind: kind, id: id, metadata: .object(members))
    }
}
