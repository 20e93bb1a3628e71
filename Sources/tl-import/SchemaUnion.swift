/// All constructors of all layers, by id.
struct SchemaUnion {
    struct Entry {
        var declaration: Declaration
        /// Empty in the service schema, which stands in every layer.
        var layers: Set<Int>
        var isService: Bool
    }
    private(set) var entries: [UInt32: Entry] = [:]
    private(set) var layers: Set<Int> = []

    /// Part of every layer, though most sources leave them to their codecs.
    private static let universal: Set<String> = ["boolFalse", "boolTrue", "true", "error", "null"]

    /// Adds a file's declarations. Files come in ascending order of layers: of two texts with one id, which differ only in flags of type
    /// `true` and in `bytes` or `string`, the newer one stands, with the older one's flags where it leaves their bits free.
    mutating func add(_ file: SchemaFile, layer: Int?) throws {
        if let layer { layers.insert(layer) }
        var names: [String: UInt32] = [:]
        for declaration in file.declarations {
            if let other = names.updateValue(declaration.id, forKey: declaration.name), other != declaration.id {
                throw ImportError("\(declaration.name) stands twice in one layer")
            }
            var entry = Entry(
                declaration: declaration, layers: layer.map { [$0] } ?? [],
                isService: layer == nil || SchemaUnion.universal.contains(declaration.name))
            if let old = entries[declaration.id] {
                if old.declaration.name != declaration.name {
                    if old.declaration.checkedText == declaration.checkedText { continue }
                    throw ImportError("\(old.declaration.name) and \(declaration.name) have one id")
                }
                entry.declaration = SchemaUnion.merge(old.declaration, into: declaration)
                entry.layers.formUnion(old.layers)
                entry.isService = entry.isService || old.isService
            }
            entries[declaration.id] = entry
        }
    }

    private static func merge(_ old: Declaration, into new: Declaration) -> Declaration {
        var out = new
        for f in old.fields where f.isFlag && !new.fields.contains(where: { $0.name == f.name }) {
            guard let c = f.condition, !new.fields.contains(where: { $0.condition?.word == c.word && $0.condition?.bit == c.bit }) else {
                continue
            }
            out.fields.append(f)
        }
        return out
    }
}
