/// Swift names of TL names.
enum ProjectionNames {
    private static let keywords: Set<String> = [
        "self", "static", "final", "default", "public", "private", "internal", "protocol", "class", "struct", "enum", "func", "var", "let",
        "in",
        "is", "as", "for", "while", "repeat", "return", "true", "false", "nil", "init", "where", "switch", "case", "import", "operator",
    ]

    /// `via_bot_id` becomes `viaBotID`, `self` becomes `isSelf`.
    static func property(_ name: String) -> String {
        if keywords.contains(name) { return "is" + capitalized(name) }
        let parts = name.split(separator: "_").map(String.init)
        return parts.enumerated().map { i, part in
            if i == 0 { return part }
            return part == "id" || part == "url" ? part.uppercased() : capitalized(part)
        }.joined()
    }

    /// `updates.ChannelDifference` becomes `UpdatesChannelDifference`.
    static func type(_ name: String) -> String { name.split(separator: ".").map { capitalized(String($0)) }.joined() }

    /// `updates.differenceSlice` becomes `differenceSlice`.
    static func constructor(_ name: String) -> String { String(name.split(separator: ".").last ?? "") }

    static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}
