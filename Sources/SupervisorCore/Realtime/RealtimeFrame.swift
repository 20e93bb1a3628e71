/// Frames of RFC 6455 from a server: not masked, never fragmented.
public enum RealtimeFrame {
    public static let text: UInt8 = 0x1
    public static let binary: UInt8 = 0x2
    public static let close: UInt8 = 0x8
    public static let pong: UInt8 = 0xA

    /// A whole frame with its content (RFC 6455, 5.2).
    public static func encode(_ opcode: UInt8, _ content: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(content.count + 10)
        out.append(0x80 | opcode)
        switch content.count {
        case ...125: out.append(UInt8(content.count))
        case ...0xFFFF: out += [126, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        default:
            out.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: content.count >> shift)) }
        }
        out += content
        return out
    }

    /// A close frame; a reason beyond the 123 bytes that a control frame has room for is cut.
    public static func close(_ code: Int, _ reason: String) -> [UInt8] {
        encode(close, [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)] + Array(reason.utf8.prefix(123)))
    }
}
