import TL

/// Objects that several suites encode.
enum Sample {
    static func peerChannel(_ id: Int64) -> TLValue { .object(TLObject("peerChannel", ["channel_id": .integer(id)])) }

    static func message(id: Int64, channel: Int64 = 77, text: String = "hello") -> TLObject {
        TLObject(
            "message",
            [
                "id": .integer(id), "peer_id": peerChannel(channel), "from_id": .object(TLObject("peerUser", ["user_id": 5])),
                "date": 1_700_000_000, "message": .string(text), "out": true, "offline": true, "edit_hide": true, "views": 10,
                "forwards": 2,
                "entities": [.object(TLObject("messageEntityTextUrl", ["offset": 0, "length": 2, "url": "https://a.example"]))],
                "media": .object(
                    TLObject("messageMediaDocument", ["voice": true, "ttl_seconds": 9, "document": .object(document(id: id))])),
                "reply_to": .object(TLObject("messageReplyHeader", ["reply_to_msg_id": 3, "reply_to_top_id": 1, "forum_topic": true])),
                "reactions": .object(
                    TLObject(
                        "messageReactions",
                        [
                            "results": [
                                .object(
                                    TLObject(
                                        "reactionCount",
                                        ["reaction": .object(TLObject("reactionEmoji", ["emoticon": "👍"])), "count": 4]))
                            ]
                        ])),
            ])
    }

    static func document(id: Int64) -> TLObject {
        TLObject(
            "document",
            [
                "id": .integer(id), "access_hash": -1, "file_reference": .bytes([1, 2, 3]), "date": 1, "mime_type": "audio/ogg",
                "size": 5_000_000_000,
                "dc_id": 2,
                "attributes": [
                    .object(TLObject("documentAttributeAudio", ["voice": true, "duration": 7])),
                    .object(TLObject("documentAttributeFilename", ["file_name": "a.ogg"])),
                ],
            ])
    }

    static func update(_ name: String = "updateNewChannelMessage", id: Int64, pts: Int64) -> TLValue {
        .object(TLObject(name, ["message": .object(message(id: id)), "pts": .integer(pts), "pts_count": 1]))
    }

    static func updates(_ list: [TLValue]) -> TLObject {
        TLObject("updates", ["updates": .vector(list), "users": [], "chats": [], "date": 9, "seq": 3])
    }
}
