/// What a crawler reads of Telegram's API, as typed values: projections over the schema table, decoded straight from bytes.
///
/// An object of any layer of the table decodes; what a projection does not ask for is stepped over. Generated/APITypes.swift holds the
/// types, Sources/tl-import/Projections.list says which. Text is repaired where it is not valid UTF-8.
public enum API {
    static func decode<T>(
        _ bytes: [UInt8], at offset: Int, limits: TLLimits, _ read: (inout TLReader) throws(TLError) -> T
    ) throws(TLError) -> T {
        try bytes.withUnsafeBufferPointer { (buffer) throws(TLError) -> T in
            var reader = try TLReader(buffer, at: offset, limits: limits)
            let value = try read(&reader)
            if reader.remaining != 0 { throw .trailingBytes(offset: reader.offset) }
            return value
        }
    }

    /// The answer of a method that declares `Vector<User>` (users.getUsers).
    public static func users(decoding bytes: [UInt8], limits: TLLimits = .standard) throws(TLError) -> [User] {
        try decode(bytes, at: 0, limits: limits) { (r) throws(TLError) in
            try r.vector(minimum: 4) { (r) throws(TLError) in try User(&r) }
        }
    }
}
