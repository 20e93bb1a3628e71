import Cryptography
import MTProto
import Primitives

/// Both halves of a key exchange under a peer that says anything in the clear.
@Sendable func fuzzExchange(_ bytes: [UInt8]) {
    var input = Input(bytes)
    var generator = SeededGenerator(seed: 1)
    let clock = ServerClock(guess: UnixTime(seconds: 1_763_000_000), at: .zero)
    let isServer = input.byte() & 1 == 1
    if isServer {
        var server = ServerKeyExchange(keys: [], clock: clock)
        for _ in 0..<4 where !input.isEmpty { _ = try? server.receive(plain(input.block()), now: .zero, using: &generator) }
    } else {
        var client = ClientKeyExchange(.init(rsaKeys: [], dc: 2), clock: clock)
        _ = client.start(now: .zero, using: &generator)
        _ = try? client.receive(plain(input.block()), now: .zero, using: &generator)
        let probe = ConnectionProbe(using: &generator)
        require(!probe.isAnswer(plain(input.block())), "a nonce cannot be guessed")
        _ = authorizationKeyID(of: input.rest())
    }
}

private func plain(_ body: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0x69]
    out += (0..<4).map { UInt8(truncatingIfNeeded: body.count >> ($0 * 8)) }
    return out + body
}
