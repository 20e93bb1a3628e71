import Events
import Primitives

/// One sample for the listener's tap, rendered only while somebody watches.
public struct TapEvent: Sendable, Equatable {
    /// `received`, when the record was made.
    public var stage: String
    /// message, edit, delete, migration, state or position.
    public var kind: String
    /// The chat's bare id, or "-".
    public var group: String
    public var object: JSON
    /// The same with text and names; nil when there is none.
    public var full: JSON?
}

extension TapEvent {
    /// The samples of one record. `full`: with text, for those who asked for it.
    static func events(_ record: WireRecord, number: UInt64, registry: GroupRegistry, full: Bool) -> [TapEvent] {
        let header = record.header
        var common: [JSON.Member] = [
            .init("n", .integer(Int64(clamping: number))), .init("trace", .string(hex64(header.trace))),
            .init("way", .string(header.way == .push ? "push" : "difference")), .init("received_at", .integer(header.receivedAt)),
        ]
        if header.hasBox, let box = try? BoxKey(header.box) {
            common += [.init("box", .string(box.description)), .init("from", .integer(header.from)), .init("to", .integer(header.to))]
        }
        // The payload is our own: it was made a moment ago.
        let changes = (try? record.changes()) ?? []
        if changes.isEmpty {
            let members = common + [.init("filtered", .integer(Int64(header.filtered))), .init("too_long", .bool(header.tooLong))]
            return [TapEvent(stage: "received", kind: "position", group: "-", object: .object(members))]
        }
        return changes.compactMap { event($0, common: common, registry: registry, full: full) }
    }

    private static func event(_ change: WireChange, common: [JSON.Member], registry: GroupRegistry, full: Bool) -> TapEvent? {
        func chat(_ chat: WireChat) -> [JSON.Member] {
            let (kind, id) = chat.registered
            return [.init("chat_id", .integer(id)), .init("group_id", registry.uuid(kind, id).map(JSON.string) ?? .null)]
        }
        switch change.kind {
        case .message(let message):
            var members = common + chat(message.chat)
            members += [.init("message_id", .integer(message.id)), .init("date", .integer(message.date))]
            if message.hasSenderID { members.append(.init("sender_id", .integer(message.senderID))) }
            if message.hasMediaKind { members.append(.init("media_kind", .string(message.mediaKind))) }
            var event = TapEvent(
                stage: "received", kind: message.edited ? "edit" : "message", group: String(message.chat.id), object: .object(members))
            if full {
                if message.hasSenderName { members.append(.init("sender_name", .string(message.senderName))) }
                if message.hasText { members.append(.init("text", .string(message.text))) }
                event.full = .object(members)
            }
            return event
        case .deletion(let deletion):
            let members =
                common + (deletion.hasChat ? chat(deletion.chat) : []) + [.init("message_ids", .array(deletion.ids.map(JSON.integer)))]
            return TapEvent(
                stage: "received", kind: "delete", group: deletion.hasChat ? String(deletion.chat.id) : "-", object: .object(members))
        case .migration(let migration):
            let members =
                common + [
                    .init("chat_id", .integer(migration.basicGroupID)), .init("channel_id", .integer(migration.channelID)),
                    .init("max_id", .integer(migration.maxID)),
                ]
            return TapEvent(stage: "received", kind: "migration", group: String(migration.basicGroupID), object: .object(members))
        case .groupState(let state):
            let members =
                common + chat(state.chat) + [
                    .init("state", .string(state.state == .lostAccess ? "lost_access" : "active")), .init("reason", .string(state.reason)),
                ]
            return TapEvent(stage: "received", kind: "state", group: String(state.chat.id), object: .object(members))
        case nil: return nil
        }
    }

    private static func hex64(_ value: UInt64) -> String { hex((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }) }
}
