import Foundation

/// The checkout that these tests were built from, as text.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File {
        /// Relative to the root.
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var isGenerated: Bool { path.contains("/Generated/") }
    }

    /// Every text file below the folders that hold the project, in the order of their paths.
    static let files: [File] = {
        var out: [File] = []
        for top in ["Package.swift", "README.md", "Sources", "Tests", "systemd", "ops", ".ci"] {
            let url = root.appendingPathComponent(top)
            if let text = try? String(contentsOf: url, encoding: .utf8) { out.append(File(path: top, text: text)) }
            guard let walk = FileManager.default.enumerator(atPath: url.path) else { continue }
            for case let name as String in walk where !name.contains("__pycache__") {
                guard let text = try? String(contentsOf: url.appendingPathComponent(name), encoding: .utf8) else { continue }
                out.append(File(path: "\(top)/\(name)", text: text))
            }
        }
        return out.sorted { $0.path < $1.path }
    }()

    static func swift(under prefix: String) -> [File] {
        files.filter { $0.path.hasPrefix(prefix + "/") && $0.path.hasSuffix(".swift") }
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) }
}

/// The code of a line: what stands before a `//` comment, string literals blanked.
func code(_ line: Substring) -> String {
    var out = ""
    var inString = false
    var previous: Character = " "
    for c in line {
        if c == "\"" && previous != "\\" { inString.toggle() }
        if !inString && c == "/" && previous == "/" { return String(out.dropLast()) }
        out.append(inString && c != "\"" ? "_" : c)
        previous = c
    }
    return out
}
