import Cryptography
import Primitives
import Testing

@testable import MTProto

/// The worked key exchange of https://core.telegram.org/mtproto/samples-auth_key, every entry of Vectors/auth-key-sample.json.
@Suite struct SampleExchangeTests {
    let sample: JSON
    let rsa: RSAPublicKey

    init() throws {
        sample = try vectors("auth-key-sample")
        let others = try vectors("mtproto-vectors")
        let production = try #require(others["rsa"]?["production_rsa_pem"])
        rsa = RSAPublicKey(modulus: BigNumber(bigEndian: try production.hexBytes("n")), exponent: BigNumber(65537))
    }

    @Test func the_first_two_frames_are_the_sample_s() throws {
        let request = ReqPQ(nonce: try sample.hexBytes("nonce"))
        let frame = try sample.hexBytes("req_pq_frame")
        #expect(PlainPacket.encode(request.bytes, id: Int64(littleEndianBytes: frame[8..<16])) == frame)
        // The page's frame announces 168 bytes and brings 80.
        var answerFrame = try sample.hexBytes("resPQ_frame")
        #expect(throws: KeyExchangeError.malformed(.badCount)) { try PlainPacket.decode(answerFrame) }
        answerFrame.replaceSubrange(16..<20, with: [80, 0, 0, 0])
        let answer = try ResPQ.parse(PlainPacket.decode(answerFrame))
        #expect(try answer.nonce == sample.hexBytes("nonce"))
        #expect(try answer.serverNonce == sample.hexBytes("server_nonce"))
        #expect(Factorisation.number(answer.pq) == UInt64(try #require(sample["pq"]?.integer)))
        #expect(try answer.fingerprints.contains(Int64(littleEndianBytes: sample.hexBytes("fingerprint_le"))))
        #expect(answer.bytes == Array(answerFrame[20...]))
        #expect(answer.fingerprints.contains(rsa.fingerprint))
    }

    @Test func pq_falls_into_the_sample_s_factors() throws {
        var generator = SeededGenerator(seed: 1)
        let pq = UInt64(try #require(sample["pq"]?.integer))
        let factors = try #require(Factorisation.factors(of: pq, using: &generator))
        #expect(Int64(factors.p) == sample["p"]?.integer)
        #expect(Int64(factors.q) == sample["q"]?.integer)
    }

    @Test func the_inner_data_are_the_sample_s() throws {
        let pq = UInt64(try #require(sample["pq"]?.integer))
        let inner = PQInnerData(
            pq: Factorisation.bytes(pq), p: Factorisation.bytes(UInt64(try #require(sample["p"]?.integer))),
            q: Factorisation.bytes(UInt64(try #require(sample["q"]?.integer))), nonce: try sample.hexBytes("nonce"),
            serverNonce: try sample.hexBytes("server_nonce"), newNonce: try sample.hexBytes("new_nonce"),
            dc: Int32(try #require(sample["dc"]?.integer)), expiresIn: nil)
        #expect(try inner.bytes == sample.hexBytes("p_q_inner_data"))
        #expect(try PQInnerData.parse(inner.bytes).dc == 2)
    }

    @Test func the_whole_exchange_ends_in_the_sample_s_key() throws {
        let nonce = try sample.hexBytes("nonce"), serverNonce = try sample.hexBytes("server_nonce")
        let newNonce = try sample.hexBytes("new_nonce")
        let cipher = NonceCipher(newNonce: newNonce, serverNonce: serverNonce)
        let derived = cipher.withKeyAndIV { [$0, $1] }
        #expect(try derived == [sample.hexBytes("tmp_aes_key"), sample.hexBytes("tmp_aes_iv")])

        let answer = EncryptedPart(
            Constructor.serverDHParamsOK, nonce: nonce, serverNonce: serverNonce, encrypted: try sample.hexBytes("encrypted_answer"))
        let waiting = AwaitingDHParams(nonce: nonce, serverNonce: serverNonce, newNonce: secret(newNonce))
        var script = ScriptedGenerator(try sample.hexBytes("b") + sample.hexBytes("client_padding"))
        let (request, next) = try waiting.receive(answer.bytes, using: &script)
        #expect(Int64(next.serverTime) == sample["server_time"]?.integer)
        #expect(next.group.generator == BigNumber(UInt64(try #require(sample["g"]?.integer))))
        #expect(try next.group.prime == BigNumber(bigEndian: sample.hexBytes("dh_prime")))
        #expect(try next.gA == BigNumber(bigEndian: sample.hexBytes("g_a")))
        #expect(try next.key.bytes == sample.hexBytes("auth_key"))
        #expect(try [UInt8](int64: next.key.id) == sample.hexBytes("auth_key_id_le"))
        #expect(try next.key.auxiliaryHash == sample.hexBytes("auth_key_aux_hash"))
        let sent = try EncryptedPart.parse(request)
        #expect(try sent.encrypted == sample.hexBytes("client_encrypted_data"))
        let inner = try cipher.decrypt(sent.encrypted, as: ClientDHInnerData.self)
        #expect(try inner.bytes == sample.hexBytes("client_DH_inner_data"))
        #expect(try inner.gB == sample.hexBytes("g_b"))
        let serverInner = try cipher.decrypt(answer.encrypted, as: ServerDHInnerData.self)
        #expect(try serverInner.bytes == sample.hexBytes("server_DH_inner_data"))
        var padding = ScriptedGenerator(try sample.hexBytes("server_answer_padding"))
        #expect(cipher.encrypt(serverInner.bytes, using: &padding) == answer.encrypted)

        for (number, name) in [(1, "new_nonce_hash1"), (2, "new_nonce_hash2"), (3, "new_nonce_hash3")] {
            let hash = NonceCipher.verdictHash(newNonce: newNonce, number: UInt8(number), auxiliaryHash: next.key.auxiliaryHash)
            #expect(try hash == sample.hexBytes(name))
        }
        let verdict = HashedVerdict(
            Constructor.dhGenOK, nonce: nonce, serverNonce: serverNonce, hash: try sample.hexBytes("new_nonce_hash1"))
        guard case .agreed(let key, let salt) = try next.receive(verdict.bytes, using: &script) else {
            Issue.record("the sample's verdict is ok")
            return
        }
        #expect(key == next.key)
        #expect(try [UInt8](int64: salt) == sample.hexBytes("server_salt0"))
        #expect(DiffieHellmanGroup.knownPrime == next.group.prime)
    }
}
