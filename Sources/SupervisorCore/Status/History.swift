import Primitives

/// The rates and lags of the last hour, for charts: a point every five seconds, in memory alone.
public struct History: Sendable {
    /// Between two points.
    public static let step = Duration.seconds(5)
    /// An hour.
    public static let mostPoints = 720

    /// The columns of a point after its time; in `json` a value that is not known is null.
    public enum Column: String, CaseIterable, Sendable {
        /// Messages, edits and deletions that listeners received, a second.
        case received = "received_per_second"
        /// Changes that the writer committed, a second, whatever way they came.
        case committed = "committed_per_second"
        /// Messages that crawls fetched, a second.
        case crawled = "crawled_per_second"
        /// Calls to Telegram, a second.
        case calls = "calls_per_second"
        /// Received to committed, live, of the last minutes.
        case lagMedian = "lag_p50_seconds"
        case lag99 = "lag_p99_seconds"
        /// Commit to handing out, of the last minutes.
        case broadcast99 = "broadcast_p99_seconds"
        /// Records that producers hold and the writer has not acknowledged.
        case waiting = "waiting_records"
        case spool = "spool_bytes"
    }

    struct Point: Sendable {
        var time: UnixTime
        var values: [Double?]
    }

    /// A counter of one start of one service.
    private struct Origin: Hashable {
        var service: String
        var pid: Int64
        var startedAt: Double
    }

    private(set) var points: [Point] = []
    private var lastTotals: [Origin: [Int64]] = [:]
    private var lastAt: Instant?

    public init() {}

    private static let counters: [[String]] = [
        ["messages_received_total", "edits_received_total", "deletes_received_total"], ["messages_committed_total"],
        ["messages_fetched_total"], ["telegram_calls_total"],
    ]

    /// When the next point is due.
    public var nextDeadline: Instant? { lastAt.map { $0 + History.step } }

    /// Takes a point when one is due; false when it is not.
    @discardableResult
    public mutating func note(_ status: SystemStatus) -> Bool {
        guard status.now >= nextDeadline ?? status.now else { return false }
        let up = status.stages.filter(\.isUp)
        var totals: [Origin: [Int64]] = [:]
        var gained = [Int64?](repeating: nil, count: History.counters.count)
        for stage in up {
            guard let beat = stage.entry?.heartbeat else { continue }
            let origin = Origin(service: beat.service, pid: beat.pid, startedAt: beat.startedAt)
            let now = History.counters.map { names in names.reduce(0) { $0 &+ beat.total($1) } }
            totals[origin] = now
            // What a service counted before it was first heard belongs to no time that is known.
            guard let before = lastTotals[origin] else { continue }
            for (i, names) in History.counters.enumerated() where beat.counters.contains(where: { names.contains($0.name.name) }) {
                gained[i] = (gained[i] ?? 0) &+ max(0, now[i] &- before[i])
            }
        }
        let seconds = lastAt.map { (status.now - $0).inSeconds } ?? 0
        var values = gained.map { gain in seconds > 0 ? gain.map { Double($0) / seconds } : nil }
        let writer = up.first { $0.name == "writer" }?.lag
        values += [writer?.p50, writer?.p99, up.compactMap { $0.recent("commit_to_broadcast_seconds")?.p99 }.max()]
        let producers = up.filter { $0.gauge("unacknowledged_records") != nil }
        values.append(producers.isEmpty ? nil : producers.reduce(0) { $0 + ($1.gauge("unacknowledged_records") ?? 0) })
        values.append(producers.isEmpty ? nil : producers.reduce(0) { $0 + ($1.gauge("spool_bytes") ?? 0) })
        points.append(Point(time: status.time, values: values))
        if points.count > History.mostPoints { points.removeFirst(points.count - History.mostPoints) }
        (lastTotals, lastAt) = (totals, status.now)
        return true
    }

    /// The answer to `GET /admin/history`: `columns` names the elements of each of `points`, the first being the time in unix seconds.
    ///
    /// - Parameter after: only points later than this unix second.
    public func json(after: Int64 = .min) -> JSON {
        [
            "step_seconds": .integer(History.step.components.seconds),
            "columns": .array([.string("at")] + Column.allCases.map { .string($0.rawValue) }),
            "points": .array(
                points.filter { $0.time.seconds > after }.map { point in
                    .array([.integer(point.time.seconds)] + point.values.map { $0.map { .double($0) } ?? .null })
                }),
        ]
    }
}
