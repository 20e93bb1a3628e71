import Cryptography
import Primitives
import Testing

@Suite struct NumberTests {
    @Test func arithmetic_agrees_with_machine_words() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let a = UInt64(UInt32.random(in: 1 ... .max, using: &generator))
            let b = UInt64(UInt32.random(in: 1 ... .max, using: &generator))
            let m = UInt64.random(in: 3...(1 << 31), using: &generator) | 1
            #expect(BigNumber(a) * BigNumber(b) == BigNumber(a * b))
            #expect(BigNumber(a) + BigNumber(b) == BigNumber(a + b))
            #expect(BigNumber(max(a, b)) - BigNumber(min(a, b)) == BigNumber(max(a, b) - min(a, b)))
            #expect(BigNumber(a) % BigNumber(b) == BigNumber(a % b))
            #expect((BigNumber(a) < BigNumber(b)) == (a < b))
            #expect(BigNumber(a).half == BigNumber(a / 2))
            #expect(BigNumber(a).bitWidth == 64 - a.leadingZeroBitCount)
            let e = UInt64.random(in: 0...64, using: &generator)
            var expected: UInt64 = 1 % m
            for _ in 0..<e { expected = expected * (a % m) % m }
            #expect(BigNumber(a).power(BigNumber(e), modulo: BigNumber(m)) == BigNumber(expected))
        }
    }

    @Test func bytes_are_big_endian_and_padded() {
        #expect(BigNumber(0x0102).bytes(paddedTo: 4) == [0, 0, 1, 2])
        #expect(BigNumber(bigEndian: [0, 0, 1, 2]) == BigNumber(0x0102))
        #expect(BigNumber(0).bytes == [])
        #expect(BigNumber(0).isZero)
        #expect(BigNumber.twoToThe(0) == BigNumber(1))
        #expect(BigNumber.twoToThe(77).bitWidth == 78)
    }

    @Test func primes_are_told_from_composites() {
        #expect(BigNumber(1_000_000_007).isProbablyPrime)
        #expect(BigNumber(2).isProbablyPrime)
        for composite: UInt64 in [0, 1, 4, 561, 3_215_031_751, 1_000_000_007 * 3] { #expect(!BigNumber(composite).isProbablyPrime) }
        let mersenne = BigNumber.twoToThe(521) - BigNumber(1)
        #expect(mersenne.isProbablyPrime)
        #expect(!(BigNumber.twoToThe(523) - BigNumber(1)).isProbablyPrime)
    }

    @Test func an_rsa_key_survives_pem_and_inverts() throws {
        let key = RSAPrivateKey.generate()
        #expect(key.publicKey.modulus.bitWidth == 2048)
        #expect(try RSAPrivateKey(pem: key.pem).publicKey == key.publicKey)
        #expect(try RSAPublicKey(pem: key.publicPEM) == key.publicKey)
        var generator = SeededGenerator(seed: 5)
        var message = generator.bytes(256)
        message[0] = 0
        #expect(key.raw(key.publicKey.raw(message)) == message)
        #expect(key.raw([UInt8](repeating: 0xFF, count: 256)) == nil)
    }

    @Test func rsa_keys_are_read_from_subject_public_key_info() throws {
        let pem = """
            -----BEGIN PUBLIC KEY-----
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAruw2yP/BCcsJliRoW5eB
            VBVle9dtjJw+OYED160Wybum9SXtBBLXriwt4rROd9csv0t0OHCaTmRqBcQ0J8fx
            hN6/cpR1GWgOZRUAiQxoMnlt0R93LCX/j1dnVa/gVbCjdSxpbrfY2g2L4frzjJvd
            l84Kd9ORYjDEAyFnEA7dD556OptgLQQ2e2iVNq8NZLYTzLp5YpOdO1doK+ttrltg
            gTCy5SrKeLoCPPbOgGsdxJxyz5KKcZnSLj16yE5HvJQn0CNpRdENvRUXe6tBP78O
            39oJ8BTHp9oIjd6XWXAsp2CvK45Ol8wFXGF710w9lwCGNbmNxNYhtIkdqfsEcwR5
            JwIDAQAB
            -----END PUBLIC KEY-----
            """
        let key = try RSAPublicKey(pem: pem)
        #expect(key.modulus.bitWidth == 2048)
        #expect(key.exponent == BigNumber(65537))
    }

    @Test func what_is_no_key_is_refused() {
        for text in ["", "hello", "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n"] {
            #expect(throws: CryptographyError.notAnRSAKey) { try RSAPublicKey(pem: text) }
            #expect(throws: CryptographyError.notAnRSAKey) { try RSAPrivateKey(pem: text) }
        }
    }
}
