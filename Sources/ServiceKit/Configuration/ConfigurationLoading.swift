import Glibc
import Primitives

extension Configuration {
    /// Reads the file at `path`, or the default one, under the variables of this process.
    ///
    /// A missing default file means that everything has its default; a missing named file is an error (78).
    public static func load(path: String?, environment: [String: String] = processEnvironment()) throws(ServiceError) -> Configuration {
        let file = path ?? defaultPath
        let text: String
        switch readFile(file) {
        case .success(let bytes):
            guard let read = String(validating: bytes, as: UTF8.self) else {
                throw .configuration("\(file): it is not UTF-8 text")
            }
            text = read
        case .failure(let error) where error.code == ENOENT && path == nil:
            text = ""
        case .failure(let error):
            throw .configuration("\(file): cannot be read: \(error.text); name another with --config FILE")
        }
        return try Configuration(yaml: text, file: file, environment: environment)
    }
}

extension Configuration.Database {
    /// A stage as its database role names it.
    public enum Stage: String, Sendable, CaseIterable { case listener, writer, backfill, supervisor, ctl }

    /// The role that the stage logs in as.
    public func user(of stage: Stage) -> String {
        guard let hole = user.firstRange(of: "{stage}") else { return user }
        return user.replacing(hole, with: stage.rawValue)
    }

    /// The conninfo with the stage's role and the connect timeout in it; the password is passed beside it.
    ///
    /// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
    public func conninfo(of stage: Stage) -> String {
        let more = [("user", user(of: stage)), ("connect_timeout", String(connectTimeoutSeconds))]
        if conninfo.hasPrefix("postgres://") || conninfo.hasPrefix("postgresql://") {
            let pairs = more.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
            return conninfo + (conninfo.contains("?") ? "&" : "?") + pairs
        }
        return conninfo
            + more.map { name, value in
                " \(name)='" + value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "'"
            }.joined()
    }
}

/// RFC 3986, 2.1: everything but letters, digits and `-._~`.
private func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
        let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._~".utf8.contains(byte)
        return isPlain ? String(UnicodeScalar(byte)) : "%" + hex([byte]).uppercased()
    }.joined()
}

extension String {
    func firstRange(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }

    func replacing(_ range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}

/// The variables of this process.
public func processEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let line = String(cString: text)
        if let equals = line.firstIndex(of: "=") { variables[String(line[..<equals])] = String(line[line.index(after: equals)...]) }
        entry += 1
    }
    return variables
}
