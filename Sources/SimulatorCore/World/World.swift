import Primitives

/// All that the simulated Telegram knows apart from connections: accounts, groups, messages, boxes.
///
/// A value. Every action takes the time of its happening, checks rights as Telegram does and notes what it did in
/// `changes`, which whoever drives the world drains.
public struct World: Sendable {
    /// Sizes that tests change.
    public struct Limits: Sendable {
        /// Steps of pts that a box remembers. Telegram's is near 100,000.
        public var window: Int32 = 10_000
        /// Events in one `updates.differenceSlice`.
        public var differenceSlice = 500
        /// Events in one `updates.channelDifference`, whatever more the client asks for.
        public var channelDifferenceSlice = 100
        /// Seconds that `updates.channelDifference` tells a client to wait before it polls again.
        public var channelDifferenceTimeoutSeconds: Int32 = 30
        /// Updates without pts that an account remembers.
        public var plainLog = 1_000
        /// Messages in one page of history or search.
        public var page = 100
        /// Characters of a message.
        public var messageLength = 4096

        /// Supergroups and channels that one account may be in: `CHANNELS_TOO_MUCH`. Telegram's is 500, 1,000 for premium users.
        public var channels = 1_000
        /// Pages near an end are filled up with messages from beyond their offset, as a server may do.
        public var fillsPages = false

        public init() {}
    }

    public private(set) var limits: Limits
    public internal(set) var accounts: [Int64: Account] = [:]
    /// Account ids in the order of creation.
    public internal(set) var accountOrder: [Int64] = []
    public internal(set) var chats: [Int64: Chat] = [:]
    public internal(set) var chatOrder: [Int64] = []
    public internal(set) var channels: [Int64: Channel] = [:]
    public internal(set) var channelOrder: [Int64] = []
    public internal(set) var contents: [Content] = []
    public internal(set) var files: [Int64: StoredFile] = [:]
    /// Counts how often all file references expired.
    var fileEpoch: UInt64 = 0
    /// Keys of messages that no page of history shows though they are there, as of a server whose copy is behind.
    var unlisted: Set<Int> = []
    /// What happened since it was last taken.
    var changes: [Change] = []
    var phones: [String: Int64] = [:]
    var usernames: [String: Peer] = [:]
    var invites: [String: Peer] = [:]
    var expiredInvites: Set<String> = []
    /// Goes into every access hash and file reference.
    let secret: UInt64
    private var nextChat: Int64
    private var nextChannel: Int64 = 1_500_000_001
    private var nextUser: Int64 = 6_000_000_001

    /// With `collidingIDs` basic groups count from the same number as channels, as Telegram's ranges overlap: a client that keys
    /// by the bare id mixes them up. kurigram 2.2.26 and Telethon 1.45's sessions do, so it is off by default.
    public init(secret: UInt64, limits: Limits = Limits(), collidingIDs: Bool = false) {
        self.secret = secret
        self.limits = limits
        nextChat = collidingIDs ? 1_500_000_001 : 4_100_000_001
    }

    /// Takes what happened since the last call.
    public mutating func takeChanges() -> [Change] {
        defer { changes.removeAll(keepingCapacity: true) }
        return changes
    }

    /// Changes the sizes of all boxes, the existing ones too.
    public mutating func setLimits(_ limits: Limits) {
        self.limits = limits
        for id in accountOrder { accounts[id]?.box.window = limits.window }
        for id in channelOrder { channels[id]?.box.window = limits.window }
    }

    // MARK: Accounts

    /// Adds a user. The phone is digits only, as Telegram's `user.phone`.
    @discardableResult
    public mutating func addAccount(
        phone: String, firstName: String, lastName: String? = nil, username: String? = nil, password: CloudPassword? = nil
    ) -> Int64 {
        let id = nextUser
        nextUser += 1
        accounts[id] = Account(
            id: id, phone: phone, firstName: firstName, lastName: lastName, username: username, password: password,
            box: EventBox(window: limits.window))
        accountOrder.append(id)
        phones[phone] = id
        if let username { usernames[username.lowercased()] = .user(id) }
        return id
    }

