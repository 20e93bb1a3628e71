/// The codec of Telegram's type language over the schema table.
///
/// Objects of any layer decode by their ids; they are written in the constructors of the layer that is named.
public enum TL {
    /// The newest layer of the table, and the default to declare.
    public static let newestLayer: Int32 = SchemaTable.newestLayer

    /// The layers whose constructors the table holds, ascending.
    public static var layers: [Int32] { Schema.shared.layers }

    /// The boxed bytes of a constructor or method, with flag words computed from the fields that are there.
    ///
    /// A layer between two known ones counts as the older. Fields that only other layers' forms of the object have are left out.
    public static func encode(_ object: TLObject, layer: Int32 = newestLayer) throws(TLError) -> [UInt8] {
        var encoder = TLEncoder(layer: layer)
        try encoder.object(object)
        return encoder.out
    }

    /// The boxed object, of whatever layer, that the bytes are. Methods too.
    public static func decode(_ bytes: [UInt8], limits: TLLimits = .standard) throws(TLError) -> TLObject {
        let (object, end) = try decodePrefix(bytes, limits: limits)
        if end != bytes.count { throw .trailingBytes(offset: end) }
        return object
    }

    /// The boxed object that starts at `offset`, and the offset behind it.
    public static func decodePrefix(
        _ bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard
    ) throws(TLError) -> (object: TLObject, end: Int) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(TLError) -> (TLObject, Int) in
            var decoder = TLDecoder(try TLReader(buffer, at: offset, limits: limits))
            let object = try decoder.object()
            return (object, decoder.reader.offset)
        }
    }

    /// A method's answer, read by the type that the method declares: `Vector<int>`, `Bool`, an object.
    public static func decodeResult(
        _ bytes: [UInt8], of method: String, layer: Int32 = newestLayer, limits: TLLimits = .standard
    ) throws(TLError) -> TLValue {
        let schema = Schema.shared
        guard let index = schema.index(of: method, layer: layer) else { throw .unknownName(method, layer: layer) }
        let type = Int(schema.constructors[index].result)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(TLError) -> TLValue in
            var decoder = TLDecoder(try TLReader(buffer, at: 0, limits: limits))
            let value = try decoder.value(schema.types[type].kind, type: type)
            if decoder.reader.remaining != 0 { throw .trailingBytes(offset: decoder.reader.offset) }
            return value
        }
    }

    /// The bytes of a method's answer (the server's role): a bare `Bool` or `Vector<int>` as well as an object.
    public static func encodeResult(_ value: TLValue, of method: String, layer: Int32 = newestLayer) throws(TLError) -> [UInt8] {
        let schema = Schema.shared
        guard let index = schema.index(of: method, layer: layer) else { throw .unknownName(method, layer: layer) }
        let type = Int(schema.constructors[index].result)
        var encoder = TLEncoder(layer: layer)
        if try !encoder.write(value, schema.types[type].kind, type: type) { throw .invalidValue(field: "result", of: method) }
        return encoder.out
    }

    /// The length in bytes of the boxed object that starts at `offset`, without building it.
    public static func skip(_ bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) -> Int {
        try bytes.withUnsafeBufferPointer { (buffer) throws(TLError) -> Int in
            var reader = try TLReader(buffer, at: offset, limits: limits)
            try reader.skipObject()
            return reader.offset - offset
        }
    }

    /// The id that the constructor or method of that name has in that layer.
    public static func constructorID(_ name: String, layer: Int32 = newestLayer) -> UInt32? {
        Schema.shared.index(of: name, layer: layer).map { Schema.shared.constructors[$0].id }
    }

    /// The constructor's or method's name, in whichever layer the id stands.
    public static func name(of id: UInt32) -> String? {
        let index = Schema.shared.index(of: id)
        return index < 0 ? nil : Schema.shared.constructors[index].name
    }

    /// The id at the start of boxed bytes.
    public static func id(of bytes: [UInt8]) -> UInt32? {
        if bytes.count < 4 { return nil }
        return UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 24
    }

    /// The type that the method of that name answers with, as in the schema.
    public static func resultType(of method: String, layer: Int32 = newestLayer) -> String? {
        Schema.shared.index(of: method, layer: layer).map { Schema.shared.types[Int(Schema.shared.constructors[$0].result)].text }
    }
}
