import TL

/// The types and fields of `Projections.list`, resolved against the schema table.
struct ProjectionList {
    struct Field {
        var name: String
        var type: String
        /// Absent in some form of the object that the projection reads.
        var isOptional: Bool
        /// `~` in the list.
        var isResilient: Bool
    }
    struct Case {
        /// The constructor, or "numbered" for the rest that carries positions.
        var name: String
        var constructors: [String]
        var fields: [Field]
    }
    struct Projection {
        var type: String
        var isEnum: Bool
        var isIndirect: Bool
        var keepsRaw: Bool
        /// It can be made from its dynamic form, too.
        var isDynamic: Bool
        var cases: [Case]
    }
    private(set) var projections: [Projection] = []
    /// Fields that older layers have in another type: they are stepped over there.
    private(set) var notes: [String] = []

    private let declarations: [String: [TL.Declaration]]

    init(_ text: String) throws {
        // Newest last, so that `last` is the form that decides types.
        declarations = Dictionary(grouping: TL.declarations.filter { !$0.isMethod }, by: \.name)
            .mapValues { $0.sorted { ($0.layers.last ?? 0, $0.id) < ($1.layers.last ?? 0, $1.id) } }
        for raw in text.split(separator: "\n") where !raw.hasPrefix("#") {
            let words = raw.split(separator: " ").map(String.init)
            if raw.hasPrefix(" ") {
                guard let last = projections.indices.last else { throw ImportError("a constructor before any type: \(raw)") }
                try addCase(words, to: last)
            } else {
                guard words.count >= 2, ["enum", "struct"].contains(words[0]) else { throw ImportError("not a type: \(raw)") }
                projections.append(
                    Projection(
                        type: words[1], isEnum: words[0] == "enum", isIndirect: words.contains("indirect"), keepsRaw: words.contains("raw"),
                        isDynamic: words.contains("dynamic"), cases: []))
            }
        }
        spreadDynamic()
        let known = Set(projections.map(\.type))
        for p in projections {
            for f in p.cases.flatMap(\.fields) {
                let element = f.type.hasPrefix("Vector<") ? String(f.type.dropFirst(7).dropLast()) : f.type
                let isSimple = ["int", "long", "double", "string", "bytes", "Bool", "true"].contains(element)
                if !isSimple && !known.contains(element) { throw ImportError("\(p.type).\(f.name): \(element) is not in the list") }
            }
        }
    }

    /// What a dynamic type holds is dynamic, too.
    private mutating func spreadDynamic() {
        var todo = projections.indices.filter { projections[$0].isDynamic }
        while let index = todo.popLast() {
            for field in projections[index].cases.flatMap(\.fields) {
                let element = field.type.hasPrefix("Vector<") ? String(field.type.dropFirst(7).dropLast()) : field.type
                guard let inner = projections.firstIndex(where: { $0.type == element && !$0.isDynamic }) else { continue }
                projections[inner].isDynamic = true
                todo.append(inner)
            }
        }
    }

    /// Whether some form of the constructor has a field of that name, asked for or not.
    func has(_ field: String, in constructor: String) -> Bool {
        declarations[constructor]?.contains { $0.fields.contains { $0.name == field } } ?? false
    }

    private mutating func addCase(_ words: [String], to index: Int) throws {
        let type = projections[index].type
        let taken = Set(projections[index].cases.flatMap(\.constructors))
        let rest = declarations.filter { $0.value.contains { $0.result == type } && !taken.contains($0.key) }
        switch words[0] {
        case "*":
            for name in rest.keys.sorted() { projections[index].cases.append(try makeCase(name, [name], Array(words[1...]), type)) }
        case "numbered":
            let names = rest.filter { _, forms in
                guard let fields = forms.last?.fields.map(\.name) else { return false }
                return fields.contains("pts") && fields.contains("pts_count") || fields.contains("qts")
            }
            projections[index].cases.append(
                try makeCase("numbered", names.keys.sorted(), ["channel_id", "pts", "pts_count", "qts"], type))
        default:
            projections[index].cases.append(try makeCase(words[0], [words[0]], Array(words[1...]), type))
        }
    }

    private mutating func makeCase(_ name: String, _ constructors: [String], _ wanted: [String], _ type: String) throws -> Case {
        var out = Case(name: name, constructors: constructors, fields: [])
        let newest = try constructors.map { constructor in
            guard let form = declarations[constructor]?.last, form.result == type else {
                throw ImportError("\(type) has no constructor \(constructor)")
            }
            return form
        }
        for word in wanted {
            let isResilient = word.hasSuffix("~")
            let field = isResilient ? String(word.dropLast()) : word
            let found = newest.compactMap { $0.fields.first { $0.name == field } }
            guard let first = found.first else { throw ImportError("\(name) has no field \(field)") }
            if found.contains(where: { $0.type != first.type }) { throw ImportError("\(name).\(field) has several types") }
            out.fields.append(
                Field(
                    name: field, type: first.type, isOptional: found.count < newest.count || found.contains { $0.condition != nil },
                    isResilient: isResilient))
            for form in constructors.flatMap({ declarations[$0] ?? [] }) {
                guard let old = form.fields.first(where: { $0.name == field }), old.type != first.type else { continue }
                notes.append("\(form.name)#\(String(form.id, radix: 16)).\(field): \(old.type), not \(first.type)")
            }
        }
        return out
    }
}
