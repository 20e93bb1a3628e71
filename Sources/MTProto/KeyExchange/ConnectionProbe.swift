import Primitives

/// Asks a server to show that it is one, without any key: `req_pq_multi`, whose answer repeats the nonce.
///
/// The same connection may carry a session afterwards; tdesktop tests its connections like this. A session itself cannot be used for the
/// test, since it may speak on one connection at a time.
public struct ConnectionProbe: Sendable {
    private let nonce: [UInt8]

    public init(using generator: inout some RandomNumberGenerator) { nonce = generator.bytes(16) }

    /// The packet to send. `clock` is what is known of the server's time.
    public func question(clock: ServerClock, now: Instant, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var ids = MessageIDGenerator()
        return PlainPacket.encode(ReqPQ(nonce: nonce).bytes, id: ids.next(.client, at: clock.time(at: now), using: &generator))
    }

    /// Whether the packet is the answer.
    public func isAnswer(_ packet: [UInt8]) -> Bool {
        guard let body = try? PlainPacket.decode(packet), constructor(of: body) == Constructor.resPQ, let answer = try? ResPQ.parse(body)
        else { return false }
        return answer.nonce == nonce
    }
}
