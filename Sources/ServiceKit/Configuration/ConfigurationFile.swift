import Yams

extension Configuration {
    /// Reads the file's text and lets variables override it.
    ///
    /// - Parameters:
    ///   - file: the name for messages.
    ///   - environment: all variables; those that begin with `AALTOHUB_` and a section's or a key's name count.
    /// - Throws: `ServiceError` with status 78: one line with the place, what is wrong and what was wanted.
    public init(yaml text: String, file: String, environment: [String: String] = [:]) throws(ServiceError) {
        self.init()
        let keys = Configuration.keys
        if let root = try Configuration.compose(text, file: file) {
            try read(root, below: nil, file: file, keys: keys)
        }
        try override(by: environment, keys: keys)
    }

    private static func compose(_ text: String, file: String) throws(ServiceError) -> Node? {
        do {
            guard let root = try Yams.compose(yaml: text), root.null == nil else { return nil }
            return root
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                throw .configuration("\(file):\(mark.line): this is not YAML: \(problem)")
            case .duplicatedKeysInMapping(let duplicates, let context):
                let names = duplicates.map { "\($0)" }.sorted().joined(separator: ", ")
                throw .configuration("\(file):\(context.mark.line): a key stands twice: \(names)")
            default:
                throw .configuration("\(file): this is not YAML: \(error)")
            }
        } catch {
            throw .configuration("\(file): this is not YAML: \(error)")
        }
    }

    private mutating func read(_ node: Node, below section: String?, file: String, keys: [ConfigurationKey]) throws(ServiceError) {
        guard let mapping = node.mapping else {
            throw .configuration("\(Self.place(node, file)): \(section ?? "the file") holds keys with values, as in \"level: info\"")
        }
        for (nameNode, value) in mapping {
            let place = Self.place(nameNode, file)
            let name = (section.map { "\($0)." } ?? "") + (nameNode.scalar?.string ?? "?")
            if let key = keys.first(where: { $0.name == name }) {
                try set(key, to: Self.texts(of: value, key: key, place: place), place: place)
            } else if section == nil, keys.contains(where: { $0.name.hasPrefix(name + ".") }) {
                if value.null == nil { try read(value, below: name, file: file, keys: keys) }
            } else {
                throw .configuration("\(place): unknown key \(name)" + Self.suggestion(for: name, among: keys.map(\.name)))
            }
        }
    }

    private static func texts(of value: Node, key: ConfigurationKey, place: String) throws(ServiceError) -> [String] {
        if key.isList, let sequence = value.sequence {
            var texts: [String] = []
            for element in sequence {
                guard let scalar = element.scalar else { throw .configuration("\(place): \(key.name) wants a \(key.unit)") }
                texts.append(scalar.string)
            }
            return texts
        }
        guard !key.isList, let scalar = value.scalar, value.null == nil else {
            throw .configuration(
                "\(place): \(key.name) has no value it could use: wanted \(key.unit) (leave the line out, or commented, for the default)")
        }
        return [scalar.string]
    }

    private mutating func set(_ key: ConfigurationKey, to texts: [String], place: String) throws(ServiceError) {
        do {
            try key.read(&self, texts)
        } catch {
            // A conninfo may hold a password by mistake, so its value is not repeated.
            let shown = key.name == "database.conninfo" ? "" : " \"\(texts.joined(separator: ", "))\" does not fit:"
            throw .configuration("\(place): \(key.name):\(shown) wanted \(error.wanted)")
        }
    }

    private mutating func override(by environment: [String: String], keys: [ConfigurationKey]) throws(ServiceError) {
        let sections = Set(keys.compactMap { $0.name.contains(".") ? String($0.name.prefix { $0 != "." }) : nil })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("AALTOHUB_") {
            if let key = keys.first(where: { $0.variable == variable }) {
                let texts = key.isList ? text.split(separator: ",").map { String($0).trimmed } : [text]
                try set(key, to: texts, place: "environment variable \(variable)")
            } else if sections.contains(where: { variable.hasPrefix("AALTOHUB_\($0.uppercased())_") }) {
                throw .configuration(
                    "environment variable \(variable): there is no such key" + Self.suggestion(for: variable, among: keys.map(\.variable)))
            }
        }
    }

    private static func place(_ node: Node, _ file: String) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

    /// "; did you mean …?" when something is near, else where to look.
    static func suggestion(for name: String, among names: [String]) -> String {
        let best = names.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
        if let (nearest, steps) = best, steps <= max(2, name.count / 3) { return "; did you mean \(nearest)?" }
        // A key right in name but in the wrong section.
        let last = name.split(separator: ".").last.map(String.init) ?? name
        if let same = names.first(where: { $0.hasSuffix("." + last) || $0 == last }) { return "; did you mean \(same)?" }
        return "; `aaltohubctl config show` lists the keys there are"
    }

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8), b = Array(b.utf8)
        var row = Array(0...b.count)
        for i in 0..<a.count {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
