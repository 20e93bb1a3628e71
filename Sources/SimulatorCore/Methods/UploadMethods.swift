import TL

/// One upload of one user.
struct UploadID: Hashable, Sendable {
    var user: Int64
    var file: Int64
}

extension TelegramServer {
    mutating func answerUpload(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "upload.saveFilePart", "upload.saveBigFilePart":
            try savePart(request, caller)
            return true
        case "upload.getFile": return .object(try getFile(request, caller))
        case "upload.getFileHashes": return .objects(try getFileHashes(request, caller))
        default: return nil
        }
    }

    /// Telegram's largest part, and the most bytes that the simulator keeps of one upload.
    private static let partBytes = 512 << 10
    private static let uploadBytes = 256 << 20

    private mutating func savePart(_ request: TLObject, _ caller: Caller) throws(Failure) {
        let id = UploadID(user: caller.user, file: request.integer("file_id"))
        guard let bytes = request["bytes"]?.bytes, !bytes.isEmpty else { throw .bad("FILE_PART_EMPTY") }
        if bytes.count > TelegramServer.partBytes { throw .bad("FILE_PART_TOO_BIG") }
        if uploads[id, default: Upload()].bytes + bytes.count > TelegramServer.uploadBytes { throw .bad("FILE_PARTS_INVALID") }
        uploads[id, default: Upload()].bytes += bytes.count
        uploads[id, default: Upload()].parts[request.int32("file_part")] = bytes
    }

    /// An `InputMedia`: an upload that ends here, or a file that is already there.
    mutating func media(_ value: TLValue?, _ caller: Caller) throws(Failure) -> Media {
        guard let input = value?.object else { throw .bad("MEDIA_INVALID") }
        switch input.name {
        case "inputMediaUploadedPhoto":
            return .photo(world.store(try upload(input["file"], caller), document: nil, at: caller.dataCentre, now: caller.now))
        case "inputMediaUploadedDocument":
            let name = input["attributes"]?.vector?.first { $0.object?.name == "documentAttributeFilename" }?["file_name"]?.string
            let info = DocumentInfo(mimeType: input.text("mime_type"), fileName: name ?? input["file"]?["name"]?.string)
            return .document(world.store(try upload(input["file"], caller), document: info, at: caller.dataCentre, now: caller.now))
        case "inputMediaPhoto", "inputMediaDocument":
            guard let reference = input["id"]?.object else { throw .bad("MEDIA_EMPTY") }
            let id = reference.integer("id")
            guard let file = world.files[id], reference.integer("access_hash") == world.fileAccess(id).hash else {
                throw .bad("MEDIA_EMPTY")
            }
            return file.document == nil ? .photo(id) : .document(id)
        default: throw .bad("MEDIA_INVALID")
        }
    }

    /// The whole of an `InputFile`.
    private mutating func upload(_ value: TLValue?, _ caller: Caller) throws(Failure) -> [UInt8] {
        guard let file = value?.object, let upload = uploads.removeValue(forKey: UploadID(user: caller.user, file: file.integer("id")))
        else {
            throw .bad("FILE_PARTS_INVALID")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(upload.bytes)
        for part in 0..<file.int32("parts") {
            guard let piece = upload.parts[part] else { throw .bad("FILE_PART_\(part)_MISSING") }
            bytes += piece
        }
        return bytes
    }
}
