import Events
import TL

/// What a service message says beyond itself.
extension WireChange {
    /// A basic group's migration, and topics. A chat's new title is not among them: in the history it may be an old one.
    public static func told(by message: API.Message) -> [WireChange] {
        guard let action = message.action, let chat = message.peerID.flatMap(WireChat.init) else { return [] }
        func topic(_ id: Int64, _ body: (inout WireTopic) -> Void) -> [WireChange] {
            [
                .with {
                    $0.topic = .with {
                        $0.chat = chat
                        $0.id = id
                        $0.observedAt = Int64(message.date ?? 0)
                        body(&$0)
                    }
                }
            ]
        }
        switch action {
        case .messageActionChatMigrateTo(let action) where chat.kind == .basicGroup:
            // The last message of a basic group says which supergroup it became.
            return [
                .with {
                    $0.migration = .with {
                        $0.basicGroupID = chat.id
                        $0.channelID = action.channelID
                        $0.maxID = Int64(message.id)
                    }
                }
            ]
        case .messageActionTopicCreate(let action):
            return topic(Int64(message.id)) { $0.title = action.title }
        case .messageActionTopicEdit(let action):
            // Without a header it speaks of the general topic, whose messages have none.
            let id = message.replyTo?.replyToTopID ?? message.replyTo?.replyToMsgID ?? 1
            return topic(Int64(id)) {
                if let title = action.title { $0.title = title }
                if let closed = action.closed { $0.closed = closed }
                if let hidden = action.hidden { $0.hidden = hidden }
            }
        default: return []
        }
    }

    /// The title that a service message gives its chat now.
    public static func title(by message: API.Message) -> WireChange? {
        guard let chat = message.peerID.flatMap(WireChat.init) else { return nil }
        let title: String
        switch message.action {
        case .messageActionChatCreate(let action): title = action.title
        case .messageActionChatEditTitle(let action): title = action.title
        case .messageActionChannelCreate(let action): title = action.title
        default: return nil
        }
        return .with {
            $0.groupInfo = .with {
                $0.chat = chat
                $0.title = title
            }
        }
    }
}
