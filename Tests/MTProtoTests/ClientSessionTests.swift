import Primitives
import Testing

@testable import MTProto

@Suite struct ClientSessionTests {
    @Test func a_call_is_answered_and_a_session_made() {
        var pair = SessionPair()
        let handle = pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.clientEvents.contains(.result(handle, body(1).reversed())))
        #expect(pair.serverEvents.first == .created)
        #expect(pair.executed == [body(1)])
        #expect(pair.clientEvents.contains { if case .newSession = $0 { true } else { false } })
        #expect(pair.client.pendingRequests == 0)
        #expect(pair.closes == [])
    }

    @Test func the_first_wrong_salt_is_corrected_and_no_call_fails_later() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.client.knownSalts.count == 64)
        let before = pair.packetsToServer
        pair.client.send(body(1))
        pair.run(.seconds(2))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.packetsToServer == before + 1)
    }
}
