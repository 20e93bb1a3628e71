import Primitives
import TL

extension World {
    /// A `MessageMedia`.
    func tl(_ media: Media, _ mentioned: inout Mentioned) -> TLObject {
        if case .contact(_, _, _, let user) = media, accounts[user] != nil { mentioned.insert(.user(user)) }
        return tl(media)
    }

    func tl(_ media: Media) -> TLObject {
        switch media {
        case .photo(let id): return TLObject("messageMediaPhoto", ["photo": .object(photo(id))])
        case .document(let id): return tl(document: id)
        case .selfDestructing(let id, let seconds):
            var object =
                files[id]?.document == nil ? TLObject("messageMediaPhoto", ["photo": .object(photo(id))]) : tl(document: id)
            object["ttl_seconds"] = .int(seconds)
            return object
        case .webPage(let page):
            let object = TLObject(
                "webPage",
                [
                    "id": .integer(page.id), "url": .string(page.url), "display_url": .string(page.url), "hash": 0,
                    "type": "article", "site_name": .string(page.siteName), "title": .string(page.title),
                    "description": .string(page.description),
                ])
            return TLObject("messageMediaWebPage", ["webpage": .object(object)])
        case .place(let latitude, let longitude, let title, let address):
            let geo = TLValue.object(TLObject("geoPoint", ["lat": .double(latitude), "long": .double(longitude), "access_hash": 0]))
            guard let title else { return TLObject("messageMediaGeo", ["geo": geo]) }
            return TLObject(
                "messageMediaVenue",
                [
                    "geo": geo, "title": .string(title), "address": .string(address ?? ""), "provider": "simulator", "venue_id": "1",
                    "venue_type": "",
                ])
        case .contact(let phone, let firstName, let lastName, let user):
            return TLObject(
                "messageMediaContact",
                [
                    "phone_number": .string(phone), "first_name": .string(firstName), "last_name": .string(lastName), "vcard": "",
                    "user_id": .integer(user),
                ])
        case .poll(let poll): return tl(poll)
        case .dice(let emoji, let value): return TLObject("messageMediaDice", ["value": .int(value), "emoticon": .string(emoji)])
        }
    }

    private func tl(_ poll: Poll) -> TLObject {
        func words(_ text: String) -> TLValue { .object(TLObject("textWithEntities", ["text": .string(text), "entities": []])) }
        let answers = poll.answers.enumerated().map { index, text in
            TLObject("pollAnswer", ["text": words(text), "option": .bytes([UInt8(truncatingIfNeeded: index)])])
        }
        let votes = poll.votes.enumerated().map { index, count in
            TLObject(
                "pollAnswerVoters", ["option": .bytes([UInt8(truncatingIfNeeded: index)]), "voters": .int(count), "recent_voters": []])
        }
        return TLObject(
            "messageMediaPoll",
            [
                "poll": .object(
                    TLObject(
                        "poll", ["id": .integer(poll.id), "question": words(poll.question), "answers": .objects(answers), "hash": 0])),
                "results": .object(
                    TLObject("pollResults", ["results": .objects(votes), "total_voters": .int(poll.votes.reduce(0, +))])),
            ])
    }

    private func tl(_ size: PhotoSize) -> TLObject {
        var object = TLObject("photoSize", ["type": .string(size.letter), "w": .int(size.width), "h": .int(size.height)])
        if size.progressive.isEmpty {
            object["size"] = .integer(size.size)
        } else {
            object.name = "photoSizeProgressive"
            object["sizes"] = .integers(size.progressive)
        }
        return object
    }

    private func photo(_ id: Int64) -> TLObject {
        guard let file = files[id] else { return TLObject("photoEmpty", ["id": .integer(id)]) }
        let access = fileAccess(id)
        return TLObject(
            "photo",
            [
                "id": .integer(id), "access_hash": .integer(access.hash), "file_reference": .bytes(access.reference),
                "date": .integer(file.date.seconds), "sizes": .objects(file.sizes.map(tl)), "dc_id": .int(file.dataCentre),
            ])
    }

    /// `messageMediaDocument` with the flags that clients show it by.
    private func tl(document id: Int64) -> TLObject {
        var object = TLObject("messageMediaDocument", ["document": .object(document(id))])
        switch files[id]?.document?.kind {
        case .video, .animation: object["video"] = true
        case .roundVideo:
            object["video"] = true
            object["round"] = true
        case .voice: object["voice"] = true
        default: break
        }
        return object
    }

    private func document(_ id: Int64) -> TLObject {
        guard let file = files[id], let info = file.document else { return TLObject("documentEmpty", ["id": .integer(id)]) }
        let access = fileAccess(id)
        return TLObject(
            "document",
            [
                "id": .integer(id), "access_hash": .integer(access.hash), "file_reference": .bytes(access.reference),
                "date": .integer(file.date.seconds), "mime_type": .string(info.mimeType), "size": .integer(file.size),
                "thumbs": file.sizes.isEmpty ? nil : .objects(file.sizes.map(tl)), "dc_id": .int(file.dataCentre),
                "attributes": .objects(attributes(info)),
            ])
    }

    private func attributes(_ info: DocumentInfo) -> [TLObject] {
        func video(_ seconds: Double, _ width: Int32, _ height: Int32, isRound: Bool = false) -> TLObject {
            TLObject(
                "documentAttributeVideo",
                ["duration": .double(seconds), "w": .int(width), "h": .int(height), "round_message": flag(isRound)])
        }
        var list: [TLObject] =
            switch info.kind {
            case .plain: []
            case .video(let seconds, let width, let height): [video(seconds, width, height)]
            case .roundVideo(let seconds, let side): [video(seconds, side, side, isRound: true)]
            case .animation(let seconds, let width, let height):
                [video(seconds, width, height), TLObject("documentAttributeAnimated")]
            case .audio(let seconds, let title, let performer):
                [
                    TLObject(
                        "documentAttributeAudio",
                        ["duration": .int(seconds), "title": .string(title), "performer": .string(performer)])
                ]
            case .voice(let seconds): [TLObject("documentAttributeAudio", ["duration": .int(seconds), "voice": true])]
            case .sticker(let emoji):
                [
                    TLObject("documentAttributeImageSize", ["w": 512, "h": 512]),
                    TLObject(
                        "documentAttributeSticker",
                        ["alt": .string(emoji), "stickerset": .object(TLObject("inputStickerSetEmpty"))]),
                ]
            }
        if let name = info.fileName { list.append(TLObject("documentAttributeFilename", ["file_name": .string(name)])) }
        return list
    }
}
