/// Compact JSON text (RFC 8259), written straight into UTF-8: a message's texts are made for each of hundreds of thousands.
struct JSONText {
    private var out: [UInt8] = []
    /// Nothing stands yet in the innermost array or object.
    private var isFirst = true

    init() { out.reserveCapacity(96) }

    var text: String { String(decoding: out, as: UTF8.self) }

    mutating func object(_ body: (inout JSONText) -> Void) { nested("{", "}", body) }
    mutating func array(_ body: (inout JSONText) -> Void) { nested("[", "]", body) }

    mutating func object(_ name: StaticString, _ body: (inout JSONText) -> Void) {
        key(name)
        nested("{", "}", body)
    }

    mutating func array(_ name: StaticString, _ body: (inout JSONText) -> Void) {
        key(name)
        nested("[", "]", body)
    }

    mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        write(Int64(truncatingIfNeeded: value))
    }

    /// A whole number is written without a fraction.
    mutating func member(_ name: StaticString, _ value: Double) {
        key(name)
        if let whole = Int64(exactly: value) { return write(whole) }
        isFirst = false
        out += (value.isFinite ? "\(value)" : "null").utf8
    }

    /// Only what is there, and text only if it says something.
    mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) { if let value { member(name, value) } }
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        key(name)
        write(value)
    }

    /// Only what is set.
    mutating func flag(_ name: StaticString, _ value: Bool) {
        guard value else { return }
        key(name)
        isFirst = false
        out += "true".utf8
    }

    /// An element of the array.
    mutating func element(_ value: String) {
        comma()
        write(value)
    }

    private mutating func nested(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONText) -> Void) {
        comma()
        out.append(UInt8(ascii: open))
        isFirst = true
        body(&self)
        isFirst = false
        out.append(UInt8(ascii: close))
    }

    /// After a name nothing is separated, which `key` says by `isFirst`.
    private mutating func comma() {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func key(_ name: StaticString) {
        comma()
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
        isFirst = true
    }

    private mutating func write(_ value: Int64) {
        isFirst = false
        if value < 0 { out.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = out.count
        repeat {
            out.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        out[start...].reverse()
    }

    private mutating func write(_ text: String) {
        isFirst = false
        out.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            let isPlain = bytes.allSatisfy { $0 >= 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { return out.append(contentsOf: bytes) }
            for b in bytes {
                switch b {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), b]
                case UInt8(ascii: "\n"): out += "\\n".utf8
                case UInt8(ascii: "\r"): out += "\\r".utf8
                case UInt8(ascii: "\t"): out += "\\t".utf8
                case 0..<32: out += (b < 16 ? "\\u000\(String(b, radix: 16))" : "\\u00\(String(b, radix: 16))").utf8
                default: out.append(b)
                }
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
