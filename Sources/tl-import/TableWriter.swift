/// Prints the union as the text that `SchemaParser` reads (the format is described there).
struct TableWriter {
    private var words: [String] = []
    private var wordIndex: [String: Int] = [:]
    private var types: [String] = []
    private var typeIndex: [String: Int] = [:]

    mutating func text(of union: SchemaUnion) throws -> String {
        let layers = union.layers.sorted()
        let all = (1 << layers.count) - 1
        var lines = ""
        for (id, entry) in union.entries.sorted(by: { $0.key < $1.key }) {
            let d = entry.declaration
            let mask = entry.isService ? all : layers.indices.reduce(0) { entry.layers.contains(layers[$1]) ? $0 | 1 << $1 : $0 }
            lines += d.name + " "
            for i in 0..<6 { lines += TableWriter.digit(Int(id >> (6 * UInt32(i))) & 63) }
            lines += TableWriter.number((d.isMethod ? 1 : 0) | (d.isGeneric ? 2 : 0))
            lines += TableWriter.number(mask) + TableWriter.number(type(d.result))
            let flagWords = d.fields.filter { $0.type == "#" }.map(\.name)
            for f in d.fields {
                lines += TableWriter.number(TableWriter.intern(f.name, &words, &wordIndex))
                lines += TableWriter.number(type(f.type) << 1 | (f.condition == nil ? 0 : 1))
                if let c = f.condition {
                    guard let word = flagWords.firstIndex(of: c.word), word < 2 else {
                        throw ImportError("\(d.name).\(f.name): the codec knows two flag words")
                    }
                    lines += TableWriter.number(word << 5 | c.bit)
                }
            }
            lines += "\n"
        }
        return "layers \(layers.map(String.init).joined(separator: " "))\nwords \(words.joined(separator: " "))\n"
            + "types \(types.joined(separator: " "))\n" + lines
    }

    /// The type's index; a vector's element type gets one too.
    private mutating func type(_ text: String) -> Int {
        if text.hasSuffix(">"), let open = text.firstIndex(of: "<") { _ = type(String(text[text.index(after: open)...].dropLast())) }
        return TableWriter.intern(text, &types, &typeIndex)
    }

    private static func intern(_ text: String, _ list: inout [String], _ index: inout [String: Int]) -> Int {
        if let i = index[text] { return i }
        list.append(text)
        index[text] = list.count - 1
        return list.count - 1
    }

    private static func digit(_ value: Int) -> String { String(UnicodeScalar(UInt8(48 + value))) }

    private static func number(_ value: Int) -> String {
        var rest = value
        var out = ""
        while rest >= 32 {
            out += digit(rest & 31 | 32)
            rest >>= 5
        }
        return out + digit(rest)
    }
}
