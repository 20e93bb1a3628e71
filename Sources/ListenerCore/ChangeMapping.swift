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
        default:
            return []
        }
    }

    private func message(_ object: TLObject, _ sighting: Sighting) -> [WireChange] {
        guard let group = object.groupPeer, registry.contains(group.kind, group.id),
            let message = WireMessage(object, sighting, peers: peers)
        else { return [] }
        var changes = [WireChange.with { $0.message = message }]
        // The last message of a basic group says which supergroup it became.
        if let action = object["action"]?.object, action.name == "messageActionChatMigrateTo", group.kind == .basicGroup,
            let channel = action["channel_id"]?.int
        {
            changes.append(
                .with {
                    $0.migration = .with {
                        $0.basicGroupID = group.id
                        $0.channelID = channel
                        $0.maxID = message.id
                    }
                })
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
