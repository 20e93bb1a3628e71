import Events
import Primitives
import TL
import TelegramClient
import Testing

@testable import ListenerCore
@testable import ProducerCore

@Suite struct MessageMappingTests {
    private let sighting = Sighting(position: 12, generation: 1, edited: false, observedAt: 1_800_000_000)

    private func map(_ object: TLObject) -> WireMessage? { WireMessage(object, sighting, peers: book()) }

    @Test func a_plain_message_keeps_who_what_and_when() throws {
        let message = try #require(map(message(5, in: peer(basicGroup), text: "hi")))
        #expect(message.chat == WireChat(.basicGroup, 7))
        #expect(message.id == 5 && message.date == 1_700_000_000 && message.editDate == 0)
        #expect(message.senderID == 42 && message.senderName == "Ann Bell")
        #expect(message.text == "hi" && message.entities.isEmpty)
        #expect(!message.hasMediaType && !message.hasReactions && !message.hasReplyTo)
        #expect(message.position == 12 && message.generation == 1 && message.observedAt == 1_800_000_000)
    }

    @Test func an_unknown_sender_has_no_name_yet() throws {
        let stranger = TLObject("peerUser", ["user_id": 777])
        let message = try #require(map(message(5, in: peer(basicGroup), ["from_id": .object(stranger)])))
        #expect(message.senderID == 777 && !message.hasSenderName)
    }

    @Test func a_post_speaks_as_its_channel_or_by_its_signature() throws {
        var post = message(5, in: peer(channel))
        post["from_id"] = nil
        let unsigned = try #require(map(post))
        #expect(unsigned.senderID == -1_000_000_000_003 && unsigned.senderName == "Station")
        post["post_author"] = "The editor"
        #expect(try #require(map(post)).senderName == "The editor")
        var anonymous = message(6, in: peer(channel))
        anonymous["from_id"] = .object(peer(channel))
        #expect(try #require(map(anonymous)).senderName == "Station")
    }

    @Test func entities_replies_topics_and_albums() throws {
        let bold = TLObject("messageEntityBold", ["offset": 0, "length": 2])
        let link = TLObject("messageEntityTextUrl", ["offset": 3, "length": 2, "url": "https://example.org"])
        let reply = TLObject("messageReplyHeader", ["reply_to_msg_id": 4, "forum_topic": true, "reply_to_top_id": 2])
        let message = try #require(
            map(
                message(
                    5, in: peer(channel),
                    ["entities": .objects([bold, link]), "reply_to": .object(reply), "grouped_id": 88, "via_bot_id": 9])))
        #expect(
            message.entities
                == #"[{"type":"bold","offset":0,"length":2},{"type":"text_url","offset":3,"length":2,"url":"https://example.org"}]"#)
        #expect(message.replyTo == 4 && message.topicID == 2 && message.groupedID == 88 && message.viaBotID == 9)
        let topicOnly = TLObject("messageReplyHeader", ["reply_to_msg_id": 2, "forum_topic": true])
        #expect(try #require(map(ListenerCoreTests.message(6, in: peer(channel), ["reply_to": .object(topicOnly)]))).topicID == 2)
    }

    @Test func forwards_reactions_views_and_edits() throws {
        let forward = TLObject("messageFwdHeader", ["from_id": .object(TLObject("peerUser", ["user_id": 8])), "date": 5])
        let heart = TLObject("reactionCount", ["reaction": .object(TLObject("reactionEmoji", ["emoticon": "❤"])), "count": 3])
        let message = try #require(
            map(
                message(
                    5, in: peer(channel),
                    [
                        "fwd_from": .object(forward), "reactions": .object(TLObject("messageReactions", ["results": .objects([heart])])),
                        "views": 100, "forwards": 2, "edit_date": 1_700_000_060, "edit_hide": true,
                    ])))
        #expect(message.forward == #"{"from_id":8,"date":5}"#)
        #expect(message.reactions == #"[{"emoji":"❤","count":3}]"#)
        #expect(message.views == 100 && message.forwards == 2 && message.editDate == 1_700_000_060 && message.editHide)
    }

    @Test func media_have_the_predecessors_types_and_finer_kinds() throws {
        func document(_ attributes: TLObject...) -> TLObject {
            TLObject(
                "messageMediaDocument",
                [
                    "document": .object(
                        TLObject(
                            "document",
                            [
                                "id": 55, "access_hash": 66, "file_reference": .bytes([1, 2]), "mime_type": "x/y", "size": 1_000,
                                "attributes": .objects(attributes),
                            ]))
                ])
        }
        let table: [(TLObject, String?, String)] = [
            (TLObject("messageMediaPhoto", ["photo": .object(TLObject("photo", ["id": 55]))]), "photo", "photo"),
            (document(TLObject("documentAttributeVideo", ["duration": 1.5, "w": 4, "h": 3])), "video", "video"),
            (document(TLObject("documentAttributeVideo", ["round_message": true, "duration": 2])), "video", "round_video"),
            (document(TLObject("documentAttributeAnimated"), TLObject("documentAttributeVideo", ["duration": 2])), "video", "gif"),
            (document(TLObject("documentAttributeAudio", ["voice": true, "duration": 3])), "voice", "voice"),
            (document(TLObject("documentAttributeAudio", ["duration": 3, "title": "t"])), "audio", "audio"),
            (document(TLObject("documentAttributeSticker", ["alt": "🙂"])), "sticker", "sticker"),
            (document(TLObject("documentAttributeFilename", ["file_name": "a.pdf"])), "document", "document"),
            (TLObject("messageMediaWebPage", ["webpage": .object(TLObject("webPage", ["url": "u"]))]), nil, "web_page"),
            (TLObject("messageMediaContact", ["first_name": "A"]), nil, "contact"),
        ]
        for (media, type, kind) in table {
            let message = try #require(map(message(5, in: peer(channel), ["media": .object(media)])))
            #expect((message.hasMediaType ? message.mediaType : nil) == type, "\(kind)")
            #expect(message.mediaKind == kind)
            #expect(!message.media.contains("66") && !message.media.contains("reference"))
            if media.name != "messageMediaWebPage", type != nil { #expect(message.mediaID == 55) }
        }
    }

    @Test func what_is_meant_to_disappear_is_not_kept() throws {
        let media = TLObject("messageMediaPhoto", ["photo": .object(TLObject("photo", ["id": 55])), "ttl_seconds": 10])
        let message = try #require(map(message(5, in: peer(channel), text: "caption", ["media": .object(media)])))
        #expect(message.mediaKind == "self_destructing" && message.mediaID == 0 && message.media.isEmpty && !message.hasText)
    }

    @Test func service_messages_keep_their_action_without_keys() throws {
        let photo = TLObject("photo", ["id": 1, "access_hash": 424_242, "file_reference": .bytes([9])])
        var service = TLObject(
            "messageService",
            [
                "id": 5, "peer_id": .object(peer(basicGroup)), "date": 1,
                "action": .object(TLObject("messageActionChatEditPhoto", ["photo": .object(photo)])),
            ])
        #expect(try #require(map(service)).service == #"{"type":"chat_edit_photo","photo":{"type":"photo","id":1}}"#)
        service["action"] = .object(TLObject("messageActionChatAddUser", ["users": [4, 5]]))
        #expect(try #require(map(service)).service == #"{"type":"chat_add_user","users":[4,5]}"#)
    }

    @Test func invalid_text_does_not_stop_anything() throws {
        let message = try #require(map(message(5, in: peer(channel), ["message": .bytes([0x61, 0xff, 0x62])])))
        #expect(message.text == "a\u{fffd}b")
    }
}

