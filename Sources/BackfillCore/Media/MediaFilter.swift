/// Which files are fetched, as the configuration says.
public struct MediaFilter: Hashable, Sendable {
    /// What `media_type` of a row may say, of those that have a file.
    public static let allTypes = ["photo", "video", "document", "audio", "sticker", "voice"]

    /// What becomes of a file.
    public enum Decision: Hashable, Sendable {
        case fetch
        /// Never under these rules, and why.
        case skip(String)
    }

    /// Types that are fetched.
    public var types: Set<String>
    /// Bytes of the largest file that is fetched.
    public var maximumBytes: Int64

    public init(types: some Sequence<String>, maximumBytes: Int64) {
        self.types = Set(types)
        self.maximumBytes = maximumBytes
    }

    /// - Parameter size: bytes; nil while it is unknown, when the file is begun and given up if it grows too large.
    public func decide(type: String, size: Int64?) -> Decision {
        guard types.contains(type) else { return .skip("files of the type \(type) are not fetched here (media.types)") }
        guard let size else { return .fetch }
        if size > maximumBytes { return .skip("\(size) bytes are more than media.maximum_megabytes allows (\(maximumBytes))") }
        return .fetch
    }
}
