import Events
import Primitives
import TL
import TelegramClient

/// How a copy of a message was seen.
public struct Sighting: Sendable, Hashable {
    /// Its own pts, −1 for a message of a difference or of the history.
    public var position: Int64
    public var generation: UInt64
    /// It came as an edit.
    public var edited: Bool
    /// Unix seconds.
    public var observedAt: Int64
    /// It was fetched: whether its content may still change within the second of its edit date follows from `observedAt`.
    public var fetched: Bool

    public init(position: Int64, generation: UInt64, edited: Bool, observedAt: Int64, fetched: Bool = false) {
        self.position = position
        self.generation = generation
        self.edited = edited
        self.observedAt = observedAt
        self.fetched = fetched
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

/// The one mapping of a message, whether it was pushed or fetched.
extension WireMessage {
    /// A `message` or `messageService` of a group in its dynamic form, or nil when it is neither.
    public init?(_ object: TLObject, _ sighting: Sighting, peers: some PeerNames) {
        self.init(API.Message(object), sighting, peers: peers) { object }
    }

    /// A `message` or `messageService` of a group, or nil when it is neither.
    ///
    /// A message with a `ttl_period`, which its chat's timer will delete, is kept like any other: the chat's members read it, and its
    /// deletion is told when it happens. Only media that disappear once they were seen (`ttl_seconds`) are not kept, nor their captions.
    ///
    /// - Parameter whole: its dynamic form, asked for where it holds something rare of which the projection reads only the kind.
    public init?(_ message: API.Message, _ sighting: Sighting, peers: some PeerNames, whole: () -> TLObject?) {
        guard message.kind == .message || message.kind == .messageService, let chat = message.peerID.flatMap(WireChat.init)
        else { return nil }
        self.init()
        self.chat = chat
        id = Int64(message.id)
        date = Int64(message.date ?? 0)
        if let date = message.editDate { editDate = Int64(date) }
        if message.editHide { editHide = true }
        if sighting.edited { edited = true }
        if sighting.fetched, sighting.observedAt >= editDate + ProducerLimits.settledAfterSeconds { settled = true }
        position = sighting.position
        generation = sighting.generation
        observedAt = sighting.observedAt
        setSender(message, peers)
        setPlace(message)
        if message.kind == .messageService {
            if let action = whole()?["action"]?.object { service = CompactJSON.plain(action, without: "messageAction").text }
            if let reactions = message.reactions { self.reactions = CompactJSON.reactions(reactions) }
        } else {
            setContent(message, whole)
        }
    }

    /// The display name, the channel's title, or the author's signature of posts and of anonymous admins.
    private mutating func setSender(_ message: API.Message, _ peers: some PeerNames) {
        // Posts and anonymous admins speak as a chat: the one named, or the channel itself.
        let speaker = message.fromID ?? (chat.kind == .channel ? message.peerID : nil)
        guard let key = speaker.flatMap(PeerBook.Key.init) else { return }
        senderID = key.marked
        let author = key.kind == .user ? nil : message.postAuthor
        if let name = author ?? peers.name(of: key) { senderName = name }
    }

    /// Replies, topics, albums.
    private mutating func setPlace(_ message: API.Message) {
        if let header = message.replyTo {
            if let id = header.replyToMsgID {
                // An id in another chat means nothing here.
                if header.replyToPeerID == nil { replyTo = Int64(id) }
                if header.forumTopic { topicID = Int64(header.replyToTopID ?? id) }
            }
            if header.replyToPeerID != nil || header.quoteText != nil || header.storyID != nil { reply = CompactJSON.reply(header) }
        }
        if let id = message.groupedID { groupedID = id }
    }

    private mutating func setContent(_ message: API.Message, _ whole: () -> TLObject?) {
        if let media = message.media, let mapped = MediaMapping(media, whole: { whole()?["media"]?.object }) {
            if let type = mapped.type { mediaType = type }
            mediaKind = mapped.kind
            // What is meant to disappear is not kept, with its caption.
            if mapped.isSelfDestructing { return }
            if !mapped.metadata.isEmpty { self.media = mapped.metadata }
            if mapped.id != 0 { mediaID = mapped.id }
        }
        if let text = message.message, !text.isEmpty {
            self.text = text
            if !message.entities.isEmpty { entities = CompactJSON.entities(message.entities) }
        }
        if let header = message.fwdFrom { forward = CompactJSON.forward(header) }
        if let id = message.viaBotID { viaBotID = id }
        if let reactions = message.reactions { self.reactions = CompactJSON.reactions(reactions) }
        if let views = message.views { self.views = Int64(views) }
        if let forwards = message.forwards { self.forwards = Int64(forwards) }
    }
}
