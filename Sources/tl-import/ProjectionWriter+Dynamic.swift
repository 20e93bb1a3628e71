/// Initialisers from the dynamic form, for the types that the list marks and what they hold.
///
/// They read what the projection reads from bytes, and nothing else: a field that a case does not ask for has no value here either.
extension ProjectionWriter {
    private typealias Names = ProjectionNames

    /// The value of a field, nil when it is not there.
    private func optional(_ type: String, _ field: String) -> String {
        switch type {
        case "int": return "object.int32(\"\(field)\")"
        case "long": return "object[\"\(field)\"]?.int"
        case "double": return "object[\"\(field)\"]?.double"
        case "string": return "object[\"\(field)\"]?.string"
        case "bytes": return "object[\"\(field)\"]?.bytes"
        case "Bool", "true": return "object[\"\(field)\"]?.bool"
        case "TextWithEntities": return "object[\"\(field)\"].flatMap(API.TextWithEntities.init(value:))"
        case _ where type.hasPrefix("Vector<"):
            let element = String(type.dropFirst(7).dropLast())
            let one =
                switch element {
                case "int": "$0.int.map { Int32(truncatingIfNeeded: $0) }"
                case "long": "$0.int"
                case "double": "$0.double"
                case "string": "$0.string"
                case "bytes": "$0.bytes"
                default: "$0.object.map { \(swiftType(element))($0) }"
                }
            return "object[\"\(field)\"]?.vector?.compactMap({ \(one) })"
        default: return "object[\"\(field)\"]?.object.map({ \(swiftType(type))($0) })"
        }
    }

    /// `condition`: only then the field is this case's.
    private func assignment(_ f: ProjectionList.Field, if condition: String? = nil, indent: String) -> String {
        let name = Names.property(f.name)
        let isOptional = f.isOptional && f.type != "true" && !f.type.hasPrefix("Vector<")
        let line =
            isOptional
            ? "\(name) = \(optional(f.type, f.name))\n" : "if let v = \(optional(f.type, f.name)) { \(name) = v }\n"
        return indent + (condition.map { "if \($0) { " } ?? "") + (condition == nil ? line : line.dropLast() + " }\n")
    }

    private var note: String { "What the dynamic form of such an object tells of the fields that the projection asks for." }

    mutating func writeDynamicEnum(_ p: ProjectionList.Projection) {
        let name = Names.type(p.type)
        dynamic += "\nextension API.\(name) {\n    /// \(note)\n    public init(_ object: TLObject) {\n        switch object.name {\n"
        for c in p.cases {
            let short = Names.constructor(c.name)
            let value = c.fields.isEmpty ? ".\(short)" : ".\(short)(\(Names.capitalized(short))(object))"
            for constructor in c.constructors { dynamic += "        case \"\(constructor)\": self = \(value)\n" }
        }
        dynamic += "        default: self = .other(TL.constructorID(object.name) ?? 0)\n        }\n    }\n}\n"
        for c in p.cases where !c.fields.isEmpty {
            dynamic += "\nextension API.\(name).\(Names.capitalized(Names.constructor(c.name))) {\n    init(_ object: TLObject) {\n"
            for f in c.fields { dynamic += assignment(f, indent: "        ") }
            dynamic += "    }\n}\n"
        }
    }

    /// `fields`: of all its cases, as the struct has them.
    mutating func writeDynamicStruct(_ p: ProjectionList.Projection, _ fields: [ProjectionList.Field]) {
        let many = p.cases.count > 1
        dynamic += "\nextension API.\(Names.type(p.type)) {\n    /// \(note)\n    public init(_ object: TLObject) {\n"
        dynamic += "        self.init()\n        switch object.name {\n"
        for c in p.cases {
            let short = Names.constructor(c.name)
            for constructor in c.constructors { dynamic += "        case \"\(constructor)\": \(many ? "kind = .\(short)" : "break")\n" }
        }
        dynamic += "        default: return\n        }\n"
        for f in fields {
            let askers = p.cases.filter { $0.fields.contains { $0.name == f.name && $0.type == f.type } }
            // Another case has a field of this name that nobody asked for.
            let isShared = p.cases.contains { c in
                !askers.contains { $0.name == c.name } && c.constructors.contains { list.has(f.name, in: $0) }
            }
            let condition = askers.map { "kind == .\(Names.constructor($0.name))" }.joined(separator: " || ")
            dynamic += assignment(f, if: isShared ? condition : nil, indent: "        ")
        }
        dynamic += "    }\n}\n"
    }
}
