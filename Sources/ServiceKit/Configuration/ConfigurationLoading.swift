import Glibc

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
    public enum Stage: String, Sendable, CaseIterable { case listener, writer, supervisor, ctl }

    /// The role that the stage logs in as.
    public func user(of stage: Stage) -> String {
        guard let hole = user.firstRange(of: "{stage}") else { return user }
        return user.replacing(hole, with: stage.rawValue)
    }

    /// Keywords and values for `PQconnectdbParams` with `expand_dbname` on: the conninfo first, then what overrides it.
    public func parameters(of stage: Stage, password: Secret?) -> [(keyword: String, value: String)] {
        var all = [
            ("dbname", conninfo), ("user", user(of: stage)), ("connect_timeout", String(connectTimeoutSeconds)),
            // Milliseconds until unacknowledged bytes end the connection: a frozen host does not hold a stage for ever.
            ("tcp_user_timeout", String(connectTimeoutSeconds * 1000)), ("application_name", "aaltohub-\(stage.rawValue)"),
        ]
        if let password { all.append(("password", password.text)) }
        return all
    }
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
