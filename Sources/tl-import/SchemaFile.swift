/// Reads the declarations of one schema file.
struct SchemaFile {
    var declarations: [Declaration] = []

    /// Built into the codec: they have no declaration of the ordinary form.
    private static let builtIn: Set<String> = ["int", "long", "double", "string", "bytes", "int128", "int256", "vector"]

    /// `service`: the file describes the protocol, where the bare `message` of containers has no id and shares its name with the API's.
    init(_ text: String, service: Bool) throws {
        var isMethod = false
        for (number, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = raw[...]
            if let comment = line.firstRange(of: "//") { line = line[..<comment.lowerBound] }
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first else { continue }
            if first.hasPrefix("---") {
                isMethod = first == "---functions---"
                continue
            }
            if SchemaFile.builtIn.contains(String(first.split(separator: "#")[0])) { continue }
            do {
                var declaration = try SchemaFile.declaration(words, isMethod: isMethod)
                if declaration.name == "message" && service {
                    declaration.id = crc32(Array(declaration.checkedText.utf8))
                    try declaration.check()
                    declaration.name = "mtproto.message"
                    declaration.result = "mtproto.Message"
                } else {
                    try declaration.check()
                }
                declarations.append(declaration)
            } catch let error as ImportError {
                throw ImportError("line \(number + 1): \(error)")
            }
        }
    }

    private static func declaration(_ words: [Substring], isMethod: Bool) throws -> Declaration {
        guard let equals = words.lastIndex(of: "="), equals + 2 == words.count, words[equals + 1].hasSuffix(";") else {
            throw ImportError("not a declaration: \(words.joined(separator: " "))")
        }
        let head = words[0].split(separator: "#")
        let id = head.count == 2 ? UInt32(head[1], radix: 16) : 0
        guard let id else { throw ImportError("not an id: \(words[0])") }
        var out = Declaration(
            name: String(head[0]), id: id, fields: [], result: String(words[equals + 1].dropLast()), isMethod: isMethod, isGeneric: false)
        for word in words[1..<equals] {
            if word.hasPrefix("{") {
                out.isGeneric = true
                continue
            }
            let parts = word.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw ImportError("not a field: \(word)") }
            var field = Declaration.Field(name: String(parts[0]), type: String(parts[1]))
            if let mark = parts[1].firstIndex(of: "?") {
                let condition = parts[1][..<mark].split(separator: ".")
                guard condition.count == 2, let bit = Int(condition[1]), (0..<32).contains(bit) else {
                    throw ImportError("not a condition: \(word)")
                }
                field.condition = (String(condition[0]), bit)
                field.type = String(parts[1][parts[1].index(after: mark)...])
            }
            out.fields.append(field)
        }
        return out
    }
}
