import Events

/// One change of one record: the smallest thing that can go to `failed_messages` alone.
public struct Piece: Hashable, Sendable {
    public var stream: StreamID
    public var number: UInt64
    public var change: WireChange
    public var way: WireWay
    /// Unix nanoseconds at which the listener had it.
    public var receivedAt: Int64
    public var trace: UInt64
    /// What the change means, checked once.
    let content: Content

    enum Content: Hashable, Sendable {
        case message(MessageRow)
        case deletion(ChatKey?, [Int64], presumed: Bool)
        case migration(WireMigration)
        case groupState(Folded.GroupStateRow)
        case progress(ProgressRow)
        case mediaStored(MediaStoredRow)
        case counters(CountersRow)
        case groupInfo(GroupInfoRow)
        case topic(TopicRow)
        /// It cannot mean anything.
        case fault(ContractError)
    }

    public init(stream: StreamID, number: UInt64, change: WireChange, way: WireWay, receivedAt: Int64, trace: UInt64) {
        self.stream = stream
        self.number = number
        self.change = change
        self.way = way
        self.receivedAt = receivedAt
        self.trace = trace
        do throws(ContractError) {
            content = try Content(change, receivedAt: receivedAt)
        } catch {
            content = .fault(error)
        }
    }
}

extension Piece.Content {
    init(_ change: WireChange, receivedAt: Int64) throws(ContractError) {
        guard receivedAt >= 0 else { throw .badField("header.received_at") }
        switch change.kind {
        case .message(let message): self = .message(try MessageRow(message, receivedAt: receivedAt))
        case .deletion(let deletion):
            for id in deletion.ids where !(1...Int64(Int32.max)).contains(id) { throw .badField("deletion.ids") }
            self = .deletion(deletion.hasChat ? try ChatKey(deletion.chat) : nil, deletion.ids, presumed: deletion.presumed)
        case .migration(let migration):
            guard migration.basicGroupID > 0, migration.channelID > 0 else { throw .badField("migration") }
            self = .migration(migration)
        case .groupState(let state):
            self = .groupState(.init(chat: try ChatKey(state.chat), lostAccess: state.state == .lostAccess, reason: state.reason))
        case .progress(let progress): self = .progress(try ProgressRow(progress))
        case .mediaStored(let stored): self = .mediaStored(try MediaStoredRow(stored))
        case .counters(let counters): self = .counters(try CountersRow(counters))
        case .groupInfo(let info): self = .groupInfo(try GroupInfoRow(info))
        case .topic(let topic): self = .topic(try TopicRow(topic))
        case nil: throw .badField("change")
        }
    }
}

/// What could not be stored, for `failed_messages`.
public struct FailedPiece: Hashable, Sendable {
    public var stream: StreamID
    public var number: UInt64
    public var chat: ChatKey?
    public var messageID: Int64?
    /// A serialized `Payload` of this one change, or the record's payload as it came when it could not be read.
    public var payload: [UInt8]
    /// At most `FailedPiece.errorCharacters`.
    public var error: String
    /// Unix nanoseconds at which the producer had it; nil when it does not say so.
    public var receivedAt: Int64?

    /// Characters of an error's text: the predecessor's limit.
    public static let errorCharacters = 500

