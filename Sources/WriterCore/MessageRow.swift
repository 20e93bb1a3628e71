import Events

/// One message as the table holds it: the largest copy seen, beside registers with rules of their own.
///
/// `merge` is a join: commutative, associative, idempotent. The upsert in SQL is the same function.
public struct MessageRow: Hashable, Sendable {
    public var chat: ChatKey
    public var id: Int64
    /// The content register: the copy with the largest key.
    public var content: MessageContent
    public var key: MergeKey
    /// JSON of the newest observation that told any.
    public var reactions: Register?
    public var senderName: Register?
    /// The largest seen.
    public var views: Int64?
    public var forwards: Int64?
    /// Sticky: a delete absorbs everything.
    public var deletion: DeletionMark?
    /// The largest edit date of a fetched copy that was not settled; −1 if there was none.
    public var unsettledEditDate: Int64
    /// Unix nanoseconds at which a listener first had bytes of this message.
    public var firstReceivedAt: Int64

    /// The copy was stored while another account was ahead in the channel: see `isSuspect`.
    public var isLate = false

    /// Whether the message must be read again after the margin: an edit within the same second may have been missed, or the copy came
    /// late. An account that was ahead has passed over the message without storing it, so it lay in a gap, and so may its deletion; the
    /// crawl that closed the gap found nothing to delete yet.
    public var isSuspect: Bool { !key.settled && (unsettledEditDate == key.editDate || isLate) }

    public mutating func merge(_ other: MessageRow) {
        precondition(chat == other.chat && id == other.id, "rows of one message only")
        if key < other.key {
            key = other.key
            content = other.content
            isLate = other.isLate
        }
        reactions = Register.merge(reactions, other.reactions)
        senderName = Register.merge(senderName, other.senderName)
        views = larger(views, other.views)
        forwards = larger(forwards, other.forwards)
        deletion = DeletionMark.merge(deletion, other.deletion)
        unsettledEditDate = max(unsettledEditDate, other.unsettledEditDate)
        firstReceivedAt = min(firstReceivedAt, other.firstReceivedAt)
    }
}

/// When a message was seen to be gone. Two accounts' words join to the earlier one; told beats presumed.
public struct DeletionMark: Hashable, Sendable {
    /// Unix nanoseconds at which the listener had it.
    public var deletedAt: Int64
    /// Absent from a fully fetched range, rather than told.
    public var presumed: Bool

    public init(deletedAt: Int64, presumed: Bool) {
        self.deletedAt = deletedAt
        self.presumed = presumed
    }

    public static func merge(_ a: DeletionMark?, _ b: DeletionMark?) -> DeletionMark? {
        guard let a else { return b }
        guard let b else { return a }
        return DeletionMark(deletedAt: min(a.deletedAt, b.deletedAt), presumed: a.presumed && b.presumed)
    }
}

/// A copy's fields that win and lose together. JSON stands as text; empty means none.
public struct MessageContent: Hashable, Sendable {
    /// Unix seconds at which it was sent.
    public var date: Int64
    /// The edit date is a reaction's and not shown to people.
    public var editHide: Bool
    public var senderID: Int64?
    public var text: String?
    public var entities: String
    public var mediaType: String?
    public var mediaKind: String?
    public var media: String
    public var mediaID: UInt64
    public var replyTo: Int64?
    public var reply: String
    public var topicID: Int64?
    public var groupedID: Int64?
    public var forward: String
    public var viaBotID: Int64?
    public var service: String

    init(_ wire: WireMessage) {
        date = wire.date
        editHide = wire.editHide
        senderID = wire.hasSenderID ? wire.senderID : nil
        text = wire.hasText ? wire.text : nil
        entities = wire.entities
        mediaType = wire.hasMediaType ? wire.mediaType : nil
        mediaKind = wire.hasMediaKind ? wire.mediaKind : nil
        media = wire.media
        mediaID = wire.mediaID
        replyTo = wire.hasReplyTo ? wire.replyTo : nil
        reply = wire.reply
        topicID = wire.hasTopicID ? wire.topicID : nil
        groupedID = wire.hasGroupedID ? wire.groupedID : nil
        forward = wire.forward
        viaBotID = wire.hasViaBotID ? wire.viaBotID : nil
        service = wire.service
    }

    /// The version is text, entities and media identity; the rest only decides between copies that are equal in all that.
    public var hash: ContentHash {
        var content = FieldHasher()
        content.add(text)
        content.add(entities)
        content.add(mediaType)
        content.add(mediaKind)
        content.add(Int64(bitPattern: mediaID))
        var details = FieldHasher()
        details.add(date)
        details.add(editHide ? 1 : 0)
        details.add(senderID)
        details.add(media)
        details.add(replyTo)
        details.add(reply)
        details.add(topicID)
        details.add(groupedID)
        details.add(forward)
        details.add(viaBotID)
        details.add(service)
        return ContentHash(content: content.hash, details: details.hash)
    }
}

extension MessageRow {
    /// The row that this one copy alone makes.
    ///
    /// - Parameter receivedAt: unix nanoseconds at which the listener had it.
    public init(_ wire: WireMessage, receivedAt: Int64) throws(ContractError) {
        chat = try ChatKey(wire.chat)
        // Telegram's ids, dates and pts are 32 bits wide; anything else is damage.
        guard (1...Int64(Int32.max)).contains(wire.id) else { throw .badField("message.id") }
        guard (1...Int64(UInt32.max)).contains(wire.date) else { throw .badField("message.date") }
        guard (0...Int64(UInt32.max)).contains(wire.editDate) else { throw .badField("message.edit_date") }
        guard (-1...Int64(Int32.max)).contains(wire.position) else { throw .badField("message.position") }
        guard wire.generation <= UInt64(Int64.max) else { throw .badField("message.generation") }
        let generation = Int64(wire.generation)
        id = wire.id
        content = MessageContent(wire)
        key = MergeKey(
            editDate: wire.editDate, settled: wire.settled && wire.position < 0, generation: generation, pts: wire.position,
            hash: content.hash)
        reactions =
            wire.hasReactions
            ? Register(wire.reactions, observedAt: wire.observedAt, generation: generation, pts: wire.position) : nil
        senderName =
            wire.hasSenderName
            ? Register(wire.senderName, observedAt: wire.observedAt, generation: generation, pts: wire.position) : nil
        views = wire.hasViews ? wire.views : nil
        forwards = wire.hasForwards ? wire.forwards : nil
        deletion = nil
        unsettledEditDate = wire.position < 0 && !wire.settled ? wire.editDate : -1
        firstReceivedAt = receivedAt
    }
}

func larger(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a else { return b }
    guard let b else { return a }
    return max(a, b)
}
