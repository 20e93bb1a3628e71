import ProducerCore

/// What the planner knows: groups with what is covered of them, jobs, gaps, accounts.
public struct CrawlFacts: Sendable {
    /// Whether an account may read a group, as its own backfill has last seen.
    public enum Access: String, Hashable, Sendable { case ok, lost, unknown }

    /// A registered group.
    public struct Group: Sendable {
        /// Its row.
        public var id: String
        public var kind: CapturedGroup.Kind
        /// Bare positive id.
        public var chat: Int64
        public var isEnabled: Bool
        /// The account whose copies are stored, for a basic group; the preferred one, for a channel.
        public var primary: String?
        /// Which account reaches it.
        public var access: [String: Access]
        public var coverage: Coverage
        /// A listener follows it: what comes now comes live.
        public var isFollowed: Bool

        public init(
            id: String, kind: CapturedGroup.Kind, chat: Int64, isEnabled: Bool = true, primary: String? = nil,
            access: [String: Access] = [:], coverage: Coverage = Coverage(), isFollowed: Bool = false
        ) {
            self.id = id
            self.kind = kind
            self.chat = chat
            self.isEnabled = isEnabled
            self.primary = primary
            self.access = access
            self.coverage = coverage
            self.isFollowed = isFollowed
        }
    }

    /// A crawl: one row of `aaltohub.crawl_jobs`.
    public struct Job: Hashable, Sendable {
        /// Why it is made: a group seen for the first time, a recorded gap, a person.
        public enum Kind: String, Hashable, Sendable { case initial, gap, manual }
        /// How far it is; the last three are ends.
        public enum State: String, Hashable, Sendable { case queued, running, done, failed, cancelled }

        public var id: Int64
        public var group: String
        public var account: String
        public var kind: Kind
        public var state: State
        /// Rows of the gaps that it closes.
        public var gaps: [Int64]
        public var hasBegun: Bool
        /// Unix seconds.
        public var notBefore: Int64?
        public var finishedAt: Int64?
        /// Why it failed or was cancelled.
        public var error: String?

        public init(
            id: Int64, group: String, account: String, kind: Kind, state: State, gaps: [Int64] = [], hasBegun: Bool = false,
            notBefore: Int64? = nil, finishedAt: Int64? = nil, error: String? = nil
        ) {
            self.id = id
            self.group = group
            self.account = account
            self.kind = kind
            self.state = state
            self.gaps = gaps
            self.hasBegun = hasBegun
            self.notBefore = notBefore
            self.finishedAt = finishedAt
            self.error = error
        }

        public var isOpen: Bool { state == .queued || state == .running }
    }

    /// Something that the live stream lost: one open row of `aaltohub.gaps`.
    public struct Gap: Hashable, Sendable {
        /// Whose stream it is that lost it.
        public enum Place: Hashable, Sendable {
            /// Every basic group of the account.
            case common
            case channel(Int64)
            /// Of what no group is made: secret chats.
            case other
        }
        public var id: Int64
        public var account: String
        public var place: Place
        /// Unix seconds: what happened since may be missing; nil: the kept window.
        public var since: Int64?

        public init(id: Int64, account: String, place: Place, since: Int64? = nil) {
            self.id = id
            self.account = account
            self.place = place
            self.since = since
        }
    }

    public var groups: [Group]
    /// All open ones, and of every group the last finished one of each kind.
    public var jobs: [Job]
    /// Open ones.
    public var gaps: [Gap]
    /// Accounts that may call and have a login for this.
    public var usable: Set<String>

    public init(groups: [Group], jobs: [Job] = [], gaps: [Gap] = [], usable: Set<String>) {
        self.groups = groups
        self.jobs = jobs
        self.gaps = gaps
        self.usable = usable
    }
}
