import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore
import Synchronization

/// Who did what and when: every action that changes something is told here, whether it was done, refused or failed; in the service's log at
/// once, and in the table `audit_log`. While the database is away entries wait for it here.
final class AuditLog: Sendable {
    /// Entries that wait; beyond it the oldest are only in the service's log.
    private static let mostWaiting = 1000
    /// So many are written at once where nobody waits for them.
    private static let someWaiting = 100
    /// How often those that wait are tried again.
    private static let interval = Duration.seconds(2)

    private let context: ServiceContext
    private let database: Database
    private let waiting = Mutex<[AuditStore.Entry]>([])
    private let listeners = Mutex<[@Sendable (JSON) -> Void]>([])

    init(_ context: ServiceContext, _ database: Database) {
        self.context = context
        self.database = database
    }

    /// Calls `listener` with each entry as it is made.
    func onEntry(_ listener: @escaping @Sendable (JSON) -> Void) { listeners.withLock { $0.append(listener) } }

    /// Does the action and writes down what became of it.
    ///
    /// - Parameters:
    ///   - action: `restart`, `toggle`, `crawl`, …
    ///   - target: a stage, a group's id, a dead letter's id; no secret, nobody's words.
    ///   - details: likewise.
    func record<T: Sendable>(
        _ action: String, _ target: String, by caller: Caller, details: JSON = .object([]), _ body: () async throws -> T
    ) async throws -> T {
        do {
            let value = try await body()
            await write(action, target, by: caller, details: details, outcome: "done")
            return value
        } catch {
            let (outcome, reason) = AuditLog.outcome(of: error)
            await write(action, target, by: caller, details: details, outcome: outcome, reason: reason)
            throw error
        }
    }

    /// Writes down what was done, refused or failed without a body of its own.
    ///
    /// - Parameter waits: until it is in the table; what programs do many times a second comes there some at a time.
    func write(
        _ action: String, _ target: String, by caller: Caller, details: JSON = .object([]), outcome: String, reason: String? = nil,
        waits: Bool = true
    ) async {
        let entry = AuditStore.Entry(
            at: SystemClock.unix, actor: caller.subject, means: caller.means.rawValue, action: action, target: target, details: details,
            outcome: outcome, reason: reason)
        context.logger.notice(
            "audit",
            metadata: [
                "actor": "\(entry.actor)", "action": "\(action)", "target": "\(target)", "outcome": "\(outcome)",
                "reason": "\(reason ?? "")",
            ])
        context.status.count("audit_entries_total", ["action": action, "outcome": outcome])
        let count = waiting.withLock { waiting in
            waiting.append(entry)
            if waiting.count > Self.mostWaiting { waiting.removeFirst() }
            return waiting.count
        }
        for listener in listeners.withLock({ $0 }) { listener(entry.json) }
        if waits || count.isMultiple(of: Self.someWaiting) { await flush() }
    }

    /// Writes what waits to the table; what cannot be written now goes on waiting.
    private func flush() async {
        let entries = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !entries.isEmpty else { return }
        do {
            try await database.use(.access) { try await AuditStore($0).add(entries) }
        } catch let error as PostgresError where !error.isAway {
            // Nothing that waits would mend it; the service's log has the entries.
            context.logger.error("the audit log refused \(entries.count) entries: \(error)")
        } catch {
            waiting.withLock { $0 = Array((entries + $0).suffix(Self.mostWaiting)) }
        }
        context.status.gauge("audit_entries_waiting", Double(waiting.withLock { $0.count }))
    }

    /// Brings what waits into the table until the task is cancelled.
    func run() async {
        while !Task.isCancelled, !context.isStopping {
            await flush()
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    /// Refused: asked wrongly, or not possible as things are. Failed: something was away or broke.
    private static func outcome(of error: any Error) -> (outcome: String, reason: String) {
        switch error {
        case let error as Refusal: (error.status.code >= 500 ? "failed" : "refused", error.message)
        case let error as AccessRefusal: ("refused", error.text)
        case let error as StoreError: ("refused", error.description)
        default: ("failed", ServiceMain.serviceError(error).message)
        }
    }
}
