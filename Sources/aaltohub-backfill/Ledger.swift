import BackfillCore
import Events
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Store
import TelegramClient
import WriterCore

/// What stands in the database of groups, jobs, gaps and coverage, in the words of the crawl.
struct Ledger: Sendable {
    /// A registered group.
    struct Group: Sendable {
        var id: String
        var row: PostgresUUID
        var key: PeerBook.Key
        var title: String?
        var username: String?
        var isForum: Bool
        var isMigrated: Bool
        var facts: CrawlFacts.Group

        var kind: CapturedGroup.Kind { facts.kind }
        var isEnabled: Bool { facts.isEnabled }
        var isFollowed: Bool { facts.isFollowed }
        var primary: String? { facts.primary }
        var access: [String: CrawlFacts.Access] {
            get { facts.access }
            set { facts.access = newValue }
        }
        var wire: WireChat { WireChat(kind, key.id) }
        var chat: ChatKey { kind == .basicGroup ? .basicGroup(key.id) : .channel(key.id) }

        func isOurs(_ account: String, _ usable: Set<String>) -> Bool { Planner.crawler(of: facts, usable: usable) == account }

        /// Messages that are gone though nobody told.
        func deletion(_ ids: [Int64]) -> WireChange {
            .with {
                $0.deletion = .with {
                    $0.chat = wire
                    $0.ids = ids
                    $0.presumed = true
                }
            }
        }
    }

    let account: String
    private let database: Connection
    private let store: BackfillStore

    init(database: Connection, account: String) {
        self.account = account
        self.database = database
        store = BackfillStore(database)
    }

    // MARK: what there is

    /// Everything that the planner asks, and the groups by their rows.
    func read() async throws -> (CrawlFacts, [String: Group]) {
        let accounts = try await AccountStore.list(database)
        // Before the coverage: a job that is seen as open may have covered more by then, never one that is seen as ended less.
        let jobs = try await store.plannedJobs()
        let gaps = try await store.openGaps()
        let access = Dictionary(grouping: try await store.access(), by: \.group)
        let forums = try await store.forums()
        let coverage = try await store.coverage()
        let followed = try await store.followed()
        var rows: [String: Group] = [:]
        // Who stores a basic group that names nobody.
        let first = accounts.map(\.name).min()
        for group in try await GroupStore(database).list() {
            let id = group.id.description
            let (kind, primary): (CapturedGroup.Kind, String?) =
                switch group.chat {
                case .basicGroup: (.basicGroup, group.primaryAccount ?? first)
                case .channel: (.channel, group.primaryAccount)
                }
            let facts = CrawlFacts.Group(
                id: id, kind: kind, chat: group.chat.id, isEnabled: group.isEnabled, primary: primary,
                access: Dictionary(
                    (access[group.id] ?? []).map { ($0.account, CrawlFacts.Access(rawValue: $0.state.rawValue) ?? .unknown) },
                    uniquingKeysWith: { $1 }),
                coverage: Coverage(coverage[group.id] ?? []), isFollowed: followed.contains(group.id))
            rows[id] = Group(
                id: id, row: group.id, key: .init(kind == .basicGroup ? .basicGroup : .channel, group.chat.id), title: group.title,
                username: group.username, isForum: forums.contains(group.id), isMigrated: group.migratedTo != nil, facts: facts)
        }
        let facts = CrawlFacts(
            groups: rows.values.map(\.facts).sorted { $0.id < $1.id }, jobs: jobs.map(CrawlFacts.Job.init),
            gaps: gaps.map(CrawlFacts.Gap.init),
            usable: Set(accounts.filter { $0.state == .active && $0.hasBackfillSession }.map(\.name)))
        return (facts, rows)
    }

    func isAccountPaused() async throws -> Bool { try await AccountStore.isPaused(account, database) }

    func coverage(of group: Group) async throws -> Coverage { Coverage(try await store.coverage(of: group.row)) }

