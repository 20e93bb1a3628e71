import MTProto
import Primitives

/// Every transport from both ends: what arrives in pieces means what it means at once, and nothing larger than a frame is kept.
@Sendable func fuzzFraming(_ bytes: [UInt8]) {
    var input = Input(bytes)
    let way = input.byte(), piece = Int(input.byte()) + 1
    let stream = input.rest()
    let mode = TransportMode.allCases[Int(way & 3)]
    if way & 4 == 0 {
        let options = TransportOptions(mode: mode, isObfuscated: way & 8 != 0)
        var generator = SeededGenerator(seed: 1)
        let transport = ClientTransport(options, dc: 2, using: &generator)
        compare(client(transport, stream, stream.count), client(transport, stream, piece))
    } else {
        // The server finds the transport out by itself. Half of the streams begin with a real preamble.
        var whole = stream
        if way & 8 != 0 {
            var generator = SeededGenerator(seed: 2)
            var transport = ClientTransport(TransportOptions(mode: mode, isObfuscated: way & 16 != 0), dc: 2, using: &generator)
            whole = transport.encode([UInt8](repeating: 7, count: 24), quickAck: way & 32 != 0, using: &generator) + stream
        }
        compare(server(whole, whole.count), server(whole, piece))
    }
}

/// Frames and how it ended.
private struct Reading: Equatable {
    var frames: [TransportFrame] = []
    var error: TransportError?
}

private func compare(_ whole: Reading, _ pieces: Reading) {
    require(whole == pieces, "\(whole.frames.count) frames at once, \(pieces.frames.count) in pieces")
    for case .packet(let packet, _) in whole.frames { require(packet.count <= maximumFrameBytes, "a frame above the limit") }
}

private func client(_ transport: ClientTransport, _ bytes: [UInt8], _ piece: Int) -> Reading {
    var transport = transport, reading = Reading()
    for start in stride(from: 0, to: bytes.count, by: max(1, piece)) {
        transport.receive(Array(bytes[start..<min(start + max(1, piece), bytes.count)]))
        do {
            while let frame = try transport.next() { reading.frames.append(frame) }
        } catch {
            reading.error = error
            return reading
        }
    }
    return reading
}

private func server(_ bytes: [UInt8], _ piece: Int) -> Reading {
    var transport = ServerTransport(secrets: [[UInt8](repeating: 3, count: 16)]), reading = Reading()
    for start in stride(from: 0, to: bytes.count, by: max(1, piece)) {
        do {
            try transport.receive(Array(bytes[start..<min(start + max(1, piece), bytes.count)]))
            while let frame = try transport.next() { reading.frames.append(frame) }
        } catch {
            reading.error = error
            return reading
        }
    }
    return reading
}
