/// Writers for the little-endian values of TL, on the array itself: https://core.telegram.org/mtproto/serialize
extension [UInt8] {
    mutating func append(uint32 value: UInt32) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
    mutating func append(int32 value: Int32) { append(uint32: UInt32(bitPattern: value)) }
    mutating func append(int64 value: Int64) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }

    /// A TL string, padded with zero bytes to four.
    mutating func append(string value: [UInt8]) {
        precondition(value.count < 1 << 24, "a TL string is below 16 MiB")
        let start = count
        if value.count < 254 {
            append(UInt8(value.count))
        } else {
            append(254)
            for shift in [0, 8, 16] { append(UInt8(truncatingIfNeeded: value.count >> shift)) }
        }
        append(contentsOf: value)
        while (count - start) % 4 != 0 { append(0) }
    }

    mutating func append(vectorOfInt64 values: [Int64]) {
        append(uint32: Constructor.vector)
        append(int32: Int32(values.count))
        for value in values { append(int64: value) }
    }

    /// The eight bytes as a little-endian number.
    init(int64 value: Int64) {
        self = []
        append(int64: value)
    }
}

extension Int64 {
    /// Eight bytes, little-endian.
    init(littleEndianBytes bytes: some Collection<UInt8>) {
        precondition(bytes.count == 8, "eight bytes make a long")
        self = bytes.reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
