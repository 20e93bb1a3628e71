import Events

/// What stands in `failed_messages` for one change, or for a record that could not be read.
public struct DeadLetter: Hashable, Sendable {
    public var stream: StreamID
    public var number: UInt64
    /// A serialized `Payload`.
    public var payload: [UInt8]
    /// Unix nanoseconds at which the producer had it.
    public var receivedAt: Int64

    public init(stream: StreamID, number: UInt64, payload: [UInt8], receivedAt: Int64) {
        self.stream = stream
        self.number = number
        self.payload = payload
        self.receivedAt = receivedAt
    }

    /// What this build reads of it.
    ///
    /// A header that meant nothing does not matter any more: the position moved on without it, and the changes name their chats
    /// themselves. Messages, deletions, counters, topics and files carry what orders them, so that they may come at any time. The rest is
    /// true at its own time only, and `outdated` counts it: a scan's progress is made again by the next scan, access and titles have
    /// been told anew since.
    public var contents: (pieces: [Piece], unreadable: [FailedPiece], outdated: Int) {
        var record = WireRecord()
        record.header.receivedAt = receivedAt
        record.payloadBytes = payload
        let (pieces, unreadable) = WriterCore.pieces(of: [AcceptedRecord(stream: stream, number: number, record: record)])
        let kept = pieces.filter(\.mayComeLate)
        return (kept, unreadable, pieces.count - kept.count)
    }
}

extension Piece {
    fileprivate var mayComeLate: Bool {
        switch content {
        case .message, .deletion, .migration, .mediaStored, .counters, .topic: true
        case .groupState, .progress, .groupInfo: false
        case .fault: preconditionFailure("pieces are checked")
        }
    }
}

/// How a dead letter fared when it was tried again.
public enum RetryResult: String, Hashable, Sendable, CaseIterable {
    case stored
    /// It stays, with the new error.
    case failed
    /// It told what was true at its time only: resolved, nothing stored.
    case outdated
    /// Nothing of that name waits.
    case unknown
    /// Not tried, since one before it ran out of its time.
    case skipped
}
