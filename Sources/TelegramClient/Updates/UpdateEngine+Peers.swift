import Primitives
import TL

/// What messages and chats tell beside the boxes: where a peer was seen, and which group became a supergroup.
extension UpdateEngine {
    mutating func merge(users: [TLObject], chats: [TLObject], now: Instant) {
        peers.merge(users: users, chats: chats)
        for chat in chats {
            guard let id = chat["id"]?.int else { continue }
            switch chat.name {
            case "chat":
                if let target = chat["migrated_to"]?.object, let channel = target["channel_id"]?.int {
                    if let hash = target["access_hash"]?.int { learn(hash, of: channel, now: now) }
                    migrated(id, to: channel)
                }
            case "channel", "channelForbidden":
                guard let i = index(of: id) else { continue }
                let known = peers[.init(.channel, id)]
                if chat["min"]?.bool != true { channels[i].isJoined = known?.isLeft != true }
                if chat["min"]?.bool != true, let hash = chat["access_hash"]?.int { learn(hash, of: id, now: now) }
                if channels[i].phase == .lost, chat.name == "channel", known?.isLeft == false, chat["min"]?.bool != true {
                    regain(i, now: now)
                }
            default: break
            }
        }
    }

    /// An access hash that a full object told.
    private mutating func learn(_ hash: Int64, of channel: Int64, now: Instant) {
        guard let i = index(of: channel), channels[i].accessHash != hash else { return }
        let wasUnresolved = channels[i].accessHash == nil
        channels[i].accessHash = hash
        if channels[i].reportedUnresolved || channels[i].refusedHash != nil { outputs.append(.resolved(channel: channel)) }
        channels[i].reportedUnresolved = false
        if wasUnresolved, channels[i].box.value != nil { compare(i, now: now) }
    }

    /// Looks at every message that passes, tracked or not.
    mutating func note(_ message: TLObject) {
        guard let peer = message["peer_id"]?.object, let id = message["id"]?.int else { return }
        if message.name == "messageService", let action = message["action"]?.object {
            switch action.name {
            case "messageActionChatMigrateTo":
                if let group = peer["chat_id"]?.int, let channel = action["channel_id"]?.int { migrated(group, to: channel) }
            case "messageActionChannelMigrateFrom":
                if let channel = peer["channel_id"]?.int, let group = action["chat_id"]?.int { migrated(group, to: channel) }
            default: break
            }
        }
        peers.note(message, id: id, in: peer)
    }

    /// Tells it once for each group.
    private mutating func migrated(_ group: Int64, to channel: Int64) {
        guard migrations[group] != channel else { return }
        migrations[group] = channel
        outputs.append(.migrated(basicGroup: group, channel: channel))
    }

    mutating func note(_ items: [Delivery.Item], inChannel i: Int, way: Way, receivedAt: UnixTime, now: Instant) {
        for item in items {
            let message = item.message
            channels[i].statistics.note(message, way, receivedAt: receivedAt, now: now)
            if let message {
                note(message)
                // An edit tells of an older message, and not what was the newest before a restart.
                if item.isNew { channels[i].topMessage = max(channels[i].topMessage, message["id"]?.int ?? 0) }
            }
        }
        if !items.isEmpty { channels[i].rhythm.heard(now: now) }
    }
}

extension Delivery.Item {
    /// The message that it holds, new or changed.
    var message: TLObject? {
        switch self {
        case .message(let message): message
        case .update(let update): update.object["message"]?.object
        }
    }

    /// Whether it holds a message that was not there before.
    var isNew: Bool {
        switch self {
        case .message: true
        case .update(let update): ["updateNewChannelMessage", "updateNewMessage"].contains(update.object.name)
        }
    }
}
