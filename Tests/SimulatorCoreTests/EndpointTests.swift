import Cryptography
import MTProto
import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct EndpointTests {
    static let transports = [
        TransportOptions(mode: .abridged, isObfuscated: false), TransportOptions(mode: .full, isObfuscated: false),
        TransportOptions(mode: .intermediate, isObfuscated: true), TransportOptions(mode: .paddedIntermediate, isObfuscated: true),
    ]

    @Test(arguments: transports) func our_own_client_logs_in_and_is_told(_ options: TransportOptions) throws {
        var wire = Wire()
        try wire.connect(1, options)
        try wire.logIn(1, as: 1)
        try wire.message("hello")
        try wire.settle()
        let told = wire.takeUpdates(1)
        #expect(told.compactMap { $0["updates"]?.vector?.first?["message"]?["message"]?.string } == ["hello"])
        #expect(wire.newSessions(1) == 1)
    }

    @Test func a_short_absence_loses_nothing_and_a_long_one_is_announced() throws {
        var wire = Wire()
        let options = EndpointTests.transports[2]
        try wire.connect(1, options)
        try wire.logIn(1, as: 1)
        try wire.reconnect(1, options, after: .seconds(3)) { try $0.message("while away") }
        let kept = wire.takeUpdates(1)
        #expect(kept.count == 1)
        #expect(wire.newSessions(1) == 1)
        try wire.reconnect(1, options, after: .seconds(30)) { try $0.message("too late") }
        _ = try wire.call(1, TLObject("updates.getState"))
        let late = wire.takeUpdates(1)
        #expect(late.isEmpty, "the forgotten session's updates are the difference's")
        #expect(wire.newSessions(1) == 2)
        try wire.message("again")
        try wire.settle()
        let again = wire.takeUpdates(1)
        #expect(again.count == 1)
    }

    @Test func garbage_closes_the_connection_and_an_unknown_key_is_told() throws {
        var wire = Wire()
        var generator = SeededGenerator(seed: 9)
        let now = Endpoint.Moment(instant: Instant(nanoseconds: 0), time: UnixTime(seconds: 1_790_000_000))
        wire.endpoint.opened(7)
        wire.endpoint.receive([0xee, 0xee, 0xee, 0xee, 0x00, 0x01, 0x00, 0x00] + generator.bytes(256), on: 7, now: now, using: &generator)
        let output = wire.endpoint.takeOutput()
        #expect(output.count == 2)
        guard case .write(let bytes) = output.first?.output, case .close = output.last?.output else {
            Issue.record("expected an error and a close")
            return
        }
        #expect(bytes == [4, 0, 0, 0] + [0x6c, 0xfe, 0xff, 0xff], "-404")
    }
}
