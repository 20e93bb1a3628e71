import Primitives

/// The bytes of a file: kept, or computed when they are asked for.
public enum FileContent: Sendable {
    case bytes([UInt8])
    /// Bytes that are a function of the seed and the offset, so that a file of any size needs no memory.
    case synthetic(seed: UInt64, size: Int64)

    public var size: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .synthetic(_, let size): size
        }
    }

    /// `count` bytes from `offset` on, fewer at the end and none behind it.
    public func read(at offset: Int64, count: Int) -> [UInt8] {
        let end = min(size, offset + Int64(count))
        guard offset >= 0, offset < end else { return [] }
        switch self {
        case .bytes(let bytes): return Array(bytes[Int(offset)..<Int(end)])
        case .synthetic(let seed, _): return FileContent.synthetic(seed, offset..<end)
        }
    }

    /// Word n, little-endian, is `scramble(seed + n)`: the same bytes wherever reading begins.
    private static func synthetic(_ seed: UInt64, _ range: Range<Int64>) -> [UInt8] {
        let count = Int(range.upperBound - range.lowerBound)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = count
            var word = UInt64(range.lowerBound) / 8
            var skip = Int(range.lowerBound % 8)
            var at = 0
            let raw = UnsafeMutableRawBufferPointer(buffer)
            while at < count {
                let value = scramble(seed &+ word)
                if skip == 0 && count - at >= 8 {
                    raw.storeBytes(of: value.littleEndian, toByteOffset: at, as: UInt64.self)
                    at += 8
                } else {
                    for byte in skip..<min(8, skip + count - at) {
                        raw[at] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
                        at += 1
                    }
                    skip = 0
                }
                word += 1
            }
        }
    }
}
