import Primitives

/// What is known of every service of this machine: the newest heartbeat of each and when it came.
///
/// A value: the shell hands it heartbeats and asks it for documents.
public struct Board: Sendable {
    /// After this long without a heartbeat, of which one comes every two seconds, a service counts as down.
    public static let silenceLimit = Duration.seconds(6)
    /// Services that are remembered: accounts times stages, with room; a name beyond it is not taken.
    public static let mostServices = 256

    /// Within how long restarts count as recent: a service that falls over again and again does so every five seconds.
    public static let recentRestarts = Duration.seconds(900)
    /// Restarts whose times are remembered: what the units allow within an hour.
    static let mostRestarts = 20

    /// What is known of one service.
    public struct Entry: Hashable, Sendable {
        public let heartbeat: Heartbeat
        /// When it came, by the supervisor's clock.
        public let heardAt: Instant
        /// How often this service was seen to have started again.
        public let restarts: Int64
        /// When it was seen to have started again, the last times.
        let restartedAt: [Instant]

        /// Restarts within `recentRestarts`.
        public func recentRestarts(now: Instant) -> Int { restartedAt.count { now - $0 <= Board.recentRestarts } }
    }

    private var entries: [String: Entry] = [:]
    /// Services that ought to run, whether or not they were ever heard.
    private let expected: [String]

    /// - Parameter expected: the services without which nothing arrives in the database.
    public init(expected: [String] = ["writer"]) { self.expected = expected.sorted() }

    /// Forgets the services that said they were stopping and have been silent since: stopped for good, they are not missing.
    public mutating func forgetStopped(now: Instant) {
        entries = entries.filter { isUp($0.value, now: now) || $0.value.heartbeat.state != "stopping" }
    }

    /// Takes a heartbeat; false when there are too many services.
    @discardableResult
    public mutating func heard(_ heartbeat: Heartbeat, now: Instant) -> Bool {
        forgetStopped(now: now)
        let before = entries[heartbeat.service]
        guard before != nil || entries.count < Board.mostServices else { return false }
        let isNew = before.map { $0.heartbeat.pid != heartbeat.pid || $0.heartbeat.startedAt != heartbeat.startedAt } ?? false
        entries[heartbeat.service] = Entry(
            heartbeat: heartbeat, heardAt: now, restarts: (before?.restarts ?? 0) + (isNew ? 1 : 0),
            restartedAt: ((before?.restartedAt ?? []) + (isNew ? [now] : [])).suffix(Board.mostRestarts))
        return true
    }

    /// Every service that was heard or is expected, by name; the entry is nil where nothing was ever heard.
    public var services: [(name: String, entry: Entry?)] {
        Set(entries.keys).union(expected).sorted().map { ($0, entries[$0]) }
    }

    /// Whether the service's heartbeat is fresh.
    public func isUp(_ entry: Entry?, now: Instant) -> Bool {
        entry.map { now - $0.heardAt <= Board.silenceLimit } ?? false
    }

    /// Whether messages can flow: the writer and at least one listener are ready, and no service that was heard is down.
    public func isReady(now: Instant) -> Bool {
        let all = services
        func isFlowing(_ entry: Entry?) -> Bool { isUp(entry, now: now) && entry?.heartbeat.state == "ready" }
        return all.allSatisfy { isUp($0.entry, now: now) } && all.contains { $0.name == "writer" && isFlowing($0.entry) }
            && all.contains { $0.entry?.heartbeat.stage == "listener" && isFlowing($0.entry) }
    }
}
