import Primitives

/// An unencrypted packet, as only key exchanges use it: key id 0, message id, length, body.
/// https://core.telegram.org/mtproto/description#unencrypted-message
enum PlainPacket {
    static func encode(_ body: [UInt8], id: Int64) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(20 + body.count)
        out.append(int64: 0)
        out.append(int64: id)
        out.append(int32: Int32(body.count))
        return out + body
    }

    static func decode(_ packet: [UInt8]) throws(KeyExchangeError) -> [UInt8] {
        do {
            return try body(of: packet)
        } catch {
            throw .malformed(error)
        }
    }

    private static func body(of packet: [UInt8]) throws(MalformedBytes) -> [UInt8] {
        var reader = ByteReader(packet)
        guard try reader.int64() == 0 else { throw .badCount }
        _ = try reader.int64()
        let length = Int(try reader.int32())
        guard length >= 4, length == reader.remaining else { throw .badCount }
        return reader.rest
    }
}

/// Whether the packet belongs to a key exchange: its key id is zero.
public func isPlainPacket(_ packet: [UInt8]) -> Bool { packet.count >= 8 && packet[0..<8].allSatisfy { $0 == 0 } }
