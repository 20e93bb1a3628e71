import Primitives

extension Control {
    static func accounts(_ world: World) -> JSON {
        let list = world.accountOrder.compactMap { world.accounts[$0] }.map { account -> JSON in
            [
                "id": .integer(account.id), "phone": .string(account.phone), "name": .string(account.name),
                "username": account.username.map { .string($0) } ?? .null, "has_password": .bool(account.password != nil),
                "pts": .integer(Int64(account.box.pts)), "home": .integer(Int64(account.home)),
            ]
        }
        return ["ok": true, "accounts": .array(list)]
    }

    static func describe(_ peer: Peer, _ world: World) -> JSON {
        let kind = JSON.string(kind(of: peer, world))
        switch peer {
        case .user(let id): return ["kind": kind, "id": .integer(id)]
        case .chat(let id):
            let chat = world.chats[id]
            return [
                "kind": kind, "id": .integer(id), "title": .string(chat?.title ?? ""),
                "members": .array((chat?.members ?? []).map { .integer($0.user) }),
            ]
        case .channel(let id):
            let channel = world.channels[id]
            return [
                "kind": kind, "id": .integer(id), "title": .string(channel?.title ?? ""),
                "username": channel?.username.map { .string($0) } ?? .null,
                "members": .array((channel?.memberOrder ?? []).map { .integer($0) }),
                "messages": .integer(Int64(channel?.ids.count ?? 0)), "pts": .integer(Int64(channel?.box.pts ?? 0)),
            ]
        }
    }

    static func stats(_ server: TelegramServer) -> JSON {
        func counts(_ table: [String: Int]) -> JSON {
            .object(table.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .integer(Int64($0.value))) })
        }
        return [
            "ok": true, "messages": .integer(Int64(server.world.contents.count)), "pushed": .integer(Int64(server.pushed)),
            "online": .array(server.onlineUsers.map { .integer($0) }), "calls": counts(server.calls),
            "unknown": counts(server.unknownCalls), "faults": counts(server.faults.counts),
            "violations": counts(server.faults.calls.violations),
        ]
    }

    /// Every message in its final state, deleted ones too, all at once. Shells take them piece by piece from a `Dump`.
    static func dump(_ command: JSON, _ world: World) throws -> [JSON] {
        var dump = try Dump(command, world)
        let lines = dump.lines(.max - world.contents.count, of: world)
        return lines + [dump.end]
    }

    static func line(_ content: Content, _ world: World, for user: Int64? = nil) -> JSON {
        var place = content.place
        var isDeleted = content.deletedAt != nil
        if let user {
            if case .user(let other) = place { place = .user(other == user ? content.sender : other) }
            if content.channelMessageID == 0, let id = content.id(for: user) {
                isDeleted = world.accounts[user]?.entry(id)?.isDeleted ?? true
            }
        }
        var members: [JSON.Member] = [
            .init("key", .integer(Int64(content.key))), .init("kind", .string(kind(of: place, world))), .init("chat", .integer(place.id)),
        ]
        if let id = user.flatMap({ content.id(for: $0) }) ?? (content.channelMessageID == 0 ? nil : content.channelMessageID) {
            members.append(.init("id", .integer(Int64(id))))
        } else {
            members.append(.init("ids", .object(content.copies.map { .init(String($0.user), .integer(Int64($0.id))) })))
        }
        let reply = content.replyTo.flatMap { key in user.map { world.contents[key].id(for: $0) } ?? world.contents[key].channelMessageID }
        members += [
            .init("sender", .integer(content.sender)), .init("date", .integer(content.date.seconds)),
            .init("edit_date", content.editedAt.map { .integer($0.seconds) } ?? .null), .init("text", .string(content.text)),
            .init("deleted", .bool(isDeleted)), .init("service", .bool(content.action != nil)),
            .init("media", name(of: content.media)), .init("reply_to", reply.map { $0 == 0 ? .null : .integer(Int64($0)) } ?? .null),
            .init("sent_ns", .integer(content.date.nanoseconds)),
            .init("edited_ns", content.editedAt.map { .integer($0.nanoseconds) } ?? .null),
            .init("deleted_ns", content.deletedAt.map { .integer($0.nanoseconds) } ?? .null),
        ]
        return .object(members)
    }

    private static func name(of media: Media?) -> JSON {
        switch media {
        case .none: .null
        case .photo: "photo"
        case .document: "document"
        case .selfDestructing: "self_destructing"
        case .webPage: "web_page"
        case .place(_, _, nil, _): "geo"
        case .place: "venue"
        case .contact: "contact"
        case .poll: "poll"
        case .dice: "dice"
        }
    }

    private static func kind(of peer: Peer, _ world: World) -> String { world.kind(of: peer)?.rawValue ?? "private" }

    /// When each message was sent, in nanoseconds of Unix time; those with keys from `since` on.
    static func times(since: Int, _ world: World) -> [JSON] {
        var lines: [JSON] = []
        for content in world.contents.dropFirst(since) {
            lines.append([
                "key": .integer(Int64(content.key)), "kind": .string(kind(of: content.place, world)), "chat": .integer(content.place.id),
                "id": .integer(Int64(content.channelMessageID)), "sent_ns": .integer(content.date.nanoseconds),
            ])
        }
        lines.append(["ok": true, "count": .integer(Int64(lines.count))])
        return lines
    }
}
