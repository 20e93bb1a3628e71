import Cryptography
import Primitives
import Testing

@testable import MTProto

/// Every entry of Vectors/mtproto-vectors.json.
@Suite struct VectorTests {
    let file: JSON
    let sample: JSON

    init() throws {
        file = try vectors("mtproto-vectors")
        sample = try vectors("auth-key-sample")
    }

    @Test func packets_are_sealed_and_opened_as_in_the_vectors() throws {
        let key = AuthorizationKey(try sample.hexBytes("auth_key"))
        #expect(try sample.hexBytes("auth_key_id_le") == [UInt8](int64: key.id))
        let entries = try #require(file["encrypt"]?.array)
        #expect(entries.count == 2)
        for entry in entries {
            let direction: MessageDirection = entry["direction"]?.string == "client" ? .clientToServer : .serverToClient
            #expect(entry["x"]?.integer == Int64(direction.offset))
            let envelope = MessageEnvelope(
                salt: Int64(littleEndianBytes: try entry.hexBytes("salt_le")),
                sessionID: Int64(littleEndianBytes: try entry.hexBytes("session_id_le")),
                messageID: Int64(littleEndianBytes: try entry.hexBytes("msg_id_le")), sequenceNumber: 1, body: try entry.hexBytes("body"))
            let packet = try entry.hexBytes("packet")
            let opened = try MessageCipher.open(packet, key: key, direction: direction)
            #expect(opened.body == envelope.body)
            #expect(opened.salt == envelope.salt)
            #expect(opened.sessionID == envelope.sessionID)
            #expect(opened.messageID == envelope.messageID)
            let (sealed, token) = MessageCipher.seal(opened, key: key, direction: direction, padding: try entry.hexBytes("padding"))
            #expect(sealed == packet)
            #expect(Array(sealed[8..<24]) == (try entry.hexBytes("msg_key")))
            let (aesKey, iv) = MessageCipher.keyAndIV(Array(sealed[8..<24]), key, direction)
            #expect(try aesKey == entry.hexBytes("aes_key"))
            #expect(try iv == entry.hexBytes("aes_iv"))
            if let expected = entry["quick_ack_token"]?.integer {
                #expect(Int64(token) == expected)
                #expect(MessageCipher.quickAckToken(packet, key: key, direction: direction) == token)
            }
        }
    }

