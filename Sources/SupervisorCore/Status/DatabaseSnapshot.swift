import Primitives

/// What the database says of the pipeline at one moment: groups, queues, gaps, accounts. The store reads it in a few statements of
/// bounded cost; the stages themselves are known by their heartbeats.
public struct DatabaseSnapshot: Sendable, Equatable {
    /// When it was read, by the database's clock.
    public var at: UnixTime
    public var groups: [Group]
    public var accounts: [Account]
    /// The oldest first; at most `mostGaps`.
    public var gaps: [Gap]
    public var gapCount: Int64
    public var queues: Queues

    /// Open gaps that are named one by one: beyond it a list helps nobody.
    public static let mostGaps = 200

    public init(
        at: UnixTime, groups: [Group] = [], accounts: [Account] = [], gaps: [Gap] = [], gapCount: Int64 = 0, queues: Queues = Queues()
    ) {
        self.at = at
        self.groups = groups
        self.accounts = accounts
        self.gaps = gaps
        self.gapCount = gapCount
        self.queues = queues
    }

    /// A registered group and how far its capture is.
    public struct Group: Sendable, Equatable {
        /// The row's uuid as text.
        public var id: String
        public var telegramID: Int64
        /// `group` or `channel`.
        public var chatType: String
        public var title: String?
        public var username: String?
        public var isEnabled = true
        /// inactive, initializing, active or error.
        public var status = "active"
        public var lastMessageAt: UnixTime?
        public var errorCount: Int64 = 0
        public var lastError: String?
        /// When the status row was written last, which is when the error came.
        public var statusAt: UnixTime?
        public var initialProgress: Int64 = 0
        public var initialTotal: Int64 = 0
        /// The supergroup that this basic group became.
        public var migratedTo: String?
        /// The crawl that is open, or the last one that failed.
        public var crawl: Crawl?
        /// Stretches of ids that are known complete.
        public var ranges: Int64 = 0
        /// The newest of them.
        public var covered: Covered?
        public var openGaps: Int64 = 0
        public var deadLetters: Int64 = 0

        public init(id: String, telegramID: Int64, chatType: String = "channel", title: String? = nil, username: String? = nil) {
            self.id = id
            self.telegramID = telegramID
            self.chatType = chatType
            self.title = title
            self.username = username
        }
    }

    public struct Crawl: Sendable, Equatable {
        public var id: Int64
        /// initial, gap or manual.
        public var kind: String
        /// queued, running or failed.
        public var state: String
        public var pages: Int64
        public var messages: Int64
        /// An estimate; 0 unknown.
        public var total: Int64
        public var attempts: Int64
        public var error: String?
        public var updatedAt: UnixTime

        public init(
            id: Int64, kind: String, state: String, pages: Int64 = 0, messages: Int64 = 0, total: Int64 = 0, attempts: Int64 = 0,
            error: String? = nil, updatedAt: UnixTime
        ) {
            (self.id, self.kind, self.state, self.pages, self.messages, self.total) = (id, kind, state, pages, messages, total)
            (self.attempts, self.error, self.updatedAt) = (attempts, error, updatedAt)
        }

        /// From 0 to 1; nil while nobody knows.
        public var progress: Double? { total > 0 ? min(1, Double(messages) / Double(total)) : nil }
    }

    /// Ids from `low` to `high` are complete; no message sent since then has an id below `low`.
    public struct Covered: Sendable, Equatable {
        public var low: Int64
        public var high: Int64
        public var since: UnixTime?
        /// The live stream raises `high`.
        public var isLive: Bool

        public init(low: Int64, high: Int64, since: UnixTime?, isLive: Bool) {
            (self.low, self.high, self.since, self.isLive) = (low, high, since, isLive)
        }
    }

    public struct Account: Sendable, Equatable {
        public var name: String
        /// new, code_sent, password_needed, active, revoked, frozen, banned or duplicated.
        public var state: String
        public var reason: String?
        public var updatedAt: UnixTime

        public init(name: String, state: String, reason: String? = nil, updatedAt: UnixTime) {
            (self.name, self.state, self.reason, self.updatedAt) = (name, state, reason, updatedAt)
        }
    }

    public struct Gap: Sendable, Equatable {
        public var id: Int64
        public var account: String
        public var box: String
        public var channelID: Int64
        /// The group's uuid, where the box is one group's.
        public var group: String?
        public var reason: String
        public var foundAt: UnixTime

        public init(id: Int64, account: String, box: String, channelID: Int64, group: String? = nil, reason: String, foundAt: UnixTime) {
            (self.id, self.account, self.box, self.channelID) = (id, account, box, channelID)
            (self.group, self.reason, self.foundAt) = (group, reason, foundAt)
        }
    }

    /// What waits.
    public struct Queues: Sendable, Equatable {
        public var deadLetters: Int64 = 0
        public var oldestDeadLetterAt: UnixTime?
        /// How many are how old, by name of the age: `5m` is younger than five minutes, and so on.
        public var deadLetterAges: [Age] = []
        /// Changes that are kept for `/changes`, by the distance of their ids, and the newest one's id.
        public var outboxRows: Int64 = 0
        public var newestChange: Int64 = 0
        public var oldestChangeAt: UnixTime?
        public var mediaQueued: Int64 = 0
        public var mediaLeased: Int64 = 0
        public var mediaFailed: Int64 = 0
        public var oldestMediaAt: UnixTime?
        public var crawlsQueued: Int64 = 0
        public var crawlsRunning: Int64 = 0
        /// The planner's estimate: counting a large table takes seconds.
        public var messagesEstimate: Int64 = 0

        public init() {}
    }

    public struct Age: Sendable, Equatable {
        public var name: String
        public var count: Int64

        public init(name: String, count: Int64) { (self.name, self.count) = (name, count) }
    }
}

extension DatabaseSnapshot.Group {
    /// What is missing of a group, in one word; the words of `aaltohubctl coverage`.
    public enum Verdict: String, Sendable, CaseIterable {
        case complete, disabled, gaps, holes
        case notCrawled = "not_crawled"
        case tooShort = "too_short"
        case notLive = "not_live"
        case deadLetters = "dead_letters"
    }

    /// - Parameter since: from then on everything is wanted.
    public func verdict(since: UnixTime) -> Verdict {
        guard isEnabled, migratedTo == nil else { return .disabled }
        if openGaps > 0 { return .gaps }
        guard let covered else { return .notCrawled }
        guard let from = covered.since, from <= since else { return ranges > 1 ? .holes : .tooShort }
        if !covered.isLive { return .notLive }
        return deadLetters > 0 ? .deadLetters : .complete
    }
}

/// What the supervisor knows of the database: the newest snapshot, and whether the last attempt to take one went well.
public struct DatabaseState: Sendable, Equatable {
    public private(set) var snapshot: DatabaseSnapshot?
    public private(set) var takenAt: Instant?
    /// Why the last attempt failed; nil when it did not, or none was made.
    public private(set) var error: String?

    public init() {}

    public var isReachable: Bool { error == nil && takenAt != nil }

    public mutating func took(_ snapshot: DatabaseSnapshot, now: Instant) { (self.snapshot, takenAt, error) = (snapshot, now, nil) }
    /// What was known stays, with its age.
    public mutating func failed(_ why: String) { error = why }
}
