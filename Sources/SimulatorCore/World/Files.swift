import Primitives

/// A photo or document that was uploaded.
public struct StoredFile: Sendable {
    public let id: Int64
    public var bytes: [UInt8]
    public var date: UnixTime
    /// The data centre that has it.
    public var dataCentre: Int32
    /// Nil for a photo.
    public var document: DocumentInfo?
}

/// What a document is besides its bytes.
public struct DocumentInfo: Sendable {
    public var mimeType: String
    public var fileName: String?

    public init(mimeType: String, fileName: String?) {
        self.mimeType = mimeType
        self.fileName = fileName
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
        let id = Int64(bitPattern: scramble(secret ^ 0xF11E ^ UInt64(files.count))) & .max
        files[id] = StoredFile(id: id, bytes: bytes, date: now, dataCentre: dataCentre, document: document)
        return id
    }

    /// Makes every file reference that was given out invalid; a new one comes with the message.
    public mutating func expireFileReferences() { fileEpoch += 1 }

    /// The hash and the reference that a client must show to download the file.
    public func fileAccess(_ id: Int64) -> (hash: Int64, reference: [UInt8]) {
        let hash = Int64(bitPattern: scramble(secret ^ 0xACCE55 ^ UInt64(bitPattern: id)))
        let word = scramble(UInt64(bitPattern: hash) ^ fileEpoch)
        return (hash, (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) })
    }
}
