import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct MigrationTests {
    @Test func a_basic_group_becomes_a_supergroup() throws {
        var fixture = ServerFixture()
        let alice = try fixture.logIn(0)
        let bob = try fixture.logIn(1)
        let users = fixture.users
        let chat = try fixture.server.world.createChat(by: users[0], title: "Small", users: [users[1]], now: fixture.now)
        fixture.server.publish(now: fixture.now)
        try fixture.call(alice, fixture.send("before", to: .chat(chat), by: 0, randomID: 1))
        _ = try fixture.pushed(to: bob)

        #expect(throws: Failure.chatAdminRequired) { try fixture.call(bob, TLObject("messages.migrateChat", ["chat_id": .integer(chat)])) }
        let result = try fixture.call(alice, TLObject("messages.migrateChat", ["chat_id": .integer(chat)]))
        let names = (result["updates"]?.vector ?? []).compactMap { $0.object?.name }
        #expect(Set(names) == ["updateNewMessage", "updateNewChannelMessage", "updateChannel"])
        let pushes = try fixture.pushed(to: bob)
        #expect(pushes.flatMap { $0["updates"]?.vector ?? [] }.count == 3)
        let old = pushes.flatMap { $0["chats"]?.vector ?? [] }.first { $0.object?.name == "chat" }
        #expect(old?["deactivated"]?.bool == true)
        let channel = try #require(old?["migrated_to"]?["channel_id"]?.int)

        let history = try fixture.call(bob, fixture.history(of: .channel(channel), by: 1))
        #expect(history["messages"]?.vector?.map { $0["action"]?["chat_id"]?.int } == [chat])
        let oldHistory = try fixture.call(bob, fixture.history(of: .chat(chat), by: 1))
        let last = try #require(oldHistory["messages"]?.vector?.first)
        #expect(last["action"]?["channel_id"]?.int == channel)
        let input = TLObject(
            "inputChannel",
            [
                "channel_id": .integer(channel),
                "access_hash": .integer(fixture.server.world.accessHash(of: .channel(channel), for: users[1])),
            ])
        let full = try fixture.call(bob, TLObject("channels.getFullChannel", ["channel": .object(input)]))
        #expect(full["full_chat"]?["migrated_from_chat_id"]?.int == chat)
        #expect(full["full_chat"]?["migrated_from_max_id"]?.int == last["id"]?.int)

        #expect(throws: Failure.chatIDInvalid) { try fixture.call(alice, fixture.send("after", to: .chat(chat), by: 0, randomID: 2)) }
        #expect(throws: Failure.chatIDInvalid) { try fixture.server.world.migrate(chat, by: users[0], now: fixture.now) }
        try fixture.call(bob, fixture.send("after", to: .channel(channel), by: 1, randomID: 3))
    }
}
