import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore
import Synchronization
import ZeroMQ

/// Why a subscription to the changes has ended, other than by the end of the feed.
enum ChangeFeedEnd: Error, Hashable {
    /// The reader was slower than its subscription allows. Whoever wants to goes on with a new one.
    case lagging
    /// What it wanted to begin with is forgotten; everything after `pruned` is there.
    case gone(pruned: Int64)
    /// Another database stands behind the address than before.
    case restored
}

/// Every change of a row of `messages`, in the order of the commits, for everybody in this process who follows.
///
/// It reads the outbox as soon as the writer's tap tells of a commit, which costs the writer one small sample, and each second anyway. The
/// newest changes are kept once for all readers; a reader that begins in the past reads the outbox until it has caught up. Nobody waits for a
/// reader.
final class ChangeFeed: Sendable {
    /// Without a hint from the writer's tap, the outbox is looked at this often.
    private static let pollInterval = Duration.seconds(1)
    /// Changes that are read at once.
    static let pageChanges = 500
    /// Between two tries while the database is away.
    private static let retry = Backoff(first: .milliseconds(250), limit: .seconds(5))

    private struct State {
        /// Nil until the outbox was seen for the first time.
        var window: ChangeWindow?
        var origin: OutboxOrigin?
        /// Grows when another database is found.
        var age = 0
        var readers: [Int: AsyncStream<Void>.Continuation] = [:]
        var lastReader = 0
        var isOver = false
    }

    private let state = Mutex(State())
    private let context: ServiceContext
    private let live: Connection
    private let past: Connection

    init(_ context: ServiceContext, _ database: Database) {
        self.context = context
        live = database.connection()
        past = database.connection()
    }

    /// Follows the changes.
    ///
    /// - Parameters:
    ///   - id: the last change that the reader has seen; nil: it begins now.
    ///   - bufferingAtMost: changes that the reader, once it has caught up, may be behind.
    ///   - age: the feed's when the reader saw that change; nil: now.
    func subscribe(
        from id: Int64?, age: Int? = nil, bufferingAtMost limit: Int = ChangeWindow.defaultChanges
    ) -> ChangeSubscription {
        ChangeSubscription(feed: self, from: id, age: age, limit: limit)
    }

    /// Grows when another database is found.
    var age: Int { state.withLock { $0.age } }

