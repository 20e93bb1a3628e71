/// Why bytes were not a TL object, or an object could not be written for a layer.
public enum TLError: Error, Hashable, Sendable {
    /// The bytes end inside a value that starts at `offset`.
    case endOfData(offset: Int)
    /// Bytes are left after the object.
    case trailingBytes(offset: Int)
    /// No layer of the table has this constructor. Its length is unknown, so is the rest of every object around it: keep the bytes.
    case unknownConstructor(id: UInt32, offset: Int)
    /// A known constructor stands where its type does not belong, or a `Bool` is neither of the two.
    case unexpectedConstructor(id: UInt32, offset: Int)
    /// A limit of `TLLimits` is exceeded.
    case limitExceeded(Limit, offset: Int)

    /// The layer has no constructor and no method of this name.
    case unknownName(String, layer: Int32)
    /// No layer's form of the object has this field.
    case unknownField(String, of: String)
    case missingField(String, of: String)
    /// The value is not of the field's type, or out of its range.
    case invalidValue(field: String, of: String)

    public enum Limit: String, Hashable, Sendable { case bytes, vector, depth, string, values }
}

/// What a decoder accepts before it gives up. The peer's bytes never make it reserve more than a small multiple of their own length.
public struct TLLimits: Hashable, Sendable {
    /// The longest input, in bytes. Telegram's packets end at 16 MiB; a gzip_packed body may unpack to more.
    public var bytes = 64 << 20
    /// The most elements of one vector. The protocol's answers hold at most some thousands.
    public var vector = 1 << 20
    /// The deepest nesting of objects and vectors. Real objects (rich text pages) stay below 40.
    public var depth = 128
    /// The longest string, in bytes: 2^24 - 1 is what three length bytes can say.
    public var string = 1 << 24
    /// The most values that one dynamic object may hold (a flag of one bit becomes a value of 50 bytes): bounds memory at about 100 MB.
    public var values = 1_000_000

    public init() {}
    public static let standard = TLLimits()
}
