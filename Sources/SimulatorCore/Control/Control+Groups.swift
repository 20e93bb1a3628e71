import Primitives

extension Control {
    /// Names, links, forums and membership, by whoever has the right.
    static func groups(_ command: JSON, on server: inout TelegramServer, now: UnixTime) throws -> JSON? {
        switch command["cmd"]?.string {
        case "rename":
            let place = try peer(command, server.world)
            guard let title = command["title"]?.string, !title.isEmpty else { throw Refusal("missing: title") }
            try server.world.editTitle(of: place, to: title, by: try owner(of: place, server.world), now: now)
            return told(place, &server, now)
        case "set_username":
            let id = try channel(command, server.world)
            try server.world.setUsername(
                command["username"]?.string, of: id, by: try owner(of: .channel(id), server.world), now: now)
            return told(.channel(id), &server, now)
        case "invite_link":
            let place = try peer(command, server.world)
            let hash = try server.world.exportInvite(of: place, by: try owner(of: place, server.world))
            if command["expired"]?.bool == true { server.world.expireInvite(hash) }
            return ["ok": true, "hash": .string(hash), "link": .string("https://t.me/+\(hash)")]
        case "forum":
            let id = try channel(command, server.world)
            try server.world.setForum(id, command["on"]?.bool ?? true, now: now)
            return told(.channel(id), &server, now)
        case "topic": return try topic(command, &server, now)
        default: return nil
        }
    }

    private static func owner(of place: Peer, _ world: World) throws -> Int64 {
        switch place {
        case .user: throw Refusal("a private chat has no owner")
        case .chat(let id): return world.chats[id]?.creator ?? 0
        case .channel(let id): return world.channels[id]?.creator ?? 0
        }
    }

    private static func told(_ place: Peer, _ server: inout TelegramServer, _ now: UnixTime) -> JSON {
        server.publish(now: now)
        return ["ok": true, "group": describe(place, server.world)]
    }

    /// Makes a topic, or with `topic` changes or deletes one.
    private static func topic(_ command: JSON, _ server: inout TelegramServer, _ now: UnixTime) throws -> JSON {
        let id = try channel(command, server.world)
        let user = try owner(of: .channel(id), server.world)
        let title = command["title"]?.string
        guard let number = command["topic"]?.integer.map({ Int32(clamping: $0) }) else {
            let made = try server.world.createTopic(title ?? "Topic", in: id, by: user, now: now)
            server.publish(now: now)
            return ["ok": true, "topic": .integer(Int64(made))]
        }
        if command["delete"]?.bool == true {
            try server.world.deleteTopic(number, in: id, now: now)
        } else {
            try server.world.editTopic(
                number, in: id, by: user, title: title, isClosed: command["closed"]?.bool, isHidden: command["hidden"]?.bool, now: now)
        }
        server.publish(now: now)
        return ["ok": true, "topic": .integer(Int64(number))]
    }
}
