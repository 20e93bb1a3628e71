import Primitives

extension Control {
    /// The commands that act in somebody's name.
    static func act(_ command: JSON, on world: inout World, now: UnixTime) throws -> JSON {
        switch command["cmd"]?.string {
        case "create_group":
            guard let kind = GroupKind(rawValue: command["kind"]?.string ?? "") else {
                throw Refusal("missing: kind, one of basic, supergroup, channel")
            }
            let made = try world.addGroup(
                kind, title: command["title"]?.string ?? "Group", username: command["username"]?.string,
                creator: try account(command, "creator", world), members: try members(command, world), now: now)
            return ["ok": true, "group": describe(made, world)]
        case "add_members":
            let place = try peer(command, world)
            for member in try members(command, world) { try add(member, to: place, of: &world, now) }
            return ["ok": true, "group": describe(place, world)]
        case "remove_member":
            let place = try peer(command, world)
            let member = try account(command, "member", world)
            if case .chat(let id) = place, let creator = world.chats[id]?.creator {
                try world.remove(member, from: id, by: creator, now: now)
            } else if case .channel(let id) = place, let creator = world.channels[id]?.creator {
                try world.ban(member, from: id, by: creator, now: now)
            }
            return ["ok": true, "group": describe(place, world)]
        default: return try speak(command, on: &world, now: now)
        }
    }

    private static func add(_ member: Int64, to place: Peer, of world: inout World, _ now: UnixTime) throws {
        switch place {
        case .user: throw Refusal("a private chat has no members")
        case .chat(let id):
            guard let chat = world.chats[id] else { return }
            if !chat.has(member) { try world.add(member, to: id, by: chat.creator, now: now) }
        case .channel(let id):
            guard let channel = world.channels[id] else { return }
            try world.invite([member], to: id, by: channel.creator, now: now)
        }
    }

    /// `send`, `edit` and `delete`: `message` is the id as `from` knows it.
    private static func speak(_ command: JSON, on world: inout World, now: UnixTime) throws -> JSON {
        let from = try account(command, "from", world)
        let place = try peer(command["to"] ?? .null, world)
        let text = command["text"]?.string ?? ""
        if command["cmd"]?.string == "send" {
            let reply = command["reply_to"]?.integer.map { Int32(clamping: $0) }
            let key = try world.send(by: from, to: place, Draft(text, replyTo: reply), now: now)
            return ["ok": true, "key": .integer(Int64(key)), "message": .integer(Int64(world.contents[key].id(for: from) ?? 0))]
        }
        guard let message = command["message"]?.integer.map({ Int32(clamping: $0) }) else { throw Refusal("missing: message, an id") }
        if command["cmd"]?.string == "edit" {
            let key = try world.edit(by: from, in: place, id: message, text: text, now: now)
            return ["ok": true, "key": .integer(Int64(key))]
        }
        let stamp =
            if case .channel(let id) = place {
                try world.delete(by: from, in: id, ids: [message], now: now)
            } else {
                try world.delete(by: from, ids: [message], revoke: true, now: now)
            }
        return ["ok": true, "deleted": .integer(Int64(stamp.count))]
    }
}
