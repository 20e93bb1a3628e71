extension API {
    /// A numbered stream of updates: https://core.telegram.org/api/updates#message-related-event-sequences
    public enum Box: Hashable, Sendable {
        /// Private chats and basic groups, counted by pts.
        case common
        /// One channel or supergroup, counted by its own pts.
        case channel(Int64)
        /// Events counted by qts, one each.
        case secret
    }

    /// Where an update stands in its box: applying it takes the box from `pts - count` to `pts`.
    public struct Position: Hashable, Sendable {
        public var box: Box
        /// pts, or qts in the secret box.
        public var pts: Int32
        public var count: Int32

        public init(box: Box, pts: Int32, count: Int32) {
            self.box = box
            self.pts = pts
            self.count = count
        }
    }
}

extension API.Update {
    /// The update's place in a box; nil for one that is not numbered, and for a channel's message that does not name its channel.
    public var position: API.Position? {
        func common(_ pts: Int32, _ count: Int32) -> API.Position { API.Position(box: .common, pts: pts, count: count) }
        func channel(_ id: Int64, _ pts: Int32, _ count: Int32) -> API.Position { API.Position(box: .channel(id), pts: pts, count: count) }
        func channel(of message: API.Message, _ pts: Int32, _ count: Int32) -> API.Position? {
            guard case .peerChannel(let peer) = message.peerID else { return nil }
            return channel(peer.channelID, pts, count)
        }
        switch self {
        case .updateNewMessage(let u): return common(u.pts, u.ptsCount)
        case .updateEditMessage(let u): return common(u.pts, u.ptsCount)
        case .updateDeleteMessages(let u): return common(u.pts, u.ptsCount)
        case .updatePinnedMessages(let u): return common(u.pts, u.ptsCount)
        case .updateNewChannelMessage(let u): return channel(of: u.message, u.pts, u.ptsCount)
        case .updateEditChannelMessage(let u): return channel(of: u.message, u.pts, u.ptsCount)
        case .updateDeleteChannelMessages(let u): return channel(u.channelID, u.pts, u.ptsCount)
        case .updatePinnedChannelMessages(let u): return channel(u.channelID, u.pts, u.ptsCount)
        case .numbered(let u):
            if let qts = u.qts { return API.Position(box: .secret, pts: qts, count: 1) }
            guard let pts = u.pts, let count = u.ptsCount else { return nil }
            return u.channelID.map { channel($0, pts, count) } ?? common(pts, count)
        default: return nil
        }
    }
}

extension API.Peer {
    public static func user(_ id: Int64) -> API.Peer { .peerUser(API.Peer.PeerUser(id)) }
    public static func chat(_ id: Int64) -> API.Peer { .peerChat(API.Peer.PeerChat(id)) }
    public static func channel(_ id: Int64) -> API.Peer { .peerChannel(API.Peer.PeerChannel(id)) }

    /// The id of the user, basic group or channel; 0 for an unknown kind of peer. Ids of different kinds may be equal.
    public var id: Int64 {
        switch self {
        case .peerUser(let p): p.userID
        case .peerChat(let p): p.chatID
        case .peerChannel(let p): p.channelID
        case .other: 0
        }
    }
}

extension API.Peer.PeerUser {
    public init(_ id: Int64) { userID = id }
}

extension API.Peer.PeerChat {
    public init(_ id: Int64) { chatID = id }
}

extension API.Peer.PeerChannel {
    public init(_ id: Int64) { channelID = id }
}
