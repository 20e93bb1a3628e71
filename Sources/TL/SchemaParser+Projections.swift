extension SchemaParser {
    /// Enters into every layer's form of a projected constructor which slot each of its fields fills.
    ///
    /// Lines of the table: type number, case number, constructor, then slot:field:type. A field that an older form has in another type is
    /// stepped over there (`string` and `bytes` are one on the wire).
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
                    let isSame =
                        type == wanted.type || type == "string" && wanted.type == "bytes" || type == "bytes" && wanted.type == "string"
                    if isSame { steps[i].slot = wanted.slot }
                }
            }
        }
    }
}
