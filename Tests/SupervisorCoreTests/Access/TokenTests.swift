import Cryptography
import Primitives
import SupervisorCore
import Testing

private let secret = [UInt8](repeating: 7, count: 32)
private let now = UnixTime(seconds: 1_800_000_000)
private let subject = "6f1b2c3d-0000-4000-8000-000000000001"

/// A token as anybody could write it, signed with HS256 under a key.
private func token(_ header: JSON, _ claims: JSON, key: [UInt8] = secret) -> String {
    let body = Base64URL.encode(Array(header.text.utf8)) + "." + Base64URL.encode(Array(claims.text.utf8))
    return body + "." + Base64URL.encode(hmacSHA256(Array(body.utf8), key: key))
}

private func refusal(_ verifier: TokenVerifier, _ token: String, at time: UnixTime = now) -> AccessRefusal? {
    do throws(AccessRefusal) {
        _ = try verifier.verify(token, at: time)
        return nil
    } catch {
        return error
    }
}

@Suite struct TokenTests {
    private let hs256: JSON = ["alg": "HS256", "typ": "JWT"]
    private let good: JSON = ["sub": "anna", "exp": 1_800_000_060]

    private func verifier() throws -> TokenVerifier { TokenVerifier([try #require(TokenKey(secret: secret))]) }
    private func keySet() throws -> [TokenKey] { try TokenKey.keySet(Array(SignedTokens.keySet.utf8)) }

    /// RFC 7515, appendix A.1.
    @Test func the_token_of_the_standard_is_good_and_old() throws {
        let key = try #require(
            Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
            + "Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let verifier = TokenVerifier([try #require(TokenKey(secret: key))])
        #expect(try verifier.verify(token, at: UnixTime(seconds: 1_300_819_379)).expiresAt == 1_300_819_380)
        #expect(refusal(verifier, token, at: UnixTime(seconds: 1_300_819_380)) == .expired)
    }

    @Test func tokens_of_each_algorithm_are_good_with_the_keys_of_the_set() throws {
        let verifier = TokenVerifier(try keySet())
        for token in [SignedTokens.rs256, SignedTokens.es256, SignedTokens.edDSA] {
            let claims = try verifier.verify(token, at: now)
            #expect(claims.subject == subject && claims.role == "authenticated" && claims.audience == ["authenticated"])
            #expect(refusal(verifier, token, at: UnixTime(seconds: 2_000_000_000)) == .expired)
            #expect(refusal(verifier, token, at: UnixTime(seconds: 1_600_000_000)) == .notYetValid)
        }
    }

    @Test func every_changed_byte_of_a_token_is_noticed() throws {
        let verifier = TokenVerifier(try keySet() + [try #require(TokenKey(secret: secret))])
        for token in [SignedTokens.rs256, SignedTokens.es256, SignedTokens.edDSA, token(hs256, good)] {
            let bytes = Array(token.utf8)
            for i in stride(from: 0, to: bytes.count, by: 7) {
                var changed = bytes
                changed[i] = bytes[i] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                #expect(
                    refusal(verifier, String(decoding: changed, as: UTF8.self), at: UnixTime(seconds: 1_799_999_999)) != nil, "byte \(i)")
            }
            #expect(refusal(verifier, String(token.dropLast(2))) != nil)
            #expect(refusal(verifier, token + "A") != nil)
        }
    }

    @Test func the_algorithm_is_the_keys_not_the_tokens() throws {
        let keys = try keySet()
        #expect(keys.count == 3, "a secret in a public set is none")
        let verifier = TokenVerifier(keys)
        // The public key's bytes as a secret: who has the set could sign.
        for material in [Array(SignedTokens.keySet.utf8), Array("secretsecretsecretsecretsecretsecret".utf8)] {
            #expect(refusal(verifier, token(hs256, good, key: material)) != nil)
            #expect(refusal(verifier, token(["alg": "HS256", "kid": "rsa-1"], good, key: material)) != nil)
        }
        // No signature at all, and another algorithm's name over a good signature.
        let body = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + Base64URL.encode(Array(good.text.utf8))
        let secretVerifier = try self.verifier()
        for text in [
            "\(body).", "\(body).AAAA", body, token(["alg": "none"], good), token(["alg": "hs256"], good), token(["alg": "HS512"], good),
        ] {
            #expect(refusal(secretVerifier, text)?.isGuess == true, "\(text)")
        }
        // A good signature of one key under the name of another.
        let parts = SignedTokens.rs256.split(separator: ".")
        let renamed = Base64URL.encode(Array(#"{"alg":"RS256","kid":"ec-1"}"#.utf8)) + "." + parts[1] + "." + parts[2]
        #expect(refusal(verifier, renamed) != nil)
    }

    @Test func another_secret_a_short_secret_and_no_key_let_nobody_in() throws {
        #expect(refusal(try verifier(), token(hs256, good)) == nil)
        #expect(
            refusal(try verifier(), token(hs256, good, key: [UInt8](repeating: 8, count: 32)))
                == .badToken("the token's signature is wrong"))
        #expect(TokenKey(secret: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(refusal(TokenVerifier([]), token(hs256, good)) != nil)
    }

    @Test func times_are_kept() throws {
        let verifier = try verifier()
        #expect(refusal(verifier, token(hs256, ["sub": "a", "exp": 1_800_000_001])) == nil)
        #expect(refusal(verifier, token(hs256, ["sub": "a", "exp": 1_800_000_000])) == .expired)
        #expect(refusal(verifier, token(hs256, ["sub": "a", "exp": 1_800_000_000.5])) == nil)
        #expect(refusal(verifier, token(hs256, ["sub": "a"]))?.isGuess == true, "a token without an end is none")
        #expect(refusal(verifier, token(hs256, ["sub": "a", "exp": "1900000000"]))?.isGuess == true)
        #expect(refusal(verifier, token(hs256, ["sub": "a", "exp": 1e300]))?.isGuess == true)
        for name in ["nbf", "iat"] {
            #expect(refusal(verifier, token(hs256, .object([.init("exp", 1_900_000_000), .init(name, 1_800_000_031)]))) == .notYetValid)
            #expect(refusal(verifier, token(hs256, .object([.init("exp", 1_900_000_000), .init(name, 1_800_000_030)]))) == nil)
        }
    }

    @Test func what_is_no_token_is_refused_without_a_trap() throws {
        let verifier = try verifier()
        var odd = [
            "", ".", "..", "...", "a.b.c", "e30.e30.e30", "=.=.=", String(repeating: "A", count: 9000), "\u{1F600}.\u{1F600}.\u{1F600}",
        ]
        odd.append(token(["alg": "HS256", "crit": ["exp"]], good))
        odd.append(token(["alg": "HS256", "b64": false], good))
        odd.append(token(["typ": "JWT"], good))
        odd.append(token(hs256, "text"))
        odd.append(token(hs256, ["sub": .string(String(repeating: "x", count: 201)), "exp": 1_900_000_000]))
        // Two readers might believe different ones.
        odd.append(token(hs256, .object([.init("sub", "anna"), .init("sub", "berta"), .init("exp", 1_900_000_000)])))
        odd.append(token(.object([.init("alg", "HS256"), .init("alg", "none")]), good))
        for text in odd { #expect(refusal(verifier, text)?.isGuess == true, "\(text.prefix(60))") }
    }

    @Test func what_supabase_says_beside_the_subject_is_read() throws {
        let verifier = try verifier()
        let anonymous = try verifier.verify(
            token(hs256, ["sub": "x", "role": "authenticated", "is_anonymous": true, "exp": 1_900_000_000]), at: now)
        #expect(anonymous.isAnonymous)
        let key = try verifier.verify(token(hs256, ["iss": "supabase", "role": "anon", "exp": 1_900_000_000]), at: now)
        #expect(key.subject == nil && key.role == "anon")
        #expect(try verifier.verify(token(hs256, ["sub": "", "exp": 1_900_000_000]), at: now).subject == nil)
    }

    @Test func key_sets_that_are_none_say_so() {
        func problem(_ text: String) -> KeySetError? {
            do throws(KeySetError) {
                _ = try TokenKey.keySet(Array(text.utf8))
                return nil
            } catch {
                return error
            }
        }
        #expect(problem("nothing") == .notAKeySet)
        #expect(problem("[]") == .notAKeySet)
        #expect(problem(#"{"keys":[]}"#) == .nothingUsable)
        // 1024 bits, a point off the curve, an encryption key.
        let short = Base64URL.encode([UInt8](repeating: 0xFF, count: 128))
        let zeros = Base64URL.encode([UInt8](repeating: 1, count: 32))
        #expect(problem(#"{"keys":[{"kty":"RSA","n":"\#(short)","e":"AQAB"}]}"#) == .nothingUsable)
        #expect(problem(#"{"keys":[{"kty":"EC","crv":"P-256","x":"\#(zeros)","y":"\#(zeros)"}]}"#) == .nothingUsable)
        #expect(problem(#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","x":"\#(zeros)"}]}"#) == .nothingUsable)
        #expect(problem(#"{"keys":[\#(Array(repeating: "{}", count: 65).joined(separator: ","))]}"#) == .tooManyKeys)
    }

    @Test func a_key_that_is_not_known_yet_is_told_from_a_wrong_signature() throws {
        let verifier = TokenVerifier(try keySet())
        #expect(!verifier.namesUnknownKey(SignedTokens.es256))
        #expect(verifier.namesUnknownKey(token(["alg": "ES256", "kid": "ec-2"], good)))
        #expect(!verifier.namesUnknownKey(token(["alg": "HS256", "kid": "x"], good)) && !verifier.namesUnknownKey("rubbish"))
    }
}

@Suite struct PageSessionTests {
    private let sessions = PageSessions(secrets: [secret])
    private let caller = Caller(subject: "anna", role: .admin, means: .token)

    @Test func a_cookie_names_its_session_until_its_end() throws {
        let opened = sessions.open(caller, from: now.seconds, until: now.seconds + 60, random: [UInt8](repeating: 3, count: 16))
        let session = try sessions.session(opened.cookie, at: now)
        #expect(session.subject == "anna" && !session.isAdminToken && session.expiresAt == now.seconds + 60)
        #expect(throws: AccessRefusal.expired) { try sessions.session(opened.cookie, at: UnixTime(seconds: now.seconds + 60)) }
        #expect(throws: (any Error).self) { try PageSessions(secrets: [secret, secret]).session(opened.cookie, at: now) }
        let other = Caller(subject: Caller.tokenSubject, role: .admin, means: .adminToken)
        let second = sessions.open(other, from: now.seconds, until: now.seconds + 60, random: [UInt8](repeating: 4, count: 16))
        #expect(try sessions.session(second.cookie, at: now).isAdminToken)
        #expect(second.csrf != opened.csrf)
    }

    @Test func tokens_are_no_cookies_and_cookies_no_tokens() throws {
        let mint = try #require(TokenMint(secret: secret))
        let token = mint.token(subject: "anna", from: now.seconds, until: now.seconds + 60)
        #expect(throws: (any Error).self) { try sessions.session(token, at: now) }
        let cookie = sessions.open(caller, from: now.seconds, until: now.seconds + 60, random: [UInt8](repeating: 3, count: 16)).cookie
        #expect(refusal(TokenVerifier([try #require(TokenKey(secret: secret))]), cookie)?.isGuess == true)
        #expect(refusal(TokenVerifier([try #require(TokenKey(secret: secret))]), token) == nil)
    }

    @Test func a_change_needs_the_csrf_token_of_its_own_session() throws {
        let a = sessions.open(caller, from: now.seconds, until: now.seconds + 60, random: [UInt8](repeating: 1, count: 16))
        let b = sessions.open(caller, from: now.seconds, until: now.seconds + 60, random: [UInt8](repeating: 2, count: 16))
        let session = try sessions.session(a.cookie, at: now)
        try sessions.check(session, csrf: a.csrf)
        for wrong in [nil, "", b.csrf, String(a.csrf.dropLast())] {
            #expect(throws: AccessRefusal.self) { try sessions.check(session, csrf: wrong) }
        }
    }

    @Test func another_sites_page_is_refused() throws {
        func check(_ origin: String?, _ site: String?, _ host: String?, _ url: String = "") -> Bool {
            do throws(AccessRefusal) {
                try SameOrigin.check(origin: origin, fetchSite: site, host: host, publicURL: url)
                return true
            } catch {
                return false
            }
        }
        #expect(check(nil, nil, "a:1") && check("http://a:1", "same-origin", "a:1") && check("https://A", nil, "a"))
        #expect(!check("http://a:2", nil, "a:1") && !check("null", nil, "a:1") && !check("http://evil", nil, "a:1"))
        #expect(!check(nil, "cross-site", "a:1") && !check("http://a:1", "same-site", "a:1") && !check("http://a:1", nil, nil))
        #expect(check("https://x.org", nil, "10.0.0.1:80", "https://x.org/admin") && !check("http://x.org", nil, "x.org", "https://x.org"))
    }
}

@Suite struct FailureLimiterTests {
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    @Test func the_eleventh_wrong_token_waits_and_each_further_one_twice_as_long() {
        var limiter = FailureLimiter()
        for i in 0..<9 { limiter.failed("1.2.3.4", now: at(Double(i))) }
        #expect(limiter.wait("1.2.3.4", digest: [1], now: at(9)) == nil)
        limiter.failed("1.2.3.4", now: at(9))
        #expect(limiter.wait("1.2.3.4", digest: [1], now: at(9)) == 1)
        #expect(limiter.wait("1.2.3.4", digest: [1], now: at(10)) == nil)
        var waits: [Int64] = []
        for i in 0..<8 {
            let time = at(Double(100 + i * 61))
            limiter.failed("1.2.3.4", now: time)
            waits.append(limiter.wait("1.2.3.4", digest: [1], now: time) ?? 0)
        }
        #expect(waits == [2, 4, 8, 16, 32, 60, 60, 60])
        #expect(limiter.wait("1.2.3.5", digest: [1], now: at(527)) == nil, "another address does not wait")
    }

    @Test func a_quiet_address_is_forgotten_and_a_good_token_let_through() {
        var limiter = FailureLimiter()
        limiter.succeeded(digest: [9])
        for _ in 0..<12 { limiter.failed("a", now: at(0)) }
        #expect(limiter.wait("a", digest: [1], now: at(0)) == 4 && limiter.wait("a", digest: [9], now: at(0)) == nil)
        limiter.failed("a", now: at(700))
        #expect(limiter.wait("a", digest: [1], now: at(700)) == nil)
        for i in 0..<FailureLimiter.mostTokens { limiter.succeeded(digest: [UInt8(i & 255), UInt8(i >> 8)]) }
        for _ in 0..<12 { limiter.failed("a", now: at(700)) }
        #expect(limiter.wait("a", digest: [9], now: at(700)) != nil, "so many good tokens are remembered, no more")
    }

    @Test func a_network_of_ipv6_is_one_address_and_there_is_an_end_to_their_number() {
        var limiter = FailureLimiter()
        for i in 0..<10 { limiter.failed("2001:db8:0:1::\(i)", now: at(0)) }
        #expect(limiter.wait("2001:db8::1:0:0:0:7%eth0", digest: [1], now: at(0)) == 1, "the same /64, otherwise written")
        #expect(limiter.wait("2001:db8:0:2::1", digest: [1], now: at(0)) == nil)
        for _ in 0..<10 { limiter.failed("::ffff:9.8.7.6", now: at(0)) }
        #expect(limiter.wait("9.8.7.6", digest: [1], now: at(0)) == 1)
        for i in 0..<5000 { limiter.failed("10.0.\(i >> 8).\(i & 255)", now: at(1)) }
        #expect(limiter.count == FailureLimiter.mostAddresses)
    }
}
