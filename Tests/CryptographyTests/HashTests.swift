import Cryptography
import Primitives
import Testing

@Suite struct HashTests {
    let abc = Array("abc".utf8)

    @Test func sha_digests_are_those_of_fips_180() {
        #expect(hex(sha1(abc)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(hex(sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(sha512(abc))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
        #expect(hex(sha1()) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }

    @Test func parts_are_hashed_as_one() {
        #expect(sha1(Array("a".utf8), [], Array("bc".utf8)) == sha1(abc))
        #expect(sha256(Array("ab".utf8), Array("c".utf8)) == sha256(abc))
        #expect(sha512(Array("ab".utf8), Array("c".utf8)) == sha512(abc))
        var hasher = SHA256Hasher()
        hasher.update(abc[0..<1])
        hasher.update(abc[1...])
        #expect(hasher.finish() == sha256(abc))
    }

    /// Source: RFC 6070's inputs over SHA-512, as in https://github.com/brycx/Test-Vector-Generation.
    @Test func pbkdf2_is_that_of_the_known_vectors() {
        let key = pbkdf2HMACSHA512(password: Array("password".utf8), salt: Array("salt".utf8), rounds: 2, length: 64)
        #expect(
            hex(key)
                == "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
                + "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e"
        )
    }

    @Test func crc32_is_that_of_iso_3309() {
        #expect(crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(crc32([]) == 0)
    }

    @Test func constant_time_comparison_compares() {
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(constantTimeEquals([1, 2, 3][1...], [2, 3]))
    }

    @Test func a_wiped_secret_is_gone() {
        var secret: [UInt8] = [1, 2, 3]
        wipe(&secret)
        #expect(secret.isEmpty)
    }
}
