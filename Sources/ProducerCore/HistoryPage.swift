import Events
import Primitives
import TL
import TelegramClient

/// A page of one chat's history, as backfill stores it: any answer of the type `messages.Messages`, of any layer.
///
/// One message that nobody can read costs only itself: its bytes are for quarantine. Messages of other chats are left out.
public struct HistoryPage: Sendable {
    /// One message that the page has.
    public struct Entry: Hashable, Sendable {
        public var id: Int64
        /// Unix seconds; 0 for a message that is gone (`isEmpty`), and for one that could not be read so far.
        public var date: Int64
        /// A `messageEmpty`: whoever asks by ids learns by it that the message does not exist (any more).
        public var isEmpty: Bool

        public init(id: Int64, date: Int64, isEmpty: Bool = false) {
            self.id = id
            self.date = date
            self.isEmpty = isEmpty
        }
    }

    public let chat: WireChat
    /// In the order of the answer: the newest first.
    public private(set) var entries: [Entry] = []
    /// Those that can be read, in the same order, at position −1.
    public private(set) var messages: [WireMessage] = []
    /// What they and the page say of topics and of a migration.
    public private(set) var told: [WireChange] = []
    /// The chat as it is now; nil when the page does not say, or only its `min` form.
    public private(set) var info: WireGroupInfo?
    /// How many messages the whole history has; nil when the answer does not tell.
    public private(set) var total: Int64?
    /// Of a channel, when the page was made. Its content may be older.
    public private(set) var pts: Int64?
    /// Users and chats that the page names.
    public private(set) var peers: [PagePeer] = []
    /// What could not be read.
    public private(set) var undecodable: [QuarantinedObject] = []
    /// Every message in the answer is among `entries`. Otherwise an id that is not there proves nothing.
    public private(set) var isComplete = true
    /// The server says that nothing changed, and sends nothing.
    public private(set) var isNotModified = false

    /// Reads the serialized answer.
    ///
    /// - Parameters:
    ///   - chat: Whose history was asked for.
    ///   - fetchedAt: unix seconds of the server's clock, not later than it made the answer.
    ///   - layer: The one that was declared to the server.
    ///   - context: The method that it answers.
    ///   - known: Names of those whom the page does not name.
    /// - Throws: When it is no `messages.Messages`, or damaged.
    public init(
        bytes: [UInt8], of chat: WireChat, fetchedAt: Int64, layer: Int32 = TL.newestLayer, context: String = "messages.getHistory",
        known: PeerBook? = nil
    ) throws(TLError) {
        self.chat = chat
        switch try API.MessagesMessages(decoding: bytes) {
        case .messages(let page):
            total = Int64(page.messages.count)
            note(page.undecoded, isTruncated: page.isTruncated, bytes, layer, context)
            take(page.messages, page.topics, page.chats, page.users, bytes, fetchedAt, known)
        case .messagesSlice(let page):
            total = Int64(page.count)
            note(page.undecoded, isTruncated: page.isTruncated, bytes, layer, context)
            take(page.messages, page.topics, page.chats, page.users, bytes, fetchedAt, known)
        case .channelMessages(let page):
            total = Int64(page.count)
            pts = Int64(page.pts)
            note(page.undecoded, isTruncated: page.isTruncated, bytes, layer, context)
            take(page.messages, page.topics, page.chats, page.users, bytes, fetchedAt, known)
        case .messagesNotModified(let page):
            total = Int64(page.count)
            isNotModified = true
        case .other(let id):
            throw .unexpectedConstructor(id: id, offset: 0)
        }
    }

    /// The changes of the page's record: messages, topics, the chat's title. Oldest first, as the table's history grows.
    public var changes: [WireChange] {
        messages.reversed().map { message in .with { $0.message = message } } + told
            + (info.map { info in [.with { $0.groupInfo = info }] } ?? [])
    }

    // MARK: steps

    private mutating func take(
        _ all: [API.Message], _ topics: [API.ForumTopic], _ chats: [API.Chat], _ users: [API.User], _ bytes: [UInt8], _ fetchedAt: Int64,
        _ known: PeerBook?
    ) {
        for user in users { if let peer = PagePeer(user) { peers.append(peer) } }
        for other in chats {
            guard let peer = PagePeer(other) else { continue }
            if peer.key == PeerBook.Key(chat), !peer.isMin { describe(other, peer) }
            peers.append(peer)
        }
        let names = PageNames(peers, known: known)
        let sighting = Sighting(position: -1, generation: 0, edited: false, observedAt: fetchedAt, fetched: true)
        messages.reserveCapacity(all.count)
        entries.reserveCapacity(all.count)
        for message in all {
            // An empty one may leave its chat out.
            if let peer = message.peerID, WireChat(peer) != chat { continue }
            entries.append(Entry(id: Int64(message.id), date: Int64(message.date ?? 0), isEmpty: message.kind == .messageEmpty))
            // It was read once already, as far as the projection goes; the limit on the number of values is all that may be exceeded.
            let whole = { try? TL.decodePrefix(bytes, at: message.raw.lowerBound).object }
            guard let mapped = WireMessage(message, sighting, peers: names, whole: whole) else { continue }
            messages.append(mapped)
            if message.action != nil { told += WireChange.told(by: message) }
        }
        told += topics.compactMap { topic in
            topic.kind == .other ? nil : .with { $0.topic = WireTopic(topic, of: chat, observedAt: fetchedAt) }
        }
    }

    private mutating func describe(_ object: API.Chat, _ peer: PagePeer) {
        info = .with {
            $0.chat = chat
            if let title = peer.peer.name { $0.title = title }
            // A chat that forbids us says no more than its title.
            guard object.kind == .channel || object.kind == .chat else { return }
            $0.username = peer.peer.username ?? ""
            $0.forum = object.forum
        }
    }

    private mutating func note(
        _ parts: [TL.Partial.Undecoded], isTruncated: Bool, _ bytes: [UInt8], _ layer: Int32, _ context: String
    ) {
        for part in parts {
            undecodable.append(
                QuarantinedObject(
                    bytes[part.range], context: context, layer: layer,
                    reason: "\(part.field): \(part.name.map { "\($0), " } ?? "")\(part.error)"))
            guard part.field == "messages" else { continue }
            let head = TL.leadingIntegers(bytes, at: part.range.lowerBound)
            guard let id = head["id"], id > 0 else {
                isComplete = false
                continue
            }
            entries.append(Entry(id: id, date: head["date"] ?? 0))
        }
        if isTruncated { isComplete = false }
    }
}

extension WireTopic {
    /// A topic as a list of them tells it.
    public init(_ topic: API.ForumTopic, of chat: WireChat, observedAt: Int64) {
        self.init()
        self.chat = chat
        id = Int64(topic.id)
        self.observedAt = observedAt
        if topic.kind == .forumTopicDeleted {
            deleted = true
            return
        }
        title = topic.title ?? ""
        closed = topic.closed
        hidden = topic.hidden
    }
}
