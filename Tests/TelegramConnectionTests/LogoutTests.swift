import Logging
import Primitives
import TL
import TelegramClient
import Testing

@testable import TelegramConnection

/// A logout takes the key with it, or goes on without.
@Suite(.timeLimit(.minutes(1))) struct LogoutTests {
    private func logOut(_ server: LoopbackServer, thenDeaf: Bool) async throws -> JSON {
        let connection = TelegramConnection(
            TelegramConnectionTests.configuration([try await server.address]), logger: TelegramConnectionTests.logger())
        await connection.start()
        try await server.setAnswering(false)
        let api = TelegramAPI(connection: connection, encoder: RequestEncoder(identity: ClientIdentity(apiID: 1), layer: TL.newestLayer))
        let commands = AccountCommands(api, keyDeadline: thenDeaf ? .milliseconds(200) : .seconds(30))
        async let answer = commands.run(.logOut, .object([]))
        try await server.untilExecuted(1)
        #expect(try await server.knownKeys() == 1)
        try await server.answerHeld(with: try TL.encode(TLObject("auth.loggedOut")), thenDeaf: thenDeaf)
        let told = try await answer
        await connection.close()
        return told
    }

    @Test func a_logout_has_the_server_forget_the_key() async throws {
        let server = try await LoopbackServer.start()
        #expect(try await logOut(server, thenDeaf: false) == ["key_destroyed": true])
        #expect(try await server.knownKeys() == 0)
    }

    @Test func a_key_that_the_server_does_not_give_up_in_time_stops_no_logout() async throws {
        let server = try await LoopbackServer.start()
        #expect(try await logOut(server, thenDeaf: true) == ["key_destroyed": false])
        #expect(try await server.knownKeys() == 1)
    }
}
