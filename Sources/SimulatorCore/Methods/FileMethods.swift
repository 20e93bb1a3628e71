import Cryptography
import Primitives
import TL

extension TelegramServer {
    /// What a file location names, checked.
    private struct Located {
        var file: StoredFile
        /// The letter of a smaller picture; empty: the file itself.
        var letter: String
        var content: FileContent
    }

    /// Telegram's largest part and the boundary that no part crosses.
    /// Source of these rules: https://core.telegram.org/api/files#downloading-files
    private static let megabyte: Int64 = 1 << 20
    /// The bytes that one `fileHash` covers, and how many of them an answer holds: those of a megabyte.
    private static let hashedBytes = 128 << 10
    private static let hashesInAnswer = 8

    private mutating func locate(_ request: TLObject, _ caller: Caller) throws(Failure) -> Located {
        guard let location = request["location"]?.object,
            location.name == "inputPhotoFileLocation" || location.name == "inputDocumentFileLocation"
        else { throw .bad("LOCATION_INVALID") }
        let id = location.integer("id")
        guard let file = world.files[id], (file.document == nil) == (location.name == "inputPhotoFileLocation") else {
            throw .bad("FILE_ID_INVALID")
        }
        if let home = elsewhere(file.dataCentre, than: caller.dataCentre) { throw .migrate("FILE", to: home) }
        let access = world.fileAccess(id)
        if location.integer("access_hash") != access.hash { throw .bad("FILE_ID_INVALID") }
        if location["file_reference"]?.bytes != access.reference { throw faults.files.expired(id) }
        let letter = location.text("thumb_size")
        if file.document != nil && letter.isEmpty { return Located(file: file, letter: "", content: file.content) }
        guard let size = file.sizes.first(where: { $0.letter == letter }) else { throw .bad("LOCATION_INVALID") }
        let isWhole = file.document == nil && size == file.sizes.last
        return Located(file: file, letter: letter, content: isWhole ? file.content : picture(size, of: file))
    }

    /// Smaller pictures are always synthetic.
    private func picture(_ size: PhotoSize, of file: StoredFile) -> FileContent {
        .synthetic(seed: scramble(UInt64(bitPattern: file.id) ^ UInt64(size.letter.utf8.first ?? 0)), size: size.size)
    }

    mutating func getFile(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let (offset, limit) = (request.integer("offset"), request.integer("limit"))
        let isPrecise = request.isSet("precise")
        let unit: Int64 = isPrecise ? 1 << 10 : 4 << 10
        let megabyte = TelegramServer.megabyte
        let location = try locate(request, caller)
        if offset < 0 || offset % unit != 0 { throw .bad("OFFSET_INVALID") }
        if limit <= 0 || limit > megabyte || limit % unit != 0 { throw .bad("LIMIT_INVALID") }
        if !isPrecise && megabyte % limit != 0 { throw .bad("LIMIT_INVALID") }
        if offset / megabyte != (offset + limit - 1) / megabyte { throw .bad("LIMIT_INVALID") }
        let id = location.file.id
        let effect = faults.fileEffect(on: id)
        switch effect {
        case .expire:
            world.expireReferences(of: id)
            throw faults.files.expired(id)
        case .premiumWait(let seconds): throw Failure(420, "FLOOD_PREMIUM_WAIT_\(seconds)")
        case .fail(let failure): throw failure
        case .wrong, .short, nil: break
        }
        var bytes = location.content.read(at: offset, count: Int(limit))
        if effect == .wrong, !bytes.isEmpty { bytes[bytes.count / 2] ^= 0xFF }
        if case .short(let count)? = effect { bytes = Array(bytes.prefix(count)) }
        faults.files.note(FileFaults.Part(letter: location.letter, offset: offset, limit: limit), of: id, bytes: bytes.count)
        return TLObject(
            "upload.file",
            [
                "type": .object(TLObject(location.file.document == nil ? "storage.fileJpeg" : "storage.filePartial")),
                "mtime": .integer(location.file.date.seconds), "bytes": .bytes(bytes),
            ])
    }

    /// SHA-256 of each 128 KiB from the piece in which `offset` is, of a megabyte at most: a client asks on behind the last.
    mutating func getFileHashes(_ request: TLObject, _ caller: Caller) throws(Failure) -> [TLObject] {
        let location = try locate(request, caller)
        if request.integer("offset") < 0 { throw .bad("OFFSET_INVALID") }
        let piece = Int64(TelegramServer.hashedBytes)
        let first = request.integer("offset") / piece * piece
        if request.integer("offset") >= location.content.size { return [] }
        return (0..<Int64(TelegramServer.hashesInAnswer)).map { first + $0 * piece }.filter { $0 < location.content.size }.map { offset in
            let bytes = location.content.read(at: offset, count: TelegramServer.hashedBytes)
            return TLObject("fileHash", ["offset": .integer(offset), "limit": .int(bytes.count), "hash": .bytes(sha256(bytes))])
        }
    }
}
