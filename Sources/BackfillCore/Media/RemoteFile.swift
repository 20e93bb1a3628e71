import TL

/// A file on Telegram's servers, as the message that it came with tells where it is. Its reference expires within hours to days.
public struct RemoteFile: Hashable, Sendable {
    /// Photos and documents are numbered apart.
    public enum Kind: String, Sendable, CaseIterable { case photo, document }

    public var kind: Kind
    public var id: Int64
    public var accessHash: Int64
    public var reference: [UInt8]
    /// Of a photo: which of its sizes, by Telegram's letter. Empty for a document.
    public var thumbnail: String
    public var dc: Int32
    /// Bytes; nil when the message does not tell.
    public var size: Int64?
    public var mimeType: String

    public init(
        kind: Kind, id: Int64, accessHash: Int64, reference: [UInt8], thumbnail: String = "", dc: Int32, size: Int64?, mimeType: String
    ) {
        self.kind = kind
        self.id = id
        self.accessHash = accessHash
        self.reference = reference
        self.thumbnail = thumbnail
        self.dc = dc
        self.size = size
        self.mimeType = mimeType
    }

    /// What `upload.getFile` and `upload.getFileHashes` take as the location.
    public var location: TLObject {
        TLObject(
            kind == .photo ? "inputPhotoFileLocation" : "inputDocumentFileLocation",
            [
                "id": .integer(id), "access_hash": .integer(accessHash), "file_reference": .bytes(reference),
                "thumb_size": .string(thumbnail),
            ])
    }

    /// The file with that id in a message; nil when the message has it not (any more), or means it to disappear.
    public init?(_ kind: Kind, id: Int64, in message: TLObject) {
        guard message.name == "message", let media = message["media"]?.object, media["ttl_seconds"] == nil else { return nil }
        let holders = [media, media["webpage"]?.object].compactMap { $0 }
        for holder in holders {
            guard let object = holder[kind.rawValue]?.object, object.name == kind.rawValue, object["id"]?.int == id else { continue }
            guard let file = kind == .photo ? Self(photo: object) : Self(document: object) else { return nil }
            self = file
            return
        }
        return nil
    }

    private init?(document: TLObject) {
        guard let id = document["id"]?.int, let hash = document["access_hash"]?.int, let dc = document["dc_id"]?.int else { return nil }
        self.init(
            kind: .document, id: id, accessHash: hash, reference: document["file_reference"]?.bytes ?? [], dc: Int32(clamping: dc),
            size: Self.size(document["size"]?.int), mimeType: document["mime_type"]?.string ?? "application/octet-stream")
    }

    private init?(photo: TLObject) {
        guard let id = photo["id"]?.int, let hash = photo["access_hash"]?.int, let dc = photo["dc_id"]?.int else { return nil }
        // The others are thumbnails inside the message itself.
        let sizes = (photo["sizes"]?.vector ?? []).compactMap(\.object).filter {
            $0.name == "photoSize" || $0.name == "photoSizeProgressive"
        }
        guard let largest = sizes.max(by: { Self.pixels($0) < Self.pixels($1) }), let letter = largest["type"]?.string else { return nil }
        let bytes = largest["size"]?.int ?? largest["sizes"]?.vector?.compactMap(\.int).max()
        self.init(
            kind: .photo, id: id, accessHash: hash, reference: photo["file_reference"]?.bytes ?? [], thumbnail: letter,
            dc: Int32(clamping: dc), size: Self.size(bytes), mimeType: "image/jpeg")
    }

    private static func pixels(_ size: TLObject) -> Int64 {
        let (w, h) = (size["w"]?.int ?? 0, size["h"]?.int ?? 0)
        return w.multipliedReportingOverflow(by: h).partialValue
    }

    private static func size(_ bytes: Int64?) -> Int64? { bytes.flatMap { $0 > 0 && $0 <= MediaLimits.fileBytes ? $0 : nil } }
}

/// The answer of `upload.getFile`, without a copy of what it carries.
public enum FileAnswer: Hashable, Sendable {
    /// The bytes that were asked for, or fewer at the file's end.
    case bytes(ArraySlice<UInt8>)
    /// A content delivery network has it, though we never said that we would go there.
    case elsewhere

    /// Reads a serialized `upload.File`; nil when it is none.
    public init?(_ answer: [UInt8]) {
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(answer[at + $1]) << UInt32(8 * $1) } }
        guard answer.count >= 4 else { return nil }
        if word(0) == Self.redirect {
            self = .elsewhere
            return
        }
        // upload.file#096a18d5 type:storage.FileType mtime:int bytes:bytes; each storage.FileType is its id alone.
        guard word(0) == Self.file, answer.count >= 16 else { return nil }
        let short = Int(answer[12])
        let (start, count) = short < 254 ? (13, short) : (16, Int(word(12) >> 8))
        guard short != 255, start + count <= answer.count else { return nil }
        self = .bytes(answer[start..<start + count])
    }

    // Both are in the newest layer's schema, which a test holds to.
    static let file: UInt32 = 0x096A_18D5
    static let redirect: UInt32 = 0xF18C_DA44
}
