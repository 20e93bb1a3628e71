/// One value of a TL object in its dynamic form: what the schema table says about a field decides how it is written.
///
/// Source of the wire forms: https://core.telegram.org/mtproto/serialize
public enum TLValue: Sendable, Hashable {
    /// `int`, `long` and `#`.
    case integer(Int64)
    case double(Double)
    /// `string` and `bytes` (without length and padding), `int128` (16 bytes) and `int256` (32 bytes).
    case bytes([UInt8])
    /// `Bool`, and `true` for a flag that is set.
    case bool(Bool)
    case vector([TLValue])
    case object(TLObject)
}

extension TLValue {
    public var int: Int64? { if case .integer(let v) = self { v } else { nil } }
    /// A `double`; an integer counts as one.
    public var double: Double? {
        switch self {
        case .double(let v): v
        case .integer(let v): Double(v)
        default: nil
        }
    }
    public var bytes: [UInt8]? { if case .bytes(let v) = self { v } else { nil } }
    /// The bytes as text; what is not valid UTF-8 is replaced by U+FFFD.
    public var string: String? { if case .bytes(let v) = self { String(decoding: v, as: UTF8.self) } else { nil } }
    public var bool: Bool? { if case .bool(let v) = self { v } else { nil } }
    public var vector: [TLValue]? { if case .vector(let v) = self { v } else { nil } }
    public var object: TLObject? { if case .object(let v) = self { v } else { nil } }

    /// The field, when this is an object that has it.
    public subscript(field: String) -> TLValue? { object?[field] }

    /// Text as the UTF-8 bytes of a `string`.
    public static func string(_ text: some StringProtocol) -> TLValue { .bytes(Array(text.utf8)) }
    public static func int(_ value: some BinaryInteger) -> TLValue { .integer(Int64(truncatingIfNeeded: value)) }
    public static func objects(_ objects: [TLObject]) -> TLValue { .vector(objects.map { .object($0) }) }
    public static func integers(_ values: [some BinaryInteger]) -> TLValue { .vector(values.map { .int($0) }) }
}

extension TLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByFloatLiteral
{
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .bytes(Array(value.utf8)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: TLValue...) { self = .vector(elements) }
    public init(floatLiteral value: Double) { self = .double(value) }
}
