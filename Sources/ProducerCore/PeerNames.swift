import Events
import TL
import TelegramClient

/// Whoever knows the display names of users and the titles of chats.
public protocol PeerNames {
    func name(of key: PeerBook.Key) -> String?
}

extension PeerBook: PeerNames {
    /// The display name or title; nil while unknown.
    public func name(of key: Key) -> String? { self[key]?.name }
}

extension PeerBook.Key {
    /// The key of a `Peer`; nil for a kind of peer that nobody knows.
    public init?(_ peer: API.Peer) {
        switch peer {
        case .peerUser(let p): self.init(.user, p.userID)
        case .peerChat(let p): self.init(.basicGroup, p.chatID)
        case .peerChannel(let p): self.init(.channel, p.channelID)
        case .other: return nil
        }
    }

    /// As one number: users positive, basic groups negative, channels −1000000000000 − id.
    ///
    /// Source: https://core.telegram.org/api/bots/ids
    public var marked: Int64 {
        switch kind {
        case .user: id
        case .basicGroup: -id
        case .channel: -1_000_000_000_000 - id
        }
    }
}

extension WireChat {
    /// The chat that the peer is; nil for users.
    public init?(_ peer: API.Peer) {
        switch peer {
        case .peerChat(let p): self.init(.basicGroup, p.chatID)
        case .peerChannel(let p): self.init(.channel, p.channelID)
        default: return nil
        }
    }
}
