import Events
import Primitives
import WriterCore

/// The database as the writer and backfill use it, in memory: the judging, folding and merging are the real ones, and each function that
/// changes something is one transaction.
///
/// `Tests/StoreTests` runs the same suite against it and against the real one.
public struct ModelPostgres: Sendable {
    public struct RowKey: Hashable, Comparable, Sendable {
        public var chat: ChatKey
        public var id: Int64
        public init(_ chat: ChatKey, _ id: Int64) {
            self.chat = chat
            self.id = id
        }
        public static func < (a: RowKey, b: RowKey) -> Bool { (a.chat, a.id) < (b.chat, b.id) }
    }

    /// A row of `gaps`.
    public struct GapRow: Hashable, Sendable {
        public var id: Int64
        public var account: String
        public var gap: Gap
        public var isOpen = true
    }

    /// What a committed transaction did.
    public struct Committed: Sendable {
        public var judgement: Judgement
        /// Gaps that a finished crawl closed.
        public var closed: [GapRow] = []
        /// Changes that could not be read.
        public var failed: [FailedPiece] = []
    }

    public private(set) var producers: [ProducerKey: ProducerState] = [:]
    public private(set) var positions: [String: [BoxKey: Position]] = [:]
    public internal(set) var gaps: [GapRow] = []
    public private(set) var rows: [RowKey: MessageRow] = [:]
    public private(set) var tombstones: [RowKey: DeletionMark] = [:]
    /// By account and id.
    public private(set) var chatlessTombstones: [String: [Int64: DeletionMark]] = [:]
    public private(set) var failed: [FailedPiece] = []
    public internal(set) var coverage: [ChatKey: [CoverageRange]] = [:]
    public internal(set) var jobs: [CrawlJobRow] = []
    /// The registered chats, ascending; of a basic group only the copies of `primary` are stored.
    public let groups: [ChatKey]
    public let primary: String
    public var database = WireDatabaseIdentity()
    /// Its clock, unix seconds.
    public var clock: Int64 = 0

    public init(groups: [ChatKey], primary: String) {
        self.groups = groups.sorted()
        self.primary = primary
    }

    /// Larger than any stored, and than the clock.
    public func nextEpoch(unixMilliseconds: Int64) -> UInt64 {
        max((producers.values.map(\.epoch).max() ?? 0) + 1, UInt64(unixMilliseconds))
    }

    /// The stored state, as the transaction reads it under the lock of the producer's row.
    public func state(_ key: ProducerKey) -> ProducerState? {
        guard var state = producers[key] else { return nil }
        state.positions = positions[key.account] ?? [:]
        return state
    }

    // MARK: the writer's transactions

    public mutating func hello(_ hello: WireHello, of key: ProducerKey, epoch: UInt64, credit: UInt32) -> HelloVerdict {
        // The row must exist to be locked; the positions are the account's, whatever the role.
        var stored = producers[key] ?? ProducerState()
        stored.positions = positions[key.account] ?? [:]
        let verdict = judge(hello: hello, stored: stored, epoch: epoch, credit: credit, database: database)
        guard case .welcome(let welcomed) = verdict else { return verdict }
        var state = welcomed.state
        state.positions = [:]
        producers[key] = state
        move(welcomed.positions, welcomed.gaps, of: key.account)
        return verdict
    }

    public mutating func commit(_ batches: [ReceivedBatch], of key: ProducerKey, epoch: UInt64, credit: UInt32) -> Committed {
        let judgement = judge(batches: batches, stored: state(key), epoch: epoch, credit: credit)
        guard judgement.supersededBy == nil else { return Committed(judgement: judgement) }
        return store(judgement, of: key)
    }

    /// What a judgement says, whenever it was made.
    public mutating func store(_ judgement: Judgement, of key: ProducerKey) -> Committed {
        storeCursors(judgement, of: key)
        return storeRows(judgement, of: key)
    }

    /// The cursors alone.
    public mutating func storeCursors(_ judgement: Judgement, of key: ProducerKey) {
        for cursor in judgement.cursors {
            guard let i = producers[key]?.streams.firstIndex(where: { $0.id == cursor.id }) else { continue }
            producers[key]?.streams[i].cursor = cursor.cursor
        }
    }

