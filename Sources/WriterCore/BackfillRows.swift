import Events

/// How far a scan of one chat has come, checked: what the record of a page says beside its messages.
public struct ProgressRow: Hashable, Sendable {
    /// The words of the column `state` of `aaltohub.crawl_jobs`.
    public enum State: String, Sendable { case running, done, failed, cancelled }

    public var chat: ChatKey
    /// `crawl_jobs.id`; nil for a scan that is none's.
    public var job: Int64?
    /// What the page proves; nil: nothing.
    public var range: CoverageRange?
    /// Where the scan goes on; nil: as before.
    public var nextID: Int64?
    /// Found by the job so far, of about `total` (0 unknown), on so many pages.
    public var messages: Int64
    public var total: Int64
    public var pages: Int64
    public var state: State
    /// At most `FailedPiece.errorCharacters`.
    public var error: String

    public init(_ wire: WireProgress) throws(ContractError) {
        chat = try ChatKey(wire.chat)
        guard wire.job >= 0 else { throw .badField("progress.job") }
        job = wire.job == 0 ? nil : wire.job
        if wire.low != 0 || wire.high != 0 {
            // An empty range is a word too: nothing stood at low and above it.
            guard (1...Int64(Int32.max)).contains(wire.low), (wire.low - 1...Int64(Int32.max)).contains(wire.high) else {
                throw .badField("progress.low")
            }
            let seconds = 0...Int64(UInt32.max)
            guard seconds.contains(wire.since), seconds.contains(wire.fetchedAt) else { throw .badField("progress.fetched_at") }
            range = CoverageRange(
                low: wire.low, high: wire.high, since: wire.since == 0 ? nil : wire.since, isLive: wire.top && wire.live,
                observedAt: wire.fetchedAt)
        }
        guard (0...Int64(Int32.max) + 1).contains(wire.nextID) else { throw .badField("progress.next_id") }
        nextID = wire.nextID == 0 ? nil : wire.nextID
        let counts = 0...Int64(Int32.max)
        guard counts.contains(wire.messages), counts.contains(wire.total), counts.contains(Int64(wire.pages)) else {
            throw .badField("progress.messages")
        }
        messages = wire.messages
        total = wire.total
        pages = Int64(wire.pages)
        state =
            switch wire.state {
            case .running: .running
            case .done: .done
            case .failed: .failed
            case .cancelled: .cancelled
            default: throw .badField("progress.state")
            }
        error = String(wire.error.prefix(FailedPiece.errorCharacters))
    }
}

/// A file that stands in the store of files.
public struct MediaStoredRow: Hashable, Sendable {
    /// The two kinds have ids of their own.
    public enum Kind: String, Sendable { case photo, document }

    public var kind: Kind
    /// Telegram's id, its bits as the database's signed number has them.
    public var id: Int64
    public var key: String
    public var url: String
    /// Bytes.
    public var size: Int64
    public var sha256: [UInt8]
    public var mimeType: String

    public init(_ wire: WireMediaStored) throws(ContractError) {
        guard wire.mediaID != 0 else { throw .badField("media_stored.media_id") }
        guard !wire.key.isEmpty, !wire.url.isEmpty else { throw .badField("media_stored.url") }
        guard wire.size >= 0 else { throw .badField("media_stored.size") }
        guard wire.sha256.count == 32 else { throw .badField("media_stored.sha256") }
        kind = wire.photo ? .photo : .document
        id = Int64(bitPattern: wire.mediaID)
        key = wire.key
        url = wire.url
        size = wire.size
        sha256 = [UInt8](wire.sha256)
        mimeType = wire.mimeType
    }
}

/// Counters of one message that came without it: the registers of `MessageRow` alone.
public struct CountersRow: Hashable, Sendable {
    public var chat: ChatKey
    public var id: Int64
    public var reactions: Register?
    public var views: Int64?
    public var forwards: Int64?

    public init(_ wire: WireCounters) throws(ContractError) {
        chat = try ChatKey(wire.chat)
        guard (1...Int64(Int32.max)).contains(wire.id) else { throw .badField("counters.id") }
        guard (0...Int64(UInt32.max)).contains(wire.observedAt) else { throw .badField("counters.observed_at") }
        id = wire.id
        reactions = wire.hasReactions ? Register(wire.reactions, observedAt: wire.observedAt, generation: 0, pts: -1) : nil
        views = wire.hasViews ? wire.views : nil
        forwards = wire.hasForwards ? wire.forwards : nil
    }

    /// The same rule as for a message's own copies.
    mutating func merge(_ other: CountersRow) {
        reactions = Register.merge(reactions, other.reactions)
        views = larger(views, other.views)
        forwards = larger(forwards, other.forwards)
    }
}

/// What a chat is called now; what was not told stays as it is.
public struct GroupInfoRow: Hashable, Sendable {
    public var chat: ChatKey
    public var title: String?
    /// Empty: it has none any more.
    public var username: String?
    public var isForum: Bool?

    public init(_ wire: WireGroupInfo) throws(ContractError) {
        chat = try ChatKey(wire.chat)
        title = wire.hasTitle ? wire.title : nil
        username = wire.hasUsername ? wire.username : nil
        isForum = wire.hasForum ? wire.forum : nil
    }

    /// Goes over an earlier word.
    mutating func merge(later other: GroupInfoRow) {
        title = other.title ?? title
        username = other.username ?? username
        isForum = other.isForum ?? isForum
    }
}

/// A forum's topic as it was seen at one moment; what was not told stays as it is.
public struct TopicRow: Hashable, Sendable {
    public var chat: ChatKey
    public var id: Int64
    public var title: String?
    public var isClosed: Bool?
    public var isHidden: Bool?
    /// Sticky, as for messages.
    public var isDeleted: Bool
    /// Unix seconds of the server.
    public var observedAt: Int64

    public init(_ wire: WireTopic) throws(ContractError) {
        chat = try ChatKey(wire.chat)
        guard (1...Int64(Int32.max)).contains(wire.id) else { throw .badField("topic.id") }
        guard (0...Int64(UInt32.max)).contains(wire.observedAt) else { throw .badField("topic.observed_at") }
        id = wire.id
        title = wire.title.isEmpty ? nil : wire.title
        isClosed = wire.hasClosed ? wire.closed : nil
        isHidden = wire.hasHidden ? wire.hidden : nil
        isDeleted = wire.deleted
        observedAt = wire.observedAt
    }

    /// The newer word wins where both say something; of two of one second the later to come.
    mutating func merge(_ other: TopicRow) {
        let (old, new) = other.observedAt < observedAt ? (other, self) : (self, other)
        title = new.title ?? old.title
        isClosed = new.isClosed ?? old.isClosed
        isHidden = new.isHidden ?? old.isHidden
        isDeleted = old.isDeleted || new.isDeleted
        observedAt = new.observedAt
    }
}
