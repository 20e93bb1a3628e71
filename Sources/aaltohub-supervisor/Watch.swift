import Primitives
import ServiceKit
import SupervisorCore
import Synchronization

/// What is known of everything, where the tasks that learn it and those of HTTP meet.
final class Watch: Sendable {
    private struct Content {
        var board = Board()
        var database = DatabaseState()
        var history = History()
        var alarms: AlarmBoard
    }

    private let content: Mutex<Content>
    private let wantedDays: Int

    init(_ configuration: Configuration = Configuration()) {
        wantedDays = configuration.backfill.days
        content = Mutex(Content(alarms: AlarmBoard(reminderInterval: .seconds(60 * configuration.alarms.repeatMinutes))))
    }

    var board: Board { content.withLock { $0.board } }

    /// The status of everything, now.
    var status: SystemStatus { content.withLock { status(of: $0) } }

    /// What `GET /admin/status` and the pages' stream show: the status, and the alarms that fire.
    var statusJSON: JSON {
        let (status, alarms) = content.withLock { (self.status(of: $0), $0.alarms.json) }
        guard case .object(let members) = status.json else { return .null }
        return .object(members + [.init("alarms", alarms)])
    }

    var alarmsJSON: JSON { content.withLock { $0.alarms.json } }

    /// The samples of `/metrics`.
    var metrics: MetricPage {
        let (status, alarms) = content.withLock { (self.status(of: $0), $0.alarms) }
        var page = status.metrics
        for severity in AlarmRule.Severity.allCases {
            page.gauge("alarms_firing", Double(alarms.firing.count { $0.rule.severity == severity }), ["severity": severity.rawValue])
        }
        page.counter("alarm_notices_dropped_total", alarms.dropped)
        return page
    }

    func history(after: Int64) -> JSON { content.withLock { $0.history }.json(after: after) }

    private func status(of content: Content) -> SystemStatus {
        SystemStatus(
            board: content.board, database: content.database, now: SystemClock.now, time: SystemClock.unix, wantedDays: wantedDays)
    }

    /// Takes what a tap said under the topic of heartbeats.
    func heard(_ json: JSON, _ context: ServiceContext) {
        do throws(HeartbeatError) {
            let heartbeat = try Heartbeat(json)
            let taken = content.withLock { $0.board.heard(heartbeat, now: SystemClock.now) }
            context.status.count(taken ? "heartbeats_received_total" : "heartbeats_refused_total")
        } catch {
            context.status.count("heartbeats_refused_total")
            context.logger.debug("no heartbeat: \(error)")
        }
    }

    /// Takes what the database said, or why it said nothing.
    func took(_ result: Result<DatabaseSnapshot, any Error>) {
        content.withLock { content in
            switch result {
            case .success(let snapshot): content.database.took(snapshot, now: SystemClock.now)
            case .failure(let error): content.database.failed(ServiceMain.serviceError(error).message)
            }
        }
    }

    var snapshot: DatabaseSnapshot? { content.withLock { $0.database.snapshot } }

    /// Adds a point to the history and judges the alarms: what is to be told of them.
    func look() -> [AlarmBoard.Notice] {
        content.withLock { content in
            let status = status(of: content)
            content.history.note(status)
            return content.alarms.observe(status.metrics, now: status.now, at: status.time)
        }
    }
}
