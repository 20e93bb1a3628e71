import Events
import PostgreSQL
import Primitives
import WriterCore

/// A stretch of one group's history to be read: a row of `crawl_jobs`.
///
/// Made by plans and by the operator, started and put back by backfill; how far it comes is written by the writer with the rows of each
/// page.
public struct CrawlJob: Sendable, Equatable {
    /// The words of the column `kind`.
    public enum Kind: String, Sendable { case initial, gap, manual }
    /// The words of the column `state`.
    public enum State: String, Sendable { case queued, running, done, failed, cancelled }

    public var id: Int64
    public var group: PostgresUUID
    public var chat: ChatKey
    /// Who reads it.
    public var account: String
    public var kind: Kind
    public var since: UnixTime
    /// First and last id wanted; nil: where `since` begins, and the newest.
    public var fromID: Int64?
    public var untilID: Int64?
    /// Where it goes on; nil: nothing was fetched yet.
    public var nextID: Int64?
    /// The gaps that it closes when it is done.
    public var gaps: [Int64]
    public var state: State
    public var pages: Int64
    public var messages: Int64
    /// An estimate; 0 unknown.
    public var total: Int64
    /// Failures so far.
    public var attempts: Int64
    public var notBefore: UnixTime?
    public var error: String?
    public var requestedBy: String?
    public var createdAt: UnixTime
    public var startedAt: UnixTime?
    public var updatedAt: UnixTime
    public var finishedAt: UnixTime?

    /// Whether something of it is still to be done without anybody asking for it.
    public var isOpen: Bool { state == .queued || state == .running }
    public var hasBegun: Bool { nextID != nil }

    static let columns = """
        j.id, j.group_id, g.chat_type, g.telegram_id, j.account, j.kind, j.since, j.from_id, j.until_id, j.next_id,
        array_to_string(j.gaps, ','), j.state, j.pages, j.messages, j.total, j.attempts, j.not_before, j.error, j.requested_by,
        j.created_at, j.started_at, j.updated_at, j.finished_at
        """

    init(_ row: Row) {
        id = row.integer(0)
        group = row.uuid(1)
        chat = ChatKey(chatType: row.text(2), id: row.integer(3))
        account = row.text(4)
        // The tables' CHECKs let nothing else in.
        kind = Kind(rawValue: row.text(5)) ?? .manual
        since = row.timestamptz(6)
        fromID = row.integerOrNull(7)
        untilID = row.integerOrNull(8)
        nextID = row.integerOrNull(9)
        gaps = row.text(10).split(separator: ",").compactMap { Int64($0) }
        state = State(rawValue: row.text(11)) ?? .failed
        pages = row.integer(12)
        messages = row.integer(13)
        total = row.integer(14)
        attempts = row.integer(15)
        notBefore = row.timestamptzOrNull(16)
        error = row.textOrNull(17)
        requestedBy = row.textOrNull(18)
        createdAt = row.timestamptz(19)
        startedAt = row.timestamptzOrNull(20)
        updatedAt = row.timestamptz(21)
        finishedAt = row.timestamptzOrNull(22)
    }

    /// Stable and additive, like every object that the tools print.
    public var json: JSON {
        [
            "id": .integer(id), "group_id": .string(group.description), "chat": .string(chat.description), "account": .string(account),
            "kind": .string(kind.rawValue), "since": .integer(since.seconds), "from_id": JSON(fromID), "until_id": JSON(untilID),
            "next_id": JSON(nextID), "gaps": .array(gaps.map(JSON.integer)), "state": .string(state.rawValue), "pages": .integer(pages),
            "messages": .integer(messages), "total": .integer(total), "attempts": .integer(attempts), "not_before": JSON(notBefore),
            "error": JSON(error), "requested_by": JSON(requestedBy), "created_at": .integer(createdAt.seconds),
            "started_at": JSON(startedAt), "updated_at": .integer(updatedAt.seconds), "finished_at": JSON(finishedAt),
        ]
    }
}

/// A recorded loss that nothing has filled yet: a row of `gaps`.
public struct OpenGap: Sendable, Equatable {
    public var id: Int64
    public var account: String
    public var box: BoxKey
    public var generation: Int64
    /// Exclusive; nil: everything before `to`.
    public var from: Int64?
    public var to: Int64
    /// `Gap.Reason`, or `disabled`.
    public var reason: String
    public var foundAt: UnixTime
}

/// Whether an account reaches a group.
public struct GroupAccess: Sendable, Equatable {
    /// The words of the column `state`.
    public enum State: String, Sendable { case ok, lost, unknown }

    public var group: PostgresUUID
    public var account: String
    public var state: State
    public var reason: String?
    public var updatedAt: UnixTime
}

/// A topic of a forum.
public struct ForumTopic: Sendable, Equatable {
    public var id: Int64
    public var title: String?
    public var isClosed: Bool?
    public var isHidden: Bool?
    public var isDeleted: Bool
    public var updatedAt: UnixTime
}

extension ChatKey {
    /// The columns `groups.chat_type` and `groups.telegram_id`; a CHECK lets no other type in.
    init(chatType: String, id: Int64) { self = chatType == "group" ? .basicGroup(id) : .channel(id) }
}
