/// A type that stands as a value in the file or in a variable.
protocol ConfigurationValue {
    /// How the shipped file describes it.
    static var form: String { get }
    static var isList: Bool { get }
    /// One element for a scalar, any number for a list.
    init(configuration texts: [String]) throws(BadValue)
    var configurationTexts: [String] { get }
}

extension ConfigurationValue {
    static var isList: Bool { false }
}

extension String: ConfigurationValue {
    static var form: String { "text" }
    init(configuration texts: [String]) throws(BadValue) {
        guard texts.count == 1 else { throw BadValue(wanted: "one text") }
        self = texts[0]
    }
    var configurationTexts: [String] { [self] }
}

extension Bool: ConfigurationValue {
    static var form: String { "true or false" }
    init(configuration texts: [String]) throws(BadValue) {
        switch texts {
        case ["true"]: self = true
        case ["false"]: self = false
        default: throw BadValue(wanted: "true or false")
        }
    }
    var configurationTexts: [String] { [self ? "true" : "false"] }
}

extension ConfigurationValue where Self: FixedWidthInteger {
    static var form: String { "number" }
    init(configuration texts: [String]) throws(BadValue) {
        guard texts.count == 1, let number = Self(texts[0]) else { throw BadValue(wanted: "a whole number") }
        self = number
    }
    var configurationTexts: [String] { [String(self)] }
}
extension Int: ConfigurationValue {}
extension Int32: ConfigurationValue {}

extension ConfigurationValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    static var form: String { allCases.map(\.rawValue).joined(separator: ", ") }
    init(configuration texts: [String]) throws(BadValue) {
        guard texts.count == 1, let value = Self(rawValue: texts[0]) else { throw BadValue(wanted: "one of \(Self.form)") }
        self = value
    }
    var configurationTexts: [String] { [rawValue] }
}
extension Configuration.Telegram.Transport: ConfigurationValue {}
extension Configuration.Telegram.UseConfigAddresses: ConfigurationValue {}
extension Configuration.Logging.Level: ConfigurationValue {}
extension Configuration.Logging.Format: ConfigurationValue {}

extension Array: ConfigurationValue where Element: ConfigurationValue {
    static var form: String { "list of \(Element.form)" }
    static var isList: Bool { true }
    init(configuration texts: [String]) throws(BadValue) {
        var elements: [Element] = []
        for text in texts { elements.append(try Element(configuration: [text])) }
        self = elements
    }
    var configurationTexts: [String] { flatMap(\.configurationTexts) }
}

extension Configuration.Server: ConfigurationValue {
    static var form: String { "dc host:port" }
    init(configuration texts: [String]) throws(BadValue) {
        let wanted = BadValue(wanted: "dc host:port, as in \"2 149.154.167.51:443\" or \"2 [2001:db8::1]:443\"")
        guard texts.count == 1 else { throw wanted }
        let parts = texts[0].split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, let dc = Int(parts[0]), (1...999).contains(dc), let address = hostAndPort(parts[1]), address.port > 0 else {
            throw wanted
        }
        self.init(dc: dc, host: address.host, port: address.port)
    }
    var configurationTexts: [String] { ["\(dc) \(isIPv6 ? "[\(host)]" : host):\(port)"] }
}

extension Configuration.ListenAddress: ConfigurationValue, CustomStringConvertible {
    static var form: String { "host:port" }
    init(configuration texts: [String]) throws(BadValue) {
        guard texts.count == 1, let address = hostAndPort(texts[0][...]) else {
            throw BadValue(wanted: "host:port, as in \"127.0.0.1:8080\"")
        }
        self.init(host: address.host, port: address.port)
    }
    var configurationTexts: [String] { [description] }
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// `host:port`, an IPv6 address standing in brackets; nil when it is not that.
private func hostAndPort(_ text: Substring) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port) else {
        return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
    } else if host.contains(":") {
        return nil
    }
    return host.isEmpty ? nil : (String(host), port)
}

extension String {
    func replacingCharacter(_ old: Character, with new: Character) -> String { String(map { $0 == old ? new : $0 }) }
}