    @Test func fingerprints_are_those_of_the_published_keys() throws {
        for name in ["production_rsa_pem", "test_rsa_pem"] {
            let entry = try #require(file["rsa"]?[name])
            let key = RSAPublicKey(
                modulus: BigNumber(bigEndian: try entry.hexBytes("n")),
                exponent: BigNumber(UInt64(try #require(entry["e"]?.integer))))
            #expect(key.fingerprint == entry["fingerprint_signed"]?.integer)
            #expect(hex([UInt8](int64: key.fingerprint).reversed()) == entry["fingerprint_hex"]?.string)
        }
    }

    @Test func rsa_pad_is_that_of_the_vector() throws {
        let entry = try #require(file["rsa_pad"])
        let production = try #require(file["rsa"]?["production_rsa_pem"])
        let key = RSAPublicKey(modulus: BigNumber(bigEndian: try production.hexBytes("n")), exponent: BigNumber(65537))
        let data = try entry.hexBytes("data"), padding = try entry.hexBytes("padding"), temporary = try entry.hexBytes("temp_key")
        #expect(hex(RSAPadding.number(padded: data + padding, temporaryKey: temporary)) == entry["key_aes_encrypted"]?.string)
        #expect(entry["retry_needed"]?.bool == false)
        var script = ScriptedGenerator(padding + [0, 0, 0, 0] + temporary)
        #expect(hex(RSAPadding.encrypt(data, key: key, using: &script)) == entry["encrypted"]?.string)
    }

    /// https://core.telegram.org/api/srp, with what this layer has: the client's whole proof lives with the login.
    @Test func srp_comes_out_of_these_primitives() throws {
        let entry = try #require(file["srp"])
        #expect(entry["telethon_equal"]?.bool == true)
        let p = BigNumber(bigEndian: try sample.hexBytes("dh_prime")), g = BigNumber(3)
        let salt1 = try entry.hexBytes("salt1"), salt2 = try entry.hexBytes("salt2")
        let password = Array(try #require(entry["password"]?.string).utf8)
        func salted(_ data: [UInt8], _ salt: [UInt8]) -> [UInt8] { sha256(salt, data, salt) }
        let first = salted(salted(password, salt1), salt2)
        let x = salted(pbkdf2HMACSHA512(password: first, salt: salt1, rounds: 100_000, length: 64), salt2)
        #expect(hex(x) == entry["x"]?.string)
        let h = sha512(Array("a".utf8))
        let a = BigNumber(bigEndian: h + h + h + h)
        let publicA = g.power(a, modulo: p)
        #expect(hex(publicA.bytes(paddedTo: 256)) == entry["A"]?.string)
        let padded = p.bytes(paddedTo: 256), gBytes = g.bytes(paddedTo: 256)
        let publicB = try entry.hexBytes("srp_B")
        let hb = sha512(Array("b".utf8))
        let k = BigNumber(bigEndian: sha256(padded, gBytes))
        let verifier = g.power(BigNumber(bigEndian: x), modulo: p)
        let b = BigNumber(bigEndian: hb + hb + hb + hb)
        #expect((k * verifier + g.power(b, modulo: p)) % p == BigNumber(bigEndian: publicB))
        let u = BigNumber(bigEndian: sha256(publicA.bytes(paddedTo: 256), publicB))
        let kv = k * verifier % p
        let base = (BigNumber(bigEndian: publicB) + p - kv) % p
        let s = base.power(a + u * BigNumber(bigEndian: x), modulo: p)
        let proof = sha256(
            zip(sha256(padded), sha256(gBytes)).map { $0 ^ $1 }, sha256(salt1), sha256(salt2), publicA.bytes(paddedTo: 256), publicB,
            sha256(s.bytes(paddedTo: 256)))
        #expect(hex(proof) == entry["M1"]?.string)
    }

    @Test func obfuscation_is_that_of_the_vectors_on_both_sides() throws {
        let entries = try #require(file["obfuscated2"]?.array)
        #expect(entries.count == 2)
        for entry in entries {
            let secret = entry["secret"]?.string.flatMap { bytes(hex: $0) }
            var (client, header) = Obfuscation.client(initial: try entry.hexBytes("init"), secret: secret)
            #expect(try header == entry.hexBytes("header"))
            var sent = try entry.hexBytes("client_plain")
            client.encrypt(&sent)
            #expect(try sent == entry.hexBytes("client_cipher"))
            let known = try #require(Obfuscation.server(header: header, secret: secret))
            var server = known.0
            #expect(known.1 == .intermediate)
            #expect(known.dc == 2)
            server.decrypt(&sent)
            #expect(try sent == entry.hexBytes("client_plain"))
            var answer = try entry.hexBytes("server_plain")
            server.encrypt(&answer)
            #expect(try answer == entry.hexBytes("server_cipher"))
            client.decrypt(&answer)
            #expect(try answer == entry.hexBytes("server_plain"))
        }
    }

    /// MTProto 1.0, which only auth.bindTempAuthKey still uses: https://core.telegram.org/mtproto/description_v1
    @Test func the_binding_of_version_1_comes_out_of_these_primitives() throws {
        let entry = try #require(file["bind_v1"])
        let key = try sample.hexBytes("auth_key"), plain = try entry.hexBytes("plain")
        let messageKey = Array(sha1(plain)[4..<20])
        #expect(try messageKey == entry.hexBytes("msg_key"))
        let a = sha1(messageKey, Array(key[0..<32]))
        let b = sha1(Array(key[32..<48]), messageKey, Array(key[48..<64]))
        let c = sha1(Array(key[64..<96]), messageKey)
        let d = sha1(messageKey, Array(key[96..<128]))
        let aesKey = Array(a[0..<8] + b[8..<20] + c[4..<16])
        let iv = Array(a[8..<20] + b[0..<8] + c[16..<20] + d[0..<8])
        #expect(try aesKey == entry.hexBytes("aes_key"))
        #expect(try iv == entry.hexBytes("aes_iv"))
        let padding = [UInt8](repeating: 0, count: Int(try #require(entry["zero_padding"]?.integer)))
        #expect(hex(AESIGE.encrypt(plain + padding, key: aesKey, iv: iv)) == entry["cipher"]?.string)
    }

    @Test func the_counter_of_a_cdn_file_starts_at_its_offset() throws {
        let entry = try #require(file["cdn_ctr"])
        let offset = UInt32(try #require(entry["offset"]?.integer))
        var iv = try entry.hexBytes("iv")
        iv.replaceSubrange(12..., with: (0..<4).map { UInt8(truncatingIfNeeded: (offset / 16) >> UInt32(24 - 8 * $0)) })
        #expect(try iv == entry.hexBytes("iv_used"))
        var data = try entry.hexBytes("plain")
        var stream = AESCTR(key: try entry.hexBytes("key"), iv: iv)
        stream.update(&data)
        #expect(try data == entry.hexBytes("cipher"))
    }
}