    /// Positions, gaps and rows.
    public mutating func storeRows(_ judgement: Judgement, of key: ProducerKey) -> Committed {
        move(judgement.positions, judgement.gaps, of: key.account)
        var out = Committed(judgement: judgement)
        let (pieces, failed) = WriterCore.pieces(of: judgement.accepted)
        out.failed = failed
        self.failed += failed
        let folded = fold(pieces)
        for var row in folded.messages where stores(row.chat, key.account) {
            row.isLate = isBehind(key.account, in: row.chat)
            put(row, of: key.account)
        }
        raise(folded, of: key)
        for deletion in folded.deletions where stores(deletion.chat, key.account) {
            let place = RowKey(deletion.chat, deletion.id)
            if !mark(place, deletion.mark) { tombstones[place] = DeletionMark.merge(tombstones[place], deletion.mark) }
        }
        for deletion in folded.chatlessDeletions { delete(deletion, of: key.account) }
        out.closed = store(folded.progress, of: key.account)
        return out
    }

    private mutating func move(_ changes: [PositionChange], _ new: [Gap], of account: String) {
        for change in changes {
            let to = change.position
            if positions[account]?[change.box] == nil, wasFetched(change.box, account), !isFollowed(change.box, to) {
                let gap = Gap(box: change.box, generation: to.generation, from: nil, to: to.value, reason: .followed)
                gaps.append(GapRow(id: Int64(gaps.count) + 1, account: account, gap: gap))
            }
            positions[account, default: [:]][change.box] = change.position
        }
        for gap in new { gaps.append(GapRow(id: Int64(gaps.count) + 1, account: account, gap: gap)) }
    }

    /// Whether something of the box's chats was fetched, or is being fetched, while nobody followed it.
    private func wasFetched(_ box: BoxKey, _ account: String) -> Bool {
        let chats: [ChatKey]
        switch box {
        case .qts: return false
        case .common: chats = account == primary ? groups.filter { if case .basicGroup = $0 { true } else { false } } : []
        case .channel(let id): chats = groups.filter { $0 == .channel(id) }
        }
        return chats.contains { chat in
            coverage[chat]?.isEmpty == false || jobs.contains { $0.chat == chat && $0.state == .running }
        }
    }

    /// Whether an account has come so far in a channel.
    private func isFollowed(_ box: BoxKey, _ to: Position) -> Bool {
        guard case .channel = box else { return false }
        return positions.values.contains { $0[box].map { $0.generation == to.generation && $0.value >= to.value } ?? false }
    }

    /// Whether another account has come further in a channel than this one.
    private func isBehind(_ account: String, in chat: ChatKey) -> Bool {
        guard case .channel(let id) = chat, let mine = positions[account]?[.channel(id)] else { return false }
        return positions.values.contains { $0[.channel(id)].map { $0.generation == mine.generation && $0.value > mine.value } ?? false }
    }

    func stores(_ chat: ChatKey, _ account: String) -> Bool {
        guard groups.contains(chat) else { return false }
        if case .basicGroup = chat { return account == primary }
        return true
    }

    private mutating func put(_ new: MessageRow, of account: String) {
        let place = RowKey(new.chat, new.id)
        if rows[place] != nil {
            rows[place]?.merge(new)
            return
        }
        var row = new
        row.deletion = DeletionMark.merge(row.deletion, tombstones[place])
        if case .basicGroup = row.chat { row.deletion = DeletionMark.merge(row.deletion, chatlessTombstones[account]?[row.id]) }
        rows[place] = row
    }

    /// Returns whether there is such a row.
    private mutating func mark(_ place: RowKey, _ mark: DeletionMark) -> Bool {
        guard var row = rows[place] else { return false }
        row.deletion = DeletionMark.merge(row.deletion, mark)
        rows[place] = row
        return true
    }

    private mutating func delete(_ deletion: ChatlessDeletion, of account: String) {
        guard account == primary else { return }
        var isFound = false
        for chat in groups {
            guard case .basicGroup = chat else { continue }
            if mark(RowKey(chat, deletion.id), deletion.mark) { isFound = true }
        }
        if isFound { return }
        let known = chatlessTombstones[account]?[deletion.id]
        chatlessTombstones[account, default: [:]][deletion.id] = DeletionMark.merge(known, deletion.mark)
    }

    /// A listener's newest messages take live coverage along.
    private mutating func raise(_ folded: Folded, of key: ProducerKey) {
        guard key.role == "listener" else { return }
        for newest in folded.newestMessages where stores(newest.chat, key.account) {
            for i in (coverage[newest.chat] ?? []).indices where coverage[newest.chat]?[i].isLive == true {
                let high = coverage[newest.chat]?[i].high ?? 0
                coverage[newest.chat]?[i].high = max(high, newest.id)
            }
        }
    }
}
