import Cryptography
import Primitives
import Testing

@testable import MTProto

@Suite struct DiffieHellmanTests {
    /// A safe prime of 2048 bits that is not Telegram's: RFC 3526, group 14.
    static let group14 = BigNumber(
        bigEndian: bytes(
            hex: "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
                + "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
                + "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
                + "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
                + "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
                + "15728E5A8AACAA68FFFFFFFFFFFFFFFF")!)

    @Test func another_safe_prime_is_taken_after_a_real_test() throws {
        let group = try DiffieHellmanGroup(prime: Self.group14, g: 2)
        var pair = KeyExchangePair(group: group)
        let (client, server) = try pair.run()
        #expect(client.key == server.key)
    }

    @Test func defect_21_a_prime_that_is_not_safe_or_not_prime_or_too_short_is_refused() {
        // p - 2 is no prime, though it has the right residue for g = 4.
        #expect(throws: DiffieHellmanError.badPrime) { try DiffieHellmanGroup(prime: Self.group14 - BigNumber(2), g: 4) }
        #expect(throws: DiffieHellmanError.badPrime) { try DiffieHellmanGroup(prime: Self.group14.half, g: 4) }
        // A prime whose half is composite: the first prime above 2^2047 + something is hardly ever safe.
        var candidate = BigNumber.twoToThe(2047) + BigNumber(1)
        while !candidate.isProbablyPrime { candidate = candidate + BigNumber(2) }
        #expect(candidate.bitWidth == 2048)
        #expect(throws: DiffieHellmanError.badPrime) { try DiffieHellmanGroup(prime: candidate, g: 4) }
    }

    @Test func g_must_generate_the_subgroup() throws {
        // p mod 8 = 3, mod 3 = 2, mod 5 = 1, mod 24 = 11, mod 7 = 3 for the known prime, computed here and not trusted.
        let p = DiffieHellmanGroup.knownPrime
        func residue(_ m: UInt64) -> UInt64 { (p % BigNumber(m)).bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let allowed: [Int32: Bool] = [
            1: false, 2: residue(8) == 7, 3: residue(3) == 2, 4: true, 5: [1, 4].contains(residue(5)), 6: [19, 23].contains(residue(24)),
            7: [3, 5, 6].contains(residue(7)), 8: false, -3: false,
        ]
        #expect(allowed[3] == true)
        #expect(allowed.values.contains(false))
        for (g, isAllowed) in allowed.sorted(by: { $0.key < $1.key }) {
            if isAllowed {
                _ = try DiffieHellmanGroup(prime: p, g: g)
            } else {
                #expect(throws: DiffieHellmanError.badGenerator) { try DiffieHellmanGroup(prime: p, g: g) }
            }
        }
    }

    @Test func defect_21_public_numbers_keep_off_both_margins() throws {
        let p = DiffieHellmanGroup.knownPrime, margin = BigNumber.twoToThe(1984), one = BigNumber(1)
        try DiffieHellmanGroup.known.check(publicNumber: margin)
        try DiffieHellmanGroup.known.check(publicNumber: p - margin)
        for bad in [margin - one, p - margin + one, BigNumber(0), one, p - one, p, p + margin] {
            #expect(throws: DiffieHellmanError.badPublicNumber) { try DiffieHellmanGroup.known.check(publicNumber: bad) }
        }
    }

    @Test func defect_21_g_a_at_a_margin_ends_the_exchange() throws {
        var generator = SeededGenerator(seed: 6)
        let nonce = generator.bytes(16), serverNonce = generator.bytes(16), newNonce = generator.bytes(32)
        let p = DiffieHellmanGroup.knownPrime, margin = BigNumber.twoToThe(1984)
        let cipher = NonceCipher(newNonce: newNonce, serverNonce: serverNonce)
        let waiting = AwaitingDHParams(nonce: nonce, serverNonce: serverNonce, newNonce: secret(newNonce))
        func answer(_ gA: BigNumber) -> [UInt8] {
            let inner = ServerDHInnerData(nonce: nonce, serverNonce: serverNonce, g: 3, prime: p.bytes, gA: gA.bytes, serverTime: 5)
            return EncryptedPart(
                Constructor.serverDHParamsOK, nonce: nonce, serverNonce: serverNonce,
                encrypted: cipher.encrypt(inner.bytes, using: &generator)
            ).bytes
        }
        for good in [margin, p - margin] {
            let body = answer(good)
            _ = try waiting.receive(body, using: &generator)
        }
        for bad in [margin - BigNumber(1), p - margin + BigNumber(1)] {
            let body = answer(bad)
            #expect(throws: KeyExchangeError.badPublicNumber) { try waiting.receive(body, using: &generator) }
        }
    }
}

@Suite struct FactorisationTests {
    @Test func random_products_of_two_primes_fall_apart() throws {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<40 {
            let p = Factorisation.prime(using: &generator), q = Factorisation.prime(using: &generator)
            guard p != q else { continue }
            let factors = try #require(Factorisation.factors(of: p * q, using: &generator))
            #expect(factors == (min(p, q), max(p, q)))
        }
        #expect(try #require(Factorisation.factors(of: 6, using: &generator)) == (2, 3))
        #expect(try #require(Factorisation.factors(of: 3 * 2_147_483_647, using: &generator)) == (3, 2_147_483_647))
    }

