/// How a file is told to a browser. What people send to each other is not trusted: only what a browser shows without running it is shown,
/// everything else is something to be saved.
public struct MediaType: Hashable, Sendable {
    /// The value of `Content-Type`.
    public let name: String
    /// Whether a browser may show it in its place; otherwise it is saved.
    public let isShown: Bool

    /// By the ending of a key, which follows from what Telegram said of the file; never from the file's own name.
    public init(key: String) {
        let name = key.split(separator: "/").last ?? ""
        let ending = name.contains(".") ? (name.split(separator: ".").last?.lowercased() ?? "") : ""
        if let known = MediaType.shown[ending] {
            (self.name, isShown) = (known, true)
        } else {
            (self.name, isShown) = ("application/octet-stream", false)
        }
    }

    /// Neither HTML nor SVG, XML or PDF is among them: those can run scripts.
    private static let shown = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "bmp": "image/bmp",
        "heic": "image/heic", "avif": "image/avif", "mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
        "mkv": "video/x-matroska",
        "ogv": "video/ogg", "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg",
        "wav": "audio/wav", "flac": "audio/flac", "aac": "audio/aac", "txt": "text/plain; charset=utf-8",
    ]

    /// The value of `Content-Disposition` for the file of this key, whose characters need no escape in quotes.
    public func disposition(key: String) -> String {
        let name = key.split(separator: "/").last.map(String.init) ?? "file"
        let safe = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return "\(isShown ? "inline" : "attachment"); filename=\"\(safe.isEmpty ? "file" : safe)\""
    }
}