@Suite struct ChangeMappingTests {
    private let mapping = ChangeMapping(registry: GroupRegistry([basicGroup, channel]), peers: book())

    private func changes(_ object: TLObject) -> [WireChange] {
        mapping.changes(.update(Update(object, receivedAt: clock)), generation: 1, receivedAt: clock)
    }

    @Test func only_registered_and_enabled_groups_pass() {
        var disabled = channel
        disabled.isEnabled = false
        let closed = ChangeMapping(registry: GroupRegistry([disabled]), peers: book())
        let item = Delivery.Item.update(newMessage(5, in: peer(channel)))
        #expect(mapping.changes(item, generation: 1, receivedAt: clock).count == 1)
        #expect(closed.changes(item, generation: 1, receivedAt: clock).isEmpty)
        #expect(mapping.changes(.message(message(5, in: privatePeer)), generation: 1, receivedAt: clock).isEmpty)
        // The same positive id may be a basic group and a channel.
        #expect(changes(newMessage(5, in: TLObject("peerChannel", ["channel_id": 7])).object).isEmpty)
    }

    @Test func edits_and_deletes() {
        let edit = TLObject(
            "updateEditChannelMessage", ["message": .object(message(5, in: peer(channel))), "pts": 9, "pts_count": 1])
        guard case .message(let edited) = changes(edit).first?.kind else {
            Issue.record("no edit")
            return
        }
        #expect(edited.edited && edited.position == 9)
        let delete = TLObject("updateDeleteChannelMessages", ["channel_id": 3, "messages": [1, 2], "pts": 9, "pts_count": 2])
        guard case .deletion(let deletion) = changes(delete).first?.kind else {
            Issue.record("no deletion")
            return
        }
        #expect(deletion.chat == WireChat(.channel, 3) && deletion.ids == [1, 2])
        let chatless = TLObject("updateDeleteMessages", ["messages": [8], "pts": 9, "pts_count": 1])
        guard case .deletion(let common) = changes(chatless).first?.kind else {
            Issue.record("no deletion")
            return
        }
        #expect(!common.hasChat && common.ids == [8])
        let elsewhere = TLObject("updateDeleteChannelMessages", ["channel_id": 4, "messages": [1], "pts": 9, "pts_count": 1])
        #expect(changes(elsewhere).isEmpty)
        let withoutBasicGroups = ChangeMapping(registry: GroupRegistry([channel]), peers: book())
        #expect(
            withoutBasicGroups.changes(.update(Update(chatless, receivedAt: clock)), generation: 1, receivedAt: clock).isEmpty)
    }

    @Test func the_last_message_of_a_basic_group_tells_its_migration() {
        let service = TLObject(
            "messageService",
            [
                "id": 500, "peer_id": .object(peer(basicGroup)), "date": 1,
                "action": .object(TLObject("messageActionChatMigrateTo", ["channel_id": 900])),
            ])
        let made = changes(TLObject("updateNewMessage", ["message": .object(service), "pts": 9, "pts_count": 1]))
        #expect(made.count == 2)
        guard case .migration(let migration) = made.last?.kind else {
            Issue.record("no migration")
            return
        }
        #expect(migration.basicGroupID == 7 && migration.channelID == 900 && migration.maxID == 500)
    }
}
