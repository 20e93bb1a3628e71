import Events
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

/// What archives need of a message beside its text.
@Suite struct ArchiveFieldTests {
    private func map(_ more: [String: TLValue], text: String = "hello") -> WireMessage {
        let sighting = Sighting(position: 1, generation: 1, edited: false, observedAt: 1_800_000_000)
        return WireMessage(message(5, in: peer(channel), text: text, more), sighting, peers: book()) ?? WireMessage()
    }

    private func media(_ name: String, _ fields: KeyValuePairs<String, TLValue?> = [:]) -> WireMessage {
        map(["media": .object(TLObject(name, fields))])
    }

    private func document(_ attributes: TLObject..., flags: [String: TLValue] = [:]) -> WireMessage {
        let document = TLObject(
            "document",
            [
                "id": 55, "access_hash": 66, "file_reference": .bytes([1, 2]), "mime_type": "x/y", "size": 1_000, "dc_id": 2,
                "attributes": .objects(attributes),
            ])
        var object = TLObject("messageMediaDocument", ["document": .object(document)])
        for (name, value) in flags { object[name] = value }
        return map(["media": .object(object)])
    }

    @Test(arguments: [
        ("messageEntityUnknown", "unknown"), ("messageEntityMention", "mention"), ("messageEntityHashtag", "hashtag"),
        ("messageEntityBotCommand", "bot_command"), ("messageEntityUrl", "url"), ("messageEntityEmail", "email"),
        ("messageEntityBold", "bold"), ("messageEntityItalic", "italic"), ("messageEntityCode", "code"), ("messageEntityPhone", "phone"),
        ("messageEntityCashtag", "cashtag"), ("messageEntityUnderline", "underline"), ("messageEntityStrike", "strike"),
        ("messageEntityBankCard", "bank_card"), ("messageEntitySpoiler", "spoiler"), ("messageEntityBlockquote", "blockquote"),
    ]) func every_kind_of_entity(name: String, word: String) {
        let entity = TLObject(name, ["offset": 1, "length": 2])
        #expect(map(["entities": .objects([entity])]).entities == #"[{"type":"\#(word)","offset":1,"length":2}]"#)
    }

    @Test func no_entity_of_any_layer_is_without_a_name() {
        for declaration in TL.declarations where declaration.result == "MessageEntity" {
            let entity = TLObject(declaration.name, ["offset": 0, "length": 1])
            let text = map(["entities": .objects([entity])]).entities
            #expect(!text.contains("unknown") || declaration.name == "messageEntityUnknown", "\(text)")
        }
    }

