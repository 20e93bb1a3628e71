import Primitives

/// Decides what a sink sends when: in order, in batches, within its plan, past what the endpoint will not take.
///
/// Two lanes. Live changes go first, each in the order of the commits; of a message of which several updates wait, the newest is sent. What a
/// crawl brings of the past goes at the rate that is left, one change for all that wait of a message. Of one message, no change is sent
/// after a later one: a live change takes what waits of its message in the other lane along, as an `insert` if that was one.
///
/// The changes' rows are not kept here: who sends reads them when it is their turn, so they are the newest, and a crawl of hundreds of
/// thousands of messages waits in some fifty megabytes.
///
/// A value. The shell tells it what the outbox announces (`noticed`), asks what to do (`next`), fetches the rows of what it is handed
/// (`fit`) and tells how the endpoint answered (`answered`).
public struct BroadcastDispatcher: Sendable {
    public enum Limits {
        /// Changes of the past that may wait: more than a full crawl of 200 groups brings. What comes beyond is skipped and counted.
        public static let history = 500_000
        /// Live changes that may wait; the outbox is not read on before some are sent.
        public static let live = 50_000
        /// Between two tries while the endpoint refuses.
        static let firstRetry = Duration.milliseconds(500)
        static let longestRetry = Duration.seconds(30)
    }

    public enum Step: Hashable, Sendable {
        /// Read the rows of these messages, then call `fit`.
        case take([MessageKey])
        /// Nothing to do before this instant, or before something is announced (nil).
        case wait(until: Instant?)
    }

    /// A message of a request: the place, among what was taken, whose row is its payload.
    public struct Message: Hashable, Sendable {
        public let place: Int
        public let id: Int64
        public let event: Change.Event
        public let committedAt: UnixTime
        public let isHistory: Bool
    }

    /// What became of the changes, since the beginning.
    public struct Counts: Hashable, Sendable {
        public var sentLive: Int64 = 0
        public var sentHistory: Int64 = 0
        /// Stood for by a newer change of their message.
        public var coalesced: Int64 = 0
        /// The endpoint refused it for good, it was too large for the plan, the endpoint refused everything for too long, more waited than
        /// may, or its message was removed by hand.
        public var refused: Int64 = 0
        public var tooLarge: Int64 = 0
        public var tooOld: Int64 = 0
        public var overflowed: Int64 = 0
        public var gone: Int64 = 0

        public init() {}
    }

    public let plan: BroadcastPlan
    public private(set) var counts = Counts()
    /// Why the endpoint took nothing, the last time that it did not; nil: all is well.
    public private(set) var trouble: String?

    private var live = BroadcastLane()
    private var history = BroadcastLane()
    /// Taken out of the lanes, in the order of sending; the first `attempted` of them are under way.
    private var outgoing: [PendingChange] = []
    private var attempted = 0
    /// There is one among the first so many that the endpoint will not take.
    private var suspects: Int?
    private var batch: Int
    private var pace: BroadcastPace
    private var backoff = Backoff(first: Limits.firstRetry, limit: Limits.longestRetry)
    private var retryAt: Instant?
    private var refusingSince: Instant?
    private let begun: SinkCursors
    private var scanned: Int64

    /// - Parameter cursors: up to which changes the sink has come.
    public init(plan: BroadcastPlan, from cursors: SinkCursors) {
        self.plan = plan
        begun = cursors
        scanned = cursors.first
        batch = plan.batchMessages
        pace = BroadcastPace(messagesPerSecond: plan.messagesPerSecond)
    }

    // MARK: what comes in

    /// Where the outbox is read on.
    public var readsAfter: Int64 { scanned }
    public var wantsMore: Bool { live.count < Limits.live }
    public var waitingLive: Int { live.count + outgoing.count { !$0.isHistory } }
    public var waitingHistory: Int { history.count + outgoing.count { $0.isHistory } }
    /// Messages a second that are sent at most now: less than the plan's for a while after the endpoint said that it was too much.
    public var allowedPerSecond: Int { pace.allowed }

    /// What follows `readsAfter` in the outbox, in order, and how far that reading came.
    public mutating func noticed(_ announcements: [Announcement], through: Int64) {
        for announcement in announcements {
            precondition(announcement.id > scanned, "the outbox is read in order")
            scanned = announcement.id
            if announcement.isHistory {
                if announcement.id > begun.history { noticedHistory(announcement) }
            } else if announcement.id > begun.live {
                noticedLive(announcement)
            }
        }
        scanned = max(scanned, through)
    }

    private mutating func noticedLive(_ announcement: Announcement) {
        var change = PendingChange(announcement)
        if let older = history.remove(change.message) {
            counts.coalesced += 1
            change.firstHistoryID = older.firstHistoryID
            change.isMerged = older.event == .insert
            change.event = older.event
        } else if let older = live.newest(of: change.message), older.event == .update, live.remove(change.message) != nil {
            counts.coalesced += 1
            change.firstHistoryID = older.firstHistoryID
        }
        live.append(change)
    }

    private mutating func noticedHistory(_ announcement: Announcement) {
        if var older = history.newest(of: announcement.message) {
            counts.coalesced += 1
            older.id = announcement.id
            older.isMerged = older.isMerged || older.event == .insert
            history.replace(older)
        } else if history.count >= Limits.history {
            counts.overflowed += 1
        } else {
            history.append(PendingChange(announcement))
        }
    }

    // MARK: what goes out

