/// Builds the dynamic form of an object.
struct TLDecoder {
    var reader: TLReader
    /// Few objects have more fields: `message` has about a dozen of its fifty.
    private static let usualFields = 16

    /// Values that may still be made.
    private var budget: Int

    init(_ reader: TLReader) {
        self.reader = reader
        budget = reader.limits.values
    }

    mutating func object() throws(TLError) -> TLObject {
        let id = try reader.constructor()
        let index = reader.schema.index(of: id)
        if index < 0 {
            if id == Schema.vector { throw .unexpectedConstructor(id: id, offset: reader.offset - 4) }
            throw .unknownConstructor(id: id, offset: reader.offset - 4)
        }
        return try fields(of: index)
    }

    mutating func fields(of index: Int) throws(TLError) -> TLObject {
        try reader.enter()
        let schema = reader.schema
        var object = TLObject(name: schema.constructors[index].name, fields: [:])
        var flags: UInt64 = 0
        var shift: UInt64 = 0
        let steps = schema.steps(of: index)
        object.fields.reserveCapacity(min(steps.count, TLDecoder.usualFields))
        for step in steps {
            if step.condition != Schema.Step.always && flags >> UInt64(step.condition) & 1 == 0 { continue }
            if step.kind == .flags {
                flags |= UInt64(try reader.constructor()) << shift
                shift += 32
            } else {
                // A constructor's fields have different names.
                object.fields.append(schema.words[Int(step.name)], try value(step.kind, type: Int(step.type)))
            }
        }
        reader.leave()
        return object
    }

    mutating func value(_ kind: Schema.Kind, type: Int) throws(TLError) -> TLValue {
        if budget == 0 { throw .limitExceeded(.values, offset: reader.offset) }
        budget -= 1
        switch kind {
        case .int: return .integer(Int64(try reader.int()))
        case .flags: return .integer(Int64(try reader.constructor()))
        case .long: return .integer(try reader.long())
        case .double: return .double(try reader.double())
        case .string, .bytes: return .bytes([UInt8](try reader.string()))
        case .int128: return .bytes([UInt8](UnsafeRawBufferPointer(start: try reader.take(16), count: 16)))
        case .int256: return .bytes([UInt8](UnsafeRawBufferPointer(start: try reader.take(32), count: 32)))
        case .bool: return .bool(try reader.bool())
        case .true: return .bool(true)
        case .object: return try boxed()
        case .vector: return try vector(type: type, boxed: true)
        case .bareVector: return try vector(type: type, boxed: false)
        case .bareObject: return .object(try fields(of: reader.schema.types[type].argument))
        }
    }

    /// A boxed object; where the schema says `Object` or a generic result, a `Bool` may stand too.
    mutating func boxed() throws(TLError) -> TLValue {
        let object = try object()
        switch object.name {
        case "boolTrue": return .bool(true)
        case "boolFalse": return .bool(false)
        default: return .object(object)
        }
    }

    private mutating func vector(type: Int, boxed: Bool) throws(TLError) -> TLValue {
        let element = reader.schema.types[type].argument
        let entry = reader.schema.types[element]
        let count = try reader.vectorCount(boxed: boxed, minimumElementSize: entry.minimumSize)
        try reader.enter()
        var out: [TLValue] = []
        // Reserve little ahead: a value is up to ten times its bytes, and the count is only the peer's word.
        out.reserveCapacity(min(count, 256))
        for _ in 0..<count { out.append(try value(entry.kind, type: element)) }
        reader.leave()
        return .vector(out)
    }
}
