extension TLReader {
    /// Steps over a boxed object of any type, `Bool` included.
    mutating func skipObject() throws(TLError) {
        let id = try constructor()
        let index = schema.index(of: id)
        if index < 0 {
            if id == Schema.vector { throw .unexpectedConstructor(id: id, offset: offset - 4) }
            throw .unknownConstructor(id: id, offset: offset - 4)
        }
        try skipFields(of: index)
    }

    /// Steps over the fields of the constructor at that index of the table.
    mutating func skipFields(of index: Int) throws(TLError) {
        try enter()
        var flags: UInt64 = 0
        var shift: UInt64 = 0
        let c = schema.constructors[index]
        let first = schema.steps.baseAddress.unsafelyUnwrapped + Int(c.firstStep)
        for i in 0..<Int(c.stepCount) {
            let step = first[i]
            if step.condition != Schema.Step.always && flags >> UInt64(step.condition) & 1 == 0 { continue }
            if step.kind == .flags {
                flags |= UInt64(try constructor()) << shift
                shift += 32
            } else {
                try skip(step.kind, type: Int(step.type))
            }
        }
        leave()
    }

    @inline(__always)
    mutating func skip(_ kind: Schema.Kind, type: Int) throws(TLError) {
        switch kind {
        case .int, .flags: _ = try take(4)
        case .long, .double: _ = try take(8)
        case .string, .bytes: _ = try string()
        case .int128: _ = try take(16)
        case .int256: _ = try take(32)
        case .bool: _ = try bool()
        case .true: break
        case .object: try skipObject()
        case .vector: try skipVector(type: type, boxed: true)
        case .bareVector: try skipVector(type: type, boxed: false)
        case .bareObject: try skipFields(of: schema.types[type].argument)
        }
    }

    mutating func skipVector(type: Int, boxed: Bool) throws(TLError) {
        let element = schema.types[type].argument
        let (kind, size) = (schema.types[element].kind, schema.types[element].minimumSize)
        let count = try vectorCount(boxed: boxed, minimumElementSize: size)
        switch kind {
        case .int, .long, .double, .int128, .int256: _ = try take(count * size)
        default:
            try enter()
            for _ in 0..<count { try skipOne(kind, type: element) }
            leave()
        }
    }

    private mutating func skipOne(_ kind: Schema.Kind, type: Int) throws(TLError) { try skip(kind, type: type) }
}
