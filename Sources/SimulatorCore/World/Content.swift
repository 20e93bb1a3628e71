import Primitives

/// A message as all its readers share it; what differs per reader (ids, `out`) is kept where the reader's copy is.
public struct Content: Sendable {
    /// Its index in `World.contents`.
    public let key: Int
    /// The chat or channel, or for a private message the receiver.
    public var place: Peer
    /// The account that wrote it.
    public var sender: Int64
    /// The moment of sending in nanoseconds; Telegram's `date` is its whole seconds.
    public var date: UnixTime
    public var editedAt: UnixTime?
    /// When it was deleted for everyone.
    public var deletedAt: UnixTime?
    public var text: String
    public var entities: [Entity] = []
    public var media: Media?
    public var action: Action?
    /// The message that it answers.
    public var replyTo: Int?
    public var groupedID: Int64?
    public var forward: Forward?
    public var views: Int32 = 0
    public var forwards: Int32 = 0
    public var reactions: [Reaction] = []
    /// The bot through which it was written.
    public var viaBot: Int64?
    /// The signature of a post, or the title that an anonymous admin has.
    public var postAuthor: String?
    /// An admin who writes as the group.
    public var isAnonymous = false
    /// The edit is not shown: it only changed what stands around the text.
    public var isEditHidden = false
    /// The seconds after which it deletes itself, as the group had it.
    public var ttlPeriod: Int32?
    /// The topic of a forum: the id of the message that made it.
    public var topic: Int32?
    /// Counts its changes: what was encoded before is stale.
    public internal(set) var revision: UInt32 = 0
    /// Its id in the channel; 0 in private chats and basic groups, where `copies` holds the ids.
    public var channelMessageID: Int32 = 0
    public var copies: [Copy] = []

    /// One account's copy of a message of the common box.
    public struct Copy: Hashable, Sendable {
        public var user: Int64
        public var id: Int32
    }

    /// The id under which the account knows it.
    public func id(for user: Int64) -> Int32? {
        if channelMessageID != 0 { return channelMessageID }
        return copies.first { $0.user == user }?.id
    }
}

/// Where a forwarded message comes from first of all.
public struct Forward: Hashable, Sendable {
    /// The author, or the channel of a post; nil for one who hides.
    public var origin: Peer?
    public var date: UnixTime
    /// The post's id in its channel.
    public var post: Int32?
    /// The name of an author who hides.
    public var name: String?
    /// The signature of a post.
    public var postAuthor: String?
}

/// How often a message got one reaction.
public struct Reaction: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case emoji(String)
        /// A custom emoji's document.
        case document(Int64)
        case paid
    }
    public var kind: Kind
    public var count: Int32

    public init(_ kind: Kind, _ count: Int32) {
        self.kind = kind
        self.count = count
    }
}

/// A `MessageEntity`: a part of the text, in UTF-16 units.
public struct Entity: Hashable, Sendable {
    /// The constructor's name, as "messageEntityBold".
    public var name: String
    public var offset: Int64
    public var length: Int64
    /// The url of a text link or the language of a code block.
    public var argument: String?
    /// The user of a mention by name, or the document of a custom emoji.
    public var number: Int64?

    public init(name: String, offset: Int64, length: Int64, argument: String? = nil, number: Int64? = nil) {
        self.name = name
        self.offset = offset
        self.length = length
        self.argument = argument
        self.number = number
    }
}

/// What a service message tells.
public enum Action: Hashable, Sendable {
    case chatCreate(title: String, users: [Int64])
    case chatAddUser([Int64])
    case chatDeleteUser(Int64)
    case chatEditTitle(String)
    case chatJoinedByLink(inviter: Int64)
    case channelCreate(title: String)
    case chatMigrateTo(Int64)
    case channelMigrateFrom(title: String, chat: Int64)
    case topicCreate(title: String)
    case topicEdit(title: String?, isClosed: Bool?, isHidden: Bool?)
    /// The message that it answers is pinned.
    case pinMessage
    case setMessagesTTL(seconds: Int32)
}

/// What a sender gives.
public struct Draft: Sendable {
    public var text: String
    public var entities: [Entity] = []
    public var media: Media?
    /// The id, as the sender knows it, of the message that is answered.
    public var replyTo: Int32?
    public var groupedID: Int64?
    public var forward: Forward?
    /// The topic of a forum, when it is not the answered message's.
    public var topic: Int32?
    /// The client's `random_id`: a second message with it is refused.
    public var randomID: Int64?

    public init(_ text: String, media: Media? = nil, replyTo: Int32? = nil, randomID: Int64? = nil) {
        self.text = text
        self.media = media
        self.replyTo = replyTo
        self.randomID = randomID
    }
}
