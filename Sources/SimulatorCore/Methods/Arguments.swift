import TL

extension TLObject {
    func integer(_ field: String) -> Int64 { self[field]?.int ?? 0 }
    func int32(_ field: String) -> Int32 { Int32(truncatingIfNeeded: integer(field)) }
    func text(_ field: String) -> String { self[field]?.string ?? "" }
    func isSet(_ field: String) -> Bool { self[field]?.bool ?? false }
    func ids(_ field: String) -> [Int32] { (self[field]?.vector ?? []).compactMap { $0.int.map { Int32(truncatingIfNeeded: $0) } } }
}

extension TelegramServer {
    /// Any `InputPeer`, `InputUser` or `InputChannel`, its access hash checked.
    func peer(_ value: TLValue?, _ caller: Caller) throws(Failure) -> Peer {
        guard let input = value?.object else { throw .peerIDInvalid }
        switch input.name {
        case "inputPeerSelf", "inputUserSelf": return .user(caller.user)
        case "inputPeerUser", "inputUser":
            let id = input.integer("user_id")
            guard world.accounts[id] != nil, id == caller.user || holds(.user(id), input, caller) else { throw .peerIDInvalid }
            return .user(id)
        case "inputPeerChat":
            let id = input.integer("chat_id")
            guard world.chats[id] != nil else { throw .peerIDInvalid }
            return .chat(id)
        case "inputPeerChannel", "inputChannel":
            let id = input.integer("channel_id")
            guard world.channels[id] != nil, holds(.channel(id), input, caller) else { throw .channelInvalid }
            return .channel(id)
        case "inputPeerUserFromMessage", "inputUserFromMessage":
            let id = input.integer("user_id")
            guard world.accounts[id] != nil, try wasSeen(by: id, input, caller) else { throw .peerIDInvalid }
            return .user(id)
        default: throw .peerIDInvalid
        }
    }

    private func holds(_ peer: Peer, _ input: TLObject, _ caller: Caller) -> Bool {
        input.integer("access_hash") == world.accessHash(of: peer, for: caller.user)
    }

    /// Whether the message that the input names is one of that user and the caller may read it.
    private func wasSeen(by user: Int64, _ input: TLObject, _ caller: Caller) throws(Failure) -> Bool {
        let place = try peer(input["peer"], caller)
        try world.mayRead(caller.user, place)
        guard let key = world.key(of: input.int32("msg_id"), in: place, for: caller.user) else { return false }
        let content = world.contents[key]
        switch content.action {
        case .chatCreate(_, let users), .chatAddUser(let users): return content.sender == user || users.contains(user)
        case .chatDeleteUser(let gone): return content.sender == user || gone == user
        default: return content.sender == user
        }
    }

    func user(_ value: TLValue?, _ caller: Caller) throws(Failure) -> Int64 {
        guard case .user(let id) = try peer(value, caller) else { throw .userIDInvalid }
        return id
    }

    func channel(_ value: TLValue?, _ caller: Caller) throws(Failure) -> Int64 {
        guard case .channel(let id) = try peer(value, caller) else { throw .channelInvalid }
        return id
    }

    /// The peer, if the caller may read it.
    func readable(_ value: TLValue?, _ caller: Caller) throws(Failure) -> Peer {
        let peer = try peer(value, caller)
        try world.mayRead(caller.user, peer)
        return peer
    }

    /// `users` and `chats` of an answer as further fields of it.
    func with(_ mentioned: Mentioned, _ caller: Caller, _ object: TLObject) -> TLObject {
        var object = object
        object["users"] = world.users(mentioned, for: caller.user)
        object["chats"] = world.chats(mentioned, for: caller.user)
        return object
    }
}
