/// Prints the projections as Swift, and the table by which the schema's steps find their places in them.
struct ProjectionWriter {
    private typealias Names = ProjectionNames
    let list: ProjectionList
    private(set) var table = ""
    private(set) var code = ""
    /// The initialisers from the dynamic form.
    var dynamic = ""

    init(_ list: ProjectionList) {
        self.list = list
        code += """

            extension API {
                /// The projection of a type by its name in the schema, for tools; nil for a type that is not projected.
                public static func value(of type: String, decoding bytes: [UInt8]) throws(TLError) -> (any Sendable)? {
                    switch type {

            """
        for p in list.projections { code += "        case \"\(p.type)\": try \(Names.type(p.type))(decoding: bytes)\n" }
        code += "        default: nil\n        }\n    }\n}\n"
        for (index, p) in list.projections.enumerated() {
            if p.isEnum { writeEnum(p, index) } else { writeStruct(p, index) }
        }
        code += dynamic
    }

    // MARK: Swift types

    func swiftType(_ type: String) -> String {
        switch type {
        case "int": "Int32"
        case "long": "Int64"
        case "double": "Double"
        case "string": "String"
        case "bytes": "[UInt8]"
        case "Bool", "true": "Bool"
        case _ where type.hasPrefix("Vector<"): "[\(swiftType(String(type.dropFirst(7).dropLast())))]"
        default: "API.\(Names.type(type))"
        }
    }

    private func property(_ f: ProjectionList.Field) -> String {
        let name = Names.property(f.name)
        if f.type == "true" { return "\(name) = false" }
        if f.type.hasPrefix("Vector<") { return "\(name): \(swiftType(f.type)) = []" }
        if f.isOptional { return "\(name): \(swiftType(f.type))?" }
        switch f.type {
        case "int", "long", "double": return "\(name): \(swiftType(f.type)) = 0"
        case "string": return "\(name) = \"\""
        case "bytes": return "\(name): [UInt8] = []"
        case "Bool": return "\(name) = false"
        default:
            let isEnum = list.projections.contains { $0.type == f.type && $0.isEnum }
            return "\(name) = \(swiftType(f.type))\(isEnum ? ".other(0)" : "()")"
        }
    }

    private func read(_ type: String) -> String {
        switch type {
        case "int": "try r.int()"
        case "long": "try r.long()"
        case "double": "try r.number(walk)"
        case "string": "try r.text()"
        case "bytes": "try r.blob()"
        case "Bool": "try r.bool()"
        case "true": "true"
        case "TextWithEntities": "try r.textWithEntities(walk)"
        default: "try \(swiftType(type))(&r)"
        }
    }

    private func assignment(_ f: ProjectionList.Field) -> String {
        let name = Names.property(f.name)
        guard f.type.hasPrefix("Vector<") else { return "\(name) = \(read(f.type))" }
        let element = String(f.type.dropFirst(7).dropLast())
        let size = element == "long" || element == "double" ? 8 : 4
        let call = f.isResilient ? "resilientVector(minimum: \(size), walk)" : "vector(minimum: \(size))"
        return "\(name) = try r.\(call) { (r) throws(TLError) in \(read(element)) }"
    }

    // MARK: Members

    private func members(_ fields: [ProjectionList.Field], indent: String) -> String {
        var out = ""
        for f in fields { out += "\(indent)public var \(property(f))\n" }
        if fields.contains(where: \.isResilient) {
            out += """
                \(indent)/// The vector elements that could not be read, since a constructor in them is unknown.
                \(indent)public var undecoded: [TL.Partial.Undecoded] = []
                \(indent)/// Nothing behind the last of them could be read: fields that are declared after it have no value.
                \(indent)public var isTruncated = false

                """
        }
        return out
    }

    private func loop(_ fields: [ProjectionList.Field], indent: String) -> String {
        var out = "\(indent)var walk = try r.walk(index)\n\(indent)loop: while true {\n\(indent)    switch try r.next(&walk) {\n"
        for (slot, f) in fields.enumerated() { out += "\(indent)    case \(slot): \(assignment(f))\n" }
        out += "\(indent)    default: break loop\n\(indent)    }\n\(indent)}\n"
        if fields.contains(where: \.isResilient) { out += "\(indent)undecoded = r.undecoded\n\(indent)isTruncated = r.isTruncated\n" }
        return out
    }

    private func decodingInit(indent: String) -> String {
        """
        \(indent)/// The boxed object at `offset`, to the end of the bytes.
        \(indent)public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
        \(indent)    self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        \(indent)}

        """
    }

    private mutating func tableLine(_ type: Int, _ variant: Int, _ constructor: String, _ slots: [(Int, ProjectionList.Field)]) {
        table += "\(type) \(variant) \(constructor)"
        for (slot, f) in slots { table += " \(slot):\(f.name):\(f.type)" }
        table += "\n"
    }

    // MARK: Types

