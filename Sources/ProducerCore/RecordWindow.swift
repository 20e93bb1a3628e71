import Events
import Primitives

/// The newest records of this process's stream, in memory: all that the writer has not acknowledged, or those that no disk holds.
///
/// Numbers start at 1 and never have a hole. It never refuses a record; `isFull` says when no more should be made.
public struct RecordWindow: Sendable {
    private var storage: [WireRecord] = []
    /// Acknowledged records at the front of `storage` that are not taken out yet.
    private var head = 0
    /// Number of the first record kept; one more than the last acknowledged or evicted.
    public private(set) var first: UInt64 = 1
    /// Approximate bytes of all records kept.
    public private(set) var bytes = 0

    /// The most records it should hold.
    public let limit: Int

    public init(limit: Int = ProducerLimits.windowRecords) {
        precondition(limit > 0, "a window holds at least one record")
        self.limit = limit
    }

    public var count: Int { storage.count - head }
    public var isEmpty: Bool { count == 0 }
    /// Number of the last record made; `first - 1` when none is kept.
    public var last: UInt64 { first + UInt64(count) - 1 }
    public var isFull: Bool { count >= limit || bytes >= ProducerLimits.windowBytes }
    /// Far enough from full that more may be made after it was.
    public var hasRoom: Bool {
        count <= limit - limit / ProducerLimits.windowResume
            && bytes <= ProducerLimits.windowBytes - ProducerLimits.windowBytes / ProducerLimits.windowResume
    }

    /// Keeps a record and returns its number.
    @discardableResult
    public mutating func append(_ record: WireRecord) -> UInt64 {
        storage.append(record)
        bytes += record.approximateBytes
        return last
    }

    /// Forgets the records up to and including `number`, and returns them in order.
    @discardableResult
    public mutating func acknowledge(_ number: UInt64) -> ArraySlice<WireRecord> {
        guard number >= first, !isEmpty else { return [] }
        let n = Int(min(number, last) - first) + 1
        let gone = storage[head..<head + n]
        for record in gone { bytes -= record.approximateBytes }
        let copy = ArraySlice(Array(gone))
        head += n
        first += UInt64(n)
        // Each record is moved at most once on average.
        if head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return copy
    }

    /// Forgets the oldest records that a disk holds, until no more than so much is kept.
    ///
    /// - Parameter durable: number of the last record on the disk.
    mutating func evict(records: Int, bytes most: Int, durable: UInt64) {
        var last = first - 1
        var (left, size) = (count, bytes)
        var i = head
        while last < durable, left > records || size > most, i < storage.count {
            size -= storage[i].approximateBytes
            left -= 1
            last += 1
            i += 1
        }
        acknowledge(last)
    }

    /// All that are kept, in order.
    public var records: ArraySlice<WireRecord> { storage[head...] }

    /// When the record came; nil for one that is not kept.
    func receivedAt(_ number: UInt64) -> UnixTime? {
        guard number >= first, number <= last, !isEmpty else { return nil }
        return UnixTime(nanoseconds: storage[head + Int(number - first)].header.receivedAt)
    }

    /// Records from `number` on: as many as fit the limits of one frame, at least one if it is kept.
    public func batch(from number: UInt64, most: Int) -> [WireRecord] {
        guard number >= first, number <= last, most > 0 else { return [] }
        var out: [WireRecord] = []
        var size = 0
        var i = head + Int(number - first)
        while i < storage.count, out.count < min(most, Contract.maximumBatchRecords), out.isEmpty || size < Contract.batchBytes {
            out.append(storage[i])
            size += storage[i].approximateBytes
            i += 1
        }
        return out
    }
}
