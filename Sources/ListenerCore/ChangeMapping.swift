import Events
import Primitives
import ProducerCore
import TL
import TelegramClient

/// The changes that one delivered item makes to registered groups; nothing of any other chat passes here.
struct ChangeMapping {
    let registry: GroupRegistry
    let peers: PeerBook

    func changes(_ item: Delivery.Item, generation: UInt64, receivedAt: UnixTime) -> [WireChange] {
        switch item {
        case .message(let message):
            return self.message(
                message, Sighting(position: -1, generation: generation, edited: false, observedAt: receivedAt.seconds))
        case .update(let update):
            return self.update(update, generation: generation)
        }
    }

    private func update(_ update: Update, generation: UInt64) -> [WireChange] {
        let object = update.object
        var sighting = Sighting(position: -1, generation: generation, edited: false, observedAt: update.receivedAt.seconds)
        if case .box(_, let end, _) = update.place { sighting.position = end }
        switch object.name {
        case "updateNewMessage", "updateNewChannelMessage":
            return object["message"]?.object.map { message($0, sighting) } ?? []
        case "updateEditMessage", "updateEditChannelMessage":
            sighting.edited = true
            return object["message"]?.object.map { message($0, sighting) } ?? []
        case "updateDeleteMessages":
            // It names no chat. Without a basic group there is nothing it could concern.
            return registry.hasBasicGroups ? deletion(object, chat: nil) : []
        case "updateDeleteChannelMessages":
            guard let channel = object["channel_id"]?.int, registry.contains(.channel, channel) else { return [] }
            return deletion(object, chat: WireChat(.channel, channel))
        case "updateMessageReactions":
            guard let peer = object["peer"]?.object, let reactions = object["reactions"]?.object else { return [] }
            return counters(WireChat(API.Peer(peer)), object["msg_id"], update) {
                $0.reactions = CompactJSON.reactions(API.MessageReactions(reactions))
            }
        case "updateChannelMessageViews":
            guard let channel = object["channel_id"]?.int, let views = object["views"]?.int else { return [] }
            return counters(WireChat(.channel, channel), object["id"], update) { $0.views = views }
        case "updateChannelMessageForwards":
            guard let channel = object["channel_id"]?.int, let forwards = object["forwards"]?.int else { return [] }
            return counters(WireChat(.channel, channel), object["id"], update) { $0.forwards = forwards }
        case "updateChannel":
            return object["channel_id"]?.int.map { info(.channel, $0) } ?? []
        case "updateChat":
            return object["chat_id"]?.int.map { info(.basicGroup, $0) } ?? []
        default:
            return []
        }
    }

    /// Counters that come without their message.
    private func counters(
        _ chat: WireChat?, _ id: TLValue?, _ update: Update, _ body: (inout WireCounters) -> Void
    ) -> [WireChange] {
        guard let chat, let id = id?.int, registry.contains(chat.registered.kind, chat.registered.id) else { return [] }
        return [
            .with {
                $0.counters = .with {
                    $0.chat = chat
                    $0.id = id
                    $0.observedAt = update.receivedAt.seconds
                    body(&$0)
                }
            }
        ]
    }

    /// Something of the chat changed. The envelope describes it as it is now, which the book has learnt by now.
    private func info(_ kind: CapturedGroup.Kind, _ id: Int64) -> [WireChange] {
        guard registry.contains(kind, id), let title = peers.name(of: .init(kind == .basicGroup ? .basicGroup : .channel, id)) else {
            return []
        }
        return [
            .with {
                $0.groupInfo = .with {
                    $0.chat = WireChat(kind, id)
                    $0.title = title
                }
            }
        ]
    }

    private func message(_ object: TLObject, _ sighting: Sighting) -> [WireChange] {
        guard let group = object.groupPeer, registry.contains(group.kind, group.id) else { return [] }
        let message = API.Message(object)
        guard let mapped = WireMessage(message, sighting, peers: peers, whole: { object }) else { return [] }
        var changes = [WireChange.with { $0.message = mapped }]
        if message.action != nil {
            changes += WireChange.told(by: message)
            if let title = WireChange.title(by: message) { changes.append(title) }
        }
        return changes
    }

    private func deletion(_ object: TLObject, chat: WireChat?) -> [WireChange] {
        let ids = object["messages"]?.vector?.compactMap(\.int) ?? []
        if ids.isEmpty { return [] }
        return [
            .with {
                $0.deletion = .with {
                    if let chat { $0.chat = chat }
                    $0.ids = ids
                }
            }
        ]
    }
}