    public func account(phone: String) -> Account? {
        phones[phone.filter(\.isNumber)].flatMap { accounts[$0] }
    }

    /// Moves an account to a data centre.
    public mutating func setHome(_ dataCentre: Int32, of user: Int64) { accounts[user]?.home = dataCentre }

    public mutating func setStanding(_ standing: Account.Standing, of user: Int64) { accounts[user]?.standing = standing }

    public mutating func setPassword(_ password: CloudPassword?, of user: Int64) { accounts[user]?.password = password }

    public func resolve(username: String) throws(Failure) -> Peer {
        guard let peer = usernames[username.lowercased()] else { throw .usernameNotOccupied }
        return peer
    }

    public mutating func addContact(_ contact: Int64, of user: Int64) {
        accounts[contact]?.isContactOf.insert(user)
    }

    /// Forgets the events of the peer's box, or of the user's own: a difference from before now is "too long".
    public mutating func forgetEvents(of channel: Int64) { channels[channel]?.box.forget() }
    public mutating func forgetEvents(ofUser user: Int64) { accounts[user]?.box.forget() }

    // MARK: Access hashes

    /// The hash that `viewer` must show to use the peer, or with `min` the useless one of a min user.
    public func accessHash(of peer: Peer, for viewer: Int64, min: Bool = false) -> Int64 {
        let kind: UInt64 =
            switch peer {
            case .user: 1
            case .chat: 2
            case .channel: 3
            }
        var hash = scramble(secret ^ kind ^ (min ? 0x100 : 0))
        hash = scramble(hash ^ UInt64(bitPattern: viewer))
        hash = scramble(hash ^ UInt64(bitPattern: peer.id))
        return Int64(bitPattern: hash)
    }

    // MARK: Internal

    mutating func newChatID() -> Int64 {
        defer { nextChat += 1 }
        return nextChat
    }

    mutating func newChannelID() -> Int64 {
        defer { nextChannel += 1 }
        return nextChannel
    }

    mutating func inviteHash(for peer: Peer) -> String {
        let a = UInt64(bitPattern: accessHash(of: peer, for: -1)) &+ UInt64(expiredInvites.count)
        let hash = "S" + String(a, radix: 36)
        invites[hash] = peer
        return hash
    }

    /// Notes an event of the user's common box.
    mutating func note(_ event: CommonEvent, of user: Int64, count: Int32 = 1, now: UnixTime) {
        guard let stamp = accounts[user]?.box.append(event, count: count, date: now) else { return }
        changes.append(.common(user: user, event, stamp))
    }

    /// Notes an event of the channel's box.
    mutating func note(_ event: ChannelEvent, in channel: Int64, count: Int32 = 1, now: UnixTime) {
        guard let stamp = channels[channel]?.box.append(event, count: count, date: now) else { return }
        changes.append(.channel(channel, event, stamp))
    }

    /// Notes an update without a box.
    mutating func note(_ event: PlainEvent, to user: Int64, now: UnixTime) {
        guard accounts[user] != nil else { return }
        if !event.isOrdered { return changes.append(.plain(user: user, event)) }
        accounts[user]?.plainLog.append(Account.PlainRecord(event: event, date: now))
        if let log = accounts[user]?.plainLog, log.count > limits.plainLog { accounts[user]?.plainLog.removeFirst(log.count / 2) }
        changes.append(.plain(user: user, event))
    }

    /// The next `seq` of the user's envelopes.
    public mutating func nextSeq(of user: Int64) -> Int32 {
        accounts[user]?.seq += 1
        return accounts[user]?.seq ?? 0
    }
}

/// SplitMix64's finaliser: every bit of the input moves half of the output's.
func scramble(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
