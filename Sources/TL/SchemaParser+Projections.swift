extension SchemaParser {
    /// The form of an older layer and the one that it is read as.
    private static let widened: Set<String> = ["string bytes", "bytes string", "int double", "string TextWithEntities"]

    /// Enters into every layer's form of a projected constructor which slot each of its fields fills.
    ///
    /// Lines of the table: type number, case number, constructor, then slot:field:type. A field that an older form has in another type is
    /// stepped over there, unless it is read as the newer one: `string` and `bytes` are one on the wire, an `int` is a `double`, too, and a
    /// `string` is text without entities.
    mutating func place(_ table: StaticString) {
        var indices: [String: [Int]] = [:]
        for (i, c) in constructors.enumerated() where !c.isMethod { indices[c.name, default: []].append(i) }
        let text = String(decoding: UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let projection = Int16(parts[0]), let variant = Int16(parts[1]) else { preconditionFailure("not numbers: \(line)") }
            var slots: [String: (slot: Int16, type: String)] = [:]
            for part in parts[3...] {
                let words = part.split(separator: ":")
                guard let slot = Int16(words[0]) else { preconditionFailure("not a slot: \(part)") }
                slots[String(words[1])] = (slot, String(words[2]))
            }
            for index in indices[String(parts[2])] ?? [] {
                constructors[index].projection = projection
                constructors[index].variant = variant
                let first = Int(constructors[index].firstStep)
                for i in first..<first + Int(constructors[index].stepCount) {
                    guard let wanted = slots[words[Int(steps[i].name)]] else { continue }
                    let type = types[Int(steps[i].type)].text
                    if type == wanted.type || SchemaParser.widened.contains("\(type) \(wanted.type)") { steps[i].slot = wanted.slot }
                }
            }
        }
    }
}
