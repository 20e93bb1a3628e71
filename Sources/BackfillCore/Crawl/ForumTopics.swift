import Events
import TL

/// The topics of a forum: how they are asked for in each layer, and what the answer says.
///
/// Source: https://core.telegram.org/api/forum
public enum ForumTopics {
    /// Topics of one page: the most that official apps ask for.
    static let pageTopics = 100
    /// Pages at most; a forum of more topics than 2,000 is not known.
    public static let pagesMost = 20

    /// Where a page begins.
    public struct Place: Hashable, Sendable {
        var date: Int64 = 0
        var id: Int64 = 0
        var topic: Int64 = 0
        public init() {}
    }

    /// A topic as one answer shows it.
    public struct Topic: Hashable, Sendable {
        public var id: Int64
        /// nil: it is gone.
        public var title: String?
        public var isClosed: Bool
        public var isHidden: Bool
        var topMessage: Int64

        /// The change that tells the writer of it.
        ///
        /// - Parameter time: unix seconds of the server at which it was so.
        public func wire(of chat: WireChat, at time: Int64) -> WireTopic {
            .with {
                $0.chat = chat
                $0.id = id
                $0.observedAt = time
                guard let title else { return $0.deleted = true }
                $0.title = title
                $0.closed = isClosed
                $0.hidden = isHidden
            }
        }
    }

    /// The call for the page, in the form that the layer has; nil where it has none, or the chat is no channel.
    public static func call(_ peer: TLObject, from place: Place, layer: Int32) -> TLObject? {
        let offsets: KeyValuePairs<String, TLValue?> = [
            "offset_date": .integer(place.date), "offset_id": .integer(place.id), "offset_topic": .integer(place.topic),
            "limit": .integer(Int64(pageTopics)),
        ]
        let (name, field, chat) =
            TL.constructorID("messages.getForumTopics", layer: layer) != nil
            ? ("messages.getForumTopics", "peer", peer) : ("channels.getForumTopics", "channel", HistoryCalls.channel(peer))
        guard let chat, TL.constructorID(name, layer: layer) != nil else { return nil }
        var call = TLObject(name, offsets)
        call.fields[field] = .object(chat)
        return call
    }

    /// The topics of a `messages.forumTopics`, in its order; empty for any other answer.
    public static func read(_ answer: TLObject) -> [Topic] {
        (answer["topics"]?.vector ?? []).compactMap(\.object).compactMap { topic in
            guard let id = topic["id"]?.int else { return nil }
            return Topic(
                id: id, title: topic.name == "forumTopic" ? topic["title"]?.string ?? "" : nil, isClosed: topic["closed"]?.bool ?? false,
                isHidden: topic["hidden"]?.bool ?? false, topMessage: topic["top_message"]?.int ?? 0)
        }
    }

    /// The place of the page after this answer; nil when it was the last.
    public static func next(after answer: TLObject, _ topics: [Topic], _ place: Place) -> Place? {
        guard topics.count >= pageTopics, let last = topics.last else { return nil }
        var next = Place()
        next.topic = last.id
        next.id = last.topMessage
        let message = (answer["messages"]?.vector ?? []).compactMap(\.object).first { $0["id"]?.int == last.topMessage }
        next.date = message?["date"]?.int ?? 0
        return next == place ? nil : next
    }
}
