import Primitives
import Synchronization
import TL
import TelegramClient
import Testing

@testable import TelegramConnection

/// What the session itself could not unpack is kept like what nobody can decode.
@Suite(.timeLimit(.minutes(1))) struct UnreadableAnswerTests {
    @Test func an_answer_that_cannot_be_unpacked_is_kept_as_it_came() async throws {
        let server = try await LoopbackServer.start()
        let connection = TelegramConnection(
            TelegramConnectionTests.configuration([try await server.address]), logger: TelegramConnectionTests.logger())
        await connection.start()
        try await server.setAnswering(false)
        let kept = Mutex<[QuarantinedObject]>([])
        let api = TelegramAPI(
            connection: connection, encoder: RequestEncoder(identity: ClientIdentity(apiID: 1), layer: TL.newestLayer),
            unreadable: { object in kept.withLock { $0.append(object) } })
        let call = Task { () -> CallFailure? in
            do throws(CallFailure) {
                _ = try await api.bytes(TLObject("updates.getState"))
                return nil
            } catch { return error }
        }
        try await server.untilExecuted(1)
        // gzip_packed with a string of 7 bytes, which begins like gzip.
        let damaged: [UInt8] = [0xa1, 0xcf, 0x72, 0x30, 7, 31, 139, 8, 0, 1, 2, 3]
        try await server.answerHeld(with: damaged)
        let failure = await call.value
        #expect(failure == .undecodable("a result that cannot be unpacked"))
        #expect(kept.withLock { $0.map(\.bytes) } == [damaged])
        #expect(kept.withLock { $0.map(\.context) } == ["updates.getState"])
        await connection.close()
    }
}
