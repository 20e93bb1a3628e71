import Primitives

/// The status of everything: the one model behind the API, the pages, the terminal, `/metrics`, the alarms and the history.
///
/// Stages are known by their heartbeats (`Board`), the rest by the database (`DatabaseState`); either may be away.
public struct SystemStatus: Sendable {
    public let board: Board
    public let database: DatabaseState
    /// The process's clock, for ages of heartbeats.
    public let now: Instant
    /// Civil time, for all else.
    public let time: UnixTime
    /// How much of the past of every group is to be complete, in days (`backfill.days`).
    public let wantedDays: Int

    public init(board: Board, database: DatabaseState, now: Instant, time: UnixTime, wantedDays: Int) {
        self.board = board
        self.database = database
        self.now = now
        self.time = time
        self.wantedDays = wantedDays
    }

    /// After so long without a snapshot, of which one is taken every five seconds, the database counts as unreachable: a look may hang.
    public static let snapshotLimit = Duration.seconds(30)

    /// Whether the last look into the database went well, not long ago.
    public var isDatabaseReachable: Bool {
        database.isReachable && database.takenAt.map { now - $0 <= SystemStatus.snapshotLimit } ?? false
    }

    /// From then on every message is wanted.
    public var wantedSince: UnixTime { UnixTime(seconds: time.seconds - Int64(wantedDays) * 86_400) }

    /// Whole seconds since `moment`, not below 0.
    func age(_ moment: UnixTime) -> Int64 { max(0, time.seconds - moment.seconds) }

    /// Every stage that was heard or is expected, by name.
    public var stages: [Stage] { board.services.map { Stage(name: $0.name, entry: $0.entry, status: self) } }

    /// What is known of one stage.
    public struct Stage: Sendable {
        public let name: String
        let entry: Board.Entry?
        public let isUp: Bool
        let status: SystemStatus

        init(name: String, entry: Board.Entry?, status: SystemStatus) {
            self.name = name
            self.entry = entry
            self.status = status
            isUp = status.board.isUp(entry, now: status.now)
        }

        private var beat: Heartbeat? { isUp ? entry?.heartbeat : nil }
        /// `starting`, `ready`, `holding`, `draining`, `stopping`, `failed`, or `down`.
        public var state: String { beat?.state ?? "down" }
        public var detail: String {
            guard let entry else { return "never heard" }
            let last = entry.heartbeat
            if isUp { return last.detail }
            return "no heartbeat for \(whole((status.now - entry.heardAt).inSeconds)) s; last state \(last.state): \(last.detail)"
        }
        /// `main` of `listener@main`.
        public var account: String? { name.firstIndex(of: "@").map { String(name[name.index(after: $0)...]) } }
        public var isConnected: Bool? { beat?.facts["connected"]?.bool }
        /// Whole seconds; 0 while it is down.
        public var uptime: Int64 { beat.map { whole(Double(status.time.nanoseconds) / 1e9 - $0.startedAt) } ?? 0 }
        public var restarts: Int64 { entry?.restarts ?? 0 }
        public var version: String? { entry?.heartbeat.version }
        public var circuit: String? { beat?.facts["circuit"]?.string }
        /// Records that it took in and that are not committed.
        public var waiting: Int64? { (gauge("unacknowledged_records") ?? gauge("queue_records")).map(whole) }
        /// Records that may still be sent, or that the writer gives to each.
        public var credit: Int64? { (gauge("link_credit") ?? gauge("credit")).map(whole) }
        public var spoolBytes: Int64? { gauge("spool_bytes").map(whole) }
        public var spoolOldestSeconds: Int64? { gauge("spool_oldest_seconds").map(whole) }

        public func gauge(_ name: String) -> Double? { beat?.gauge(name) }
        /// The sum of a counter over its labels; nil while it is down or never counted.
        public func total(_ name: String) -> Int64? {
            guard let beat, beat.counters.contains(where: { $0.name.name == name }) else { return nil }
            return beat.total(name)
        }

        /// Received to committed of the last minutes, as the writer knows it; or from received to acknowledged, as a producer does.
        public var lag: Heartbeat.Percentiles? {
            let all = beat?.histograms ?? []
            let found =
                all.first { $0.name.name == "receive_to_commit_seconds" && $0.name.labels == "way=\"push\"" }
                ?? all.first { $0.name.name == "receive_to_acknowledge_seconds" }
            return found?.value.recent.flatMap { $0.count > 0 ? $0 : nil }
        }

        /// Where a latency of the last minutes lies; nil while none was observed.
        public func recent(_ name: String) -> Heartbeat.Percentiles? {
            let found = beat?.histograms.first { $0.name.name == name }
            return found?.value.recent.flatMap { $0.count > 0 ? $0 : nil }
        }

        /// Waits that Telegram imposed and that last, by method, in seconds.
        public var floodWaits: [(method: String, seconds: Double)] {
            (beat?.gauges ?? []).filter { $0.name.name == "telegram_flood_wait_left_seconds" && $0.value > 0 }.map { sample in
                (MetricPage.pairs(sample.name.labels).first { $0.name == "method" }?.value ?? "?", sample.value)
            }
        }
    }
}

/// The whole seconds or pieces in a number that came from elsewhere, kept within what an integer holds.
func whole(_ value: Double) -> Int64 { value.isNaN ? 0 : Int64(exactly: value.rounded(.down)) ?? (value < 0 ? .min : .max) }
