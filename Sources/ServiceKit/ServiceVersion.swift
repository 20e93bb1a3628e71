import Glibc

/// Which build this is: a number that people raise, and the commit.
///
/// Swift has no build step of its own that could write the commit into the program, so whoever installs a build puts the
/// commit into a file `share/aaltohub/commit` beside its `bin`. A program run out of a checkout's build folder tells
/// the checkout's commit instead.
public enum ServiceVersion {
    public static let number = "0.1.0"

    /// The commit, abbreviated as it was written, or "unknown".
    public static let commit = commit(ofExecutable: executablePath())

    /// What `--version` prints.
    public static var text: String { "\(number) (commit \(commit))" }

    static func commit(ofExecutable path: String?) -> String {
        guard let path, let bin = parent(path) else { return "unknown" }
        if let stamp = parent(bin).flatMap({ firstLine("\($0)/share/aaltohub/commit") }) { return stamp }
        var folder = parent(bin)
        while let here = folder {
            if let head = firstLine("\(here)/.git/HEAD") {
                let branch = head.hasPrefix("ref: ") ? String(head.dropFirst(5)) : nil
                let commit = branch == nil ? head : branch.flatMap { firstLine("\(here)/.git/\($0)") }
                return commit.map { "\($0.prefix(12)), checkout" } ?? "unknown"
            }
            folder = parent(here)
        }
        return "unknown"
    }

    private static func executablePath() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func parent(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), path.count > 1 else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func firstLine(_ path: String) -> String? {
        guard case .success(let bytes) = readFile(path) else { return nil }
        let line = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self).trimmed
        return line.isEmpty ? nil : line
    }
}
