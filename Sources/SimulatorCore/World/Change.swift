import Primitives

/// An event of a user's common box.
public enum CommonEvent: Hashable, Sendable {
    case new(Int32)
    case edit(Int32)
    case delete([Int32])
    case readInbox(Peer, maxID: Int32, stillUnread: Int32)
    case readOutbox(Peer, maxID: Int32)
}

/// An event of a channel's box.
public enum ChannelEvent: Hashable, Sendable {
    case new(Int32)
    case edit(Int32)
    case delete([Int32])
}

/// An update without a box: it is ordered by the envelope's `seq`.
public enum PlainEvent: Hashable, Sendable {
    /// `updateChannel`: the account's own standing in the channel changed.
    case channel(Int64)
    /// `updateChatParticipants`
    case participants(chat: Int64)
    /// `updateMessageReactions` of the message with that key.
    case reactions(Int)
    /// `updateReadChannelInbox`: carries the channel's pts but does not move it.
    case readChannel(Int64, maxID: Int32, stillUnread: Int32, pts: Int32)

    /// Whether it takes part in the order of `seq` and in differences. Reactions are only told live.
    var isOrdered: Bool { if case .reactions = self { false } else { true } }
}

/// What an action did, in order: the source of results, live updates and logs.
public enum Change: Sendable {
    case common(user: Int64, CommonEvent, Stamp)
    case channel(Int64, ChannelEvent, Stamp)
    case plain(user: Int64, PlainEvent)
}
