/// Lower-case hexadecimal of the bytes.
public func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    for b in bytes {
        out.append(digits[Int(b >> 4)])
        out.append(digits[Int(b & 15)])
    }
    return String(decoding: out, as: UTF8.self)
}

/// The bytes of a hexadecimal text of either case, or nil when it is not one.
public func bytes(hex text: some StringProtocol) -> [UInt8]? {
    func digit(_ c: UInt8) -> UInt8? {
        switch c {
        case 48...57: c - 48
        case 65...70: c - 55
        case 97...102: c - 87
        default: nil
        }
    }
    let utf8 = Array(text.utf8)
    guard utf8.count % 2 == 0 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(utf8.count / 2)
    for i in stride(from: 0, to: utf8.count, by: 2) {
        guard let high = digit(utf8[i]), let low = digit(utf8[i + 1]) else { return nil }
        out.append(high << 4 | low)
    }
    return out
}
