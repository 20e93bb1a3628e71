import Primitives

/// One change of a row of `messages`, as the outbox tells it to everybody who follows.
///
/// The row is read when the change is handed out, not when it was made: of two changes of one message that are read together both show
/// the newest state. A deletion is an `update` whose row has `is_deleted: true`.
public struct Change: Hashable, Sendable {
    public enum Event: String, Hashable, Sendable { case insert, update }

    /// Grows with each change in the order of the commits; numbers may be left out.
    public let id: Int64
    public let event: Event
    /// `messages.id` and `groups.id`, as Postgres writes a uuid.
    public let messageID: String
    public let groupID: String
    /// The row as one JSON object on one line, UTF-8: the documented columns under their names.
    public let row: [UInt8]
    /// When the writer wrote the change down, within the transaction that made it: at most that transaction's length before its COMMIT.
    public let committedAt: UnixTime
    /// What a crawl or a catch-up brought of a message that was sent more than an hour before: nobody waits for it.
    public let isHistory: Bool

    public init(id: Int64, event: Event, messageID: String, groupID: String, row: [UInt8], committedAt: UnixTime, isHistory: Bool) {
        self.id = id
        self.event = event
        self.messageID = messageID
        self.groupID = groupID
        self.row = row
        self.committedAt = committedAt
        self.isHistory = isHistory
    }
}
