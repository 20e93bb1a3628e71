import Primitives
import Testing

@testable import Cryptography

@Suite struct CipherTests {
    /// AES-256 of FIPS 197, appendix C.3: one IGE block with a zero IV is one plain AES block.
    @Test func one_ige_block_with_a_zero_iv_is_the_fips_197_block() throws {
        let key = (0..<32).map { UInt8($0) }
        let plain = try #require(bytes(hex: "00112233445566778899aabbccddeeff"))
        let cipher = AESIGE.encrypt(plain, key: key, iv: [UInt8](repeating: 0, count: 32))
        #expect(hex(cipher) == "8ea2b7ca516745bfeafc49904b496089")
        #expect(AESIGE.encryptFallback(plain, key: key, iv: [UInt8](repeating: 0, count: 32)) == cipher)
    }

    @Test func ige_on_aes_instructions_equals_the_fallback_over_random_lengths() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let data = generator.bytes(16 * Int.random(in: 0...130, using: &generator))
            let key = generator.bytes(32), iv = generator.bytes(32)
            let cipher = AESIGE.encrypt(data, key: key, iv: iv)
            #expect(cipher == AESIGE.encryptFallback(data, key: key, iv: iv))
            #expect(AESIGE.decrypt(cipher, key: key, iv: iv) == data)
            #expect(AESIGE.decryptFallback(cipher, key: key, iv: iv) == data)
        }
    }

    @Test func a_changed_ige_block_garbles_all_that_follow() {
        let key = [UInt8](repeating: 1, count: 32), iv = [UInt8](repeating: 2, count: 32)
        let plain = [UInt8](repeating: 0, count: 160)
        var cipher = AESIGE.encrypt(plain, key: key, iv: iv)
        cipher[40] ^= 1
        let garbled = AESIGE.decrypt(cipher, key: key, iv: iv)
        #expect(Array(garbled[0..<32]) == Array(plain[0..<32]))
        for block in stride(from: 32, to: 160, by: 16) { #expect(garbled[block..<block + 16].contains { $0 != 0 }) }
    }

    /// NIST SP 800-38A, F.5.5.
    @Test func ctr_is_that_of_sp_800_38a_at_every_split() throws {
        let key = try #require(bytes(hex: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        let iv = try #require(bytes(hex: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
        let plain = try #require(
            bytes(
                hex: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                    + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"))
        let cipher =
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
            + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
        for split in 0...plain.count {
            var stream = AESCTR(key: key, iv: iv)
            var head = Array(plain[..<split]), tail = Array(plain[split...])
            stream.update(&head)
            stream.update(&tail)
            #expect(hex(head + tail) == cipher)
            var late = AESCTR(key: key, iv: iv, position: UInt64(split))
            var rest = Array(plain[split...])
            late.update(&rest)
            #expect(rest == tail)
        }
    }

    @Test func the_ctr_counter_carries_through_all_its_bytes() {
        let key = [UInt8](repeating: 3, count: 32)
        var stream = AESCTR(key: key, iv: [UInt8](repeating: 0xFF, count: 16))
        var data = [UInt8](repeating: 0, count: 32)
        stream.update(&data)
        var wrapped = AESCTR(key: key, iv: [UInt8](repeating: 0, count: 16))
        var second = [UInt8](repeating: 0, count: 16)
        wrapped.update(&second)
        #expect(Array(data[16...]) == second)
    }

    /// Test case 16 of McGrew and Viega's GCM paper.
    @Test func gcm_is_that_of_the_known_vector() throws {
        let key = try #require(bytes(hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
        let nonce = try #require(bytes(hex: "cafebabefacedbaddecaf888"))
        let plain = try #require(
            bytes(
                hex:
                    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
            ))
        let additional = try #require(bytes(hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        let sealed = AESGCM.seal(plain, key: key, nonce: nonce, authenticating: additional)
        #expect(
            hex(sealed)
                == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b")
        #expect(try AESGCM.open(sealed, key: key, nonce: nonce, authenticating: additional) == plain)
        for i in [0, 30, sealed.count - 1] {
            var changed = sealed
            changed[i] ^= 1
            #expect(throws: CryptographyError.notAuthentic) {
                try AESGCM.open(changed, key: key, nonce: nonce, authenticating: additional)
            }
        }
        #expect(throws: CryptographyError.notAuthentic) { try AESGCM.open(sealed, key: key, nonce: nonce, authenticating: []) }
        #expect(throws: CryptographyError.notAuthentic) { try AESGCM.open([1, 2], key: key, nonce: nonce, authenticating: []) }
        let empty = AESGCM.seal([], key: key, nonce: nonce, authenticating: [])
        #expect(try AESGCM.open(empty, key: key, nonce: nonce, authenticating: []) == [])
    }
}
