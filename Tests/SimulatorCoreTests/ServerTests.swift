import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct ServerTests {
    /// The same short life of three groups, spoken in old and new layers.
    @Test(arguments: [158, 181, 201, 216, 225, 229] as [Int32]) func three_kinds_of_groups_live_in_every_layer(layer: Int32) throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0, layer: layer)
        let bob = try fixture.logIn(1, layer: layer)

        try fixture.call(alice, TLObject("messages.createChat", ["users": [fixture.input(1, for: 0)], "title": "Basic"]))
        for (title, kind) in [("Super", "megagroup"), ("Channel", "broadcast")] {
            let create = TLObject("channels.createChannel", ["title": .string(title), "about": "a"])
            var flagged = create
            flagged[kind] = true
            let made = try fixture.call(alice, flagged)
            let id = try #require(made["chats"]?.vector?.first?["id"]?.int)
            let hash = fixture.server.world.accessHash(of: .channel(id), for: fixture.users[0])
            try fixture.call(
                alice,
                TLObject(
                    "channels.inviteToChannel",
                    [
                        "channel": .object(TLObject("inputChannel", ["channel_id": .integer(id), "access_hash": .integer(hash)])),
                        "users": [fixture.input(1, for: 0)],
                    ]))
        }
        let places = [Peer.chat(1_500_000_001), .channel(1_500_000_001), .channel(1_500_000_002)]
        _ = try fixture.pushed(to: bob)
        for (index, place) in places.enumerated() {
            let before = fixture.server.pushed
            try fixture.call(alice, fixture.send("hello", to: place, by: 0, randomID: Int64(index) + 1))
            #expect(fixture.server.pushed == before + 1, "one push, to the other one")
            let history = try fixture.call(bob, fixture.history(of: place, by: 1))
            let newest = try #require(history["messages"]?.vector?.first)
            #expect(newest["message"]?.string == "hello")
            try fixture.call(
                alice,
                TLObject(
                    "messages.editMessage",
                    [
                        "peer": fixture.peer(place, for: 0),
                        "id": .int(fixture.server.world.ids(in: place, for: fixture.users[0]).last ?? 0),
                        "message": "edited",
                    ]))
            let after = try fixture.call(bob, fixture.history(of: place, by: 1))
            #expect(after["messages"]?.vector?.first?["message"]?.string == "edited")
            #expect(after["messages"]?.vector?.first?["edit_date"]?.int == fixture.now.seconds)
        }
        let dialogs = try fixture.call(
            bob,
            TLObject(
                "messages.getDialogs",
                ["offset_date": 0, "offset_id": 0, "offset_peer": .object(TLObject("inputPeerEmpty")), "limit": 20, "hash": 0]))
        #expect(dialogs["dialogs"]?.vector?.count == 3)
        for chat in dialogs["chats"]?.vector ?? [] { #expect(chat["title"]?.string != nil) }
        #expect(fixture.server.takeNotices().filter { $0.hasPrefix("cannot") }.isEmpty)
    }

    @Test func a_supergroups_push_carries_strangers_as_min_users_that_resolve_by_message() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        let bob = try fixture.logIn(1)
        let now = fixture.now
        let id = try fixture.server.world.createChannel(by: fixture.users[0], title: "Super", isBroadcast: false, now: now)
        try fixture.server.world.invite([fixture.users[1]], to: id, by: fixture.users[0], now: now)
        fixture.server.publish(now: now)
        _ = try fixture.pushed(to: bob)
        try fixture.call(alice, fixture.send("who am I", to: .channel(id), by: 0, randomID: 9))
        let push = try #require(try fixture.pushed(to: bob).first)
        let sender = try #require(push["users"]?.vector?.first)
        #expect(sender["min"]?.bool == true)
        let minInput = TLObject("inputUser", ["user_id": sender["id"], "access_hash": sender["access_hash"]])
        #expect(throws: Failure.peerIDInvalid) { try fixture.call(bob, TLObject("users.getUsers", ["id": [.object(minInput)]])) }
        let message = try #require(push["updates"]?.vector?.first?["message"])
        let fromMessage = TLObject(
            "inputUserFromMessage",
            ["peer": fixture.peer(.channel(id), for: 1), "msg_id": message["id"], "user_id": sender["id"]])
        let full = try fixture.call(bob, TLObject("users.getUsers", ["id": [.object(fromMessage)]]))
        #expect(full.vector?.first?["min"] == nil)
        #expect(full.vector?.first?["first_name"]?.string == "User 0")
    }

    @Test func wrong_codes_hashes_and_strangers_are_refused_as_telegram_does() throws {
        var fixture = ServerFixture()
        let stranger = ServerFixture.Client(id: SessionID(authKey: 99, session: 1), layer: TL.newestLayer)
        #expect(throws: Failure(401, "AUTH_KEY_UNREGISTERED")) { try fixture.call(stranger, TLObject("updates.getState")) }
        #expect(throws: Failure.bad("PHONE_NUMBER_INVALID")) {
            try fixture.call(
                stranger,
                TLObject(
                    "auth.sendCode",
                    ["phone_number": "000", "api_id": 1, "api_hash": "x", "settings": .object(TLObject("codeSettings"))]))
        }
        let alice = try fixture.logIn(0)
        let wrong = TLObject("inputPeerUser", ["user_id": .integer(fixture.users[1]), "access_hash": 1])
        #expect(throws: Failure.peerIDInvalid) {
            try fixture.call(alice, TLObject("messages.sendMessage", ["peer": .object(wrong), "message": "x", "random_id": 1]))
        }
        let hidden = try fixture.server.world.createChannel(by: fixture.users[1], title: "Hidden", isBroadcast: true, now: fixture.now)
        #expect(throws: Failure.channelPrivate) { try fixture.call(alice, fixture.history(of: .channel(hidden), by: 0)) }
        #expect(throws: Failure.bad("METHOD_NOT_IMPLEMENTED")) { try fixture.call(alice, TLObject("help.getSupport")) }
        #expect(fixture.server.unknownCalls["help.getSupport"] == 1)
    }

    @Test func a_file_comes_back_as_it_went_up() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        let content = fixture.generator.bytes(300_000)
        for part in 0..<3 {
            let slice = Array(content[part * 131_072..<min(content.count, (part + 1) * 131_072)])
            try fixture.call(
                alice, TLObject("upload.saveFilePart", ["file_id": 77, "file_part": .int(part), "bytes": .bytes(slice)]))
        }
        let file = TLObject("inputFile", ["id": 77, "parts": 3, "name": "a.bin", "md5_checksum": ""])
        let media = TLObject(
            "inputMediaUploadedDocument", ["file": .object(file), "mime_type": "application/octet-stream", "attributes": []])
        let sent = try fixture.call(
            alice,
            TLObject(
                "messages.sendMedia",
                ["peer": .object(TLObject("inputPeerSelf")), "media": .object(media), "message": "", "random_id": 5]))
        let document = try #require(
            sent["updates"]?.vector?.compactMap { $0["message"]?["media"]?["document"] }.first)
        #expect(document["size"]?.int == 300_000)
        let location = TLObject(
            "inputDocumentFileLocation",
            [
                "id": document["id"], "access_hash": document["access_hash"], "file_reference": document["file_reference"],
                "thumb_size": "",
            ])
        var back: [UInt8] = []
        while back.count < content.count {
            let part = try fixture.call(
                alice,
                TLObject("upload.getFile", ["location": .object(location), "offset": .int(back.count), "limit": 131_072]))
            back += part["bytes"]?.bytes ?? []
        }
        #expect(back == content)
        #expect(throws: Failure.bad("LIMIT_INVALID")) {
            try fixture.call(alice, TLObject("upload.getFile", ["location": .object(location), "offset": 0, "limit": 5000]))
        }
        var stale = location
        stale["file_reference"] = .bytes([1])
        #expect(throws: Failure.bad("FILE_REFERENCE_EXPIRED")) {
            try fixture.call(alice, TLObject("upload.getFile", ["location": .object(stale), "offset": 0, "limit": 4096]))
        }
    }

    @Test func of_two_sessions_of_one_key_the_last_active_gets_updates_and_other_keys_get_theirs() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        let bob = try fixture.logIn(1)
        let elsewhere = try fixture.logIn(1)
        let second = ServerFixture.Client(id: SessionID(authKey: bob.id.authKey, session: 500), layer: TL.newestLayer)
        try fixture.call(second, TLObject("updates.getState"))
        let bobsPeer = fixture.server.world.accessHash(of: .user(fixture.users[1]), for: fixture.users[0])
        let peer = TLObject("inputPeerUser", ["user_id": .integer(fixture.users[1]), "access_hash": .integer(bobsPeer)])
        _ = fixture.server.takeOutgoing()
        try fixture.call(alice, TLObject("messages.sendMessage", ["peer": .object(peer), "message": "hi", "random_id": 1]))
        #expect(Set(fixture.server.takeOutgoing().map(\.session)) == [second.id, elsewhere.id])
        fixture.server.disconnect(second.id)
        try fixture.call(alice, TLObject("messages.sendMessage", ["peer": .object(peer), "message": "hi", "random_id": 2]))
        #expect(Set(fixture.server.takeOutgoing().map(\.session)) == [bob.id, elsewhere.id])
    }

    @Test func the_layer_of_answers_is_the_declared_one_capped_by_the_servers() throws {
        var settings = TelegramServer.Settings()
        settings.layer = 201
        var fixture = ServerFixture(settings: settings)
        let config = TLObject("help.getConfig")
        let body = try TL.encode(TLObject("invokeWithLayer", ["layer": 229, "query": .object(config)]))
        guard
            case .result(let bytes) = fixture.server.answer(
                body, from: SessionID(authKey: 1, session: 1), now: fixture.now, using: &fixture.generator)
        else { Issue.record("refused"); return }
        #expect(TL.id(of: bytes) == TL.constructorID("config", layer: 201))
        #expect(fixture.server.layer(of: SessionID(authKey: 1, session: 1)) == 201)
    }
}
