import TL

/// The users and chats that an answer speaks of, each once, in the order of first mention.
struct Mentioned {
    private(set) var users: [Int64] = []
    private(set) var chats: [Int64] = []
    private(set) var channels: [Int64] = []
    private var seen: Set<Peer> = []

    mutating func insert(_ peer: Peer) {
        guard seen.insert(peer).inserted else { return }
        switch peer {
        case .user(let id): users.append(id)
        case .chat(let id): chats.append(id)
        case .channel(let id): channels.append(id)
        }
    }
}

extension World {
    /// The `users` of an answer. With `min`, users that the viewer cannot know from elsewhere come as min users.
    func users(_ mentioned: Mentioned, for viewer: Int64, min: Bool = false) -> TLValue {
        .objects(mentioned.users.map { user($0, for: viewer, min: min && !knows(viewer, $0)) })
    }

    /// The `chats` of an answer.
    func chats(_ mentioned: Mentioned, for viewer: Int64) -> TLValue {
        .objects(mentioned.chats.map { chat($0, for: viewer) } + mentioned.channels.map { channel($0, for: viewer) })
    }

    /// Whether the viewer met the user outside of channels, so that Telegram would not send it as min.
    private func knows(_ viewer: Int64, _ user: Int64) -> Bool {
        viewer == user || accounts[user]?.isContactOf.contains(viewer) == true || accounts[viewer]?.dialogs[.user(user)] != nil
    }

    /// A `Peer`.
    func tl(_ peer: Peer) -> TLValue {
        switch peer {
        case .user(let id): .object(TLObject("peerUser", ["user_id": .integer(id)]))
        case .chat(let id): .object(TLObject("peerChat", ["chat_id": .integer(id)]))
        case .channel(let id): .object(TLObject("peerChannel", ["channel_id": .integer(id)]))
        }
    }
}

/// A `true` flag: set or absent.
func flag(_ isSet: Bool) -> TLValue? { isSet ? .bool(true) : nil }
