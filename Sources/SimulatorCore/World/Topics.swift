import Primitives

/// A topic of a forum. Its id is that of the service message that made it; the general one's is 1.
///
/// Source: https://core.telegram.org/api/forum
public struct Topic: Hashable, Sendable {
    public let id: Int32
    public var title: String
    public var creator: Int64
    public var date: UnixTime
    public var isClosed = false
    public var isHidden = false
    public var isDeleted = false
}

extension Content {
    /// Whether it made a topic.
    var isTopic: Bool { if case .topicCreate? = action { true } else { false } }

    /// The topic of a forum's message: its own, or the general one.
    var topicOrGeneral: Int32 { topic ?? (isTopic ? channelMessageID : World.generalTopic) }
}

extension World {
    public static let generalTopic: Int32 = 1
    /// One of the six colours that clients may choose.
    static let topicColour: Int32 = 0x6FB9F0

    /// Makes a forum of a supergroup, or an ordinary one of a forum.
    public mutating func setForum(_ channel: Int64, _ isForum: Bool, now: UnixTime) throws(Failure) {
        guard let place = channels[channel], !place.isBroadcast else { throw .channelInvalid }
        channels[channel]?.isForum = isForum
        if isForum && place.topics.isEmpty {
            channels[channel]?.topics = [
                Topic(id: World.generalTopic, title: "General", creator: place.creator, date: place.date)
            ]
        }
        for member in place.memberOrder { note(.channel(channel), to: member, now: now) }
    }

    /// Makes a topic; returns its id.
    @discardableResult
    public mutating func createTopic(_ title: String, in channel: Int64, by user: Int64, now: UnixTime) throws(Failure) -> Int32 {
        guard let place = channels[channel] else { throw .channelInvalid }
        if !place.isForum { throw .bad("CHANNEL_FORUM_MISSING") }
        if !place.has(user) { throw .channelPrivate }
        let id = Int32(place.keys.count) + 1
        announce(.topicCreate(title: title), by: user, in: .channel(channel), now: now)
        channels[channel]?.topics.append(Topic(id: id, title: title, creator: user, date: now))
        return id
    }

    /// Renames, closes, opens, hides or shows a topic.
    public mutating func editTopic(
        _ id: Int32, in channel: Int64, by user: Int64, title: String? = nil, isClosed: Bool? = nil, isHidden: Bool? = nil, now: UnixTime
    ) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        guard let at = place.topics.firstIndex(where: { $0.id == id && !$0.isDeleted }) else { throw .bad("TOPIC_ID_INVALID") }
        if !place.isAdmin(user) && place.topics[at].creator != user { throw .chatAdminRequired }
        if let title { channels[channel]?.topics[at].title = title }
        if let isClosed { channels[channel]?.topics[at].isClosed = isClosed }
        if let isHidden { channels[channel]?.topics[at].isHidden = isHidden }
        var content = Content(key: contents.count, place: .channel(channel), sender: user, date: now, text: "")
        content.action = .topicEdit(title: title, isClosed: isClosed, isHidden: isHidden)
        if id != World.generalTopic { content.topic = id }
        deliver(content, now: now)
    }

    /// Deletes a topic with its messages, as `messages.deleteTopicHistory`. Returns how many messages went.
    @discardableResult
    public mutating func deleteTopic(_ id: Int32, in channel: Int64, now: UnixTime) throws(Failure) -> Int {
        guard let place = channels[channel], let at = place.topics.firstIndex(where: { $0.id == id && !$0.isDeleted }),
            id != World.generalTopic
        else { throw .bad("TOPIC_ID_INVALID") }
        channels[channel]?.topics[at].isDeleted = true
        let gone = messages(ofTopic: id, in: place)
        erase(gone.compactMap(place.key), now: now)
        return gone.count
    }

    /// The ids of the topic's messages, ascending, with the one that made it.
    func messages(ofTopic id: Int32, in channel: Channel) -> [Int32] {
        channel.ids.filter { channel.key($0).map { contents[$0].topicOrGeneral == id } ?? false }
    }
}
