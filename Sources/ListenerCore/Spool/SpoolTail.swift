import Events
import ProducerCore

/// Reads a spool's records back in their order, each time from where the last read ended, while more is written behind.
public struct SpoolTail: Sendable {
    /// The most that one read brings: what fits a frame.
    public struct Limits: Hashable, Sendable {
        public var records: Int
        /// Approximate; the last record may go beyond.
        public var bytes: Int

        public init(records: Int = Contract.maximumBatchRecords, bytes: Int = Contract.batchBytes) {
            self.records = records
            self.bytes = bytes
        }
    }

    /// What was read last: its segment as it was then, and the number after it.
    private var known: (segment: UInt64, reader: SpoolReader, next: UInt64)?

    public init() {}

    /// The records from a number on, as far as none is missing: a record is known by its place behind the first.
    ///
    /// - Parameters:
    ///   - segments: those that the records may be in, in order.
    ///   - bytes: of such a segment as it is now.
    public mutating func read(
        _ read: SpoolRead, _ segments: [UInt64], limits: Limits = Limits(), bytes: (UInt64) throws(SpoolReader.Damage) -> [UInt8]
    ) -> [WireRecord] {
        var records: [WireRecord] = []
        var size = 0
        if let known, known.next != read.from || known.reader.stream != read.stream { self.known = nil }
        do throws(SpoolReader.Damage) {
            for segment in segments {
                var (reader, isCurrent) = try reader(of: segment, bytes)
                while true {
                    guard records.count < limits.records, size < limits.bytes else { return records }
                    guard let item = try reader.next() else {
                        if isCurrent { break }
                        // More was written since: the next segment goes on behind that.
                        (reader, isCurrent) = (try reader.continued(try bytes(segment)), true)
                        continue
                    }
                    if item.number < read.from { continue }
                    guard item.number == read.from + UInt64(records.count) else { return records }
                    let record = try reader.record(item)
                    records.append(record)
                    size += record.approximateBytes
                    known = (segment, reader, item.number + 1)
                }
            }
        } catch {
            // Nothing, or what is before the damage: the one who asked decides.
            known = nil
        }
        return records
    }

    /// The segment is no more.
    public mutating func deleted(_ segment: UInt64) {
        if known?.segment == segment { known = nil }
    }

    /// The reader of a segment, where the last read left it, and whether it knows all that was written.
    private func reader(
        of segment: UInt64, _ bytes: (UInt64) throws(SpoolReader.Damage) -> [UInt8]
    ) throws(SpoolReader.Damage) -> (reader: SpoolReader, isCurrent: Bool) {
        guard let known, known.segment == segment else { return (try SpoolReader(try bytes(segment)), true) }
        return known.reader.isAtEnd ? (try known.reader.continued(try bytes(segment)), true) : (known.reader, false)
    }
}
