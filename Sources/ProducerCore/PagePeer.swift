import Events
import TL
import TelegramClient

/// A user or chat that an answer names.
public struct PagePeer: Hashable, Sendable {
    public var key: PeerBook.Key
    public var peer: PeerBook.Peer
    /// A reduced form: its access hash is left out, and what a full form said stands. https://core.telegram.org/api/min
    public var isMin: Bool

    /// nil for a `userEmpty`.
    public init?(_ user: API.User) {
        guard user.kind == .user else { return nil }
        key = .init(.user, user.id)
        isMin = user.min
        let name = [user.firstName ?? "", user.lastName ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        peer = .init(
            accessHash: user.min ? nil : user.accessHash, name: user.deleted || name.isEmpty ? nil : name,
            username: PagePeer.username(user.username, user.usernames))
    }

    /// nil for a `chatEmpty`, and for a kind of chat that holds no messages.
    public init?(_ chat: API.Chat) {
        let title = chat.title.flatMap { $0.isEmpty ? nil : $0 }
        isMin = chat.min
        switch chat.kind {
        case .chat, .chatForbidden:
            key = .init(.basicGroup, chat.id)
            var target: Int64?
            if case .inputChannel(let channel)? = chat.migratedTo { target = channel.channelID }
            peer = .init(name: title, migratedTo: target, isLeft: chat.left || chat.kind == .chatForbidden)
        case .channel, .channelForbidden:
            key = .init(.channel, chat.id)
            peer = .init(
                accessHash: chat.min ? nil : chat.accessHash, name: title, username: PagePeer.username(chat.username, chat.usernames),
                isBroadcast: chat.broadcast, isLeft: chat.left || chat.kind == .channelForbidden)
        default: return nil
        }
    }

    /// Whoever has several is told with the list alone. Source: https://core.telegram.org/constructor/username
    private static func username(_ one: String?, _ several: [API.Username]) -> String? {
        one ?? several.first { $0.active }?.username
    }
}

extension PeerBook.Key {
    public init(_ chat: WireChat) { self.init(chat.kind == .basicGroup ? .basicGroup : .channel, chat.id) }
}

/// The names that a page tells, and those that were known before.
struct PageNames: PeerNames {
    private var names: [PeerBook.Key: String] = [:]
    private let known: PeerBook?

    init(_ peers: [PagePeer], known: PeerBook?) {
        self.known = known
        names.reserveCapacity(peers.count)
        for peer in peers {
            guard let name = peer.peer.name else { continue }
            // A reduced form may have a reduced name.
            if peer.isMin, peer.key.kind == .user, let before = names[peer.key] ?? known?.name(of: peer.key) {
                names[peer.key] = before
            } else {
                names[peer.key] = name
            }
        }
    }

    func name(of key: PeerBook.Key) -> String? { names[key] ?? known?.name(of: key) }
}
