import TL

/// What one authorisation knows of users and chats: access hashes and names, within a bound.
///
/// Access hashes belong to one authorisation and are never shared. A `min` object never replaces what a full one said.
/// Source: https://core.telegram.org/api/min
public struct PeerBook: Sendable {
    public enum Kind: Hashable, Sendable { case user, basicGroup, channel }

    public struct Key: Hashable, Sendable {
        public var kind: Kind
        /// Bare positive id.
        public var id: Int64
        public init(_ kind: Kind, _ id: Int64) {
            self.kind = kind
            self.id = id
        }
    }

    public struct Peer: Hashable, Sendable {
        /// nil while only `min` objects were seen, and for basic groups, which need none.
        public var accessHash: Int64?
        /// Display name of a user, title of a chat.
        public var name: String?
        public var username: String?
        /// The supergroup that a basic group became.
        public var migratedTo: Int64?
        /// A channel for one-way posts, rather than a supergroup.
        public var isBroadcast: Bool
        /// Left, kicked or forbidden.
        public var isLeft: Bool

        public init(
            accessHash: Int64? = nil, name: String? = nil, username: String? = nil, migratedTo: Int64? = nil, isBroadcast: Bool = false,
            isLeft: Bool = false
        ) {
            self.accessHash = accessHash
            self.name = name
            self.username = username
            self.migratedTo = migratedTo
            self.isBroadcast = isBroadcast
            self.isLeft = isLeft
        }
    }

    /// The most peers it holds.
    public let limit: Int
    private var peers: [Key: Peer] = [:]
    /// Keys in the order in which they were first seen, for eviction.
    private var order: [Key] = []
    private var evicted = 0
    /// Where peers without a usable hash were seen: a message of this chat names them.
    private var contexts: [Key: Context] = [:]
    /// Keys of `contexts` in the order of their coming, and some that have gone since; the first `contextsPassed` count no more.
    private var contextOrder: [Key] = []
    private var contextsPassed = 0
    private var changed: [Key] = []
    private var isChanged: Set<Key> = []

    /// A message that names a peer; by it the server finds the peer without its hash.
    struct Context: Hashable, Sendable {
        var chat: Key
        var message: Int64
    }

    public init(limit: Int = UpdateLimits.peers) {
        precondition(limit > 0, "a book of peers holds at least one")
        self.limit = limit
    }

    public var count: Int { peers.count }
    public subscript(_ key: Key) -> Peer? { peers[key] }

    /// Enters what was stored for this authorisation, without marking it as changed.
    public mutating func restore(_ key: Key, _ peer: Peer) {
        if peers.updateValue(peer, forKey: key) == nil { order.append(key) }
        evict()
    }

    /// Peers whose hash or name changed since this was last asked, in the order of their change.
    public mutating func takeChanged() -> [(key: Key, peer: Peer)] {
        defer {
            changed = []
            isChanged = []
        }
        return changed.compactMap { key in peers[key].map { (key, $0) } }
    }

    public mutating func merge(users: [TLObject], chats: [TLObject]) {
        for user in users { merge(user: user) }
        for chat in chats { merge(chat: chat) }
    }

    /// What an answer told of a peer, read elsewhere. A `min` form never replaces what a full one said.
    public mutating func merge(_ key: Key, _ told: Peer, isMin: Bool) {
        update(key) { peer in
            if let name = told.name, !isMin || peer.name == nil || key.kind != .user { peer.name = name }
            if !isMin {
                if let hash = told.accessHash { peer.accessHash = hash }
                if key.kind != .basicGroup { peer.username = told.username }
                (peer.isBroadcast, peer.isLeft) = (told.isBroadcast, told.isLeft)
            } else if peer.username == nil, key.kind == .user {
                peer.username = told.username
            }
            if let target = told.migratedTo { peer.migratedTo = target }
        }
    }

    private mutating func merge(user: TLObject) {
        guard user.name == "user", let id = user["id"]?.int else { return }
        let first = user["first_name"]?.string ?? ""
        let last = user["last_name"]?.string ?? ""
        let name = user["deleted"]?.bool == true ? nil : [first, last].filter { !$0.isEmpty }.joined(separator: " ")
        let isMin = user["min"]?.bool ?? false
        update(Key(.user, id)) { peer in
            if !isMin, let hash = user["access_hash"]?.int { peer.accessHash = hash }
            if let name, !name.isEmpty, !isMin || peer.name == nil { peer.name = name }
            if !isMin || peer.username == nil { peer.username = user["username"]?.string ?? (isMin ? peer.username : nil) }
        }
    }

    private mutating func merge(chat: TLObject) {
        guard let id = chat["id"]?.int else { return }
        let title = chat["title"]?.string
        switch chat.name {
        case "chat", "chatForbidden":
            update(Key(.basicGroup, id)) { peer in
                if let title, !title.isEmpty { peer.name = title }
                if let target = chat["migrated_to"]?.object?["channel_id"]?.int { peer.migratedTo = target }
                peer.isLeft = chat.name == "chatForbidden" || chat["left"]?.bool == true
            }
        case "channel", "channelForbidden":
            let isMin = chat["min"]?.bool ?? false
            update(Key(.channel, id)) { peer in
                if let title, !title.isEmpty { peer.name = title }
                if isMin { return }
                if let hash = chat["access_hash"]?.int { peer.accessHash = hash }
                peer.username = chat["username"]?.string
                peer.isBroadcast = chat["broadcast"]?.bool ?? false
                peer.isLeft = chat.name == "channelForbidden" || chat["left"]?.bool == true
            }
        default: break
        }
    }

