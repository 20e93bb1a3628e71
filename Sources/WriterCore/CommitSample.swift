import Events
import Primitives

/// One stored change as the writer's tap shows it: `writer.commit.<kind>.<group>`. Rendered only when somebody watches.
public struct CommitSample: Sendable {
    private let piece: Piece
    private let account: String
    /// Unix nanoseconds.
    private let committedAt: Int64

    public init(_ piece: Piece, account: String, committedAt: Int64) {
        self.piece = piece
        self.account = account
        self.committedAt = committedAt
    }

    /// What `Piece.kind` says.
    public var kind: String { piece.kind }

    /// The chat's bare id, or `-`.
    public var group: String { chat.map { String($0.id) } ?? "-" }

    /// Whether there is text or a name, which only the full sample shows.
    public var hasMore: Bool {
        guard case .message(let message) = piece.change.kind else { return false }
        return message.hasText || message.hasSenderName
    }

    /// Without text and names; `full` tells a viewer of both that the other one says more.
    public var object: JSON { .object(hasMore ? members + [.init("full", true)] : members) }

    /// With text and names; nil when it has neither.
    public var full: JSON? {
        guard hasMore, case .message(let message) = piece.change.kind else { return nil }
        var members = members
        if message.hasSenderName { members.append(.init("sender_name", .string(message.senderName))) }
        if message.hasText { members.append(.init("text", .string(message.text))) }
        return .object(members)
    }

    private var chat: WireChat? { piece.chat }

    private var members: [JSON.Member] {
        var out: [JSON.Member] = [
            .init("account", .string(account)), .init("n", .integer(Int64(clamping: piece.number))),
            .init("trace", .string(hex(bigEndian(piece.trace)))), .init("way", .string(piece.way.name)),
            .init("received_at", .integer(piece.receivedAt)), .init("committed_at", .integer(committedAt)),
        ]
        if let chat { out.append(.init("chat_id", .integer(chat.id))) }
        switch piece.change.kind {
        case .message(let message):
            out += [.init("message_id", .integer(message.id)), .init("date", .integer(message.date))]
            if message.editDate > 0 { out.append(.init("edit_date", .integer(message.editDate))) }
            if message.hasMediaKind { out.append(.init("media_kind", .string(message.mediaKind))) }
        case .deletion(let deletion): out.append(.init("message_ids", .array(deletion.ids.map(JSON.integer))))
        case .progress(let progress):
            out += [
                .init("job", .integer(progress.job)), .init("low", .integer(progress.low)), .init("high", .integer(progress.high)),
                .init("messages", .integer(progress.messages)), .init("total", .integer(progress.total)),
            ]
        case .counters(let counters): out.append(.init("message_id", .integer(counters.id)))
        case .mediaStored(let stored):
            out += [.init("media_id", .integer(Int64(bitPattern: stored.mediaID))), .init("size", .integer(stored.size))]
        case .topic(let topic): out.append(.init("topic_id", .integer(topic.id)))
        default: break
        }
        return out
    }
}

extension Piece {
    /// message, edit, delete, migration, state, progress, media, counters, group or topic.
    public var kind: String {
        switch change.kind {
        case .message(let message): message.edited ? "edit" : "message"
        case .deletion: "delete"
        case .migration: "migration"
        case .groupState: "state"
        case .progress: "progress"
        case .mediaStored: "media"
        case .counters: "counters"
        case .groupInfo: "group"
        case .topic: "topic"
        case nil: "nothing"
        }
    }

    /// The chat that it speaks of; nil for a deletion that names none, and for a file.
    var chat: WireChat? {
        switch change.kind {
        case .message(let message): message.chat
        case .deletion(let deletion): deletion.hasChat ? deletion.chat : nil
        case .groupState(let state): state.chat
        case .migration(let migration):
            .with {
                $0.kind = .basicGroup
                $0.id = migration.basicGroupID
            }
        case .progress(let progress): progress.chat
        case .counters(let counters): counters.chat
        case .groupInfo(let info): info.chat
        case .topic(let topic): topic.chat
        case .mediaStored, nil: nil
        }
    }
}

extension WireWay {
    /// push, difference or history: a label's value.
    public var name: String {
        switch self {
        case .push: "push"
        case .difference: "difference"
        case .history: "history"
        default: "unknown"
        }
    }
}