    public init(
        stream: StreamID, number: UInt64, chat: ChatKey?, messageID: Int64?, payload: [UInt8], error: String, receivedAt: Int64? = nil
    ) {
        self.stream = stream
        self.number = number
        self.chat = chat
        self.messageID = messageID
        self.payload = payload
        self.error = String(error.prefix(FailedPiece.errorCharacters))
        self.receivedAt = receivedAt.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The failure of a piece that the database refused.
    public init(_ piece: Piece, error: String) {
        let chat = piece.chat.flatMap { try? ChatKey($0) }
        let id: Int64? =
            switch piece.change.kind {
            case .message(let message): message.id
            case .deletion(let deletion): deletion.ids.count == 1 ? deletion.ids[0] : nil
            case .counters(let counters): counters.id
            default: nil
            }
        let payload = (try? WireRecord(WireHeader(), changes: [piece.change]))?.payloadBytes ?? []
        self.init(
            stream: piece.stream, number: piece.number, chat: chat, messageID: id, payload: payload, error: error,
            receivedAt: piece.receivedAt)
    }
}

/// Opens accepted records. What cannot be read fails alone, whatever stands beside it.
public func pieces(of accepted: [AcceptedRecord]) -> (pieces: [Piece], failed: [FailedPiece]) {
    var out: [Piece] = []
    var failed: [FailedPiece] = []
    for record in accepted {
        do throws(ContractError) {
            if let fault = record.fault { throw fault }
            for change in try record.record.changes() {
                let piece = Piece(
                    stream: record.stream, number: record.number, change: change, way: record.record.header.way,
                    receivedAt: record.record.header.receivedAt, trace: record.record.header.trace)
                if case .fault(let fault) = piece.content {
                    failed.append(FailedPiece(piece, error: "unreadable change: \(fault)"))
                } else {
                    out.append(piece)
                }
            }
        } catch {
            failed.append(
                FailedPiece(
                    stream: record.stream, number: record.number, chat: nil, messageID: nil, payload: record.record.payloadBytes,
                    error: "unreadable record: \(error)", receivedAt: record.record.header.receivedAt))
        }
    }
    return (out, failed)
}

/// A message that is gone and of which this batch has no copy: mark its row, or leave a tombstone.
public struct DeletionRow: Hashable, Sendable {
    public var chat: ChatKey
    public var id: Int64
    public var mark: DeletionMark

    public init(chat: ChatKey, id: Int64, mark: DeletionMark) {
        self.chat = chat
        self.id = id
        self.mark = mark
    }
}

/// A delete that names no chat: matches only basic-group messages of the producer's account.
public struct ChatlessDeletion: Hashable, Sendable {
    public var id: Int64
    public var mark: DeletionMark

    public init(id: Int64, mark: DeletionMark) {
        self.id = id
        self.mark = mark
    }
}

/// A batch's changes, each table row at most once: one upsert may not touch a row twice.
public struct Folded: Hashable, Sendable {
    /// One per message, in order of (chat, id): concurrent upserts of the same rows then cannot deadlock.
    public var messages: [MessageRow] = []
    /// Of the messages with more than one version in this batch every version, that of the row in `messages` too; in order of
    /// (chat, id, key).
    public var versions: [MessageVersion] = []
    /// Deletes of messages that do not stand in `messages`, in the same order. Apply after `messages`.
    public var deletions: [DeletionRow] = []
    /// In order of the id. Apply after `messages`; those of the batch that match are marked there already.
    public var chatlessDeletions: [ChatlessDeletion] = []
    /// In order of arrival.
    public var migrations: [WireMigration] = []
    /// The last word on each chat, in order of the chat.
    public var groupStates: [GroupStateRow] = []
    /// One per file, in order of it. Apply after `messages`, like all that follows.
    public var mediaStored: [MediaStoredRow] = []
    /// One per message, in order of (chat, id).
    public var counters: [CountersRow] = []
    /// One per chat, in order of it.
    public var groupInfos: [GroupInfoRow] = []
    /// One per topic, in order of (chat, id).
    public var topics: [TopicRow] = []
    /// In order of arrival. Apply last: it speaks of what is stored then.
    public var progress: [ProgressRow] = []

    public init() {}

    public struct GroupStateRow: Hashable, Sendable {
        public var chat: ChatKey
        public var lostAccess: Bool
        public var reason: String
    }