    @Test func what_entities_point_at() {
        let entities = [
            TLObject("messageEntityTextUrl", ["offset": 0, "length": 1, "url": "https://a.example/\"x\""]),
            TLObject("messageEntityPre", ["offset": 0, "length": 1, "language": "swift"]),
            TLObject("messageEntityMentionName", ["offset": 0, "length": 1, "user_id": 9]),
            TLObject("messageEntityCustomEmoji", ["offset": 0, "length": 1, "document_id": -9]),
            TLObject("messageEntityBlockquote", ["offset": 0, "length": 1, "collapsed": true]),
        ]
        #expect(
            map(["entities": .objects(entities)]).entities == """
                [{"type":"text_url","offset":0,"length":1,"url":"https://a.example/\\"x\\""},\
                {"type":"pre","offset":0,"length":1,"language":"swift"},{"type":"mention_name","offset":0,"length":1,"user_id":9},\
                {"type":"custom_emoji","offset":0,"length":1,"document_id":-9},\
                {"type":"blockquote","offset":0,"length":1,"collapsed":true}]
                """)
    }

    @Test func where_a_forward_comes_from() {
        let header = TLObject(
            "messageFwdHeader",
            [
                "from_id": .object(TLObject("peerChannel", ["channel_id": 8])), "from_name": "Somebody", "date": 5, "channel_post": 6,
                "post_author": "The editor", "saved_from_peer": .object(TLObject("peerChat", ["chat_id": 9])), "saved_from_msg_id": 10,
                "imported": true,
            ])
        #expect(
            map(["fwd_from": .object(header)]).forward == """
                {"from_id":-1000000000008,"from_name":"Somebody","post_author":"The editor","date":5,"channel_post":6,\
                "saved_from_peer":-9,"saved_from_msg_id":10,"imported":true}
                """)
    }

    @Test func replies_and_topics() {
        func reply(_ fields: KeyValuePairs<String, TLValue?>) -> WireMessage {
            map(["reply_to": .object(TLObject("messageReplyHeader", fields))])
        }
        let plain = reply(["reply_to_msg_id": 4])
        #expect(plain.replyTo == 4 && !plain.hasTopicID)
        let inTopic = reply(["reply_to_msg_id": 4, "reply_to_top_id": 2, "forum_topic": true])
        #expect(inTopic.replyTo == 4 && inTopic.topicID == 2)
        #expect(reply(["reply_to_msg_id": 2, "forum_topic": true]).topicID == 2)
        // A thread of comments is no topic.
        #expect(!reply(["reply_to_msg_id": 4, "reply_to_top_id": 2]).hasTopicID)
        let elsewhere = reply(["reply_to_msg_id": 4, "reply_to_peer_id": .object(peer(basicGroup))])
        #expect(!elsewhere.hasReplyTo)
        #expect(elsewhere.reply == #"{"reply_to_peer_id":-\#(basicGroup.id),"reply_to_msg_id":4}"#)
        #expect(plain.reply.isEmpty && inTopic.reply.isEmpty)
        let quoting = reply(["reply_to_msg_id": 4, "quote": true, "quote_text": "so \"he\"", "quote_offset": 7])
        #expect(quoting.replyTo == 4)
        #expect(quoting.reply == #"{"quote_text":"so \"he\"","quote_offset":7}"#)
        #expect(reply(["reply_to_msg_id": 4, "quote": true, "quote_text": "", "quote_offset": 7]).reply.isEmpty)
        #expect(!map([:]).hasTopicID && !map([:]).hasReplyTo)
        let story = TLObject("messageReplyStoryHeader", ["peer": .object(privatePeer), "story_id": 3])
        let toStory = map(["reply_to": .object(story)])
        #expect(!toStory.hasReplyTo)
        #expect(toStory.reply == #"{"peer":99,"story_id":3}"#)
    }

    @Test func reactions_of_every_kind_without_those_who_reacted() {
        func count(_ reaction: TLObject, _ n: Int64) -> TLObject {
            TLObject("reactionCount", ["reaction": .object(reaction), "count": .integer(n)])
        }
        let who = TLObject(
            "messagePeerReaction",
            ["peer_id": .object(privatePeer), "date": 1, "reaction": .object(TLObject("reactionEmoji", ["emoticon": "👍"]))])
        let reactions = TLObject(
            "messageReactions",
            [
                "results": .objects([
                    count(TLObject("reactionEmoji", ["emoticon": "👍"]), 3), count(TLObject("reactionCustomEmoji", ["document_id": 7]), 2),
                    count(TLObject("reactionPaid"), 1),
                ]), "recent_reactions": .objects([who]),
            ])
        #expect(
            map(["reactions": .object(reactions)]).reactions
                == #"[{"emoji":"👍","count":3},{"document_id":7,"count":2},{"type":"paid","count":1}]"#)
        #expect(map(["reactions": .object(TLObject("messageReactions", ["results": []]))]).reactions == "[]")
        #expect(!map([:]).hasReactions)
    }

    @Test func a_photo_says_its_largest_size_and_how_to_ask_for_it() {
        let sizes = [
            TLObject("photoStrippedSize", ["type": "i", "bytes": .bytes([1])]),
            TLObject("photoSize", ["type": "m", "w": 320, "h": 240, "size": 9_999]),
            TLObject("photoSizeProgressive", ["type": "y", "w": 1_280, "h": 960, "sizes": [100, 5_000, 300]]),
            TLObject("photoSize", ["type": "x", "w": 800, "h": 600, "size": 3_000]),
        ]
        let photo = TLObject("photo", ["id": 55, "access_hash": 66, "sizes": .objects(sizes)])
        let message = media("messageMediaPhoto", ["photo": .object(photo), "spoiler": true])
        #expect(message.media == #"{"width":1280,"height":960,"size":5000,"size_type":"y","spoiler":true}"#)
        #expect(message.mediaType == "photo" && message.mediaKind == "photo" && message.mediaID == 55)
    }

    @Test func documents_say_what_they_are() {
        let video = document(
            TLObject("documentAttributeImageSize", ["w": 1, "h": 1]),
            TLObject("documentAttributeVideo", ["duration": 1.5, "w": 4, "h": 3]),
            TLObject("documentAttributeFilename", ["file_name": "a.mp4"]), flags: ["spoiler": true])
        #expect(
            video.media
                == #"{"mime_type":"x/y","size":1000,"width":4,"height":3,"duration":1.5,"file_name":"a.mp4","spoiler":true}"#)
        let song = document(TLObject("documentAttributeAudio", ["duration": 61, "title": "T", "performer": "P"]))
        #expect(song.mediaType == "audio" && song.media == #"{"mime_type":"x/y","size":1000,"duration":61,"title":"T","performer":"P"}"#)
        let sticker = document(
            TLObject("documentAttributeImageSize", ["w": 512, "h": 511]), TLObject("documentAttributeSticker", ["alt": "🙂"]))
        #expect(sticker.mediaType == "sticker")
        #expect(sticker.media == #"{"mime_type":"x/y","size":1000,"width":512,"height":511,"emoji":"🙂"}"#)
        // A round video and a voice message may be told by the media alone.
        #expect(document(flags: ["round": true]).mediaKind == "round_video" && document(flags: ["voice": true]).mediaType == "voice")
    }

    @Test func polls_web_pages_contacts_and_places() {
        func words(_ text: String) -> TLValue { .object(TLObject("textWithEntities", ["text": .string(text), "entities": []])) }
        let answers = ["yes", "no"].map { TLObject("pollAnswer", ["text": words($0), "option": .bytes([0])]) }
        let poll = TLObject("poll", ["id": 9, "question": words("Well?"), "answers": .objects(answers), "quiz": true])
        let results = TLObject("pollResults", ["total_voters": 12])
        let asked = media("messageMediaPoll", ["poll": .object(poll), "results": .object(results)])
        #expect(asked.mediaKind == "poll" && !asked.hasMediaType)
        #expect(asked.media == #"{"id":9,"question":"Well?","answers":["yes","no"],"quiz":true}"#, "without votes")
        let page = TLObject(
            "webPage", ["id": 1, "url": "https://a.example", "site_name": "A", "title": "T", "description": "D", "type": "article"])
        let link = media("messageMediaWebPage", ["webpage": .object(page)])
        #expect(link.mediaKind == "web_page" && link.text == "hello")
        #expect(
            link.media
                == #"{"url":"https://a.example","page_type":"article","site_name":"A","title":"T","description":"D"}"#)
        let contact = media(
            "messageMediaContact",
            ["phone_number": "358401234567", "first_name": "A", "last_name": "", "vcard": "TEL:358401234567", "user_id": 9])
        #expect(contact.mediaKind == "contact" && contact.media == #"{"first_name":"A","user_id":9}"#)
        let point = TLObject("geoPoint", ["long": 24.5, "lat": 60, "access_hash": 777])
        let place = media("messageMediaGeo", ["geo": .object(point)])
        #expect(place.mediaKind == "geo" && place.media.contains(#""lat":60"#) && place.media.contains(#""long":24.5"#))
        #expect(!place.media.contains("777"))
        #expect(media("messageMediaDice", ["value": 3, "emoticon": "🎲"]).media == #"{"type":"dice","emoticon":"🎲","value":3}"#)
        #expect(media("messageMediaUnsupported").mediaKind == "unsupported" && !media("messageMediaEmpty").hasMediaKind)
    }

    @Test func a_message_with_a_timer_is_kept_and_media_that_disappear_are_not() {
        let timed = map(["ttl_period": 86_400])
        #expect(timed.text == "hello")
        let gone = map(["media": .object(TLObject("messageMediaDocument", ["ttl_seconds": 0x7fff_ffff, "voice": true]))], text: "caption")
        #expect(gone.mediaKind == "self_destructing" && !gone.hasText && !gone.hasMediaType && gone.mediaID == 0 && gone.media.isEmpty)
    }

    @Test func edit_dates_shown_or_hidden() {
        let shown = map(["edit_date": 1_700_000_060])
        #expect(shown.editDate == 1_700_000_060 && !shown.editHide)
        #expect(map(["edit_date": 1_700_000_060, "edit_hide": true]).editHide)
    }

    @Test func service_messages_of_every_kind_keep_their_action() throws {
        for declaration in TL.declarations where declaration.result == "MessageAction" && declaration.layers.last == TL.newestLayer {
            let service = TLObject(
                "messageService",
                ["id": 5, "peer_id": .object(peer(channel)), "date": 1, "action": .object(TLObject(declaration.name))])
            let sighting = Sighting(position: 1, generation: 1, edited: false, observedAt: 1)
            let mapped = try #require(WireMessage(service, sighting, peers: book()))
            #expect(mapped.service.hasPrefix(#"{"type":""#) && !mapped.hasText, "\(declaration.name)")
        }
    }
}
