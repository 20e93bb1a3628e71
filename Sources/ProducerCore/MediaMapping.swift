import Primitives
import TL

/// A message's media as the table has it.
struct MediaMapping: Equatable {
    /// photo, video, document, audio, sticker or voice: the predecessor's words.
    var type: String?
    /// Finer: round_video, gif, contact, geo, poll, web_page, …
    var kind: String?
    /// JSON object of metadata, empty if none.
    var metadata = ""
    /// Photo or document id.
    var id: UInt64 = 0
    /// Its content is meant to disappear, so none of it is kept.
    var isSelfDestructing = false

    init?(_ media: TLObject?) {
        guard let media, media.name != "messageMediaEmpty" else { return nil }
        kind = CompactJSON.kind(media.name, without: "messageMedia")
        if media["ttl_seconds"] != nil {
            kind = "self_destructing"
            isSelfDestructing = true
            return
        }
        switch media.name {
        case "messageMediaPhoto": photo(media)
        case "messageMediaDocument": document(media)
        default: metadata = MediaMapping.other(media)
        }
    }

    private mutating func photo(_ media: TLObject) {
        type = "photo"
        guard let photo = media["photo"]?.object, photo.name == "photo" else { return }
        id = UInt64(bitPattern: photo["id"]?.int ?? 0)
        let largest = photo.objects("sizes").max { ($0["w"]?.int ?? 0) < ($1["w"]?.int ?? 0) }
        var members: [JSON.Member] = []
        for (field, name) in [("w", "width"), ("h", "height"), ("size", "size")] {
            if let number = largest?[field]?.int { members.append(.init(name, .integer(number))) }
        }
        if let bytes = largest?["sizes"]?.vector?.compactMap(\.int).max() { members.append(.init("size", .integer(bytes))) }
        if media["spoiler"]?.bool == true { members.append(.init("spoiler", true)) }
        metadata = members.isEmpty ? "" : JSON.object(members).text
    }

    private mutating func document(_ media: TLObject) {
        type = "document"
        guard let document = media["document"]?.object, document.name == "document" else { return }
        id = UInt64(bitPattern: document["id"]?.int ?? 0)
        var members: [JSON.Member] = []
        if let mime = document["mime_type"]?.string { members.append(.init("mime_type", .string(mime))) }
        if let size = document["size"]?.int { members.append(.init("size", .integer(size))) }
        var isAnimated = false
        var isSticker = false
        var isVideo = false
        var isRound = media["round"]?.bool ?? false
        var isAudio = false
        var isVoice = media["voice"]?.bool ?? false
        for attribute in document.objects("attributes") {
            switch attribute.name {
            case "documentAttributeAnimated": isAnimated = true
            case "documentAttributeSticker", "documentAttributeCustomEmoji":
                isSticker = true
                if let emoji = attribute["alt"]?.string { members.append(.init("emoji", .string(emoji))) }
            case "documentAttributeVideo":
                isVideo = true
                isRound = isRound || attribute["round_message"]?.bool == true
                if let duration = attribute["duration"]?.double { members.append(.init("duration", .double(duration))) }
            case "documentAttributeAudio":
                isAudio = true
                isVoice = isVoice || attribute["voice"]?.bool == true
                if let duration = attribute["duration"]?.int { members.append(.init("duration", .integer(duration))) }
                for field in ["title", "performer"] {
                    if let text = attribute[field]?.string { members.append(.init(field, .string(text))) }
                }
            case "documentAttributeFilename":
                if let name = attribute["file_name"]?.string { members.append(.init("file_name", .string(name))) }
            default: break
            }
            for (field, name) in [("w", "width"), ("h", "height")] {
                if let number = attribute[field]?.int { members.append(.init(name, .integer(number))) }
            }
        }
        (type, kind) =
            isSticker
            ? ("sticker", "sticker")
            : isVoice
                ? ("voice", "voice")
                : isRound
                    ? ("video", "round_video")
                    : isAnimated
                        ? ("video", "gif") : isVideo ? ("video", "video") : isAudio ? ("audio", "audio") : ("document", "document")
        metadata = members.isEmpty ? "" : JSON.object(members).text
    }

    private static func other(_ media: TLObject) -> String {
        switch media.name {
        case "messageMediaWebPage":
            guard let page = media["webpage"]?.object else { return "" }
            var members: [JSON.Member] = []
            for field in ["url", "site_name", "title", "description"] {
                if let text = page[field]?.string { members.append(.init(field, .string(text))) }
            }
            return members.isEmpty ? "" : JSON.object(members).text
        case "messageMediaUnsupported": return ""
        default: return CompactJSON.plain(media, without: "messageMedia").text
        }
    }
}
