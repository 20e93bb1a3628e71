/// A file that is whole on disk and is to be stored.
public struct StorableFile: Sendable, Hashable {
    /// Where it will lie: names it for ever, so that the same key always means the same bytes.
    public var key: ObjectKey
    /// The file's path. Whoever stores it leaves it where it is; it must not change meanwhile.
    public var path: String
    /// Bytes.
    public var size: Int64
    public var contentType: String
    /// Of the whole file, 32 bytes: kept beside it where the store can.
    public var sha256: [UInt8]

    public init(key: ObjectKey, path: String, size: Int64, contentType: String, sha256: [UInt8]) {
        self.key = key
        self.path = path
        self.size = size
        self.contentType = contentType
        self.sha256 = sha256
    }
}

/// Keeps files under keys for ever. Storing one twice is storing it once.
public protocol ObjectStore: Sendable {
    /// Stores the file and returns its address. When it returns, the file survives a loss of power as far as the store can promise it.
    func put(_ file: StorableFile) async throws(ObjectStoreError) -> String
    /// The address that a stored file has.
    func url(of key: ObjectKey) -> String
    /// Lets connections go. Nothing may be stored afterwards.
    func close() async
}

extension ObjectStore {
    /// There is nothing to end.
    public func close() async {}
}

/// A key that every store takes: what Supabase allows, in segments that are no steps through folders.
///
/// Source: https://github.com/supabase/storage/blob/master/src/storage/limits.ts (isValidKey).
public struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
    /// Bytes: S3 and Supabase take 1024, and some of it is theirs.
    public static let longest = 900

    public let text: String
    public var description: String { text }
    public var segments: [Substring] { text.split(separator: "/", omittingEmptySubsequences: false) }

    /// Nil for a key that a store may refuse.
    public init?(_ text: String) {
        let others = Set("_/!.*'() &$=@;:+,?-".utf8)
        guard (1...Self.longest).contains(text.utf8.count),
            text.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || others.contains($0) })
        else { return nil }
        self.text = text
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
    }

    /// As a path of a URL (RFC 3986): what is neither letter, digit nor one of `-._` is escaped.
    public var escaped: String {
        text.utf8.reduce(into: "") { out, c in
            let isPlain = (48...57).contains(c) || (65...90).contains(c) || (97...122).contains(c) || "/-._".utf8.contains(c)
            let digits = [c >> 4, c & 15].map { String($0, radix: 16, uppercase: true) }.joined()
            out += isPlain ? String(UnicodeScalar(c)) : "%" + digits
        }
    }
}
