import BackfillCore
import EventLink
import POSIX
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Store
import WriterCore
import ZeroMQ

/// One account's backfill as the tool asks it: over its control socket while it runs, else through the table of crawls.
struct BackfillService: Sendable {
    /// How long it may take to answer: an estimate waits for Telegram.
    private static let patience = Duration.seconds(90)

    let account: String
    /// Whether something listened on its control socket when this was made.
    let isRunning: Bool
    private let control: String

    init(_ common: CommonOptions, _ account: String) throws {
        self.account = account
        control = Folders(try common.configuration()).control("backfill@\(account)")
        isRunning = LockedFile.isHeld(control + ".lock")
    }

    /// Whose backfill a group's crawl is for.
    static func account(of group: RegisteredGroup, _ store: BackfillStore, _ database: Connection) async throws -> String {
        let accounts = try await AccountStore.list(database)
        let usable = Set(accounts.filter { $0.state == .active && $0.hasBackfillSession }.map(\.name))
        guard !usable.isEmpty else {
            throw ServiceError.loginNeeded(
                accounts.isEmpty
                    ? "no account is logged in: run `aaltohubctl login`"
                    : "no account has a login for backfill: run `aaltohubctl login --account \(accounts[0].name) --for backfill`")
        }
        let access = Dictionary(
            try await store.access().filter { $0.group == group.id }.map { ($0.account, $0.state) }, uniquingKeysWith: { $1 })
        let facts = CrawlFacts.Group(
            id: group.id.description, kind: group.chat.kind, chat: group.chat.id, isEnabled: group.isEnabled, primary: group.primaryAccount,
            access: access.compactMapValues { CrawlFacts.Access(rawValue: $0.rawValue) })
        if let crawler = Planner.crawler(of: facts, usable: usable) { return crawler }
        if case .basicGroup = group.chat, let primary = group.primaryAccount, !usable.contains(primary) {
            throw ServiceError.loginNeeded(
                "\(group.chat) is stored as \(primary) has it, which has no login for backfill: "
                    + "run `aaltohubctl login --account \(primary) --for backfill`")
        }
        // No backfill has looked yet, or all have lost it: then the one that should have it says so.
        if let primary = group.primaryAccount, usable.contains(primary) { return primary }
        let able = usable.filter { access[$0] != .lost }
        return (able.isEmpty ? usable : able).min() ?? accounts[0].name
    }

    /// About how much a crawl would fetch: `messages`, `calls`, `seconds`, `since`.
    func estimate(_ group: RegisteredGroup, since: UnixTime?) async throws -> JSON {
        guard isRunning else {
            throw ServiceError.unavailable(
                "backfill@\(account) does not run, and only it can ask Telegram: start it (systemctl start aaltohub-backfill@\(account))")
        }
        var arguments: [JSON.Member] = [.init("group", .string(group.id.description)), .init("dry_run", true)]
        if let since { arguments.append(.init("since", .integer(since.seconds))) }
        return try await ask("crawl", .object(arguments))
    }

    /// Has the group crawled; the crawl's number.
    func order(_ group: RegisteredGroup, since: UnixTime, _ store: BackfillStore) async throws -> Int64 {
        if isRunning {
            let answer = try await ask(
                "crawl", ["group": .string(group.id.description), "since": .integer(since.seconds)])
            guard let job = answer["job"]?.integer else { throw ServiceError.unavailable("backfill@\(account): an answer without a crawl") }
            return job
        }
        guard
            let job = try await store.createJob(
                group: group.id, account: account, kind: .manual, since: since, requestedBy: operatorName())
        else {
            throw ServiceError.unavailable("\(group.chat) is being crawled already: see `aaltohubctl crawl list \(group.chat)`")
        }
        return job.id
    }

    /// Stops the group's crawls at once, where it runs.
    func cancel(_ group: RegisteredGroup) async throws {
        guard isRunning else { return }
        _ = try await ask("cancel", ["group": .string(group.id.description)])
    }

    private func ask(_ command: String, _ arguments: JSON) async throws -> JSON {
        do {
            return try await ControlClient(context: Context(), patience: Self.patience).ask(
                control, command, arguments: arguments, actor: operatorName())
        } catch let failure as ControlFailure {
            throw ServiceError.unavailable("backfill@\(account): \(failure.reason)")
        } catch LinkError.noAnswer {
            throw ServiceError.unavailable("backfill@\(account) does not answer on its control socket: run this as a user who may ask it")
        }
    }
}

extension ChatKey {
    var kind: CapturedGroup.Kind { if case .basicGroup = self { .basicGroup } else { .channel } }
}
