import Primitives

/// Where a file lies in a store: made of ids and of its hash, so that one file has one key wherever it was posted, and the same bytes
/// are never stored twice under a name.
public enum ContentKey {
    /// `document/<id>/<SHA-256>.<ending>`; the ending follows from the MIME type, never from a name that a person chose.
    public static func key(_ kind: RemoteFile.Kind, id: UInt64, sha256: [UInt8], mimeType: String) -> String {
        precondition(sha256.count == MediaLimits.hashBytes, "a SHA-256 has 32 bytes")
        return "\(kind.rawValue)/\(id)/\(hex(sha256)).\(ending(of: mimeType))"
    }

    /// The ending of a MIME type's files; `bin` for one that is not known.
    public static func ending(of mimeType: String) -> String {
        let type = mimeType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        if let known = endings[type] { return known }
        // x-tgsticker and the like say it themselves, if they are letters and digits alone.
        guard let subtype = type.split(separator: "/").last, subtype.count <= 8, type.contains("/"),
            subtype.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) })
        else { return "bin" }
        return String(subtype)
    }

    private static let endings = [
        "image/jpeg": "jpg", "image/svg+xml": "svg", "image/x-icon": "ico", "video/quicktime": "mov", "video/x-matroska": "mkv",
        "video/x-msvideo": "avi", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/x-wav": "wav",
        "audio/x-flac": "flac", "application/x-tgsticker": "tgs", "application/x-bad-tgsticker": "tgs", "application/gzip": "gz",
        "application/x-gzip": "gz", "application/x-tar": "tar", "application/x-rar-compressed": "rar", "application/vnd.rar": "rar",
        "application/x-7z-compressed": "7z", "application/vnd.android.package-archive": "apk", "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx", "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx", "application/vnd.ms-powerpoint": "ppt",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx", "application/epub+zip": "epub",
        "application/x-bittorrent": "torrent", "application/octet-stream": "bin", "text/plain": "txt", "text/x-python": "py",
        "text/markdown": "md",
    ]
}