    @Test func defect_21_squares_primes_and_other_products_are_refused() {
        var generator = SeededGenerator(seed: 18)
        let prime: UInt64 = 1_513_098_571
        let refused: [UInt64] = [0, 1, 2, 3, 4, prime, prime * prime, 105, 1 << 62, (1 << 63) + 25, UInt64.max, 9_223_372_036_854_775_783]
        for bad in refused {
            #expect(Factorisation.factors(of: bad, using: &generator) == nil, "\(bad)")
        }
        #expect(Factorisation.number([UInt8](repeating: 1, count: 9)) == nil)
    }
}

@Suite struct RSAPaddingTests {
    @Test func defect_21_a_number_at_or_above_the_modulus_is_drawn_again() throws {
        // A modulus of 2048 bits whose leading byte is low makes most draws too large.
        var generator = SeededGenerator(seed: 21)
        let data = generator.bytes(100), padding = generator.bytes(92)
        let tooLarge = generator.bytes(32), fits = generator.bytes(32)
        let numbers = [tooLarge, fits].map { BigNumber(bigEndian: RSAPadding.number(padded: data + padding, temporaryKey: $0)) }
        let (low, high) = (numbers.min()!, numbers.max()!)
        var modulus = (low + high).half
        if modulus.bytes.last! & 1 == 0 { modulus = modulus + BigNumber(1) }
        let key = RSAPublicKey(modulus: modulus, exponent: BigNumber(65537))
        let (first, second) = numbers[0] == high ? (tooLarge, fits) : (fits, tooLarge)
        var script = ScriptedGenerator(padding + [0, 0, 0, 0] + first + second)
        #expect(RSAPadding.encrypt(data, key: key, using: &script) == key.raw(low.bytes(paddedTo: 256)))
    }

    @Test func the_server_reads_rsa_pad_and_the_older_form() throws {
        var generator = SeededGenerator(seed: 22)
        let key = KeyExchangePair.rsa
        let inner = PQInnerData(
            pq: [1, 2], p: [1], q: [2], nonce: generator.bytes(16), serverNonce: generator.bytes(16), newNonce: generator.bytes(32), dc: 2,
            expiresIn: nil)
        func length(_ bytes: [UInt8]) -> Int? {
            var reader = ByteReader(bytes)
            return (try? PQInnerData(from: &reader)) == nil ? nil : reader.position
        }
        let padded = RSAPadding.encrypt(inner.bytes, key: key.publicKey, using: &generator)
        #expect(RSAPadding.decrypt(padded, key: key, dataLength: length)?.starts(with: inner.bytes) == true)

        let data = sha1(inner.bytes) + inner.bytes
        var old = [0] + data + generator.bytes(255 - data.count)
        #expect(RSAPadding.decrypt(key.publicKey.raw(old), key: key, dataLength: length)?.starts(with: inner.bytes) == true)
        old[30] ^= 1
        #expect(RSAPadding.decrypt(key.publicKey.raw(old), key: key, dataLength: length) == nil)
        #expect(RSAPadding.decrypt([1, 2], key: key, dataLength: length) == nil)
    }
}
