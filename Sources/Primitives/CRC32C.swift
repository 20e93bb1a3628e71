/// CRC-32C (Castagnoli) of bytes: what tells a torn or rotten record on a disk from a whole one.
///
/// Eight bytes a step, by eight tables. Source: RFC 3720, appendix B.4 (check value of "123456789": e3069283).
public func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let fast = bytes.withContiguousStorageIfAvailable { crc32c(UnsafeRawBufferPointer($0)) }
    return fast ?? Array(bytes).withUnsafeBytes { crc32c($0) }
}

/// The same of memory that is at hand.
public func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    castagnoli.withUnsafeBufferPointer { table in
        var crc = ~UInt32(0)
        var at = 0
        while at + 8 <= bytes.count {
            let low = crc ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
            var next = table[7 << 8 | Int(low & 0xFF)] ^ table[6 << 8 | Int(low >> 8 & 0xFF)]
            next ^= table[5 << 8 | Int(low >> 16 & 0xFF)] ^ table[4 << 8 | Int(low >> 24)]
            next ^= table[3 << 8 | Int(high & 0xFF)] ^ table[2 << 8 | Int(high >> 8 & 0xFF)]
            next ^= table[1 << 8 | Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
            crc = next
            at += 8
        }
        while at < bytes.count {
            crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[at])) & 0xFF)]
            at += 1
        }
        return ~crc
    }
}

/// Eight tables of 256, one after the other, for the reflected polynomial 0x82f63b78.
private let castagnoli: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 << 8)
    for i in 0..<256 {
        var value = UInt32(i)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
        table[i] = value
    }
    for i in 256..<table.count { table[i] = table[i - 256] >> 8 ^ table[Int(table[i - 256] & 0xFF)] }
    return table
}()
