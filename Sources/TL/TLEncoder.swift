/// Writes the dynamic form of an object in the constructors of one layer.
struct TLEncoder {
    let schema = Schema.shared
    let layer: Int32
    var out: [UInt8] = []
    /// Where in the fields of the objects under way each of their steps stands, or `absent`; the innermost object's last.
    private var places: [Int] = []
    private static let absent = -1

    init(layer: Int32) { self.layer = layer }

    mutating func object(_ object: TLObject) throws(TLError) {
        guard let index = schema.index(of: object.name, layer: layer) else { throw .unknownName(object.name, layer: layer) }
        append(schema.constructors[index].id)
        try fields(object, of: index)
    }

    private mutating func fields(_ object: TLObject, of index: Int) throws(TLError) {
        let steps = schema.steps(of: index)
        let first = places.count
        defer { places.removeSubrange(first...) }
        var flags: UInt64 = 0
        var written = 0
        for step in steps {
            // A word of flags has a name too, but is never an entry.
            guard step.kind != .flags, let place = object.fields.place(of: schema.words[Int(step.name)]) else {
                places.append(Self.absent)
                continue
            }
            places.append(place)
            written += 1
            if step.condition == Schema.Step.always || step.kind == .true && object.fields[at: place] == .bool(false) { continue }
            flags |= 1 << UInt64(step.condition)
        }
        if written < object.fields.count { try refuseUnknownFields(object) }
        var shift: UInt64 = 0
        for (number, step) in steps.enumerated() {
            if step.kind == .flags {
                append(UInt32(truncatingIfNeeded: flags >> shift))
                shift += 32
                continue
            }
            let place = places[first + number]
            if place == Self.absent {
                // Two fields may share one bit: both or none.
                let isNeeded = step.condition == Schema.Step.always || step.kind != .true && flags >> UInt64(step.condition) & 1 != 0
                if isNeeded { throw .missingField(schema.words[Int(step.name)], of: object.name) }
                continue
            }
            if try !write(object.fields[at: place], step.kind, type: Int(step.type)) {
                throw .invalidValue(field: schema.words[Int(step.name)], of: object.name)
            }
        }
    }

    /// A field that only other layers' forms have is left out; one that none has is a typing error.
    private func refuseUnknownFields(_ object: TLObject) throws(TLError) {
        let known = (schema.byName[object.name] ?? []).flatMap { index in schema.steps(of: index).map { schema.words[Int($0.name)] } }
        // Sorted, so that the same object always gives the same error.
        for field in object.fields.keys.sorted() where !known.contains(field) { throw .unknownField(field, of: object.name) }
    }

    /// False when the value is not of the type.
    mutating func write(_ value: TLValue, _ kind: Schema.Kind, type: Int) throws(TLError) -> Bool {
        switch (kind, value) {
        case (.int, .integer(let v)):
            guard let v = Int32(exactly: v) else { return false }
            append(UInt32(bitPattern: v))
        case (.flags, .integer(let v)): append(UInt32(truncatingIfNeeded: v))
        case (.long, .integer(let v)): append(UInt64(bitPattern: v))
        case (.double, .double(let v)): append(v.bitPattern)
        case (.double, .integer(let v)): append(Double(v).bitPattern)
        case (.string, .bytes(let v)), (.bytes, .bytes(let v)):
            if v.count >= 1 << 24 { return false }
            append(string: v)
        case (.int128, .bytes(let v)):
            if v.count != 16 { return false }
            out += v
        case (.int256, .bytes(let v)):
            if v.count != 32 { return false }
            out += v
        case (.bool, .bool(let v)): append(v ? Schema.boolTrue : Schema.boolFalse)
        case (.true, .bool): break
        case (.object, .object(let v)):
            if !accepts(v.name, type: type) { return false }
            try object(v)
        case (.object, .bool(let v)):
            if !isAny(type) { return false }
            append(v ? Schema.boolTrue : Schema.boolFalse)
        case (.bareObject, .object(let v)):
            let index = schema.types[type].argument
            if schema.constructors[index].name != v.name { return false }
            try fields(v, of: index)
        case (.vector, .vector(let values)), (.bareVector, .vector(let values)):
            if kind == .vector { append(Schema.vector) }
            append(UInt32(values.count))
            let element = schema.types[type].argument
            for v in values where try !write(v, schema.types[element].kind, type: element) { return false }
        default: return false
        }
        return true
    }

    /// Whether the layer's constructor of that name belongs to the type. An unknown name is left for `object` to report.
    private func accepts(_ name: String, type: Int) -> Bool {
        guard !isAny(type), let index = schema.index(of: name, layer: layer) else { return true }
        return Int(schema.constructors[index].result) == type && !schema.constructors[index].isMethod
    }

    private func isAny(_ type: Int) -> Bool {
        let text = schema.types[type].text
        return text == "!X" || text == "X" || text == "Object"
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }

    private mutating func append(string: [UInt8]) {
        if string.count < 254 {
            out.append(UInt8(string.count))
        } else {
            append(UInt32(string.count) << 8 | 254)
        }
        out += string
        while out.count % 4 != 0 { out.append(0) }
    }
}
