extension Configuration {
    /// The text of `ops/aaltohub.yaml`: every key, commented out, with its manual text, unit and default.
    public static var shippedFile: String {
        var text = """
            # Configuration of all AaltoHub services. Every key is shown with its default; remove the "# " before those you change.
            # A variable AALTOHUB_SECTION_KEY overrides a key. Secrets do not stand here: they are credentials
            # (systemd/README.md). Check a change with `aaltohubctl config check` before restarting a service.

            """
        var section: Substring = ""
        let defaults = Configuration()
        for key in keys {
            let parts = key.name.split(separator: ".")
            let indent = parts.count == 2 ? "  " : ""
            if parts.count == 2, parts[0] != section {
                section = parts[0]
                text += "\n\(section):\n"
            } else {
                text += "\n"
            }
            for line in key.manual { text += "\(indent)# \(line)\n" }
            text += "\(indent)# Value: \(key.unit). \(key.isReloadable ? "SIGHUP" : "A restart") takes a change over.\n"
            for line in key.lines(of: defaults) { text += "\(indent)# \(line)\n" }
        }
        return text
    }

    /// The values in force as a YAML file, which reads back as this configuration.
    public var yaml: String {
        var text = ""
        var section: Substring = ""
        for key in Configuration.keys {
            let parts = key.name.split(separator: ".")
            if parts.count == 2, parts[0] != section {
                section = parts[0]
                text += "\(section):\n"
            }
            for line in key.lines(of: self) { text += (parts.count == 2 ? "  " : "") + line + "\n" }
        }
        return text
    }

    /// The keys whose values differ, for SIGHUP: what can be taken over and what needs a restart.
    public func changes(to other: Configuration) -> (reloadable: [String], needRestart: [String]) {
        let changed = Configuration.keys.filter { $0.values(self) != $0.values(other) }
        return (changed.filter(\.isReloadable).map(\.name), changed.filter { !$0.isReloadable }.map(\.name))
    }
}

extension ConfigurationKey {
    /// The key's lines in a file, without indent.
    func lines(of configuration: Configuration) -> [String] {
        let name = String(self.name.split(separator: ".").last ?? "")
        let values = values(configuration).map(ConfigurationKey.quoted)
        if !isList { return ["\(name): \(values.first ?? "\"\"")"] }
        return values.isEmpty ? ["\(name): []"] : ["\(name):"] + values.map { "  - \($0)" }
    }

    /// The value of the key, one text per element; for `config show --json`.
    public func texts(of configuration: Configuration) -> [String] { values(configuration) }

    private static func quoted(_ text: String) -> String {
        let plain = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "/_.-".contains($0) }
        if plain, !text.hasPrefix("-") { return text }
        return "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}
