import Cryptography
import TL

/// The SHA-256 of a range of a file, as the server tells it. Source: https://core.telegram.org/method/upload.getFileHashes
public struct FileHash: Hashable, Sendable {
    public var offset: Int64
    /// Bytes.
    public var length: Int64
    public var sha256: [UInt8]

    public init(offset: Int64, length: Int64, sha256: [UInt8]) {
        self.offset = offset
        self.length = length
        self.sha256 = sha256
    }

    /// Reads a `fileHash`; nil when it is none or says what cannot be.
    public init?(_ object: TLObject?) {
        guard let object, object.name == "fileHash", let offset = object["offset"]?.int, let length = object["limit"]?.int,
            let hash = object["hash"]?.bytes, (0...MediaLimits.fileBytes).contains(offset), (1...MediaLimits.fileBytes).contains(length),
            hash.count == MediaLimits.hashBytes
        else { return nil }
        self.init(offset: offset, length: length, sha256: hash)
    }

    public var end: Int64 { offset + length }
}

/// Reads a file once from its beginning: the hash of the whole, and which ranges have not the hash that they should.
public struct FileVerifier {
    private let ranges: [FileHash]
    private let size: Int64
    private var whole = SHA256Hasher()
    private var range = SHA256Hasher()
    private var next = 0
    private var position: Int64 = 0
    private var bad: [Range<Int64>] = []

    /// - Parameters:
    ///   - ranges: in any order; one that overlaps an earlier one is left out, the end of the file cuts one short.
    ///   - size: bytes of the file.
    public init(_ ranges: [FileHash], size: Int64) {
        var end: Int64 = 0
        self.ranges = ranges.sorted { ($0.offset, $0.length) < ($1.offset, $1.length) }.filter { range in
            guard range.offset >= end, range.offset < size else { return false }
            end = range.end
            return true
        }
        self.size = size
    }

    /// The next bytes of the file.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        whole.update(bytes)
        var taken = 0
        while taken < bytes.count, next < ranges.count {
            let (start, end) = (ranges[next].offset, min(ranges[next].end, size))
            if position < start {
                let gap = Int(min(start - position, Int64(bytes.count - taken)))
                taken += gap
                position += Int64(gap)
                continue
            }
            let count = Int(min(end - position, Int64(bytes.count - taken)))
            range.update(UnsafeRawBufferPointer(rebasing: bytes[taken..<taken + count]))
            taken += count
            position += Int64(count)
            if position == end {
                if range.finish() != ranges[next].sha256 { bad.append(start..<end) }
                range = SHA256Hasher()
                next += 1
            }
        }
        position += Int64(bytes.count - taken)
    }

    /// The file has ended: its bytes, its SHA-256, and the ranges whose bytes are wrong or missing. Call it once.
    public mutating func finish() -> (size: Int64, sha256: [UInt8], bad: [Range<Int64>]) {
        for range in ranges[next...] { bad.append(range.offset..<min(range.end, size)) }
        return (position, whole.finish(), bad)
    }
}