    /// One signal, or more, after each change of what the feed holds.
    func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state -> Int? in
            if state.isOver { return nil }
            state.lastReader += 1
            state.readers[state.lastReader] = continuation
            return state.lastReader
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        // Another step of the same lock may be what ends it.
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers[id] = nil } }
        return stream
    }

    /// How far the outbox was read; nil: it was not yet.
    var position: Int64? { state.withLock { $0.window?.end } }

    // MARK: reading the outbox

    /// Reads until the task is cancelled or the supervisor stops; then the subscriptions end.
    func run(_ zeroMQ: Context) async {
        let (wakeups, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask { await self.hear(zeroMQ, wake) }
            group.addTask {
                while !Task.isCancelled {
                    wake.yield()
                    do { try await Task.sleep(for: Self.pollInterval) } catch { break }
                }
            }
            group.addTask {
                await self.context.untilStop()
                wake.finish()
            }
            var backoff = Self.retry
            for await _ in wakeups {
                if context.isStopping { break }
                do {
                    while try await readOn() {}
                    backoff.reset()
                    context.status.fact("changes", "following")
                } catch {
                    if backoff.attempts == 0 { context.logger.warning("the changes cannot be read: \(error)") }
                    context.status.fact("changes", .string("waiting for the database"))
                    var generator = SystemRandomNumberGenerator()
                    do { try await Task.sleep(for: backoff.next(using: &generator)) } catch { break }
                }
            }
            group.cancelAll()
        }
        let readers = state.withLock { state in
            state.isOver = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
        live.abandon()
        past.abandon()
    }

    /// The writer tells of each transaction that changed rows.
    private func hear(_ zeroMQ: Context, _ wake: AsyncStream<Void>.Continuation) async {
        do {
            let hints = try TapSubscriber(paths: [context.folders.tap("writer")], prefixes: ["writer.outbox."], context: zeroMQ)
            while await hints.inbox.next() != nil {
                context.status.count("change_hints_total")
                wake.yield()
            }
            await hints.close()
        } catch {
            context.logger.error("changes are found by looking each second only: \(error)")
        }
    }

    /// Reads one page. Returns whether there may be more.
    private func readOn() async throws -> Bool {
        let store = ChangeStore(live)
        guard let end = position else {
            look(at: try await store.bounds())
            return true
        }
        let (page, bounds) = try await store.boundedPage(after: end, limit: Self.pageChanges)
        if look(at: bounds) { return true }
        guard page.through > end else { return false }
        let readers = state.withLock { state in
            state.window?.append(page.changes, through: page.through)
            return Array(state.readers.values)
        }
        for reader in readers { reader.yield() }
        let now = SystemClock.unix
        for change in page.changes {
            context.status.count("changes_total", ["event": change.event.rawValue, "lane": change.isHistory ? "history" : "live"])
            if !change.isHistory {
                context.status.observe("commit_to_broadcast_seconds", (now - change.committedAt).inSeconds, ["to": "feed"])
            }
        }
        context.status.gauge("changes_position", Double(page.through))
        return page.isMore
    }

    /// Begins, or begins anew where another database was found. Returns whether it does.
    @discardableResult
    private func look(at bounds: ChangeStore.Bounds) -> Bool {
        let (begins, readers) = state.withLock { state in
            if let window = state.window {
                let isAnother = state.origin?.isAnother(epoch: bounds.epoch, newest: bounds.newest, position: window.end) ?? false
                guard isAnother else { return (false, [AsyncStream<Void>.Continuation]()) }
                state.age += 1
            } else {
                state.origin = OutboxOrigin(epoch: bounds.epoch)
            }
            state.window = ChangeWindow(at: bounds.newest)
            return (true, Array(state.readers.values))
        }
        for reader in readers { reader.yield() }
        return begins
    }

    // MARK: what readers do

    fileprivate enum Reading {
        case changes([Change])
        case wait(position: Int64?)
        case past
        /// It has seen more than was read here.
        case ahead
        case end(ChangeFeedEnd?)
    }

    /// What a reader gets that has seen everything up to `position`.
    fileprivate func read(after position: Int64?, age: Int?, isLive: Bool, limit: Int) -> (Reading, age: Int) {
        state.withLock { state in
            if let age, age != state.age { return (.end(.restored), state.age) }
            if state.isOver { return (.end(nil), state.age) }
            guard let window = state.window else { return (.wait(position: position), state.age) }
            guard let position else { return (.wait(position: window.end), state.age) }
            if isLive, position < window.start || window.count(after: position) > limit { return (.end(.lagging), state.age) }
            if position > window.end { return (.ahead, state.age) }
            switch window.read(after: position, atMost: Self.pageChanges) {
            case .changes(let changes): return (.changes(changes), state.age)
            case .upToDate(let end): return (.wait(position: end), state.age)
            case .older: return (.past, state.age)
            }
        }
    }

    /// From the outbox, for a reader that begins before what is kept here.
    fileprivate func pastPage(after position: Int64) async throws -> ChangeStore.Page {
        let (page, bounds) = try await ChangeStore(past).boundedPage(after: position, limit: Self.pageChanges)
        guard position >= bounds.pruned else { throw ChangeFeedEnd.gone(pruned: bounds.pruned) }
        return page
    }

    /// Throws `restored` when there was no such change.
    fileprivate func checkWas(_ position: Int64) async throws {
        guard position <= (try await ChangeStore(past).bounds().newest) else { throw ChangeFeedEnd.restored }
    }
}

/// The changes as one reader gets them: in order, some at a time, each once. One task iterates, once.
///
/// It ends when the feed ends, and throws `ChangeFeedEnd` when it can go on no more, or what the database said while the past was read.
struct ChangeSubscription: AsyncSequence, Sendable {
    typealias Element = [Change]
    fileprivate let feed: ChangeFeed
    fileprivate let from: Int64?
    fileprivate let age: Int?
    fileprivate let limit: Int
    fileprivate let signals: AsyncStream<Void>

    fileprivate init(feed: ChangeFeed, from: Int64?, age: Int?, limit: Int) {
        self.feed = feed
        self.from = from
        self.age = age
        self.limit = limit
        // Before the first look, so that nothing comes between.
        signals = feed.signals()
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let feed: ChangeFeed
        fileprivate let limit: Int
        fileprivate var signals: AsyncStream<Void>.Iterator
        fileprivate var position: Int64?
        fileprivate var age: Int?
        /// It has come to the end once.
        fileprivate var isLive = false

        mutating func next() async throws -> [Change]? {
            while true {
                let (reading, age) = feed.read(after: position, age: age, isLive: isLive, limit: limit)
                self.age = age
                switch reading {
                case .changes(let changes):
                    position = changes.last?.id ?? position
                    return changes
                case .wait(let known):
                    if let known {
                        position = known
                        isLive = true
                    }
                    if await signals.next() == nil, Task.isCancelled { return nil }
                case .ahead:
                    try await feed.checkWas(position ?? 0)
                    if await signals.next() == nil, Task.isCancelled { return nil }
                case .past:
                    let page = try await feed.pastPage(after: position ?? 0)
                    position = page.through
                    if !page.changes.isEmpty { return page.changes }
                case .end(let end):
                    guard let end else { return nil }
                    throw end
                }
            }
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(feed: feed, limit: limit, signals: signals.makeAsyncIterator(), position: from, age: age)
    }
}
