extension TL {
    /// One constructor or method of the table.
    public struct Declaration: Hashable, Sendable {
        public struct Field: Hashable, Sendable {
            public var name: String
            /// Without the condition: `Vector<MessageEntity>`.
            public var type: String
            /// The flag word's ordinal · 32 + bit, nil for a field that is always there.
            public var condition: Int?
        }
        public var id: UInt32
        public var name: String
        public var isMethod: Bool
        public var isGeneric: Bool
        public var fields: [Field]
        public var result: String
        /// The layers of the table in which it stands, ascending.
        public var layers: [Int32]

        /// The declaration in the type language, with the id.
        public var text: String {
            let words = fields.filter { $0.type == "#" }.map(\.name)
            var out = "\(name)#\(String(id, radix: 16))"
            if isGeneric { out += " {X:Type}" }
            for f in fields {
                out += " \(f.name):"
                if let c = f.condition { out += "\(words[c / 32]).\(c % 32)?" }
                out += f.type
            }
            return out + " = \(result);"
        }
    }

    /// Everything in the table, in ascending order of ids.
    public static var declarations: [Declaration] {
        let schema = Schema.shared
        return schema.constructors.indices.map { index in
            let c = schema.constructors[index]
            return Declaration(
                id: c.id, name: c.name, isMethod: c.isMethod, isGeneric: c.isGeneric,
                fields: schema.steps(of: index).map { step in
                    Declaration.Field(
                        name: schema.words[Int(step.name)], type: schema.types[Int(step.type)].text,
                        condition: step.condition == Schema.Step.always ? nil : Int(step.condition))
                },
                result: schema.types[Int(c.result)].text,
                layers: schema.layers.indices.filter { c.layerMask >> UInt64($0) & 1 != 0 }.map { schema.layers[$0] })
        }
    }
}
