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

    public init(stream: StreamID, number: UInt64, change: WireChange, way: WireWay, receivedAt: Int64, trace: UInt64) {
        self.stream = stream
        self.number = number
        self.change = change
        self.way = way
        self.receivedAt = receivedAt
        self.trace = trace
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

    /// Characters of an error's text: the predecessor's limit.
    public static let errorCharacters = 500

    public init(stream: StreamID, number: UInt64, chat: ChatKey?, messageID: Int64?, payload: [UInt8], error: String) {
        self.stream = stream
        self.number = number
        self.chat = chat
        self.messageID = messageID
        self.payload = payload
        self.error = String(error.prefix(FailedPiece.errorCharacters))
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
        self.init(stream: piece.stream, number: piece.number, chat: chat, messageID: id, payload: payload, error: error)
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
                if let fault = piece.fault {
                    failed.append(FailedPiece(piece, error: "unreadable change: \(fault)"))
                } else {
                    out.append(piece)
                }
            }
        } catch {
            failed.append(
                FailedPiece(
                    stream: record.stream, number: record.number, chat: nil, messageID: nil, payload: record.record.payloadBytes,
                    error: "unreadable record: \(error)"))
        }
    }
    return (out, failed)
}

extension Piece {
    /// Why the change cannot mean anything, or nil.
    var fault: ContractError? {
        do throws(ContractError) {
            guard receivedAt >= 0 else { throw .badField("header.received_at") }
            switch change.kind {
            case .message(let message): _ = try MessageRow(message, receivedAt: receivedAt)
            case .deletion(let deletion):
                if deletion.hasChat { _ = try ChatKey(deletion.chat) }
                for id in deletion.ids where !(1...Int64(Int32.max)).contains(id) { throw .badField("deletion.ids") }
            case .migration(let migration):
                guard migration.basicGroupID > 0, migration.channelID > 0 else { throw .badField("migration") }
            case .groupState(let state): _ = try ChatKey(state.chat)
            case .progress(let progress): _ = try ProgressRow(progress)
            case .mediaStored(let stored): _ = try MediaStoredRow(stored)
            case .counters(let counters): _ = try CountersRow(counters)
            case .groupInfo(let info): _ = try ChatKey(info.chat)
            case .topic(let topic): _ = try TopicRow(topic)
            case nil: throw .badField("change")
            }
            return nil
        } catch {
            return error
        }
    }
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
    /// Deletes of messages that do not stand in `messages`, in the same order. Apply after `messages`.
    public var deletions: [DeletionRow] = []
    /// In order of the id. Apply after `messages`; those of the batch that match are marked there already.
    public var chatlessDeletions: [ChatlessDeletion] = []
    /// In order of arrival.
    public var migrations: [WireMigration] = []
    /// The last word on each chat, in order of the chat.
    public var groupStates: [GroupStateRow] = []

    public init() {}

    public struct GroupStateRow: Hashable, Sendable {
        public var chat: ChatKey
        public var lostAccess: Bool
        public var reason: String
    }

    /// The newest message of each chat (unix seconds), in order of the chat: `crawler_status.last_message_at`.
    public var newestMessages: [(chat: ChatKey, date: Int64)] {
        var newest: [ChatKey: Int64] = [:]
        for row in messages { newest[row.chat] = max(newest[row.chat] ?? 0, row.content.date) }
        return newest.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
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
    var rows: [MessageKey: MessageRow] = [:]
    var deletions: [MessageKey: DeletionMark] = [:]
    var chatless: [Int64: DeletionMark] = [:]
    var groups: [ChatKey: Folded.GroupStateRow] = [:]
    for piece in pieces {
        switch piece.change.kind {
        case .message(let message):
            guard let row = try? MessageRow(message, receivedAt: piece.receivedAt) else { preconditionFailure("pieces are checked") }
            let key = MessageKey(chat: row.chat, id: row.id)
            if rows[key]?.merge(row) == nil { rows[key] = row }
        case .deletion(let deletion):
            let mark = DeletionMark(deletedAt: piece.receivedAt, presumed: deletion.presumed)
            let chat = deletion.hasChat ? try? ChatKey(deletion.chat) : nil
            for id in deletion.ids {
                if let chat {
                    let key = MessageKey(chat: chat, id: id)
                    deletions[key] = DeletionMark.merge(deletions[key], mark)
                } else {
                    chatless[id] = DeletionMark.merge(chatless[id], mark)
                }
            }
        case .migration(let migration): out.migrations.append(migration)
        case .groupState(let state):
            guard let chat = try? ChatKey(state.chat) else { preconditionFailure("pieces are checked") }
            groups[chat] = .init(chat: chat, lostAccess: state.state == .lostAccess, reason: state.reason)
        case .progress, .mediaStored, .counters, .groupInfo, .topic, nil: break
        }
    }
    out.messages = rows.sorted { $0.key < $1.key }.map { key, row in
        var row = row
        row.deletion = deletions[key]
        if case .basicGroup = key.chat { row.deletion = DeletionMark.merge(row.deletion, chatless[key.id]) }
        return row
    }
    out.deletions = deletions.filter { rows[$0.key] == nil }.sorted { $0.key < $1.key }
        .map { DeletionRow(chat: $0.key.chat, id: $0.key.id, mark: $0.value) }
    out.chatlessDeletions = chatless.sorted { $0.key < $1.key }.map { ChatlessDeletion(id: $0.key, mark: $0.value) }
    out.groupStates = groups.sorted { $0.key < $1.key }.map(\.value)
    return out
}
