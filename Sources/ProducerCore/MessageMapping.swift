import Events
import Primitives
import TL
import TelegramClient

/// How a copy of a message was seen.
public struct Sighting: Sendable {
    /// Its own pts, −1 for a message of a difference.
    public var position: Int64
    public var generation: UInt64
    /// It came as an edit.
    public var edited: Bool
    /// Unix seconds.
    public var observedAt: Int64

    public init(position: Int64, generation: UInt64, edited: Bool, observedAt: Int64) {
        self.position = position
        self.generation = generation
        self.edited = edited
        self.observedAt = observedAt
    }
}

extension TLObject {
    /// The group that a message or update speaks of by its `peer_id`; nil for private chats.
    public var groupPeer: (kind: CapturedGroup.Kind, id: Int64)? {
        guard let peer = self["peer_id"]?.object else { return nil }
        if let id = peer["chat_id"]?.int { return (.basicGroup, id) }
        if let id = peer["channel_id"]?.int { return (.channel, id) }
        return nil
    }
}

extension WireMessage {
    /// A `message` or `messageService` of a group, or nil when it is neither.
    public init?(_ message: TLObject, _ sighting: Sighting, peers: PeerBook) {
        guard message.name == "message" || message.name == "messageService", let group = message.groupPeer, let id = message["id"]?.int
        else { return nil }
        self.init()
        chat = WireChat(group.kind, group.id)
        self.id = id
        date = message["date"]?.int ?? 0
        editDate = message["edit_date"]?.int ?? 0
        editHide = message["edit_hide"]?.bool ?? false
        edited = sighting.edited
        position = sighting.position
        generation = sighting.generation
        observedAt = sighting.observedAt
        setSender(message, group, peers)
        setPlace(message)
        if let action = message["action"]?.object {
            service = CompactJSON.action(action)
            return
        }
        setContent(message)
    }

    /// The display name, the channel's title, or the author's signature of posts and of anonymous admins.
    private mutating func setSender(_ message: TLObject, _ group: (kind: CapturedGroup.Kind, id: Int64), _ peers: PeerBook) {
        let author = message["post_author"]?.string
        if let user = message["from_id"]?["user_id"]?.int {
            senderID = user
            if let name = peers[.init(.user, user)]?.name { senderName = name }
            return
        }
        // Posts and anonymous admins speak as a chat: the one named, or the channel itself.
        if let from = message["from_id"]?.object, let marked = MarkedID(from) {
            senderID = marked.value
            let key: PeerBook.Key =
                from["channel_id"]?.int.map { .init(.channel, $0) } ?? .init(.basicGroup, from["chat_id"]?.int ?? 0)
            if let name = author ?? peers[key]?.name { senderName = name }
        } else if group.kind == .channel {
            senderID = MarkedID.channel(group.id)
            if let name = author ?? peers[.init(.channel, group.id)]?.name { senderName = name }
        }
    }

    /// Replies, topics, albums.
    private mutating func setPlace(_ message: TLObject) {
        if let header = message["reply_to"]?.object, header.name == "messageReplyHeader" {
            if let id = header["reply_to_msg_id"]?.int {
                if header["reply_to_peer_id"] == nil { replyTo = id }
                if header["forum_topic"]?.bool == true { topicID = header["reply_to_top_id"]?.int ?? id }
            }
        }
        if let id = message["grouped_id"]?.int { groupedID = id }
    }

    private mutating func setContent(_ message: TLObject) {
        if let media = MediaMapping(message["media"]?.object) {
            if let type = media.type { mediaType = type }
            if let kind = media.kind { mediaKind = kind }
            // What is meant to disappear is not kept, with its caption.
            if media.isSelfDestructing { return }
            self.media = media.metadata
            mediaID = media.id
        }
        if let text = message["message"]?.string, !text.isEmpty {
            self.text = text
            entities = CompactJSON.entities(message)
        }
        forward = CompactJSON.forward(message)
        if let id = message["via_bot_id"]?.int { viaBotID = id }
        if let reactions = CompactJSON.reactions(message) { self.reactions = reactions }
        if let views = message["views"]?.int { self.views = views }
        if let forwards = message["forwards"]?.int { self.forwards = forwards }
    }
}
