import Events
import Foundation
import Primitives
import ProducerCore
import TL
import TelegramClient
import Testing

/// A message gives the same row whether it was pushed or fetched.
@Suite struct SameMappingTests {
    private let chat = WireChat(.channel, 3)
    private let fetchedAt: Int64 = 1_800_000_000

    private func page(_ messages: [TLObject], users: [TLObject], chats: [TLObject], layer: Int32) throws -> [UInt8] {
        try TL.encode(
            TLObject(
                "messages.channelMessages",
                [
                    "pts": 1, "count": .int(messages.count), "messages": .objects(messages), "topics": [], "chats": .objects(chats),
                    "users": .objects(users),
                ]), layer: layer)
    }

    private func isJSON(_ text: String) -> Bool { (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil }

    @Test(arguments: TL.layers) func a_fetched_message_is_mapped_like_a_pushed_one(layer: Int32) throws {
        var any = AnyObject(layer: layer, seed: UInt64(layer))
        let names = ["message", "message", "message", "messageService"]
        var seen = (media: Set<String>(), services: Set<String>(), secrets: 0)
        for round in 0..<12 {
            let messages = (1...50).compactMap { id -> TLObject? in
                guard var message = any.object(named: names[id % names.count], of: "Message") else { return nil }
                message["id"] = .int(round * 50 + id)
                message["peer_id"] = .object(peer(channel))
                return message
            }
            // Those who speak are among those who are named, half of the time.
            let speakers = messages.compactMap { $0["from_id"]?.object?["user_id"]?.int }
            let users = speakers.prefix(20).compactMap { id -> TLObject? in
                guard var user = any.object(named: "user", of: "User", depth: 1) else { return nil }
                user["id"] = .integer(id)
                return user
            }
            let station = TLObject(
                "channel",
                ["id": 3, "title": "Station", "access_hash": 5, "photo": .object(TLObject("chatPhotoEmpty")), "date": 1, "megagroup": true])
            let bytes = try page(messages, users: users, chats: [station], layer: layer)
            let fetched = try HistoryPage(bytes: bytes, of: chat, fetchedAt: fetchedAt, layer: layer)
            #expect(fetched.undecodable.isEmpty && fetched.isComplete)
            #expect(fetched.entries.map(\.id) == messages.compactMap { $0["id"]?.int })

            let live = try TL.decode(bytes)
            var book = PeerBook()
            book.merge(users: live.objects("users"), chats: live.objects("chats"))
            let sighting = Sighting(position: -1, generation: 0, edited: false, observedAt: fetchedAt, fetched: true)
            let pushed = live.objects("messages").compactMap { WireMessage($0, sighting, peers: book) }
            #expect(fetched.messages.count == messages.count && pushed.count == messages.count)
            for (a, b) in zip(fetched.messages, pushed) where a != b { Issue.record("fetched \(a)\npushed \(b)") }
            for message in fetched.messages {
                for text in [message.entities, message.media, message.forward, message.service, message.reply] where !text.isEmpty {
                    #expect(isJSON(text), "\(text)")
                }
                if message.hasReactions { #expect(isJSON(message.reactions)) }
                if message.hasMediaKind { seen.media.insert(message.mediaKind) }
                if !message.service.isEmpty { seen.services.insert(String(message.service.prefix(24))) }
                let all = "\(message)"
                #expect(!all.contains("\(AnyObject.secretNumber)") && !all.contains(AnyObject.secretText), "\(all)")
            }
            seen.secrets += "\(live)".contains("\(AnyObject.secretNumber)") ? 1 : 0
        }
        #expect(seen.media.count > 10 && seen.services.count > 30 && seen.secrets > 0)
    }
}
