import Primitives
import Synchronization
import TL
import TelegramClient
import Testing

@testable import TelegramConnection

/// Waits are told to the account's other processes, but what failed does not wait for that.
@Suite(.timeLimit(.minutes(1))) struct FloodSharingTests {
    @Test func a_store_that_hangs_keeps_no_failure_from_its_caller() async throws {
        let server = try await LoopbackServer.start()
        let connection = TelegramConnection(
            TelegramConnectionTests.configuration([try await server.address]), logger: TelegramConnectionTests.logger())
        await connection.start()
        try await server.setAnswering(false)
        let (hanging, release) = AsyncStream.makeStream(of: Void.self)
        let (noted, note) = AsyncStream.makeStream(of: Int.self)
        let sharing = TelegramAPI.FloodSharing(
            note: { _, seconds, _ in
                note.yield(seconds)
                for await _ in hanging {}
                note.finish()
            }, read: { [] })
        let api = TelegramAPI(
            connection: connection, encoder: RequestEncoder(identity: ClientIdentity(apiID: 1), layer: TL.newestLayer), sharing: sharing)
        let call = Task { () -> CallFailure? in
            do throws(CallFailure) {
                _ = try await api.bytes(TLObject("updates.getState"))
                return nil
            } catch { return error }
        }
        try await server.untilExecuted(1)
        try await server.fail(code: 420, text: "FLOOD_WAIT_30")
        // The note is under way and stays so until long after the failure is told.
        #expect(await call.value == .rpc(.init(code: 420, message: "FLOOD_WAIT_30")))
        release.finish()
        var seconds: [Int] = []
        for await second in noted { seconds.append(second) }
        #expect(seconds == [30], "and the wait was told all the same")
        await connection.close()
    }
}
