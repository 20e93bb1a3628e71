/// Why bytes are not one JSON text.
public enum JSONError: Error, Hashable, Sendable {
    /// Not what RFC 8259 allows at this byte, counted from 0.
    case unexpected(at: Int)
    /// The text ends within a value.
    case truncated
    /// Arrays and objects within each other beyond `JSON.deepest`.
    case tooDeep
    /// A string that is not UTF-8.
    case notUTF8
}

extension JSON {
    /// Arrays and objects within each other: what anyone means by a document has a dozen; reading recurses once for each.
    public static let deepest = 64

    /// Reads one JSON text (RFC 8259), which may have white space around it and nothing else.
    ///
    /// Members keep their order; of those with the same name `subscript` finds the first. A number with a fraction, an exponent or beyond
    /// 64 bits becomes a double. Half of a surrogate pair becomes U+FFFD.
    public init(reading bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }
}

private struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw .unexpected(at: at) }
        return value
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
    }

    /// The next byte that is no white space, which stays unread.
    private mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard at < bytes.count else { throw .truncated }
        return bytes[at]
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= JSON.deepest else { throw .tooDeep }
        switch try peek() {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for i in 0..<word.utf8CodeUnitCount {
            guard at < bytes.count else { throw .truncated }
            guard bytes[at] == word.utf8Start[i] else { throw .unexpected(at: at) }
            at += 1
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var values: [JSON] = []
        if try peek() == UInt8(ascii: "]") {
            at += 1
            return .array(values)
        }
        while true {
            values.append(try value(depth: depth + 1))
            if try isLast(before: UInt8(ascii: "]")) { return .array(values) }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var members: [JSON.Member] = []
        if try peek() == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpected(at: at) }
            let name = try string()
            guard try peek() == UInt8(ascii: ":") else { throw .unexpected(at: at) }
            at += 1
            members.append(JSON.Member(name, try value(depth: depth + 1)))
            if try isLast(before: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    /// Reads the comma after which another value comes, or the bracket that ends them.
    private mutating func isLast(before end: UInt8) throws(JSONError) -> Bool {
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == end else { throw .unexpected(at: at) }
        at += 1
        return byte == end
    }

    private mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        // Most strings have nothing to replace and are copied at once.
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 { at += 1 }
        var text = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw .notUTF8 }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw .unexpected(at: at - 1)
            default: text.append(byte)
            }
        }
        throw .truncated
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard at < bytes.count else { throw .truncated }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = UInt32(try fourDigits())
            if scalar & 0xFC00 == 0xD800, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
                let mark = at
                at += 2
                let low = UInt32(try fourDigits())
                if low & 0xFC00 == 0xDC00 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                } else {
                    at = mark  // a pair's first half alone; what follows stands for itself
                }
            }
            text += String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8
        default: throw .unexpected(at: at - 1)
        }
    }

    private mutating func fourDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard at < bytes.count else { throw .truncated }
            let digit: UInt8
            switch bytes[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[at] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[at] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[at] - UInt8(ascii: "A") + 10
            default: throw .unexpected(at: at)
            }
            value = value << 4 | UInt16(digit)
            at += 1
        }
        return value
    }

    private mutating func digits() throws(JSONError) {
        guard at < bytes.count else { throw .truncated }
        guard isDigit else { throw .unexpected(at: at) }
        while isDigit { at += 1 }
    }

    private var isDigit: Bool { at < bytes.count && bytes[at] >= UInt8(ascii: "0") && bytes[at] <= UInt8(ascii: "9") }

    private mutating func number() throws(JSONError) -> JSON {
        let start = at
        var isWhole = true
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        let first = at
        try digits()
        // "01" is no number.
        guard bytes[first] != UInt8(ascii: "0") || at == first + 1 else { throw .unexpected(at: first + 1) }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            try digits()
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        // Beyond what a double holds it is infinite, which no JSON text can say again.
        guard let double = Double(text), double.isFinite else { throw .unexpected(at: start) }
        return .double(double)
    }
}
