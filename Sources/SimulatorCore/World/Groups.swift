import Primitives

/// A basic group.
public struct Chat: Sendable {
    public let id: Int64
    public var title: String
    public var creator: Int64
    public var date: UnixTime
    /// Members in the order of joining.
    public internal(set) var members: [Member] = []
    /// Counts changes of the list of members.
    public internal(set) var version: Int32 = 1
    public var inviteHash: String?
    /// The supergroup that it became.
    public internal(set) var migratedTo: Int64?
    /// Those that left or were removed: they see `chatForbidden`.
    var former: Set<Int64> = []

    public func has(_ user: Int64) -> Bool { members.contains { $0.user == user } }
}

/// A supergroup or broadcast channel.
public struct Channel: Sendable {
    public let id: Int64
    public var title: String
    public var about: String
    public var isBroadcast: Bool
    public var username: String?
    public var creator: Int64
    public var date: UnixTime
    public var inviteHash: String?
    /// The basic group that it was.
    public internal(set) var migratedFrom: Origin?
    public internal(set) var members: [Int64: Member] = [:]
    /// Members in the order of joining.
    public internal(set) var memberOrder: [Int64] = []
    public internal(set) var banned: Set<Int64> = []
    public internal(set) var isForum = false
    /// A forum's topics in the order of making, deleted ones too.
    public internal(set) var topics: [Topic] = []
    /// Posts are signed.
    public internal(set) var hasSignatures = false
    /// Key of each message; a message's id is its index + 1.
    public internal(set) var keys: [Int] = []
    /// The ids that are not deleted, ascending.
    public internal(set) var ids: [Int32] = []
    public internal(set) var box: EventBox<ChannelEvent>

    /// A basic group, and its last message.
    public struct Origin: Hashable, Sendable {
        public var chat: Int64
        public var lastKey: Int
    }

    public func has(_ user: Int64) -> Bool { members[user] != nil }
    public func isAdmin(_ user: Int64) -> Bool { user == creator || members[user]?.isAdmin == true }
    public var kind: GroupKind { isBroadcast ? .channel : .supergroup }

    public func key(_ id: Int32) -> Int? {
        id >= 1 && Int(id) <= keys.count ? keys[Int(id) - 1] : nil
    }
}

/// Someone's membership.
public struct Member: Sendable {
    public var user: Int64
    public var inviter: Int64
    public var date: UnixTime
    public var isAdmin = false
    /// In channels, where no dialog is kept per account.
    public var readInboxMaxID: Int32 = 0
}