    private mutating func update(_ key: Key, _ change: (inout Peer) -> Void) {
        let before = peers[key]
        var after = before ?? Peer()
        change(&after)
        if after.accessHash != nil { contexts[key] = nil }
        if after == before { return }
        peers[key] = after
        if before == nil { order.append(key) }
        if isChanged.insert(key).inserted { changed.append(key) }
        evict()
    }

    /// The server refused this hash: it is forgotten, unless a newer one is known already. What else is known stays.
    public mutating func refuse(_ key: Key, hash: Int64) {
        update(key) { if $0.accessHash == hash { $0.accessHash = nil } }
    }

    /// Remembers of every peer that the message names, and whose hash is unknown, that it stands there. The newest message wins, since
    /// the oldest is the first to be deleted.
    mutating func note(_ message: TLObject, id: Int64, in chat: TLObject) {
        guard let chat = Key(peer: chat), chat.kind != .user else { return }
        func see(_ key: Key?) {
            guard let key, key != chat, key.kind != .basicGroup, peers[key]?.accessHash == nil else { return }
            if contexts.updateValue(Context(chat: chat, message: id), forKey: key) == nil { contextOrder.append(key) }
            evictContexts()
        }
        see(message["from_id"]?.object.flatMap(Key.init(peer:)))
        if let forward = message["fwd_from"]?.object {
            see(forward["from_id"]?.object.flatMap(Key.init(peer:)))
            see(forward["saved_from_peer"]?.object.flatMap(Key.init(peer:)))
        }
        if let bot = message["via_bot_id"]?.int { see(Key(.user, bot)) }
        for entity in message.objects("entities") { if let user = entity["user_id"]?.int { see(Key(.user, user)) } }
    }

    /// A chat, as an `InputPeer`, and a message in it that names this peer of unknown hash.
    public func context(of key: Key) -> (chat: TLObject, message: Int64)? {
        guard let context = contexts[key] else { return nil }
        switch context.chat.kind {
        case .basicGroup: return (TLObject("inputPeerChat", ["chat_id": .integer(context.chat.id)]), context.message)
        case .channel:
            guard let hash = peers[context.chat]?.accessHash else { return nil }
            return (
                TLObject("inputPeerChannel", ["channel_id": .integer(context.chat.id), "access_hash": .integer(hash)]), context.message
            )
        case .user: return nil
        }
    }

    private mutating func evict() {
        while peers.count > limit, evicted < order.count {
            contexts[order[evicted]] = nil
            peers[order[evicted]] = nil
            evicted += 1
        }
        if evicted > limit {
            order.removeFirst(evicted)
            evicted = 0
        }
    }

    /// The oldest go first, as with the peers.
    private mutating func evictContexts() {
        while contexts.count > limit, contextsPassed < contextOrder.count {
            contexts[contextOrder[contextsPassed]] = nil
            contextsPassed += 1
        }
        // Those that got a hash since stand in the order for nothing.
        if contextOrder.count > 2 * limit + 16 {
            var seen: Set<Key> = []
            contextOrder = contextOrder[contextsPassed...].reversed().filter { contexts[$0] != nil && seen.insert($0).inserted }.reversed()
            contextsPassed = 0
        }
    }

    /// The `InputPeer` for a `Peer`: by its access hash, else by a message that names it; nil when neither is known.
    /// Source: https://core.telegram.org/api/min
    public func inputPeer(of peer: TLObject) -> TLObject? {
        guard let key = Key(peer: peer) else { return nil }
        switch key.kind {
        case .basicGroup: return TLObject("inputPeerChat", ["chat_id": .integer(key.id)])
        case .user:
            if let hash = self[key]?.accessHash {
                return TLObject("inputPeerUser", ["user_id": .integer(key.id), "access_hash": .integer(hash)])
            }
            return context(of: key).map {
                TLObject(
                    "inputPeerUserFromMessage",
                    ["peer": .object($0.chat), "msg_id": .integer($0.message), "user_id": .integer(key.id)])
            }
        case .channel:
            if let hash = self[key]?.accessHash {
                return TLObject("inputPeerChannel", ["channel_id": .integer(key.id), "access_hash": .integer(hash)])
            }
            return context(of: key).map {
                TLObject(
                    "inputPeerChannelFromMessage",
                    ["peer": .object($0.chat), "msg_id": .integer($0.message), "channel_id": .integer(key.id)])
            }
        }
    }
}

extension PeerBook.Key {
    /// The key of a `Peer`.
    public init?(peer: TLObject) {
        if let id = peer["user_id"]?.int {
            self.init(.user, id)
        } else if let id = peer["chat_id"]?.int {
            self.init(.basicGroup, id)
        } else if let id = peer["channel_id"]?.int {
            self.init(.channel, id)
        } else {
            return nil
        }
    }
}
