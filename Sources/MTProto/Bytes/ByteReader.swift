/// What bytes from a peer cannot be read as.
public enum MalformedBytes: Error, Hashable {
    /// The bytes end before the value does.
    case truncated
    /// A count or a length is negative or larger than what follows could hold.
    case badCount
}

/// Reads the little-endian values of TL from bytes, in order: https://core.telegram.org/mtproto/serialize
///
/// Only what MTProto's own messages need; the API's objects have the TL target's table.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    init(_ slice: ArraySlice<UInt8>) { self.init(Array(slice)) }

    var remaining: Int { end - position }

    /// All that has not been read yet.
    var rest: [UInt8] { Array(bytes[position..<end]) }

    mutating func uint32() throws(MalformedBytes) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        defer { position += 4 }
        return bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self)) }
    }

    mutating func int32() throws(MalformedBytes) -> Int32 { Int32(bitPattern: try uint32()) }

    mutating func int64() throws(MalformedBytes) -> Int64 {
        guard remaining >= 8 else { throw .truncated }
        defer { position += 8 }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self)) }
    }

    /// `count` bytes as they stand: int128 is 16, int256 is 32.
    mutating func raw(_ count: Int) throws(MalformedBytes) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// A TL string: one length byte below 254, or `fe` and three; padded to four.
    mutating func string() throws(MalformedBytes) -> [UInt8] {
        guard remaining >= 4 else { throw .truncated }
        var header = 1
        var count = Int(bytes[position])
        if count == 255 { throw .badCount }
        if count == 254 {
            header = 4
            count = Int(bytes[position + 1]) | Int(bytes[position + 2]) << 8 | Int(bytes[position + 3]) << 16
        }
        let whole = (header + count + 3) & ~3
        guard remaining >= whole else { throw .truncated }
        defer { position += whole }
        return Array(bytes[position + header..<position + header + count])
    }

    /// A boxed `Vector<long>`, with its count checked against what remains before anything is reserved.
    mutating func vectorOfInt64(atMost limit: Int = .max) throws(MalformedBytes) -> [Int64] {
        guard try uint32() == Constructor.vector else { throw .badCount }
        let count = Int(try int32())
        guard count >= 0, count <= min(limit, remaining / 8) else { throw .badCount }
        var out: [Int64] = []
        out.reserveCapacity(count)
        for _ in 0..<count { out.append(try int64()) }
        return out
    }
}
