import Cryptography
import Primitives
import Testing

@testable import MTProto

/// Both sides of a key exchange, packet by packet.
struct KeyExchangePair {
    static let rsa = RSAPrivateKey.generate()
    static let epoch = UnixTime(seconds: 1_763_000_000)

    var generator: SeededGenerator
    var client: ClientKeyExchange
    var server: ServerKeyExchange
    var result: (client: KeyExchangeResult, server: KeyExchangeResult)?

    init(
        seed: UInt64 = 1, trusted: [RSAPublicKey] = [rsa.publicKey], prime: BigNumber = DiffieHellman.knownPrime, g: Int32 = 3,
        expiresIn: Int32? = nil
    ) {
        generator = SeededGenerator(seed: seed)
        client = ClientKeyExchange(
            .init(rsaKeys: trusted, dc: 2, expiresIn: expiresIn), clock: ServerClock(guess: UnixTime(seconds: 1), at: .zero))
        server = ServerKeyExchange(
            keys: [Self.rsa], clock: ServerClock(authoritative: Self.epoch, at: .zero), prime: prime, g: g)
    }

    /// Runs to the end; `change` may spoil the server's answers by number.
    mutating func run(_ change: (Int, inout [UInt8]) -> Void = { _, _ in }) throws -> (client: KeyExchangeResult, server: KeyExchangeResult)
    {
        var packet = client.start(now: .zero, using: &generator)
        var fromServer: KeyExchangeResult?
        for number in 0..<20 {
            var answer: [UInt8]
            switch try server.receive(packet, now: .zero, using: &generator) {
            case .send(let bytes): answer = bytes
            case .done(let result, let bytes):
                fromServer = result
                answer = try #require(bytes)
            }
            change(number, &answer)
            switch try client.receive(answer, now: .zero, using: &generator) {
            case .send(let next): packet = next
            case .done(let result, _): return (result, try #require(fromServer))
            }
        }
        throw KeyExchangeError.tooManyRetries
    }
}

@Suite struct KeyExchangeTests {
    @Test func both_sides_agree_on_key_salt_and_time() throws {
        var pair = KeyExchangePair()
        let (client, server) = try pair.run()
        #expect(client.key == server.key)
        #expect(client.salt == server.salt)
        #expect(client.clock.isInStep)
        #expect(client.clock.time(at: .zero) == KeyExchangePair.epoch)
        #expect(client.expiresIn == nil)
    }
}
