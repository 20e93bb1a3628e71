import Events
import Primitives
import SwiftProtobuf

/// How a segment of the spool looks in its file. Numbers are little-endian.
///
///     "AHSPOOL1" | length u32 | CRC-32C u32 | HELLO of that moment: stream and first number, checkpoint, database
///     length u32 | CRC-32C u32 | number u64 | record as it crosses the link          … again and again
///
/// The CRC of a record covers its number and its bytes; the length counts the bytes alone. What follows the first record that is not
/// whole means nothing.
public enum SpoolFormat {
    static let magic = Array("AHSPOOL1".utf8)
    static let headerPrefix = magic.count + 8
    static let recordPrefix = 16
    /// Bytes of a header: a checkpoint of all boxes that an account may have takes a twentieth of it.
    static let maximumHeaderBytes = 8 << 20
    /// Bytes of a record: its payload's limit, and room for the header.
    static let maximumRecordBytes = Contract.maximumPayloadBytes + (64 << 10)

    static func header(_ hello: WireHello) -> [UInt8] {
        let body = bytes(hello)
        return magic + little(UInt32(body.count)) + little(crc32c(body)) + body
    }

    /// A record with its number, as it is appended.
    static func record(_ record: WireRecord, number: UInt64) -> [UInt8] {
        let body = bytes(record)
        let numbered = little(number) + body
        return little(UInt32(body.count)) + little(crc32c(numbered)) + numbered
    }

    /// What was decoded, or made by this build, can be encoded: these messages have no required fields.
    private static func bytes(_ message: some SwiftProtobuf.Message) -> [UInt8] {
        do { return try message.serializedBytes() } catch { preconditionFailure("a message of the contract: \(error)") }
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

/// Reads one segment's bytes, record by record.
public struct SpoolReader: Sendable {
    public enum Damage: Error, Hashable, Sendable, CustomStringConvertible {
        /// No header that this build reads: the file says nothing.
        case header(String)
        /// The record at this offset is not whole, and nothing after it can be used. `isTail`: the file ends in the midst of it, as a
        /// kill leaves it.
        case record(offset: Int, isTail: Bool)

        public var description: String {
            switch self {
            case .header(let why): "no usable header (\(why))"
            case .record(let offset, true): "the record at byte \(offset) is not complete"
            case .record(let offset, false): "the record at byte \(offset) is damaged"
            }
        }
    }

    /// A record's place.
    public struct Item: Sendable {
        public let number: UInt64
        /// Of the serialized record in the bytes.
        let body: Range<Int>
    }

    /// The header's words.
    public let hello: WireHello
    public let stream: StreamID
    /// Number of the first record that the segment was made for.
    public let first: UInt64
    let bytes: [UInt8]
    /// Where the next record begins.
    public private(set) var offset: Int
    private var expected: UInt64

    /// - Parameter bytes: of the whole file.
    public init(_ bytes: [UInt8]) throws(Damage) {
        guard bytes.count >= SpoolFormat.headerPrefix, bytes.starts(with: SpoolFormat.magic) else {
            throw .header("not a segment of a spool")
        }
        let length = Int(little32(bytes, SpoolFormat.magic.count))
        let end = SpoolFormat.headerPrefix + length
        guard length <= SpoolFormat.maximumHeaderBytes, end <= bytes.count else { throw .header("cut off") }
        let body = bytes[SpoolFormat.headerPrefix..<end]
        guard crc32c(body) == little32(bytes, SpoolFormat.magic.count + 4) else { throw .header("wrong checksum") }
        guard let hello = try? WireHello(serializedBytes: body) else { throw .header("not readable") }
        guard Contract.reads(hello.contractVersion) else { throw .header("of version \(hello.contractVersion) of the contract") }
        guard let listed = hello.streams.first, let stream = listed.streamID, listed.first >= 1 else { throw .header("no stream") }
        self.hello = hello
        self.stream = stream
        first = listed.first
        self.bytes = bytes
        offset = end
        expected = listed.first
    }

    /// The next record's place; nil at the end.
    public mutating func next() throws(Damage) -> Item? {
        if offset == bytes.count { return nil }
        let begin = offset + SpoolFormat.recordPrefix
        guard begin <= bytes.count else { throw .record(offset: offset, isTail: true) }
        let length = Int(little32(bytes, offset))
        guard length <= SpoolFormat.maximumRecordBytes else { throw .record(offset: offset, isTail: false) }
        let end = begin + length
        guard end <= bytes.count else { throw .record(offset: offset, isTail: true) }
        let sum = bytes.withUnsafeBytes { crc32c(UnsafeRawBufferPointer(rebasing: $0[begin - 8..<end])) }
        let number = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: begin - 8, as: UInt64.self)) }
        guard sum == little32(bytes, offset + 4), number == expected else { throw .record(offset: offset, isTail: false) }
        offset = end
        expected += 1
        return Item(number: number, body: begin..<end)
    }

    /// The record itself.
    public func record(_ item: Item) throws(Damage) -> WireRecord {
        guard let record = try? WireRecord(serializedBytes: bytes[item.body]) else {
            throw .record(offset: item.body.lowerBound - SpoolFormat.recordPrefix, isTail: false)
        }
        return record
    }

    /// Every record of the bytes was read.
    public var isAtEnd: Bool { offset == bytes.count }

    /// The same place in the same segment, of which there may be more bytes by now.
    public func continued(_ bytes: [UInt8]) throws(Damage) -> SpoolReader {
        var new = try SpoolReader(bytes)
        guard new.stream == stream, new.first == first, offset <= bytes.count else { throw .header("another segment") }
        new.offset = offset
        new.expected = expected
        return new
    }
}

private func little32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
}
