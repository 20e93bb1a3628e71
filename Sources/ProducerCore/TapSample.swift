import Events
import Primitives

/// One sample for a producer's tap: rendered only when somebody watches it.
public struct TapSample: Sendable, Equatable {
    /// Number of the record in the stream.
    public var number: UInt64
    public var header: WireHeader
    /// nil: a position without content.
    public var change: WireChange?
    /// The group's row, when it is registered.
    public var groupUUID: String?
    /// With the number, what tells which sent and which acknowledged record this is.
    public var stream: StreamID?

    public init(number: UInt64, header: WireHeader, change: WireChange? = nil) {
        self.number = number
        self.header = header
        self.change = change
    }

    /// message, edit, delete, migration, state, progress, media, counters, group, topic or position.
    public var kind: String {
        switch change?.kind {
        case .message(let message): message.edited ? "edit" : "message"
        case .deletion: "delete"
        case .migration: "migration"
        case .groupState: "state"
        case .progress: "progress"
        case .mediaStored: "media"
        case .counters: "counters"
        case .groupInfo: "group"
        case .topic: "topic"
        case nil: "position"
        }
    }

    /// The chat's bare id, or "-".
    public var group: String { chat.map { String($0.id) } ?? "-" }

    /// The chat in the registry's words; nil for a position without content.
    public var chatKey: (kind: CapturedGroup.Kind, id: Int64)? { chat?.registered }

    private var chat: WireChat? {
        switch change?.kind {
        case .message(let message): message.chat
        case .deletion(let deletion): deletion.hasChat ? deletion.chat : nil
        case .migration(let migration): WireChat(.basicGroup, migration.basicGroupID)
        case .groupState(let state): state.chat
        case .progress(let progress): progress.chat
        case .counters(let counters): counters.chat
        case .groupInfo(let info): info.chat
        case .topic(let topic): topic.chat
        case .mediaStored, nil: nil
        }
    }

    /// Whether there is text or a name, which only the full sample shows.
    public var hasMore: Bool {
        guard case .message(let message) = change?.kind else { return false }
        return message.hasText || message.hasSenderName
    }

    /// The sample without text and names; `full` tells a viewer of both that the other one says more.
    public var object: JSON { .object(hasMore ? members + [.init("full", true)] : members) }

    /// The sample with text and names; nil when it has neither.
    public var full: JSON? {
        guard hasMore, case .message(let message) = change?.kind else { return nil }
        var members = members
        if message.hasSenderName { members.append(.init("sender_name", .string(message.senderName))) }
        if message.hasText { members.append(.init("text", .string(message.text))) }
        return .object(members)
    }

    private var members: [JSON.Member] {
        var out: [JSON.Member] = [
            .init("n", .integer(Int64(clamping: number))), .init("trace", .string(hexadecimal(header.trace))),
            .init("way", .string(header.way == .push ? "push" : "difference")), .init("received_at", .integer(header.receivedAt)),
        ]
        if let stream { out.append(.init("stream", .string(stream.description))) }
        if header.hasBox, let box = try? BoxKey(header.box) {
            out += [.init("box", .string(box.description)), .init("from", .integer(header.from)), .init("to", .integer(header.to))]
        }
        if let chat { out += [.init("chat_id", .integer(chat.id)), .init("group_id", groupUUID.map(JSON.string) ?? .null)] }
        switch change?.kind {
        case .message(let message):
            out += [.init("message_id", .integer(message.id)), .init("date", .integer(message.date))]
            if message.editDate > 0 { out.append(.init("edit_date", .integer(message.editDate))) }
            if message.hasSenderID { out.append(.init("sender_id", .integer(message.senderID))) }
            if message.hasMediaKind { out.append(.init("media_kind", .string(message.mediaKind))) }
        case .deletion(let deletion): out.append(.init("message_ids", .array(deletion.ids.map(JSON.integer))))
        case .migration(let migration):
            out += [.init("channel_id", .integer(migration.channelID)), .init("max_id", .integer(migration.maxID))]
        case .groupState(let state):
            out += [
                .init("state", .string(state.state == .lostAccess ? "lost_access" : "active")), .init("reason", .string(state.reason)),
            ]
        case .progress(let progress):
            out += [.init("job", .integer(progress.job)), .init("low", .integer(progress.low)), .init("high", .integer(progress.high))]
        case .mediaStored, .counters, .groupInfo, .topic: break
        case nil: out += [.init("filtered", .integer(Int64(header.filtered))), .init("too_long", .bool(header.tooLong))]
        }
        return out
    }

    private func hexadecimal(_ value: UInt64) -> String { hex((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }) }
}
