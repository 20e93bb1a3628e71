import Primitives
import Testing

@testable import TL

@Suite struct ProjectionTests {
    @Test func a_message_gives_what_was_asked() throws {
        let wire = try TL.encode(Sample.message(id: 42))
        let message = try API.Message(decoding: wire)
        #expect(message.kind == .message)
        #expect(message.id == 42)
        #expect(message.peerID == .channel(77))
        #expect(message.fromID == .user(5))
        #expect(message.message == "hello")
        #expect(message.out && message.editHide && message.offline && !message.silent)
        #expect(message.views == 10 && message.forwards == 2 && message.editDate == nil)
        #expect(message.entities.first?.kind == .messageEntityTextUrl)
        #expect(message.entities.first?.url == "https://a.example")
        #expect(message.replyTo?.replyToTopID == 1 && message.replyTo?.forumTopic == true)
        #expect(message.raw == 0..<wire.count)
        guard case .messageMediaDocument(let media)? = message.media, let document = media.document else {
            Issue.record("the media is \(String(describing: message.media))")
            return
        }
        #expect(media.voice && media.ttlSeconds == 9 && !media.round)
        #expect(document.size == 5_000_000_000 && document.mimeType == "audio/ogg")
        guard case .documentAttributeFilename(let name)? = document.attributes.last else {
            Issue.record("no file name")
            return
        }
        #expect(name.fileName == "a.ogg")
        guard case .reactionEmoji(let emoji)? = message.reactions?.results.first?.reaction else {
            Issue.record("no reaction")
            return
        }
        #expect(emoji.emoticon == "👍")
    }

    @Test(arguments: TL.layers) func a_message_of_every_layer_projects(layer: Int32) throws {
        let wire = try TL.encode(Sample.message(id: 42), layer: layer)
        #expect(TL.name(of: try #require(TL.id(of: wire))) == "message")
        let message = try API.Message(decoding: wire)
        #expect(message.id == 42 && message.message == "hello" && message.views == 10)
        #expect(message.reactions?.results.count == 1)
        // And through the dynamic form.
        #expect(try TL.decode(wire)["id"]?.int == 42)
    }

    @Test(arguments: TL.layers) func a_user_and_a_channel_of_every_layer_project(layer: Int32) throws {
        let user = TLObject("user", ["id": 9, "self": true, "first_name": "Ä", "access_hash": 1, "premium": true, "bot_forum_view": true])
        let seen = try API.User(decoding: try TL.encode(user, layer: layer))
        #expect(seen.id == 9 && seen.isSelf && seen.firstName == "Ä" && seen.premium && seen.lastName == nil)
        let channel = TLObject(
            "channel",
            ["id": 8, "title": "t", "photo": .object(TLObject("chatPhotoEmpty")), "date": 1, "megagroup": true, "min": true])
        let chat = try API.Chat(decoding: try TL.encode(channel, layer: layer))
        #expect(chat.kind == .channel && chat.id == 8 && chat.megagroup && chat.min && chat.accessHash == nil && chat.title == "t")
    }

    @Test func an_envelope_keeps_slices_of_its_messages() throws {
        let wire = try TL.encode(Sample.updates([Sample.update(id: 1, pts: 10), Sample.update(id: 2, pts: 11)]))
        guard case .updates(let envelope) = try API.Updates(decoding: wire) else {
            Issue.record("not updates")
            return
        }
        #expect(envelope.seq == 3 && envelope.date == 9 && envelope.undecoded.isEmpty)
        for (i, update) in envelope.updates.enumerated() {
            guard case .updateNewChannelMessage(let new) = update else {
                Issue.record("not a message")
                return
            }
            #expect(new.message.id == Int32(i + 1))
            #expect(try API.Message(decoding: Array(wire[new.message.raw])).id == new.message.id)
        }
        #expect(envelope.updates.map(\.position) == [10, 11].map { API.Position(box: .channel(77), pts: $0, count: 1) })
    }