    private mutating func writeEnum(_ p: ProjectionList.Projection, _ number: Int) {
        if p.isDynamic { writeDynamicEnum(p) }
        let name = Names.type(p.type)
        code +=
            "\nextension API {\n    /// `\(p.type)`.\n    public \(p.isIndirect ? "indirect " : "")enum \(name): Sendable, Equatable {\n"
        for c in p.cases {
            let short = Names.constructor(c.name)
            code += c.fields.isEmpty ? "        case \(short)\n" : "        case \(short)(\(Names.capitalized(short)))\n"
        }
        code += "        /// A constructor that is not projected, by its id.\n        case other(UInt32)\n"
        for (variant, c) in p.cases.enumerated() {
            for constructor in c.constructors { tableLine(number, variant, constructor, Array(c.fields.enumerated())) }
            if c.fields.isEmpty { continue }
            code += "\n        public struct \(Names.capitalized(Names.constructor(c.name))): Sendable, Equatable {\n"
            if c.constructors.count > 1 { code += "            public var constructor: UInt32 = 0\n" }
            code += members(c.fields, indent: "            ") + "\n            public init() {}\n\n"
            code += "            init(_ r: inout TLReader, _ index: Int) throws(TLError) {\n"
            if c.constructors.count > 1 { code += "                constructor = r.schema.constructors[index].id\n" }
            code += loop(c.fields, indent: "                ") + "            }\n        }\n"
        }
        code += "\n" + decodingInit(indent: "        ")
        code += "\n        init(_ r: inout TLReader) throws(TLError) {\n            let index = try r.open()\n"
        code += "            switch r.variant(of: index, in: \(number)) {\n"
        for (variant, c) in p.cases.enumerated() {
            let short = Names.constructor(c.name)
            if c.fields.isEmpty {
                code += "            case \(variant):\n                try r.skipFields(of: index)\n                self = .\(short)\n"
            } else {
                code += "            case \(variant): self = .\(short)(try \(Names.capitalized(short))(&r, index))\n"
            }
        }
        code += "            default:\n                try r.skipFields(of: index)\n"
        code += "                self = .other(r.schema.constructors[index].id)\n            }\n        }\n    }\n}\n"
    }

    private mutating func writeStruct(_ p: ProjectionList.Projection, _ number: Int) {
        var fields: [ProjectionList.Field] = []
        for c in p.cases {
            for f in c.fields {
                if let i = fields.firstIndex(where: { $0.name == f.name && $0.type == f.type }) {
                    fields[i].isOptional = fields[i].isOptional || f.isOptional
                } else {
                    fields.append(f)
                }
            }
        }
        for i in fields.indices {
            let name = fields[i].name
            if p.cases.contains(where: { !$0.fields.contains { $0.name == name } }) { fields[i].isOptional = true }
        }
        for (variant, c) in p.cases.enumerated() {
            let slots = c.fields.compactMap { f in fields.firstIndex { $0.name == f.name && $0.type == f.type }.map { ($0, f) } }
            for constructor in c.constructors { tableLine(number, variant, constructor, slots) }
        }
        if p.isDynamic { writeDynamicStruct(p, fields) }
        let many = p.cases.count > 1
        code += "\nextension API {\n    /// `\(p.type)`.\n    public struct \(Names.type(p.type)): Sendable, Equatable {\n"
        if many {
            code += "        public enum Kind: String, Sendable {\n"
            for c in p.cases { code += "            case \(Names.constructor(c.name))\n" }
            code += "            /// A constructor that is not projected: only its id is known.\n            case other\n        }\n"
            code += "        public var kind = Kind.other\n"
        }
        code += "        /// The id; 0 when it was made from its dynamic form.\n        public var constructor: UInt32 = 0\n"
        if p.keepsRaw {
            code += "        /// Where the object lay in the bytes that were decoded; empty when it was made from its dynamic form.\n"
            code += "        public var raw = 0..<0\n"
        }
        code += members(fields, indent: "        ") + "\n        public init() {}\n\n" + decodingInit(indent: "        ")
        code += "\n        init(_ r: inout TLReader) throws(TLError) {\n"
        if p.keepsRaw { code += "            let start = r.offset\n" }
        code += "            let index = try r.open()\n            constructor = r.schema.constructors[index].id\n"
        if many {
            code += "            switch r.variant(of: index, in: \(number)) {\n"
            for (variant, c) in p.cases.enumerated() { code += "            case \(variant): kind = .\(Names.constructor(c.name))\n" }
        } else {
            code += "            switch r.variant(of: index, in: \(number)) {\n            case 0: break\n"
        }
        code += "            default:\n                try r.skipFields(of: index)\n"
        if p.keepsRaw { code += "                raw = start..<r.offset\n" }
        code += "                return\n            }\n" + loop(fields, indent: "            ")
        if p.keepsRaw { code += "            raw = start..<r.offset\n" }
        code += "        }\n    }\n}\n"
    }
}
