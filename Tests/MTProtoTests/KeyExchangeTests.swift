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
        seed: UInt64 = 1, trusted: [RSAPublicKey] = [rsa.publicKey], group: DiffieHellmanGroup = .known,
        expiresIn: Int32? = nil
    ) {
        generator = SeededGenerator(seed: seed)
        client = ClientKeyExchange(
            .init(rsaKeys: trusted, dc: 2, expiresIn: expiresIn), clock: ServerClock(guess: UnixTime(seconds: 1), at: .zero))
        server = ServerKeyExchange(
            keys: [Self.rsa], clock: ServerClock(authoritative: Self.epoch, at: .zero), group: group)
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

func secret(_ bytes: [UInt8]) -> SecretBytes {
    var bytes = bytes
    return SecretBytes(taking: &bytes)
}

@Suite struct KeyExchangeTests {
    private func sealed(_ bytes: [UInt8], _ cipher: NonceCipher) -> [UInt8] {
        cipher.withKeyAndIV { AESIGE.encrypt(bytes, key: $0, iv: $1) }
    }

    @Test func both_sides_agree_on_key_salt_and_time() throws {
        var pair = KeyExchangePair()
        let (client, server) = try pair.run()
        #expect(client.key == server.key)
        #expect(client.salt == server.salt)
        #expect(client.clock.isInStep)
        #expect(client.clock.time(at: .zero) == KeyExchangePair.epoch)
        #expect(client.expiresIn == nil)
    }

    @Test func a_temporary_key_carries_its_life() throws {
        var pair = KeyExchangePair(expiresIn: 86_400)
        let (client, server) = try pair.run()
        #expect(client.expiresIn == 86_400)
        #expect(server.expiresIn == 86_400)
    }

    /// About one exchange in 256 has such a key: look for one over many draws of b.
    @Test func defect_21_a_key_with_a_leading_zero_byte_keeps_its_256_bytes() throws {
        var generator = SeededGenerator(seed: 8)
        let gA = DiffieHellmanGroup.known.power(of: BigNumber(bigEndian: generator.bytes(256)))
        let cipher = NonceCipher(newNonce: generator.bytes(32), serverNonce: generator.bytes(16))
        var found = false
        for _ in 0..<3000 where !found {
            let (_, waiting) = AwaitingVerdict.attempt(
                0, nonces: (generator.bytes(16), generator.bytes(16), secret(generator.bytes(32))), cipher: cipher, group: .known, gA: gA,
                serverTime: 0, retryID: 0, using: &generator)
            found = waiting.key.bytes[0] == 0
            #expect(waiting.key.bytes.count == 256)
        }
        #expect(found)
    }

    @Test func the_server_may_ask_for_other_numbers_a_few_times() throws {
        var pair = KeyExchangePair()
        pair.server.faults.retries = AwaitingVerdict.maximumRetries
        let (client, server) = try pair.run()
        #expect(client.key == server.key)

        var endless = KeyExchangePair()
        endless.server.faults.retries = 100
        #expect(throws: KeyExchangeError.tooManyRetries) { try endless.run() }
    }

    @Test func the_server_may_refuse_at_the_end() {
        var pair = KeyExchangePair()
        pair.server.faults.fails = true
        #expect(throws: KeyExchangeError.refused) { try pair.run() }
    }

    @Test(arguments: 0..<3) func every_changed_nonce_is_noticed(_ step: Int) {
        for offset in [20 + 4, 20 + 4 + 16] where !(step == 0 && offset == 40) {
            var pair = KeyExchangePair()
            #expect(throws: KeyExchangeError.wrongNonce) { try pair.run { number, answer in if number == step { answer[offset] ^= 1 } } }
        }
    }

    @Test func a_changed_server_nonce_in_the_first_answer_is_noticed_by_the_server() {
        var pair = KeyExchangePair()
        #expect(throws: KeyExchangeError.wrongNonce) { try pair.run { number, answer in if number == 0 { answer[40] ^= 1 } } }
    }

    @Test func a_server_without_a_trusted_key_is_refused() {
        var pair = KeyExchangePair(trusted: [RSAPrivateKey.generate().publicKey])
        #expect(throws: KeyExchangeError.noKnownRSAKey) { try pair.run() }
    }

    @Test func a_changed_ciphertext_is_noticed_and_one_of_broken_length_too() {
        var changed = KeyExchangePair()
        #expect(throws: KeyExchangeError.wrongHash) { try changed.run { number, answer in if number == 1 { answer[200] ^= 1 } } }
        let cipher = NonceCipher(newNonce: [UInt8](repeating: 1, count: 32), serverNonce: [UInt8](repeating: 2, count: 16))
        for count in [0, 16, 33, 592 + 8] {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(throws: KeyExchangeError.badCiphertext) { try cipher.decrypt(bytes, as: ServerDHInnerData.self) }
        }
    }

    @Test func sixteen_bytes_of_padding_are_one_too_many() throws {
        var generator = SeededGenerator(seed: 3)
        let cipher = NonceCipher(newNonce: generator.bytes(32), serverNonce: generator.bytes(16))
        let inner = ClientDHInnerData(
            nonce: generator.bytes(16), serverNonce: generator.bytes(16), retryID: 0, gB: generator.bytes(256))
        let hashed = sha1(inner.bytes) + inner.bytes
        let least = (16 - hashed.count % 16) % 16
        let allowed = sealed(hashed + generator.bytes(least), cipher)
        #expect(try cipher.decrypt(allowed, as: ClientDHInnerData.self).gB == inner.gB)
        let longer = sealed(hashed + generator.bytes(least + 16), cipher)
        #expect(throws: KeyExchangeError.badPadding) { try cipher.decrypt(longer, as: ClientDHInnerData.self) }
    }

    @Test func verdicts_with_wrong_hashes_are_refused_all_three() {
        for fault in 0..<3 {
            var pair = KeyExchangePair()
            if fault == 1 { pair.server.faults.retries = 1 }
            if fault == 2 { pair.server.faults.fails = true }
            #expect(throws: KeyExchangeError.wrongHash) {
                try pair.run { number, answer in if number == 2 { answer[answer.count - 1] ^= 1 } }
            }
        }
    }

    @Test func a_message_out_of_turn_is_refused() throws {
        var pair = KeyExchangePair()
        let first = pair.client.start(now: .zero, using: &pair.generator)
        guard case .send(let resPQ) = try pair.server.receive(first, now: .zero, using: &pair.generator) else { return }
        _ = try pair.client.receive(resPQ, now: .zero, using: &pair.generator)
        #expect(throws: KeyExchangeError.unexpectedMessage(Constructor.resPQ)) {
            try pair.client.receive(resPQ, now: .zero, using: &pair.generator)
        }
        // Repeated word for word, the server's answer is repeated too.
        guard case .send(let again) = try pair.server.receive(first, now: .zero, using: &pair.generator) else { return }
        #expect(again[20...] == resPQ[20...])
        var fresh = KeyExchangePair()
        #expect(throws: KeyExchangeError.self) { try fresh.server.receive([1, 2, 3], now: .zero, using: &fresh.generator) }
    }

    /// The order that real clients rely on: field by field, the retry id between nonces and g_b.
    @Test func the_clients_inner_data_have_g_b_last() {
        let inner = ClientDHInnerData(
            nonce: [UInt8](repeating: 1, count: 16), serverNonce: [UInt8](repeating: 2, count: 16), retryID: 3, gB: [9, 9, 9])
        #expect(inner.bytes[36..<44] == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(inner.bytes[44..<48] == [3, 9, 9, 9])
    }
}
