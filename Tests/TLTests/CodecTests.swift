import Primitives
import Testing

@testable import TL

@Suite struct CodecTests {
    @Test func a_request_has_its_published_bytes() throws {
        #expect(try hex(TL.encode(TLObject("ping", ["ping_id": 5]))) == "ec77be7a0500000000000000")
        #expect(try hex(TL.encode(TLObject("updates.getState"))) == "2a88d4ed")
    }

    @Test func the_handshake_reads_as_published() throws {
        // The resPQ of https://core.telegram.org/mtproto/samples-auth_key
        let wire =
            "632416053e0549828cca27e966b301a48fece2fca5cf4d33f4a11ea877ba4aa5739073300817ed48941a08f98100000015c4b51c"
            + "01000000216be86c022bb4c3"
        let object = try TL.decode(#require(bytes(hex: wire)))
        #expect(object.name == "resPQ")
        #expect(object["pq"]?.bytes == bytes(hex: "17ed48941a08f981"))
        #expect(object["server_public_key_fingerprints"]?.vector?.first?.int == -4_344_800_451_088_585_951)
        #expect(try hex(TL.encode(object)) == wire)
    }

    @Test func flag_words_follow_from_the_fields() throws {
        let peer = TLValue.object(TLObject("peerUser", ["user_id": 7]))
        var message = TLObject(
            "message", ["id": 1, "peer_id": peer, "date": 2, "message": "hé", "out": true, "offline": true, "silent": false])
        let wire = try TL.encode(message)
        // out is bit 1 of the first word, offline bit 1 of the second.
        #expect(Array(wire[4..<12]) == [2, 0, 0, 0, 2, 0, 0, 0])
        message["silent"] = nil
        #expect(try TL.decode(wire) == message)
    }

    @Test func strings_have_one_or_four_bytes_of_length() throws {
        for (count, head) in [
            (0, "00000000"), (1, "01410000"), (3, "03414141"), (4, "04414141"), (253, "fd414141"), (254, "fefe0000"), (65536, "fe000001"),
        ] {
            let text = [UInt8](repeating: 0x41, count: count)
            let wire = try TL.encode(TLObject("error", ["code": 0, "text": .bytes(text)]))
            #expect(hex(wire[8..<12]) == head)
            #expect(wire.count == 8 + ((count < 254 ? 1 : 4) + count + 3) / 4 * 4)
            #expect(try TL.decode(wire)["text"]?.bytes == text)
            #expect(try TL.skip(wire) == wire.count)
        }
    }

    @Test func wrappers_hold_their_query() throws {
        let query = TLObject("help.getConfig")
        let wrapped = TLObject(
            "invokeWithLayer",
            [
                "layer": 229,
                "query": .object(
                    TLObject(
                        "initConnection",
                        [
                            "api_id": 1, "device_model": "d", "system_version": "s", "app_version": "a", "system_lang_code": "en",
                            "lang_pack": "", "lang_code": "en", "query": .object(query),
                        ])),
            ])
        let object = try TL.decode(try TL.encode(wrapped))
        #expect(object == wrapped)
        #expect(object["query"]?["query"]?.object == query)
    }

    @Test func a_request_is_written_for_the_declared_layer() throws {
        let request = TLObject(
            "messages.sendMessage",
            [
                "peer": .object(TLObject("inputPeerSelf")), "message": "hi", "random_id": 1,
                // Later than layer 201: left out there.
                "suggested_post": .object(TLObject("suggestedPost")),
            ])
        let old = try TL.encode(request, layer: 201)
        // sendMessage#fbf2340a, no flags, inputPeerSelf#7da07ec9, "hi", random_id
        #expect(hex(old) == "0a34f2fb00000000c97ea07d026869000100000000000000")
        #expect(TL.id(of: try TL.encode(request)) == 0xfef4_8f62)
        #expect(try TL.decode(old)["suggested_post"] == nil)
        #expect(try TL.decode(try TL.encode(request)) == request)
        #expect(throws: TLError.unknownName("messages.getSavedDialogsByID", layer: 201)) {
            try TL.encode(TLObject("messages.getSavedDialogsByID"), layer: 201)
        }
    }

