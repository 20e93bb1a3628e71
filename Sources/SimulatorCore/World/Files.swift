import Primitives

/// A photo or document.
public struct StoredFile: Sendable {
    public let id: Int64
    public var content: FileContent
    public var date: UnixTime
    /// The data centre that has it.
    public var dataCentre: Int32
    /// Nil for a photo.
    public var document: DocumentInfo?
    /// Smaller pictures of it: a photo's own sizes, a video's thumbnails.
    public var sizes: [PhotoSize] = []
    /// Counts how often its references expired.
    public internal(set) var epoch: UInt64 = 0

    public var size: Int64 { content.size }
}

/// One of the sizes of a photo.
public struct PhotoSize: Hashable, Sendable {
    /// `s`, `m`, `x`, `y`, `w`. Source: https://core.telegram.org/api/files#image-thumbnail-types
    public var letter: String
    public var width: Int32
    public var height: Int32
    /// Bytes.
    public var size: Int64
    /// Bytes after which each coarser picture is whole, with the last one `size`; empty for a plain one.
    public var progressive: [Int32] = []
}

/// What a document is besides its bytes.
public struct DocumentInfo: Sendable {
    public enum Kind: Hashable, Sendable {
        case plain
        case video(seconds: Double, width: Int32, height: Int32)
        case roundVideo(seconds: Double, side: Int32)
        case animation(seconds: Double, width: Int32, height: Int32)
        case audio(seconds: Int32, title: String, performer: String)
        case voice(seconds: Int32)
        case sticker(emoji: String)
    }

    public var mimeType: String
    public var fileName: String?
    public var kind = Kind.plain

    public init(mimeType: String, fileName: String?, kind: Kind = .plain) {
        self.mimeType = mimeType
        self.fileName = fileName
        self.kind = kind
    }
}

/// A file on its way up.
struct Upload: Sendable {
    var parts: [Int32: [UInt8]] = [:]
    var bytes = 0
}

extension World {
    @discardableResult
    public mutating func store(
        _ bytes: [UInt8], document: DocumentInfo?, at dataCentre: Int32 = TelegramServer.dataCentre, now: UnixTime
    ) -> Int64 {
        // The bytes of a photo are kept as they came, so there is one size; nobody looks at its width and height.
        let sizes = document == nil ? [PhotoSize(letter: "x", width: 800, height: 600, size: Int64(bytes.count))] : []
        return store(.bytes(bytes), document: document, sizes: sizes, at: dataCentre, now: now)
    }

    /// Adds a file of any content.
    @discardableResult
    public mutating func store(
        _ content: FileContent, document: DocumentInfo?, sizes: [PhotoSize], at dataCentre: Int32 = TelegramServer.dataCentre,
        now: UnixTime
    ) -> Int64 {
        let id = Int64(bitPattern: scramble(secret ^ 0xF11E ^ UInt64(files.count))) & .max
        files[id] = StoredFile(id: id, content: content, date: now, dataCentre: dataCentre, document: document, sizes: sizes)
        return id
    }

    /// Makes every file reference that was given out invalid; a new one comes with the message.
    public mutating func expireFileReferences() { fileEpoch += 1 }

    /// The same for one file.
    public mutating func expireReferences(of file: Int64) { files[file]?.epoch += 1 }

    /// The hash and the reference that a client must show to download the file.
    public func fileAccess(_ id: Int64) -> (hash: Int64, reference: [UInt8]) {
        let hash = Int64(bitPattern: scramble(secret ^ 0xACCE55 ^ UInt64(bitPattern: id)))
        let word = scramble(UInt64(bitPattern: hash) ^ referenceEpoch(of: id))
        return (hash, (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) })
    }

    /// Changes with every expiry of the file's references.
    func referenceEpoch(of file: Int64) -> UInt64 { fileEpoch << 32 ^ (files[file]?.epoch ?? 0) }
}