    /// The envelope of three updates, one of them unknown: its bytes and where the unknown one lies.
    private func broken(unknown: Int) throws -> (wire: [UInt8], lost: Range<Int>) {
        var list = (1...3).map { Sample.update(id: Int64($0), pts: Int64(10 + $0)) }
        list.append(.object(TLObject("updateConfig")))
        var object = Sample.updates(list)
        object["users"] = [.object(TLObject("userEmpty", ["id": 5]))]
        var wire = try TL.encode(object)
        let length = try TL.encode(try #require(list[0].object)).count
        let start = 4 + 8 + unknown * length
        // Inside: the message's peer becomes something that no layer has.
        let peer = try #require(wire[start...].firstRange(of: [0x1e, 0x37, 0xa5, 0xa2])).lowerBound
        wire.replaceSubrange(peer..<peer + 4, with: [1, 2, 3, 4])
        return (wire, start..<start + length)
    }

    @Test(arguments: 0..<3) func an_unknown_update_loses_only_itself(unknown: Int) throws {
        let (wire, lost) = try broken(unknown: unknown)
        guard case .updates(let envelope) = try API.Updates(decoding: wire) else {
            Issue.record("not updates")
            return
        }
        #expect(envelope.undecoded.map(\.range) == [lost] && envelope.undecoded.map(\.field) == ["updates"])
        #expect(!envelope.isTruncated)
        #expect(envelope.updates.count == 3)
        #expect(envelope.updates.compactMap(\.position).map(\.pts) == [11, 12, 13].filter { $0 != 11 + Int32(unknown) })
        #expect(envelope.users.first?.id == 5 && envelope.seq == 3 && envelope.date == 9)
        #expect(throws: TLError.self) { try TL.decode(wire) }
    }

    @Test func a_likely_place_is_not_enough_to_go_on_from() throws {
        // The unknown update holds two empty vectors and two words, as if the envelope ended there, and yet it goes on.
        let wire = try TL.encode(Sample.updates([.object(TLObject("updateConfig"))]))
        let emptyTail = Array(wire.suffix(24))
        var object = Sample.updates([.object(TLObject("updateConfig"))])
        object["users"] = [.object(TLObject("userEmpty", ["id": 5]))]
        var broken = try TL.encode(object)
        broken.replaceSubrange(12..<16, with: [1, 2, 3, 4] + emptyTail)
        guard case .updates(let envelope) = try API.Updates(decoding: broken) else {
            Issue.record("not updates")
            return
        }
        #expect(envelope.undecoded.map(\.range) == [12..<16 + emptyTail.count] && !envelope.isTruncated)
        #expect(envelope.users.first?.id == 5 && envelope.seq == 3)
    }

    @Test func a_field_of_an_older_type_is_read_as_the_newer_one() throws {
        let answer = TLObject("pollAnswer", ["text": "this", "option": .bytes([0])])
        let poll = TLObject("poll", ["id": 7, "question": "which?", "answers": .objects([answer]), "quiz": true])
        let seen = try API.Poll(decoding: try TL.encode(poll, layer: 158))
        #expect(seen.id == 7 && seen.quiz && seen.question.text == "which?" && seen.answers.map(\.text.text) == ["this"])
        #expect(API.Poll(poll).question == seen.question && API.Poll(poll).answers.map(\.text) == seen.answers.map(\.text))
        let video = TLObject("documentAttributeVideo", ["duration": 7, "w": 4, "h": 3])
        let wire = try TL.encode(video, layer: 158)
        #expect(try TL.decode(wire)["duration"] == .integer(7))
        guard case .documentAttributeVideo(let attribute) = try API.DocumentAttribute(decoding: wire) else {
            Issue.record("no video")
            return
        }
        #expect(attribute.duration == 7 && attribute.w == 4 && attribute.h == 3)
        #expect(API.DocumentAttribute(video) == .documentAttributeVideo(attribute))
    }

    @Test(arguments: TL.layers) func the_dynamic_form_gives_what_the_bytes_give(layer: Int32) throws {
        let wire = try TL.encode(Sample.message(id: 42), layer: layer)
        let (seen, made) = (try API.Message(decoding: wire), API.Message(try TL.decode(wire)))
        #expect(made.constructor == 0 && made.raw.isEmpty)
        func words(_ message: API.Message) -> String {
            var message = message
            message.raw = 0..<0
            return "\(message)".replacing(#/constructor: \d+/#, with: "")
        }
        #expect(words(seen) == words(made))
    }

    @Test func what_stands_behind_an_unknown_end_is_left() throws {
        // Bytes are missing at the end, so that no place fits.
        let (wire, lost) = try broken(unknown: 1)
        let cut = Array(wire.dropLast(4))
        guard case .updates(let envelope) = try API.Updates(decoding: cut) else {
            Issue.record("not updates")
            return
        }
        #expect(envelope.isTruncated && envelope.undecoded.map(\.range) == [lost.lowerBound..<cut.count])
        #expect(envelope.updates.count == 1 && envelope.users.isEmpty && envelope.seq == 0)
    }

    @Test func a_difference_keeps_its_state_beside_an_unknown_message() throws {
        let state = TLObject("updates.state", ["pts": 1, "qts": 2, "date": 3, "seq": 4, "unread_count": 5])
        var wire = try TL.encode(
            TLObject(
                "updates.difference",
                [
                    "new_messages": .objects([Sample.message(id: 1), Sample.message(id: 2)]), "new_encrypted_messages": [],
                    "other_updates": [.object(TLObject("updateConfig"))], "chats": [], "users": [], "state": .object(state),
                ]))
        let first = try TL.encode(Sample.message(id: 1)).count
        wire.replaceSubrange(12 + first..<16 + first, with: [1, 2, 3, 4])
        guard case .difference(let difference) = try API.UpdatesDifference(decoding: wire) else {
            Issue.record("not a difference")
            return
        }
        #expect(difference.newMessages.map(\.id) == [1])
        #expect(difference.otherUpdates == [.updateConfig])
        #expect(difference.state.seq == 4 && !difference.isTruncated && difference.undecoded.map(\.range.lowerBound) == [12 + first])
    }

    @Test func every_numbered_update_has_a_position() throws {
        // By the schema: whoever has pts and pts_count, or qts, in the newest layer.
        for d in TL.declarations where d.result == "Update" && !d.isMethod && d.layers.last == TL.newestLayer {
            let names = d.fields.map(\.name)
            guard names.contains("pts") && names.contains("pts_count") || names.contains("qts") else { continue }
            let index = try #require(Schema.shared.index(of: d.name, layer: TL.newestLayer))
            #expect(Schema.shared.constructors[index].projection >= 0, "\(d.name) is not projected")
        }
        let read = TLObject(
            "updateReadHistoryInbox",
            ["peer": Sample.peerChannel(1), "max_id": 1, "still_unread_count": 0, "pts": 5, "pts_count": 2])
        #expect(try API.Update(decoding: TL.encode(read)).position == API.Position(box: .common, pts: 5, count: 2))
        let stopped = TLObject("updateBotStopped", ["user_id": 1, "date": 1, "stopped": false, "qts": 3])
        #expect(try API.Update(decoding: TL.encode(stopped)).position == API.Position(box: .secret, pts: 3, count: 1))
        let page = TLObject(
            "updateChannelWebPage",
            ["channel_id": 6, "webpage": .object(TLObject("webPageEmpty", ["id": 1])), "pts": 5, "pts_count": 0])
        #expect(try API.Update(decoding: TL.encode(page)).position == API.Position(box: .channel(6), pts: 5, count: 0))
        #expect(try API.Update(decoding: TL.encode(TLObject("updateConfig"))).position == nil)
    }

    @Test func a_constructor_nobody_projects_is_stepped_over() throws {
        let typing = TLObject(
            "updateUserTyping", ["user_id": 1, "action": .object(TLObject("sendMessageTypingAction"))])
        let wire = try TL.encode(Sample.updates([.object(typing), Sample.update(id: 2, pts: 11)]))
        guard case .updates(let envelope) = try API.Updates(decoding: wire) else {
            Issue.record("not updates")
            return
        }
        #expect(envelope.updates.count == 2)
        #expect(envelope.updates.first == .other(try #require(TL.constructorID("updateUserTyping"))))
    }
}
