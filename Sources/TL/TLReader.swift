/// A cursor over bytes that someone else keeps alive. Every read checks the end first.
struct TLReader {
    let base: UnsafeRawPointer
    let end: Int
    var offset: Int
    var depth: Int
    let limits: TLLimits
    let schema: Schema
    /// Where a projection met an unknown constructor in a vector of which it keeps what it could read: the elements it could not.
    var undecoded: [TL.Partial.Undecoded] = []
    /// Nothing behind the last of `undecoded` could be read either: every object around ends there.
    var isTruncated = false

    /// The buffer outlives the reader: entry points make it inside `withUnsafeBufferPointer`.
    init(_ buffer: UnsafeBufferPointer<UInt8>, at offset: Int, limits: TLLimits) throws(TLError) {
        if buffer.count > limits.bytes { throw .limitExceeded(.bytes, offset: limits.bytes) }
        // An empty buffer has no address; nothing is read from this one, since the end is 0.
        base = buffer.baseAddress.map(UnsafeRawPointer.init) ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        end = buffer.count
        self.offset = offset
        depth = limits.depth
        self.limits = limits
        schema = Schema.shared
        if offset < 0 || offset > end { throw .endOfData(offset: offset) }
    }

    var remaining: Int { end - offset }

    @inline(__always)
    mutating func take(_ count: Int) throws(TLError) -> UnsafeRawPointer {
        if end - offset < count { throw .endOfData(offset: offset) }
        let pointer = base + offset
        offset += count
        return pointer
    }

    @inline(__always)
    mutating func int() throws(TLError) -> Int32 { Int32(littleEndian: try take(4).loadUnaligned(as: Int32.self)) }

    @inline(__always)
    mutating func constructor() throws(TLError) -> UInt32 { UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self)) }

    @inline(__always)
    mutating func long() throws(TLError) -> Int64 { Int64(littleEndian: try take(8).loadUnaligned(as: Int64.self)) }

    @inline(__always)
    mutating func double() throws(TLError) -> Double { Double(bitPattern: UInt64(bitPattern: try long())) }

    /// The content of a `string` or `bytes`, stepping over length and padding.
    /// One length byte below 254, else 254 and three of them: https://core.telegram.org/mtproto/serialize#base-types
    @inline(__always)
    mutating func string() throws(TLError) -> UnsafeRawBufferPointer {
        let start = offset
        if end - start < 4 { throw .endOfData(offset: start) }
        let first = Int(base.load(fromByteOffset: start, as: UInt8.self))
        var length = first
        var header = 1
        if first >= 254 {
            length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt32.self)) >> 8)
            header = 4
            if first == 255 { throw .limitExceeded(.string, offset: start) }
        }
        if length > limits.string { throw .limitExceeded(.string, offset: start) }
        let padded = (header + length + 3) & ~3
        if end - start < padded { throw .endOfData(offset: start) }
        offset = start + padded
        return UnsafeRawBufferPointer(start: base + start + header, count: length)
    }

    mutating func bool() throws(TLError) -> Bool {
        let id = try constructor()
        if id == Schema.boolTrue { return true }
        if id == Schema.boolFalse { return false }
        throw .unexpectedConstructor(id: id, offset: offset - 4)
    }

    /// The element count of a vector whose constructor, if boxed, is still to come; checked before anything is reserved for it.
    @inline(__always)
    mutating func vectorCount(boxed: Bool, minimumElementSize: Int) throws(TLError) -> Int {
        if boxed {
            let id = try constructor()
            if id != Schema.vector { throw .unexpectedConstructor(id: id, offset: offset - 4) }
        }
        let count = try int()
        if count < 0 || Int(count) > limits.vector { throw .limitExceeded(.vector, offset: offset - 4) }
        if Int(count) > remaining / minimumElementSize { throw .endOfData(offset: offset) }
        return Int(count)
    }

    @inline(__always)
    mutating func enter() throws(TLError) {
        if depth == 0 { throw .limitExceeded(.depth, offset: offset) }
        depth -= 1
    }

    @inline(__always)
    mutating func leave() { depth += 1 }
}
