import Primitives

extension TLObject {
    /// The object for people and archives: `{"_": name, field: value, …}`, fields sorted by name.
    ///
    /// Text that is valid UTF-8 is a string; `bytes`, `int128`, `int256` and other text are `{"$hex": "…"}`; a double that JSON cannot
    /// say (NaN, infinities) is `{"$double": "bits in hex"}`. `init(json:)` reads it back without loss.
    public var json: JSON {
        let kinds = TLObject.kinds(of: name)
        var members = [JSON.Member("_", .string(name))]
        for field in fields.keys.sorted() {
            // `keys` has it.
            guard let value = fields[field] else { continue }
            members.append(JSON.Member(field, value.json(isText: kinds[field] == true)))
        }
        return .object(members)
    }

    /// Reads what `json` gives; nil when it is not that.
    public init?(json: JSON) {
        guard case .object(let members) = json, let first = members.first(where: { $0.name == "_" }), let name = first.value.string else {
            return nil
        }
        var fields = TLFields()
        for member in members where member.name != "_" {
            guard let value = TLValue(json: member.value) else { return nil }
            fields[member.name] = value
        }
        self.init(name: name, fields: fields)
    }

    /// The fields whose content is text, in any layer's form of the object.
    private static func kinds(of name: String) -> [String: Bool] {
        let schema = Schema.shared
        var out: [String: Bool] = [:]
        for index in schema.byName[name] ?? [] {
            for step in schema.steps(of: index) {
                var type = Int(step.type)
                while schema.types[type].kind == .vector || schema.types[type].kind == .bareVector { type = schema.types[type].argument }
                if schema.types[type].kind == .string { out[schema.words[Int(step.name)]] = true }
            }
        }
        return out
    }
}

extension TLValue {
    /// See `TLObject.json`.
    public func json(isText: Bool) -> JSON {
        switch self {
        case .integer(let v): return .integer(v)
        case .double(let v):
            if v.isFinite { return .double(v) }
            return .object([JSON.Member("$double", .string(String(v.bitPattern, radix: 16)))])
        case .bool(let v): return .bool(v)
        case .bytes(let v):
            if isText, let text = String(validating: v, as: UTF8.self) { return .string(text) }
            return .object([JSON.Member("$hex", .string(hex(v)))])
        case .vector(let values): return .array(values.map { $0.json(isText: isText) })
        case .object(let v): return v.json
        }
    }

    public init?(json: JSON) {
        switch json {
        case .null: return nil
        case .bool(let v): self = .bool(v)
        case .integer(let v): self = .integer(v)
        case .double(let v): self = .double(v)
        case .string(let v): self = .bytes(Array(v.utf8))
        case .array(let values):
            var out: [TLValue] = []
            for v in values {
                guard let value = TLValue(json: v) else { return nil }
                out.append(value)
            }
            self = .vector(out)
        case .object:
            if let text = json["$hex"]?.string {
                guard let content = Primitives.bytes(hex: text) else { return nil }
                self = .bytes(content)
            } else if let bits = json["$double"]?.string.flatMap({ UInt64($0, radix: 16) }) {
                self = .double(Double(bitPattern: bits))
            } else {
                guard let object = TLObject(json: json) else { return nil }
                self = .object(object)
            }
        }
    }
}
