/// What a request for a file asks for, and what is to be answered: conditions and ranges as RFC 9110 has them (13, 14).
///
/// Keys name their content, so a file never changes under its address and its entity tag is strong.
public struct MediaRequest: Hashable, Sendable {
    public var isHead = false
    /// The header fields of those names, several of one joined by commas.
    public var range: String?
    public var ifMatch: String?
    public var ifNoneMatch: String?
    public var ifRange: String?

    public init(isHead: Bool = false, range: String? = nil, ifMatch: String? = nil, ifNoneMatch: String? = nil, ifRange: String? = nil) {
        (self.isHead, self.range, self.ifMatch, self.ifNoneMatch, self.ifRange) = (isHead, range, ifMatch, ifNoneMatch, ifRange)
    }

    public enum Answer: Hashable, Sendable {
        /// 200 with the whole file.
        case whole
        /// 206 with these bytes.
        case part(Range<Int64>)
        /// 304.
        case notModified
        /// 412.
        case preconditionFailed
        /// 416: no byte of what was asked for exists.
        case notSatisfiable
    }

    /// The answer for a file of `size` bytes with this entity tag (in its quotes).
    ///
    /// A request for several ranges is answered with the whole file, as the server may (14.2), unless none of them can be satisfied.
    public func answer(size: Int64, tag: String) -> Answer {
        // The order of 13.2.2.
        if let ifMatch, !MediaRequest.names(ifMatch, tag, isWeak: false) { return .preconditionFailed }
        if let ifNoneMatch, MediaRequest.names(ifNoneMatch, tag, isWeak: true) { return .notModified }
        // Ranges are defined for GET alone (14.2).
        guard let range, !isHead, let specifiers = MediaRequest.specifiers(range) else { return .whole }
        // A date is no strong validator here, since none is given out (13.1.5).
        if let ifRange, MediaRequest.trimmed(ifRange[...]) != tag { return .whole }
        let found = specifiers.compactMap { $0.bytes(of: size) }
        if found.isEmpty { return .notSatisfiable }
        return specifiers.count == 1 ? .part(found[0]) : .whole
    }

    private enum Specifier {
        case from(first: Int64, last: Int64?)
        case suffix(Int64)

        func bytes(of size: Int64) -> Range<Int64>? {
            switch self {
            case .from(let first, let last):
                guard first < size else { return nil }
                return first..<(min(last ?? .max, size - 1) + 1)
            case .suffix(let length):
                guard length > 0, size > 0 else { return nil }
                return max(0, size - length)..<size
            }
        }
    }

    /// Ranges of one request that are looked at; more are taken as if there were none.
    static let mostRanges = 64

    /// Nil when it is not of this form, or of another unit: it is ignored then.
    private static func specifiers(_ text: String) -> [Specifier]? {
        guard let equals = text.firstIndex(of: "="), trimmed(text[..<equals]).lowercased() == "bytes" else { return nil }
        let parts = text[text.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= mostRanges else { return nil }
        var out: [Specifier] = []
        for part in parts {
            let part = trimmed(part)
            guard let dash = part.firstIndex(of: "-") else { return nil }
            let (before, after) = (part[..<dash], part[part.index(after: dash)...])
            if before.isEmpty {
                guard let length = digits(after) else { return nil }
                out.append(.suffix(length))
            } else {
                guard let first = digits(before) else { return nil }
                let last = after.isEmpty ? nil : digits(after)
                guard after.isEmpty || last.map({ $0 >= first }) == true else { return nil }
                out.append(.from(first: first, last: last))
            }
        }
        return out
    }

    /// A number that is too large for any file is the largest there is.
    private static func digits(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }

    /// Whether a list of entity tags, or `*`, names this one (8.8.3.2: strong tags match weakly too).
    private static func names(_ list: String, _ tag: String, isWeak: Bool) -> Bool {
        list.split(separator: ",").map { trimmed($0) }.contains { given in
            given == "*" || given == tag || isWeak && given == "W/\(tag)"
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