    @Test func objects_of_older_layers_read_as_the_new_ones() throws {
        // message of layer 225 and user of 227, by the ids that those layers give them.
        let message = try TL.encode(Sample.message(id: 4), layer: 225)
        #expect(TL.id(of: message) == 0x95ef_6f2b)
        #expect(try TL.decode(message) == Sample.message(id: 4))
        #expect(try API.Message(decoding: message).id == 4)
        let user = TLObject("user", ["id": 6, "first_name": "F", "usernames": [], "self": true])
        let wire = try TL.encode(user, layer: 227)
        #expect(TL.id(of: wire) == 0x3177_4388)
        #expect(try TL.decode(wire) == user)
        #expect(try API.User(decoding: wire).isSelf)
        // An old one inside a new one, as servers send it.
        var envelope = try TL.encode(
            Sample.updates([.object(TLObject("updateNewMessage", ["message": .object(Sample.message(id: 4)), "pts": 1, "pts_count": 1]))]))
        let inner = try TL.encode(Sample.message(id: 4))
        let place = try #require(envelope.firstRange(of: inner))
        envelope.replaceSubrange(place, with: message)
        guard case .updates(let updates) = try API.Updates(decoding: envelope), case .updateNewMessage(let new)? = updates.updates.first
        else {
            Issue.record("not a new message")
            return
        }
        #expect(new.message.id == 4 && new.message.constructor == 0x95ef_6f2b)
    }

    @Test func answers_follow_the_methods_type() throws {
        let longs = try #require(bytes(hex: "15c4b51c010000000100000000000000"))
        #expect(try TL.decodeResult([0x15, 0xc4, 0xb5, 0x1c, 0, 0, 0, 0], of: "contacts.getStatuses") == .vector([]))
        #expect(try TL.decodeResult(longs, of: "photos.deletePhotos") == .vector([1]))
        #expect(try TL.decodeResult([0xb5, 0x75, 0x72, 0x99], of: "account.updateStatus") == .bool(true))
        #expect(try TL.encodeResult(true, of: "account.updateStatus") == [0xb5, 0x75, 0x72, 0x99])
        #expect(try hex(TL.encodeResult(.vector([1]), of: "photos.deletePhotos")) == "15c4b51c010000000100000000000000")
    }

    @Test func bare_vectors_of_bare_objects_have_no_ids() throws {
        let salt = TLValue.object(TLObject("future_salt", ["valid_since": 1, "valid_until": 2, "salt": 3]))
        let object = TLObject("future_salts", ["req_msg_id": 9, "now": 8, "salts": [salt, salt]])
        let wire = try TL.encode(object)
        #expect(wire.count == 4 + 8 + 4 + 4 + 2 * 16)
        #expect(try TL.decode(wire) == object)
    }

    @Test func a_mistake_in_an_object_is_named() {
        #expect(throws: TLError.unknownName("nothing", layer: 229)) { try TL.encode(TLObject("nothing")) }
        #expect(throws: TLError.missingField("ping_id", of: "ping")) { try TL.encode(TLObject("ping")) }
        #expect(throws: TLError.unknownField("pong", of: "ping")) { try TL.encode(TLObject("ping", ["ping_id": 1, "pong": 2])) }
        #expect(throws: TLError.invalidValue(field: "ping_id", of: "ping")) { try TL.encode(TLObject("ping", ["ping_id": "x"])) }
        #expect(throws: TLError.invalidValue(field: "peer", of: "messages.getHistory")) {
            let peer = TLValue.object(TLObject("peerUser", ["user_id": 1]))
            _ = try TL.encode(
                TLObject(
                    "messages.getHistory",
                    ["peer": peer, "offset_id": 0, "offset_date": 0, "add_offset": 0, "limit": 1, "max_id": 0, "min_id": 0, "hash": 0]))
        }
    }

    @Test func json_keeps_everything() throws {
        let object = TLObject(
            "upload.file", ["type": .object(TLObject("storage.fileJpeg")), "mtime": 5, "bytes": .bytes([0xff, 0])])
        #expect(object.json.text == #"{"_":"upload.file","bytes":{"$hex":"ff00"},"mtime":5,"type":{"_":"storage.fileJpeg"}}"#)
        #expect(TLObject(json: object.json) == object)
        let broken = TLObject("error", ["code": 1, "text": .bytes([0xc3])])
        #expect(TLObject(json: broken.json) == broken)
        #expect(broken["text"]?.string == "\u{fffd}")
    }
}
