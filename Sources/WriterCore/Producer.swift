import Events

/// Who sends: one role of one account. Its row in the database is what every judgement locks.
public struct ProducerKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `listener` or `backfill`.
    public var role: String
    public var account: String

    public init(role: String, account: String) {
        self.role = role
        self.account = account
    }

    /// The role and account as the routing id has them: `role@account`.
    public var description: String { "\(role)@\(account)" }

    /// Whether the database takes this for an account's name: 1 to 63 letters, digits, `_`, `.` and `-`, the first one a letter or digit.
    public static func isAccountName(_ name: String) -> Bool {
        func isAlphanumeric(_ c: UInt8) -> Bool { (48...57).contains(c) || (65...90).contains(c & 0xDF) }
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    public static func < (a: ProducerKey, b: ProducerKey) -> Bool { (a.role, a.account) < (b.role, b.account) }
}

/// What the database knows of one producer, read under the lock of its row.
public struct ProducerState: Hashable, Sendable {
    /// Of the process life that said HELLO last; 0 before the first.
    public var incarnation: UInt64
    /// Of the writer that welcomed it; 0 before the first.
    public var epoch: UInt64
    /// Every stream ever heard of, those of the last HELLO with their place in it.
    public var streams: [StreamState]
    /// Positions of the account's boxes: for a HELLO all of them, for a batch at least those that it names.
    public var positions: [BoxKey: Position]

    public init(incarnation: UInt64 = 0, epoch: UInt64 = 0, streams: [StreamState] = [], positions: [BoxKey: Position] = [:]) {
        self.incarnation = incarnation
        self.epoch = epoch
        self.streams = streams
        self.positions = positions
    }
}

/// The cursor of one stream.
public struct StreamState: Hashable, Sendable {
    public var id: StreamID
    /// The last record that is committed.
    public var cursor: UInt64
    /// Its place among the streams of the last HELLO, from 0; nil for one that HELLO no longer listed.
    public var ordinal: Int?
    /// The last record that was written; nil while its process lives.
    public var last: UInt64?

    public init(id: StreamID, cursor: UInt64, ordinal: Int?, last: UInt64?) {
        self.id = id
        self.cursor = cursor
        self.ordinal = ordinal
        self.last = last
    }

    /// Whether nothing of it is still to come.
    public var isComplete: Bool { last.map { cursor >= $0 } ?? false }
}

/// A recorded loss, and so a job for backfill: what lies in (from, to] of this box may be missing.
public struct Gap: Hashable, Sendable {
    public var box: BoxKey
    /// Of `to`.
    public var generation: UInt64
    /// Exclusive; nil: everything before `to`.
    public var from: Int64?
    /// Inclusive.
    public var to: Int64
    public var reason: Reason

    public enum Reason: String, Sendable {
        /// A record began beyond the position.
        case hole
        /// The server said differenceTooLong, channelDifferenceTooLong.
        case tooLong = "too_long"
        /// The server reset the box.
        case newGeneration = "new_generation"
        /// Deleted from the producer's memory or spool before it was committed.
        case checkpoint
        /// Something of the chat was fetched before anybody followed it.
        case followed
    }

    public init(box: BoxKey, generation: UInt64, from: Int64?, to: Int64, reason: Reason) {
        self.box = box
        self.generation = generation
        self.from = from
        self.to = to
        self.reason = reason
    }
}

/// The largest number that a `bigint` column can hold: incarnations, epochs, record numbers and generations beyond it are damage.
let largestNumber = UInt64(Int64.max)