    /// Whether a listener follows the chat; of a basic group, its primary's.
    func isFollowed(_ group: Group) async throws -> Bool { try await store.isFollowed(group.row) }

    /// Ids of stored, undeleted messages that were sent before that moment, and since another if one is named; unix seconds.
    func stored(_ group: Group, _ ids: ClosedRange<Int64>, since: Int64? = nil, before: Int64) async throws -> [Int64] {
        try await store.storedIDs(
            group.row, low: ids.lowerBound, high: ids.upperBound, since: since.map { UnixTime(seconds: $0) },
            before: UnixTime(seconds: before))
    }

    /// Messages that were fetched too soon after an edit, by group.
    func suspects(before: Int64) async throws -> [String: [Int64]] {
        Dictionary(grouping: try await store.suspects(of: account, before: UnixTime(seconds: before)), by: \.group.description)
            .mapValues { $0.map(\.id) }
    }

    // MARK: jobs

    /// nil: one of this kind is open already.
    func create(
        group: String, kind: CrawlFacts.Job.Kind, since: Int64, from: Int64? = nil, gaps: [Int64], by actor: String
    ) async throws -> Int64? {
        guard let row = PostgresUUID(group), let kind = CrawlJob.Kind(rawValue: kind.rawValue) else { return nil }
        return try await store.createJob(
            group: row, account: account, kind: kind, since: UnixTime(seconds: since), fromID: from, gaps: gaps, requestedBy: actor)?.id
    }

    func add(gaps: [Int64], to job: Int64) async throws { _ = try await store.adopt(gaps: gaps, job: job) }

    /// Takes a job over from whichever account had it.
    func adopt(_ job: Int64) async throws { _ = try await store.start(job, account: account) }

    func cancel(_ job: Int64, reason: String) async throws { _ = try await store.cancel(job, reason: reason) }

    func requeue(_ job: Int64, error: String) async throws { _ = try await store.requeue(job, error: error) }

    /// Takes the job in hand; nil when it is over.
    func start(_ job: Int64) async throws -> Scan.Plan? {
        try await store.start(job, account: account).map { job in
            .init(
                job: job.id, since: job.since.seconds, next: job.nextID ?? job.fromID, until: job.untilID, messages: job.messages,
                pages: job.pages, total: job.total)
        }
    }

    func setAccess(_ group: Group, _ access: CrawlFacts.Access, reason: String?) async throws {
        _ = try await store.setAccess(group.row, account: account, GroupAccess.State(access), reason: reason)
    }
}

extension Coverage {
    init(_ ranges: [CoverageRange]) {
        self.init(ranges.map { CoveredRange(low: $0.low, high: $0.high, since: $0.since, isLive: $0.isLive) })
    }
}

extension GroupAccess.State {
    init(_ access: CrawlFacts.Access) {
        self =
            switch access {
            case .ok: .ok
            case .lost: .lost
            case .unknown: .unknown
            }
    }
}

extension CrawlFacts.Job {
    init(_ job: CrawlJob) {
        let kind: Kind =
            switch job.kind {
            case .initial: .initial
            case .gap: .gap
            case .manual: .manual
            }
        let state: State =
            switch job.state {
            case .queued: .queued
            case .running: .running
            case .done: .done
            case .failed: .failed
            case .cancelled: .cancelled
            }
        self.init(
            id: job.id, group: job.group.description, account: job.account, kind: kind, state: state, gaps: job.gaps,
            // One that was taken in hand may have fetched a page already.
            hasBegun: job.hasBegun || job.state == .running, notBefore: job.notBefore?.seconds, finishedAt: job.finishedAt?.seconds,
            error: job.error)
    }
}

extension CrawlFacts.Gap {
    init(_ gap: OpenGap) {
        let place: Place =
            switch gap.box {
            case .common: .common
            case .channel(let id): .channel(id)
            default: .other
            }
        self.init(id: gap.id, account: gap.account, place: place)
    }
}
