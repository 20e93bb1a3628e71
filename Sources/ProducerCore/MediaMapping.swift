import Primitives
import TL

/// A message's media as the table has it.
struct MediaMapping: Equatable {
    /// photo, video, document, audio, sticker or voice: the predecessor's words.
    var type: String?
    /// Finer: round_video, gif, contact, geo, poll, web_page, …
    var kind = ""
    /// JSON object of metadata, empty if none.
    var metadata = ""
    /// Photo or document id.
    var id: UInt64 = 0
    /// Its content is meant to disappear, so none of it is kept.
    var isSelfDestructing = false

    /// `whole`: the dynamic form of the media, asked for where the projection reads none of its fields.
    init?(_ media: API.MessageMedia, whole: () -> TLObject?) {
        switch media {
        case .messageMediaEmpty: return nil
        case .messageMediaPhoto(let media):
            if media.ttlSeconds == nil { photo(media) } else { selfDestructing() }
        case .messageMediaDocument(let media):
            if media.ttlSeconds == nil { document(media) } else { selfDestructing() }
        case .messageMediaWebPage(let media): webPage(media.webpage)
        case .messageMediaPoll(let media): poll(media.poll)
        case .messageMediaContact(let media):
            kind = "contact"
            // Not the number: it is the contact's own.
            metadata = CompactJSON.object { json in
                json.member("first_name", media.firstName)
                json.member("last_name", media.lastName)
                json.member("user_id", media.userID)
            }
        case .messageMediaUnsupported: kind = "unsupported"
        case .messageMediaGeo, .messageMediaGeoLive, .messageMediaVenue, .messageMediaGame, .messageMediaInvoice, .messageMediaDice,
            .messageMediaStory, .messageMediaGiveaway, .messageMediaGiveawayResults, .messageMediaPaidMedia, .messageMediaToDo, .other:
            guard let object = whole() else {
                kind = "unknown"
                return
            }
            kind = CompactJSON.kind(object.name, without: "messageMedia")
            metadata = CompactJSON.plain(object, without: "messageMedia").text
        }
    }

    private mutating func selfDestructing() {
        kind = "self_destructing"
        isSelfDestructing = true
    }

    private mutating func photo(_ media: API.MessageMedia.MessageMediaPhoto) {
        (type, kind) = ("photo", "photo")
        guard let photo = media.photo, photo.kind == .photo else { return }
        id = UInt64(bitPattern: photo.id)
        let largest = photo.largest
        metadata = CompactJSON.object { json in
            json.member("width", largest?.w)
            json.member("height", largest?.h)
            json.member("size", largest?.size ?? largest?.sizes.max())
            // By which the server is asked for this size.
            json.member("size_type", largest?.type)
            json.flag("spoiler", media.spoiler)
        }
    }

    private mutating func document(_ media: API.MessageMedia.MessageMediaDocument) {
        (type, kind) = ("document", "document")
        guard let document = media.document, document.kind == .document else { return }
        id = UInt64(bitPattern: document.id)
        var (isAnimated, isSticker, isVideo, isAudio) = (false, false, false, false)
        var (isRound, isVoice) = (media.round, media.voice)
        var size: (w: Int32, h: Int32)?
        var duration: Double?
        var (emoji, title, performer, fileName): (String?, String?, String?, String?)
        for attribute in document.attributes {
            switch attribute {
            case .documentAttributeAnimated: isAnimated = true
            case .documentAttributeSticker(let a):
                isSticker = true
                emoji = a.alt
            case .documentAttributeCustomEmoji(let a):
                isSticker = true
                emoji = a.alt
            case .documentAttributeImageSize(let a): size = size ?? (a.w, a.h)
            case .documentAttributeVideo(let a):
                isVideo = true
                isRound = isRound || a.roundMessage
                size = (a.w, a.h)
                duration = a.duration
            case .documentAttributeAudio(let a):
                isAudio = true
                isVoice = isVoice || a.voice
                duration = Double(a.duration)
                (title, performer) = (a.title, a.performer)
            case .documentAttributeFilename(let a): fileName = a.fileName
            case .documentAttributeHasStickers, .other: break
            }
        }
        if isSticker {
            (type, kind) = ("sticker", "sticker")
        } else if isVoice {
            (type, kind) = ("voice", "voice")
        } else if isRound {
            (type, kind) = ("video", "round_video")
        } else if isAnimated {
            (type, kind) = ("video", "gif")
        } else if isVideo {
            (type, kind) = ("video", "video")
        } else if isAudio {
            (type, kind) = ("audio", "audio")
        }
        metadata = CompactJSON.object { json in
            json.member("mime_type", document.mimeType)
            json.member("size", document.size)
            json.member("width", size?.w)
            json.member("height", size?.h)
            if let duration { json.member("duration", duration) }
            json.member("file_name", fileName)
            json.member("title", title)
            json.member("performer", performer)
            json.member("emoji", emoji)
            json.flag("spoiler", media.spoiler)
        }
    }

    private mutating func webPage(_ page: API.WebPage) {
        kind = "web_page"
        metadata = CompactJSON.object { json in
            json.member("url", page.url)
            json.member("page_type", page.type)
            json.member("site_name", page.siteName)
            json.member("title", page.title)
            json.member("description", page.description)
            json.member("author", page.author)
        }
        if metadata == "{}" { metadata = "" }
    }

    /// Without the votes: they change with no edit that would say which copy is the newer one.
    private mutating func poll(_ poll: API.Poll) {
        kind = "poll"
        metadata = CompactJSON.object { json in
            json.member("id", poll.id)
            json.member("question", poll.question.text)
            json.array("answers") { json in
                for answer in poll.answers { json.element(answer.text.text) }
            }
            json.flag("closed", poll.closed)
            json.flag("quiz", poll.quiz)
            json.flag("multiple_choice", poll.multipleChoice)
            json.flag("public_voters", poll.publicVoters)
            json.member("close_date", poll.closeDate)
        }
    }
}

extension API.Photo {
    /// The largest of the sizes that a server has; thumbnails inside the message have no width.
    public var largest: API.PhotoSize? {
        sizes.filter { $0.kind == .photoSize || $0.kind == .photoSizeProgressive }
            .max { (Int64($0.w ?? 0) * Int64($0.h ?? 0), $0.type) < (Int64($1.w ?? 0) * Int64($1.h ?? 0), $1.type) }
    }
}
