import Cryptography
import Primitives
import Testing

@testable import MTProto

/// Every way to speak, fed to the other side whole, doubled, byte by byte and in random pieces.
@Suite struct TransportTests {
    static let secret = (0..<16).map { UInt8($0) }
    static let choices: [TransportOptions] =
        TransportMode.allCases.map { TransportOptions(mode: $0, isObfuscated: false) }
        + [.abridged, .intermediate, .paddedIntermediate].flatMap {
            [TransportOptions(mode: $0), TransportOptions(mode: $0, secret: secret)]
        }

    enum Feeding: CaseIterable { case whole, bytewise, random }

    static func pieces(_ bytes: [UInt8], _ feeding: Feeding, _ generator: inout SeededGenerator) -> [[UInt8]] {
        switch feeding {
        case .whole: return [bytes]
        case .bytewise: return bytes.map { [$0] }
        case .random:
            var out: [[UInt8]] = [], start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...90, using: &generator))
                out.append(Array(bytes[start..<end]))
                start = end
            }
            return out
        }
    }

    /// Packets as MTProto has them: a key id, 16 bytes, whole blocks; and a plain one.
    static func packets(_ generator: inout SeededGenerator) -> [[UInt8]] {
        var out = (0..<12).map { _ in [1] + generator.bytes(23 + 16 * Int.random(in: 1...40, using: &generator)) }
        out.append([1] + generator.bytes(23 + 16 * 300))
        let body = generator.bytes(40)
        out.append(PlainPacket.encode(body, id: 4))
        return out
    }

    @Test(arguments: choices, Feeding.allCases)
    func every_packet_arrives_in_both_directions(_ options: TransportOptions, _ feeding: Feeding) throws {
        var generator = SeededGenerator(seed: 11)
        var client = ClientTransport(options, dc: 2, using: &generator)
        var server = ServerTransport(secrets: [[UInt8](repeating: 9, count: 16), Self.secret])
        let sent = Self.packets(&generator)

        var arrived: [TransportFrame] = []
        let stream = sent.flatMap { client.encode($0, using: &generator) }
        for piece in Self.pieces(stream, feeding, &generator) {
            try server.receive(piece)
            while let frame = try server.next() { arrived.append(frame) }
        }
        #expect(arrived == sent.map { .packet($0, quickAck: false) })
        #expect(server.mode == options.mode)
        #expect(server.isObfuscated == options.isObfuscated)
        #expect(server.dc == (options.isObfuscated ? 2 : nil))

        arrived = []
        let back = sent.flatMap { server.encode($0, using: &generator) }
        for piece in Self.pieces(back, feeding, &generator) {
            client.receive(piece)
            while let frame = try client.next() { arrived.append(frame) }
        }
        #expect(arrived == sent.map { .packet($0, quickAck: false) })
    }

    @Test(arguments: choices)
    func errors_and_quick_acknowledgments_are_told_from_packets(_ options: TransportOptions) throws {
        var generator = SeededGenerator(seed: 5)
        var client = ClientTransport(options, dc: 2, using: &generator)
        var server = ServerTransport(secrets: [Self.secret])
        let packet = [1] + generator.bytes(55)
        try server.receive(client.encode(packet, quickAck: options.mode != .full, using: &generator))
        #expect(try server.next() == .packet(packet, quickAck: options.mode != .full))

        let token: UInt32 = 0x8123_4567
        var back = server.encode(packet, using: &generator)
        back += server.encode(quickAckToken: token, using: &generator)
        back += server.encode(failure: -404, using: &generator)
        back += server.encode(packet, using: &generator)
        for byte in back { client.receive([byte]) }
        var frames: [TransportFrame] = []
        while let frame = try client.next() { frames.append(frame) }
        var expected: [TransportFrame] = [.packet(packet, quickAck: false)]
        if options.mode != .full { expected.append(.quickAck(token)) }
        expected += [.failure(-404), .packet(packet, quickAck: false)]
        #expect(frames == expected)
    }

    @Test func a_frame_of_4_gibibytes_is_refused_at_its_length() throws {
        for (mode, header): (TransportMode, [UInt8]) in [
            (.intermediate, [0xff, 0xff, 0xff, 0x7f]), (.paddedIntermediate, [0xff, 0xff, 0xff, 0x7f]),
            (.abridged, [0x7f, 0xff, 0xff, 0xff]), (.full, [0xff, 0xff, 0xff, 0x7f]),
        ] {
            var decoder = FrameDecoder(mode, isServer: true)
            decoder.append(header)
            #expect(throws: TransportError.self) { try decoder.next() }
        }
    }

    @Test func a_length_that_is_not_whole_words_is_refused() {
        var decoder = FrameDecoder(.intermediate, isServer: false)
        decoder.append([41, 0, 0, 0])
        #expect(throws: TransportError.badLength(41)) { try decoder.next() }
    }

    @Test func a_full_frame_with_a_changed_byte_or_counter_is_refused() throws {
        var generator = SeededGenerator(seed: 2)
        var encoder = FrameEncoder(.full)
        let packet = generator.bytes(40)
        var frame = encoder.encode(packet, using: &generator)
        let second = encoder.encode(packet, using: &generator)
        var skipping = FrameDecoder(.full, isServer: false)
        skipping.append(second)
        #expect(throws: TransportError.badCounter) { try skipping.next() }
        frame[20] ^= 1
        var decoder = FrameDecoder(.full, isServer: false)
        decoder.append(frame)
        #expect(throws: TransportError.badChecksum) { try decoder.next() }
    }

    @Test func web_servers_requests_and_unknown_secrets_are_no_transport() throws {
        var web = ServerTransport()
        #expect(throws: TransportError.unknownTransport) { try web.receive(Array("GET / HTTP/1.1\r\n".utf8)) }
        var generator = SeededGenerator(seed: 4)
        var client = ClientTransport(TransportOptions(secret: Self.secret), dc: 1, using: &generator)
        var server = ServerTransport(secrets: [[UInt8](repeating: 1, count: 16)])
        let bytes = client.encode([1] + generator.bytes(55), using: &generator)
        #expect(throws: TransportError.unknownTransport) { try server.receive(bytes) }
    }

    @Test func headers_that_look_like_other_protocols_are_drawn_again() {
        for start in ["HEAD", "POST", "GET ", "OPTI"].map({ Array($0.utf8) })
            + [[0xef, 1, 2, 3], [0xdd, 0xdd, 0xdd, 0xdd], [0xee, 0xee, 0xee, 0xee], [0x16, 3, 1, 2]]
        {
            let bad = start + [UInt8](repeating: 7, count: 60)
            #expect(!Obfuscation.isAllowed(bad))
            var script = ScriptedGenerator(bad + [UInt8](repeating: 8, count: 64))
            let (_, header) = Obfuscation.client(mode: .intermediate, dc: 1, secret: nil, using: &script)
            #expect(header[0] == 8)
        }
        #expect(!Obfuscation.isAllowed([1, 2, 3, 4, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 56)))
    }

    @Test func random_bytes_end_in_an_error_or_in_frames_and_never_in_a_trap() {
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<400 {
            var server = ServerTransport(secrets: [Self.secret])
            var client = ClientTransport(Self.choices.randomElement(using: &generator)!, dc: 2, using: &generator)
            for _ in 0..<6 {
                let bytes = generator.bytes(Int.random(in: 0...300, using: &generator))
                do {
                    try server.receive(bytes)
                    while try server.next() != nil {}
                } catch {}
                client.receive(bytes)
                do { while try client.next() != nil {} } catch {}
            }
        }
    }
}
