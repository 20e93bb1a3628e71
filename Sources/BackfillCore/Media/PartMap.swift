/// Which parts of a file are there: one bit each, with a form in bytes so that a download goes on after a crash.
///
/// The size may be unknown at first; the first part that ends early tells it.
public struct PartMap: Hashable, Sendable {
    /// Bytes of each part but the last.
    public let partBytes: Int
    /// Bytes of the file; nil while it is unknown.
    public private(set) var size: Int64?
    private var words: [UInt64]
    /// Parts that are there.
    public private(set) var count = 0

    /// - Parameters:
    ///   - size: bytes, at most `MediaLimits.fileBytes`; nil when unknown.
    ///   - partBytes: a multiple of 4 KiB that divides 1 MiB, so that no part crosses a border of 1 MiB.
    public init(size: Int64?, partBytes: Int = MediaLimits.partBytes) {
        precondition(Self.isPart(partBytes), "a part is a multiple of 4 KiB that divides 1 MiB")
        precondition(size.map { (0...MediaLimits.fileBytes).contains($0) } ?? true, "a size that no file has")
        self.partBytes = partBytes
        self.size = size
        words = Array(repeating: 0, count: size.map { (Self.parts(of: $0, partBytes) + 63) / 64 } ?? 1)
    }

    private static func isPart(_ bytes: Int) -> Bool {
        bytes > 0 && bytes % MediaLimits.unitBytes == 0 && MediaLimits.blockBytes % bytes == 0
    }

    private static func parts(of size: Int64, _ partBytes: Int) -> Int { Int((size + Int64(partBytes) - 1) / Int64(partBytes)) }

    // MARK: parts

    /// How many parts there are; nil while the size is unknown.
    public var parts: Int? { size.map { Self.parts(of: $0, partBytes) } }
    public var isComplete: Bool { parts == count }

    /// Where the part begins, in bytes from the start of the file.
    public func offset(of part: Int) -> Int64 { Int64(part) * Int64(partBytes) }

    /// Bytes that the part has: `partBytes`, fewer for the last one, 0 behind the end.
    public func length(of part: Int) -> Int {
        guard let size else { return partBytes }
        return Int(min(Int64(partBytes), max(0, size - offset(of: part))))
    }

    /// Bytes that are there.
    public var bytes: Int64 {
        guard let parts, parts > 0, self[parts - 1] else { return Int64(count) * Int64(partBytes) }
        return Int64(count - 1) * Int64(partBytes) + Int64(length(of: parts - 1))
    }

    public subscript(part: Int) -> Bool { part / 64 < words.count && words[part / 64] >> UInt64(part % 64) & 1 == 1 }

    /// The first part at or after `start` that is not there and not among `other`; nil when there is none.
    public func firstMissing(from start: Int = 0, except other: (Int) -> Bool = { _ in false }) -> Int? {
        var part = start
        while part < parts ?? Int.max {
            if part % 64 == 0, part / 64 < words.count, words[part / 64] == .max {
                part += 64
                continue
            }
            if !self[part], !other(part) { return part }
            part += 1
        }
        return nil
    }

    public mutating func mark(_ part: Int) {
        precondition(part >= 0 && part < parts ?? Int.max, "a part behind the end")
        while part / 64 >= words.count { words.append(0) }
        if !self[part] { count += 1 }
        words[part / 64] |= 1 << UInt64(part % 64)
    }

    public mutating func clear(_ part: Int) {
        guard self[part] else { return }
        words[part / 64] &= ~(1 << UInt64(part % 64))
        count -= 1
    }

    /// A part ended early: this is the size. Parts that were taken for whole ones behind it are not there.
    ///
    /// - Returns: false when a part behind that end is there already, so that one of the two is wrong.
    public mutating func end(at size: Int64) -> Bool {
        let parts = Self.parts(of: size, partBytes)
        guard firstPresent(from: parts) == nil else { return false }
        self.size = size
        words = Array(words.prefix((parts + 63) / 64)) + Array(repeating: 0, count: max(0, (parts + 63) / 64 - words.count))
        return true
    }

    private func firstPresent(from start: Int) -> Int? {
        (start..<max(start, words.count * 64)).first { self[$0] }
    }

    // MARK: as bytes

    private static let magic = Array("AHPM".utf8)
    private static let headBytes = 20

    /// Layout, little-endian: "AHPM", format 1 (4 bytes), bytes of a part (4), size (8, all ones when unknown), the bits (8 each).
    public var serialized: [UInt8] {
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number(8 * $0)) }
        }
        return Self.magic + bytes(UInt32(1)) + bytes(UInt32(partBytes)) + bytes(size.map(UInt64.init) ?? .max) + words.flatMap(bytes)
    }

    /// Reads what `serialized` gives; nil when it is not that, or says what cannot be.
    public init?(serialized: [UInt8]) {
        func number(_ at: Int, _ count: Int) -> UInt64 { (0..<count).reduce(0) { $0 | UInt64(serialized[at + $1]) << UInt64(8 * $1) } }
        guard serialized.count >= Self.headBytes, (serialized.count - Self.headBytes) % 8 == 0,
            Array(serialized[..<4]) == Self.magic, number(4, 4) == 1
        else { return nil }
        let (partBytes, size) = (Int(number(8, 4)), number(12, 8))
        let wordCount = (serialized.count - Self.headBytes) / 8
        guard Self.isPart(partBytes), size == .max || size <= UInt64(MediaLimits.fileBytes),
            wordCount * 64 <= Self.parts(of: MediaLimits.fileBytes, partBytes) + 64
        else { return nil }
        self.init(size: size == .max ? nil : Int64(size), partBytes: partBytes)
        let read = (0..<wordCount).map { number(Self.headBytes + 8 * $0, 8) }
        guard self.size == nil || read.count == words.count else { return nil }
        words = read
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
        if let parts, firstPresent(from: parts) != nil { return nil }
    }
}
