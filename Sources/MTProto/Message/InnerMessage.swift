/// One message as it stands in a packet, alone or in a container.
struct InnerMessage: Sendable, Hashable {
    var id: Int64
    var sequenceNumber: Int32
    var body: [UInt8]

    /// Whether the other side must acknowledge it.
    var isContentRelated: Bool { sequenceNumber & 1 == 1 }
}

/// `msg_container`: https://core.telegram.org/mtproto/service_messages#containers
enum MessageContainer {
    /// Messages in one container, below the server's 1024 with room for service messages.
    static let maximumMessages = 1020
    /// Bytes of bodies in one container: mtcute's limit for a payload, below the server's 1 MiB.
    static let maximumBytes = 1_044_404
    /// Messages in one container that is received, the server's limit.
    static let maximumReceived = 1024
    /// Bytes that a member adds to its body.
    static let memberOverhead = 16

    static func encode(_ messages: [InnerMessage]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(8 + messages.reduce(0) { $0 + $1.body.count + memberOverhead })
        out.append(uint32: Constructor.msgContainer)
        out.append(int32: Int32(messages.count))
        for message in messages {
            out.append(int64: message.id)
            out.append(int32: message.sequenceNumber)
            out.append(int32: Int32(message.body.count))
            out += message.body
        }
        return out
    }

    /// The members, by the lengths in front of them: what a member holds cannot spoil another.
    static func decode(_ body: [UInt8]) throws(MalformedBytes) -> [InnerMessage] {
        var reader = ByteReader(body)
        guard try reader.uint32() == Constructor.msgContainer else { throw .badCount }
        let count = Int(try reader.int32())
        guard count >= 0, count <= min(maximumReceived, reader.remaining / memberOverhead) else { throw .badCount }
        var messages: [InnerMessage] = []
        messages.reserveCapacity(count)
        for _ in 0..<count {
            let id = try reader.int64(), number = try reader.int32(), length = Int(try reader.int32())
            guard length >= 0, length % 4 == 0 else { throw .badCount }
            messages.append(InnerMessage(id: id, sequenceNumber: number, body: try reader.raw(length)))
        }
        return messages
    }

    /// All single messages of a packet: one, the members of a container, or those of a packed container.
    /// `broken` are those whose packing or framing cannot be read; the rest is whole.
    static func unfold(
        _ message: InnerMessage, _ inflation: inout InflationBudget
    ) -> (messages: [InnerMessage], broken: [InnerMessage], containerIDs: [Int64]) {
        var out: [InnerMessage] = []
        var broken: [InnerMessage] = []
        var containers: [Int64] = []
        func take(_ message: InnerMessage, insideContainer: Bool) {
            let asReceived = message
            var message = message
            // One level of packing, one of containers: what is nested deeper comes from no server.
            guard let body = try? Gzip.unpacked(message.body, &inflation) else { return broken.append(asReceived) }
            let wasPacked = constructor(of: message.body) == Constructor.gzipPacked
            message.body = body
            switch constructor(of: body) {
            case Constructor.gzipPacked where wasPacked: broken.append(asReceived)
            case Constructor.msgContainer:
                guard !insideContainer, let members = try? decode(body) else { return broken.append(asReceived) }
                containers.append(message.id)
                for member in members { take(member, insideContainer: true) }
            default: out.append(message)
            }
        }
        take(message, insideContainer: false)
        return (out, broken, containers)
    }
}
