import Broadcast
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore

/// Sends the changes to the endpoint that the configuration names: the dispatcher decides, this does. It remembers in the database how far it
/// is, so that a new process goes on there; what is sent just before the end of a process may be sent again, under the same id.
actor BroadcastSink {
    private static let name = "supabase"
    /// Announcements that are read at once: they are short.
    private static let pageAnnouncements = 5_000
    /// How often the cursors are written down.
    private static let storeInterval = Duration.seconds(1)
    /// The longest wait for a signal.
    private static let longestWait = Duration.seconds(1)
    private static let retry = Backoff(first: .milliseconds(250), limit: .seconds(5))

    private let context: ServiceContext
    private let feed: ChangeFeed
    private let connection: Connection
    private let endpoint: SupabaseBroadcast
    private let plan: BroadcastPlan
    private var dispatcher: BroadcastDispatcher
    private var generator = SystemRandomNumberGenerator()
    private var hasBegun = false
    private var origin: OutboxOrigin?
    private var isBehind = true
    private var stored: SinkCursors?
    private var storedAt = Instant.zero
    private var counted = BroadcastDispatcher.Counts()
    private var toldTrouble: String?

    /// Nil when nothing is to be sent elsewhere. Throws (78) what is missing.
    init?(_ context: ServiceContext, _ database: Database, _ feed: ChangeFeed) throws(ServiceError) {
        guard let access = try context.configuration.broadcastAccess(context.credentials) else { return nil }
        let settings = context.configuration.broadcast
        self.context = context
        self.feed = feed
        connection = database.connection()
        endpoint = SupabaseBroadcast(
            SupabaseBroadcast.Options(url: access.url, key: access.key.text, channel: settings.channel, isPrivate: settings.isPrivate))
        plan = BroadcastPlan(
            messagesPerSecond: settings.messagesPerSecond, payloadBytes: settings.payloadKilobytes * 1_000,
            batchMessages: settings.batchMessages, patience: .seconds(settings.patienceSeconds))
        dispatcher = BroadcastDispatcher(plan: plan, from: SinkCursors(live: 0, history: 0))
    }

    /// Sends until the task is cancelled or the supervisor stops.
    func run() async {
        let (wakeups, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let signals = feed.signals()
        let (context, longestWait) = (context, Self.longestWait)
        await withTaskGroup { group in
            group.addTask {
                for await _ in signals { wake.yield() }
            }
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: longestWait) } catch { break }
                    wake.yield()
                }
            }
            group.addTask {
                await context.untilStop()
                wake.finish()
            }
            await work(wakeups, wake)
            group.cancelAll()
        }
        await store(at: SystemClock.now, always: true)
        await endpoint.close()
        connection.abandon()
    }

    private func work(_ wakeups: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation) async {
        var backoff = Self.retry
        var wakeup = wakeups.makeAsyncIterator()
        while !Task.isCancelled, !context.isStopping {
            do {
                if !hasBegun { try await begin() }
                while isBehind, dispatcher.wantsMore { try await readOn() }
                let wait = try await step()
                report()
                await store(at: SystemClock.now)
                backoff.reset()
                guard let wait else { continue }
                let timer =
                    wait < Self.longestWait
                    ? Task {
                        try await Task.sleep(for: wait); wake.yield()
                    } : nil
                if await wakeup.next(isolation: self) == nil { break }
                timer?.cancel()
                isBehind = true
            } catch {
                if backoff.attempts == 0 { context.logger.warning("the broadcast waits for the database: \(error)") }
                do { try await Task.sleep(for: backoff.next(using: &generator)) } catch { break }
            }
        }
    }

    /// Where the last process was; the first one begins with what changes from now on.
    private func begin() async throws {
        let store = ChangeStore(connection)
        let bounds = try await store.bounds()
        var cursors = SinkCursors(live: bounds.newest, history: bounds.newest)
        if let known = try await store.cursors(of: Self.name) {
            // Beyond the newest: the outbox was restored from a backup.
            cursors = SinkCursors(live: min(known.live, bounds.newest), history: min(known.history, bounds.newest))
            if cursors.first < bounds.pruned {
                context.status.count("broadcast_skipped_total", ["reason": "forgotten"], by: bounds.pruned - cursors.first)
                context.logger.warning(
                    "changes up to \(bounds.pruned) are not kept any more and were not sent: \(cursors.first) was the last")
                cursors = SinkCursors(live: max(cursors.live, bounds.pruned), history: max(cursors.history, bounds.pruned))
            }
        }
        try await store.store(cursors, of: Self.name, epoch: bounds.epoch)
        if origin == nil { origin = OutboxOrigin(epoch: bounds.epoch) }
        dispatcher = BroadcastDispatcher(plan: plan, from: cursors)
        counted = BroadcastDispatcher.Counts()
        stored = nil
        hasBegun = true
        context.logger.info(
            "broadcasting", metadata: ["sink": "\(Self.name)", "live_after": "\(cursors.live)", "history_after": "\(cursors.history)"])
    }

    private func readOn() async throws {
        let (announcements, through, isMore, bounds) = try await ChangeStore(connection)
            .announcements(after: dispatcher.readsAfter, limit: Self.pageAnnouncements)
        if origin?.isAnother(epoch: bounds.epoch, newest: bounds.newest, position: dispatcher.readsAfter) ?? false {
            context.logger.warning("another database answers than before: the broadcast goes on where that one says")
            hasBegun = false
            return try await begin()
        }
        dispatcher.noticed(announcements, through: through)
        isBehind = isMore
    }

    /// Sends one request, if it is time. Returns how long to wait before the next step; nil: not at all.
    private func step() async throws -> Duration? {
        let keys: [MessageKey]
        switch dispatcher.next(now: SystemClock.now) {
        case .wait(let until): return until.map { max(.zero, $0 - SystemClock.now) } ?? Self.longestWait
        case .take(let taken): keys = taken
        }
        let rows: [(row: [UInt8], isDeleted: Bool)?]
        do {
            rows = try await ChangeStore(connection).rows(of: keys)
        } catch {
            dispatcher.giveBack()
            throw error
        }
        let messages = dispatcher.fit(rows.map { $0.map { (bytes: $0.row.count, isDeleted: $0.isDeleted) } }, now: SystemClock.now)
        if messages.isEmpty { return nil }
        let (answer, status) = await endpoint.post(
            messages.map { SupabaseBroadcast.Message(id: $0.id, event: $0.event, row: rows[$0.place]?.row ?? []) })
        context.status.count("broadcast_requests_total", ["status": status.map { "\($0)" } ?? "none"])
        let time = SystemClock.unix
        dispatcher.answered(answer, now: SystemClock.now, at: time, using: &generator)
        if answer == .accepted {
            for message in messages where !message.isHistory {
                context.status.observe("commit_to_broadcast_seconds", (time - message.committedAt).inSeconds, ["to": Self.name])
            }
        }
        return nil
    }

    private func store(at now: Instant, always: Bool = false) async {
        let cursors = dispatcher.cursors
        guard hasBegun, let origin, cursors != stored, always || now - storedAt >= Self.storeInterval else { return }
        do {
            storedAt = now
            // Refused by a database that was restored meanwhile: the next look at it tells.
            if try await ChangeStore(connection).store(cursors, of: Self.name, epoch: origin.epoch) { stored = cursors }
        } catch {
            context.logger.debug("the broadcast's cursors are not written down: \(error)")
        }
    }

    private func report() {
        let (status, counts) = (context.status, dispatcher.counts)
        status.gauge("broadcast_waiting", Double(dispatcher.waitingLive), ["lane": "live"])
        status.gauge("broadcast_waiting", Double(dispatcher.waitingHistory), ["lane": "history"])
        status.gauge("broadcast_allowed_per_second", Double(dispatcher.allowedPerSecond))
        status.gauge("broadcast_refusing", dispatcher.trouble == nil ? 0 : 1)
        status.fact("broadcast_error", dispatcher.trouble.map { .string($0) } ?? .null)
        // What an earlier dispatcher of this process counted stays.
        func add(_ name: String, _ labels: KeyValuePairs<String, String>, _ path: KeyPath<BroadcastDispatcher.Counts, Int64>) {
            let more = counts[keyPath: path] - counted[keyPath: path]
            if more > 0 { status.count(name, labels, by: more) }
        }
        add("broadcast_messages_total", ["lane": "live"], \.sentLive)
        add("broadcast_messages_total", ["lane": "history"], \.sentHistory)
        add("broadcast_coalesced_total", [:], \.coalesced)
        add("broadcast_skipped_total", ["reason": "refused"], \.refused)
        add("broadcast_skipped_total", ["reason": "too_large"], \.tooLarge)
        add("broadcast_skipped_total", ["reason": "too_old"], \.tooOld)
        add("broadcast_skipped_total", ["reason": "overflow"], \.overflowed)
        add("broadcast_skipped_total", ["reason": "gone"], \.gone)
        counted = counts
        if dispatcher.trouble != toldTrouble {
            if let trouble = dispatcher.trouble, toldTrouble == nil {
                context.logger.warning("the broadcast's endpoint takes nothing: \(trouble)")
            }
            if dispatcher.trouble == nil { context.logger.notice("the broadcast's endpoint takes messages again") }
            toldTrouble = dispatcher.trouble
        }
    }
}
