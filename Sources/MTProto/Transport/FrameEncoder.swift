import Cryptography
import Primitives

/// Puts packets into frames of one transport, one direction of one connection.
struct FrameEncoder: Sendable {
    let mode: TransportMode
    /// Frames sent so far: the counter of the full transport.
    private var count: UInt32 = 0

    init(_ mode: TransportMode) { self.mode = mode }

    mutating func encode(
        _ packet: [UInt8], quickAck: Bool = false, using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        precondition(mode == .paddedIntermediate || packet.count % 4 == 0, "a packet is made of whole words")
        precondition(packet.count < 1 << 24, "a packet is below 16 MiB")
        var out: [UInt8] = []
        out.reserveCapacity(packet.count + 32)
        switch mode {
        case .abridged:
            let words = packet.count / 4
            let mark: UInt8 = quickAck ? 0x80 : 0
            if words < 127 {
                out.append(UInt8(words) | mark)
            } else {
                out.append(0x7f | mark)
                for shift in [0, 8, 16] { out.append(UInt8(truncatingIfNeeded: words >> shift)) }
            }
            out += packet
        case .intermediate:
            out.append(uint32: UInt32(packet.count) | (quickAck ? 1 << 31 : 0))
            out += packet
        case .paddedIntermediate:
            let padding = generator.bytes(Int.random(in: 0...15, using: &generator))
            out.append(uint32: UInt32(packet.count + padding.count) | (quickAck ? 1 << 31 : 0))
            out += packet
            out += padding
        case .full:
            out.append(uint32: UInt32(packet.count + 12))
            out.append(uint32: count)
            out += packet
            out.append(uint32: crc32(out))
            count &+= 1
        }
        return out
    }

    /// A server's quick acknowledgment; the full transport has none.
    func encode(quickAckToken token: UInt32, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let marked = token | 1 << 31
        var out: [UInt8] = []
        switch mode {
        case .abridged: out.append(uint32: marked.byteSwapped)
        case .intermediate: out.append(uint32: marked)
        case .paddedIntermediate:
            let padding = generator.bytes(Int.random(in: 0...8, using: &generator))
            out.append(uint32: UInt32(8 + padding.count))
            out.append(uint32: .max)
            out.append(uint32: marked)
            out += padding
        case .full: break
        }
        return out
    }
}