    /// The newest message of each chat (unix seconds), and the largest id, in order of the chat: `crawler_status.last_message_at`, and
    /// how far the live stream has come.
    public var newestMessages: [(chat: ChatKey, date: Int64, id: Int64)] {
        var newest: [(chat: ChatKey, date: Int64, id: Int64)] = []
        for row in messages {
            // They stand in order of the chat.
            if let last = newest.last, last.chat == row.chat {
                newest[newest.count - 1] = (row.chat, max(last.date, row.content.date), max(last.id, row.id))
            } else {
                newest.append((row.chat, row.content.date, row.id))
            }
        }
        return newest
    }
}

private struct MessageKey: Hashable, Comparable {
    var chat: ChatKey
    var id: Int64
    static func < (a: MessageKey, b: MessageKey) -> Bool { (a.chat, a.id) < (b.chat, b.id) }
}

/// Folds pieces, which `pieces(of:)` has checked, in order.
public func fold(_ pieces: some Sequence<Piece>) -> Folded {
    var out = Folded()
    var rows: [MessageRow] = []
    var places: [MessageKey: Int] = [:]
    var versions: [MessageKey: [MessageVersion]] = [:]
    var deletions: [MessageKey: DeletionMark] = [:]
    var chatless: [Int64: DeletionMark] = [:]
    var groups: [ChatKey: Folded.GroupStateRow] = [:]
    var files: [String: MediaStoredRow] = [:]
    var counters: [MessageKey: CountersRow] = [:]
    var infos: [ChatKey: GroupInfoRow] = [:]
    var topics: [MessageKey: TopicRow] = [:]
    for piece in pieces {
        switch piece.content {
        case .message(let row):
            let key = MessageKey(chat: row.chat, id: row.id)
            if let place = places[key] {
                if versions[key] != nil || rows[place].key.version != row.key.version {
                    versions[key, default: [rows[place].version]].add(row.version)
                }
                rows[place].merge(row)
            } else {
                places[key] = rows.count
                rows.append(row)
            }
        case .deletion(let chat, let ids, let presumed):
            let mark = DeletionMark(deletedAt: piece.receivedAt, presumed: presumed)
            for id in ids {
                if let chat {
                    let key = MessageKey(chat: chat, id: id)
                    deletions[key] = DeletionMark.merge(deletions[key], mark)
                } else {
                    chatless[id] = DeletionMark.merge(chatless[id], mark)
                }
            }
        case .migration(let migration): out.migrations.append(migration)
        case .groupState(let row): groups[row.chat] = row
        case .progress(let row): out.progress.append(row)
        case .mediaStored(let row): files["\(row.kind.rawValue) \(row.id)"] = row
        case .counters(let row):
            let key = MessageKey(chat: row.chat, id: row.id)
            if counters[key]?.merge(row) == nil { counters[key] = row }
        case .groupInfo(let row): if infos[row.chat]?.merge(later: row) == nil { infos[row.chat] = row }
        case .topic(let row):
            let key = MessageKey(chat: row.chat, id: row.id)
            if topics[key]?.merge(row) == nil { topics[key] = row }
        case .fault: preconditionFailure("pieces are checked")
        }
    }
    if !deletions.isEmpty || !chatless.isEmpty {
        for i in rows.indices {
            rows[i].deletion = deletions[MessageKey(chat: rows[i].chat, id: rows[i].id)]
            if case .basicGroup = rows[i].chat { rows[i].deletion = DeletionMark.merge(rows[i].deletion, chatless[rows[i].id]) }
        }
    }
    out.messages = inOrder(rows)
    out.versions = versions.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key } }
    out.deletions = deletions.filter { places[$0.key] == nil }.sorted { $0.key < $1.key }
        .map { DeletionRow(chat: $0.key.chat, id: $0.key.id, mark: $0.value) }
    out.chatlessDeletions = chatless.sorted { $0.key < $1.key }.map { ChatlessDeletion(id: $0.key, mark: $0.value) }
    out.groupStates = groups.sorted { $0.key < $1.key }.map(\.value)
    out.mediaStored = files.values.sorted { ($0.kind.rawValue, $0.id) < ($1.kind.rawValue, $1.id) }
    out.counters = counters.sorted { $0.key < $1.key }.map(\.value)
    out.groupInfos = infos.sorted { $0.key < $1.key }.map(\.value)
    out.topics = topics.sorted { $0.key < $1.key }.map(\.value)
    return out
}

/// By (chat, id). A page's messages mostly stand so already, and rows are large: only their numbers are sorted.
private func inOrder(_ rows: [MessageRow]) -> [MessageRow] {
    func isBefore(_ a: Int, _ b: Int) -> Bool { (rows[a].chat, rows[a].id) < (rows[b].chat, rows[b].id) }
    if zip(rows.indices, rows.indices.dropFirst()).allSatisfy({ isBefore($0, $1) }) { return rows }
    return rows.indices.sorted(by: isBefore).map { rows[$0] }
}
