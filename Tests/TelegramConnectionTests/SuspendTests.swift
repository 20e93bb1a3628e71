import MTProto
import Primitives
import Testing

@testable import TelegramConnection

/// A connection that its owner suspends and takes up again, on real sockets.
@Suite(.timeLimit(.minutes(1))) struct SuspendTests {
    private func connection(to server: LoopbackServer) async throws -> TelegramConnection {
        TelegramConnection(
            TelegramConnectionTests.configuration([try await server.address]), logger: TelegramConnectionTests.logger())
    }

    @Test func suspended_it_hangs_up_takes_no_call_and_goes_on_with_the_same_key() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connection(to: server)
        var events = connection.events.makeAsyncIterator()
        await connection.start()
        _ = try await connection.call(TelegramConnectionTests.body(1))
        await connection.suspend()
        await connection.suspend()
        await #expect(throws: TelegramCallError.closed) { try await connection.call(TelegramConnectionTests.body(2)) }
        var keys = 0
        var isSuspended = false
        while !isSuspended, let event = await events.next() {
            if case .authorizationKey = event { keys += 1 }
            isSuspended = event == .disconnected(.suspended)
        }
        #expect(keys == 1)
        await connection.resume()
        let answer = try await connection.call(TelegramConnectionTests.body(3))
        #expect(answer == TelegramConnectionTests.body(3).reversed())
        let next = await events.next()
        #expect(next == .connected, "no other key was made")
        #expect(try await server.sessionCount() == 1)
        await connection.close()
    }

    @Test func what_is_under_way_fails_as_closed() async throws {
        let connection = TelegramConnection(
            // Nobody listens there.
            TelegramConnectionTests.configuration([ServerAddress(host: "127.0.0.1", port: 9)]), logger: TelegramConnectionTests.logger())
        await connection.start()
        let call = Task {
            do throws(TelegramCallError) {
                return Result<[UInt8], TelegramCallError>.success(try await connection.call(TelegramConnectionTests.body(1)))
            } catch {
                return .failure(error)
            }
        }
        while await connection.calls.isEmpty { await Task.yield() }
        await connection.suspend()
        #expect(await call.value == .failure(.closed))
        await connection.close()
    }

    @Test func suspended_before_the_start_it_connects_only_when_it_is_resumed() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await connection(to: server)
        await connection.suspend()
        await connection.start()
        await #expect(throws: TelegramCallError.closed) { try await connection.call(TelegramConnectionTests.body(1)) }
        #expect(try await server.sessionCount() == 0)
        await connection.resume()
        _ = try await connection.call(TelegramConnectionTests.body(2))
        await connection.close()
        // What is closed for good is not resumed.
        await connection.resume()
        await #expect(throws: TelegramCallError.closed) { try await connection.call(TelegramConnectionTests.body(3)) }
    }
}