    /// What to do now. Not to be asked while an answer is awaited.
    public mutating func next(now: Instant) -> Step {
        precondition(attempted == 0, "one request at a time")
        if let retryAt, now < retryAt { return .wait(until: retryAt) }
        retryAt = nil
        var room = pace.room(now: now)
        if outgoing.isEmpty {
            while outgoing.count < min(batch, room), let change = live.popFirst() { outgoing.append(change) }
            let most = min(batch, outgoing.count + pace.historyBatch, room - pace.reserve)
            while outgoing.count < most, let change = history.popFirst() { outgoing.append(change) }
        }
        if outgoing.isEmpty {
            if live.first != nil { return .wait(until: pace.opens(now: now)) }
            return .wait(until: history.first == nil ? nil : pace.opens(keeping: pace.reserve, now: now))
        }
        // A batch that was refused is tried again by halves, whatever waits behind it.
        room = min(room, batch, suspects.map { max(1, $0 / 2) } ?? outgoing.count)
        attempted = min(outgoing.count, room)
        return attempted == 0 ? .wait(until: pace.opens(now: now)) : .take(outgoing[..<attempted].map(\.message))
    }

    /// The rows cannot be read now: what was taken waits on.
    public mutating func giveBack() { attempted = 0 }

    /// Takes the rows' sizes, and whether each is deleted, in the order of `take`; nil: the message is not there any more.
    ///
    /// - Returns: the messages of one request; none where nothing of it can be sent: ask `next` again.
    public mutating func fit(_ rows: [(bytes: Int, isDeleted: Bool)?], now: Instant) -> [Message] {
        precondition(rows.count == attempted, "one row for each that was taken")
        var messages: [Message] = []
        var kept: [PendingChange] = []
        var bytes = 0
        var looked = 0
        for (place, row) in rows.enumerated() {
            let change = outgoing[place]
            if let row, row.bytes <= plan.payloadBytes {
                guard messages.isEmpty || bytes + row.bytes + Self.envelopeBytes <= plan.bodyBytes else { break }
                bytes += row.bytes + Self.envelopeBytes
                kept.append(change)
                // What is deleted before anybody saw it is told as every deletion is.
                let event = change.isMerged && row.isDeleted ? .update : change.event
                messages.append(
                    Message(place: place, id: change.id, event: event, committedAt: change.committedAt, isHistory: change.isHistory))
            } else if row == nil {
                counts.gone += 1
            } else {
                counts.tooLarge += 1
            }
            looked = place + 1
        }
        outgoing.replaceSubrange(..<looked, with: kept)
        if let suspected = suspects { suspects = suspected - looked + kept.count }
        attempted = kept.count
        pace.sent(attempted, now: now)
        return messages
    }

    /// Bytes of a message beside its row: topic, event, id and their names.
    static let envelopeBytes = 300

    /// How the endpoint answered the last request.
    ///
    /// - Parameter time: civil time, for the age of what waits.
    public mutating func answered(
        _ answer: BroadcastAnswer, now: Instant, at time: UnixTime, using generator: inout some RandomNumberGenerator
    ) {
        let tried = attempted
        precondition(tried > 0, "an answer belongs to a request")
        attempted = 0
        switch answer {
        case .accepted:
            for change in outgoing[..<tried] {
                if change.isHistory { counts.sentHistory += 1 } else { counts.sentLive += 1 }
            }
            outgoing.removeFirst(tried)
            if let suspected = suspects { suspects = suspected > tried ? suspected - tried : nil }
            batch = min(plan.batchMessages, batch * 2)
            pace.accepted(now: now)
            isWell()
        case .refused(let reason):
            trouble = reason
            refusingSince = nil
            backoff.reset()
            if tried == 1 {
                outgoing.removeFirst()
                counts.refused += 1
                suspects = nil
            } else {
                suspects = tried
            }
        case .tooMany(let reason):
            pace.tooMany(now: now)
            batch = max(1, tried / 2)
            isRefusing(reason, now: now, at: time, using: &generator)
        case .unavailable(let reason):
            isRefusing(reason, now: now, at: time, using: &generator)
        }
    }

    private mutating func isWell() {
        trouble = nil
        refusingSince = nil
        backoff.reset()
    }

    private mutating func isRefusing(_ reason: String, now: Instant, at time: UnixTime, using generator: inout some RandomNumberGenerator) {
        trouble = reason
        retryAt = now + backoff.next(using: &generator)
        guard let since = refusingSince else { return refusingSince = now }
        // What waits for its turn in the plan is not at fault for it; what waits for the endpoint this long is.
        guard now - since > plan.patience else { return }
        let old = time + (.zero - plan.patience)
        let before = outgoing.count
        outgoing.removeAll { $0.committedAt < old }
        counts.tooOld += Int64(before - outgoing.count)
        suspects = nil
        while let first = live.first, first.committedAt < old, live.popFirst() != nil { counts.tooOld += 1 }
        while let first = history.first, first.committedAt < old, history.popFirst() != nil { counts.tooOld += 1 }
    }

    // MARK: what to remember

    /// Up to which changes all are sent or skipped: where a new process goes on.
    public var cursors: SinkCursors {
        let firstLive = (outgoing.filter { !$0.isHistory }.map(\.id) + (live.first.map { [$0.id] } ?? [])).min()
        let firstHistory =
            (outgoing.compactMap(\.firstHistoryID) + [live.firstHistoryID, history.first?.firstHistoryID].compactMap { $0 }).min()
        return SinkCursors(
            live: max(begun.live, firstLive.map { $0 - 1 } ?? scanned),
            history: max(begun.history, firstHistory.map { $0 - 1 } ?? scanned))
    }
}
