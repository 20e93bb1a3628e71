import Primitives

/// One user of the simulated Telegram: who it is, its copies of messages, its common box.
public struct Account: Sendable {
    public let id: Int64
    public var phone: String
    public var firstName: String
    public var lastName: String?
    public var username: String?
    /// The cloud password; nil when two-step verification is off.
    public var password: CloudPassword?
    public var isContactOf: Set<Int64> = []
    /// The data centre that holds the account.
    public var home: Int32 = TelegramServer.dataCentre
    public var standing = Standing.good
    public internal(set) var isBot = false

    /// Every message of private chats and basic groups; a message's id is its index + 1.
    public internal(set) var mailbox: [Entry] = []
    public internal(set) var dialogs: [Peer: Dialog] = [:]
    /// The channels it is a member of, in the order of joining.
    public internal(set) var channels: [Int64] = []
    public internal(set) var box: EventBox<CommonEvent>
    /// Numbers the envelopes that carry updates without pts.
    public internal(set) var seq: Int32 = 1
    /// Updates without pts, newest last, for the difference; at most `World.Limits.plainLog`.
    public internal(set) var plainLog: [PlainRecord] = []
    var randomIDs: Set<Int64> = []

    /// What Telegram thinks of the account.
    public enum Standing: Hashable, Sendable {
        case good
        /// Every call fails.
        case banned
        /// These methods fail.
        case frozen(Set<String>)
    }

    /// One message of the common box.
    public struct Entry: Sendable {
        public var key: Int
        public var peer: Peer
        public var isDeleted = false
    }

    public struct PlainRecord: Sendable {
        public var event: PlainEvent
        public var date: UnixTime
    }

    public var name: String { lastName.map { "\(firstName) \($0)" } ?? firstName }

    /// The entry of a message id, unless there never was one.
    public func entry(_ id: Int32) -> Entry? {
        id >= 1 && Int(id) <= mailbox.count ? mailbox[Int(id) - 1] : nil
    }
}

/// A private chat or basic group as one account sees it.
public struct Dialog: Sendable {
    /// The ids of its messages that are not deleted, ascending.
    public internal(set) var ids: [Int32] = []
    public internal(set) var readInboxMaxID: Int32 = 0
    public internal(set) var readOutboxMaxID: Int32 = 0
}

/// Two-step verification: what the server keeps instead of a password.
/// Source: https://core.telegram.org/api/srp
public struct CloudPassword: Sendable {
    public var salt1: [UInt8]
    public var salt2: [UInt8]
    /// g to the power of the password hash, 256 bytes.
    public var verifier: [UInt8]
    public var hint: String?

    public init(salt1: [UInt8], salt2: [UInt8], verifier: [UInt8], hint: String? = nil) {
        self.salt1 = salt1
        self.salt2 = salt2
        self.verifier = verifier
        self.hint = hint
    }
}
