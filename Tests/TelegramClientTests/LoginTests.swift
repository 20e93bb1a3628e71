import Cryptography
import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct SRPTests {
    private func challenge() -> SRP.Challenge {
        SRP.Challenge(id: 1, salt1: SRPVector.salt1, salt2: SRPVector.salt2, g: SRPVector.g, p: SRPVector.p, publicNumber: SRPVector.b)
    }
    private let secret = sha512(Array("a".utf8)) + sha512(Array("a".utf8)) + sha512(Array("a".utf8)) + sha512(Array("a".utf8))

    @Test func the_proof_equals_the_vector() throws {
        #expect(SRP.passwordHash(Array(SRPVector.password.utf8), SRPVector.salt1, SRPVector.salt2) == SRPVector.x)
        let proof = try SRP.proof(password: Array(SRPVector.password.utf8), challenge: challenge(), secret: secret)
        #expect(proof.a == SRPVector.a)
        #expect(proof.m1 == SRPVector.m1)
    }

    @Test func a_dishonest_challenge_is_refused() {
        func attempt(_ change: (inout SRP.Challenge) -> Void) -> SRP.Failure? {
            var challenge = challenge()
            change(&challenge)
            do {
                _ = try SRP.proof(password: [], challenge: challenge, secret: secret)
                return nil
            } catch { return error }
        }
        #expect(attempt { $0.publicNumber = [] } == .badPublicNumber)
        #expect(attempt { $0.publicNumber = [1] } == .badPublicNumber)
        #expect(attempt { $0.publicNumber = SRPVector.p } == .badPublicNumber)
        #expect(attempt { $0.g = 2 } == .badGroup)
        #expect(attempt { $0.g = 4 } == nil)
        #expect(attempt { $0.g = 8 } == .badGroup)
        #expect(attempt { $0.p = Array($0.p.dropLast()) } == .badGroup)
        #expect(attempt { $0.p[255] ^= 4 } == .badGroup)
    }
}

@Suite struct LoginTests {
    private func rpc(_ code: Int32, _ message: String) -> CallFailure { .rpc(RPCError(code: code, message: message)) }
    private let sentCode = TLObject(
        "auth.sentCode", ["type": .object(TLObject("auth.sentCodeTypeApp", ["length": 5])), "phone_code_hash": "hash"])
    private let authorization = TLObject(
        "auth.authorization", ["user": .object(TLObject("user", ["id": 42, "self": true, "first_name": "A"]))])
    private var passwordObject: TLObject {
        TLObject(
            "account.password",
            [
                "has_password": true, "hint": "animal", "srp_id": 5, "srp_B": .bytes(SRPVector.b),
                "current_algo": .object(
                    TLObject(
                        "passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow",
                        ["salt1": .bytes(SRPVector.salt1), "salt2": .bytes(SRPVector.salt2), "g": 3, "p": .bytes(SRPVector.p)])),
            ])
    }
    private let ticket = LoginTicket(phone: "+100", phoneCodeHash: "hash", dc: 2, codeLength: 5, codeBy: "app")

    private func name(_ step: Login.Step) -> String { if case .call(let call) = step { call.name } else { "\(step)" } }

    @Test func phone_code_and_done() {
        var login = Login(phone: "+100", apiID: 7, apiHash: "secret", dc: 2)
        let start = login.start()
        #expect(name(start) == "auth.sendCode")
        #expect(login.answered(sentCode) == .needCode(ticket))
        guard case .call(let signIn) = login.code(" 12-345 ") else {
            Issue.record("no call")
            return
        }
        #expect(signIn["phone_code"]?.string == "12345")
        #expect(signIn["phone_code_hash"]?.string == "hash")
        guard case .done(let user) = login.answered(authorization) else {
            Issue.record("not done")
            return
        }
        #expect(user["id"]?.int == 42)
    }

    @Test func an_account_elsewhere_is_followed_and_the_code_asked_for_there() {
        var login = Login(phone: "+100", apiID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        #expect(login.failed(rpc(303, "PHONE_MIGRATE_4")) == .migrate(dc: 4))
        #expect(name(login.migrated(to: 4)) == "auth.sendCode")
        _ = login.answered(sentCode)
        #expect(login.ticket?.dc == 4)
    }

    @Test func an_account_that_is_nowhere_is_not_looked_for_without_end() {
        var login = Login(phone: "+100", apiID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        for dc in 1...Login.movesMost {
            #expect(login.failed(rpc(303, "PHONE_MIGRATE_\(dc)")) == .migrate(dc: Int32(dc)))
            _ = login.migrated(to: Int32(dc))
        }
        guard case .refused = login.failed(rpc(303, "PHONE_MIGRATE_1")) else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func a_second_process_finishes_with_the_code_and_the_password() {
        var login = Login(resuming: ticket, apiID: 7, apiHash: "secret")
        #expect(name(login.code("12345")) == "auth.signIn")
        #expect(name(login.failed(rpc(401, "SESSION_PASSWORD_NEEDED"))) == "account.getPassword")
        #expect(login.answered(passwordObject) == .needPassword(hint: "animal"))
        #expect(name(login.password("correct horse", secret: [UInt8](repeating: 7, count: 256))) == "auth.checkPassword")
        #expect(login.failed(rpc(400, "PASSWORD_HASH_INVALID")) == .refused(.wrongPassword))
        #expect(name(login.retryPassword()) == "account.getPassword")
        #expect(login.answered(passwordObject) == .needPassword(hint: "animal"))
        _ = login.password("another", secret: [UInt8](repeating: 9, count: 256))
        #expect(name(login.answered(authorization)).hasPrefix("done"))
    }

    @Test func after_the_right_code_the_next_process_asks_for_the_password_only() throws {
        var first = Login(resuming: ticket, apiID: 7, apiHash: "secret")
        #expect(first.resume() == .needCode(ticket))
        _ = first.code("12345")
        _ = first.failed(rpc(401, "SESSION_PASSWORD_NEEDED"))
        var second = Login(resuming: try #require(first.ticket), apiID: 7, apiHash: "secret")
        #expect(name(second.resume()) == "account.getPassword")
        #expect(second.answered(passwordObject) == .needPassword(hint: "animal"))
    }

    @Test func a_wrong_code_may_be_tried_again_and_an_old_one_not() {
        var login = Login(resuming: ticket, apiID: 7, apiHash: "secret")
        _ = login.code("00000")
        #expect(login.failed(rpc(400, "PHONE_CODE_INVALID")) == .refused(.wrongCode))
        #expect(name(login.code("12345")) == "auth.signIn")
        #expect(login.failed(rpc(400, "PHONE_CODE_EXPIRED")) == .refused(.codeExpired))
        #expect(login.code("12345") == .refused(.failed("no code was asked for")))
    }

    @Test func other_ends_have_names() {
        let table: [(CallFailure, Login.Refusal)] = [
            (rpc(400, "PHONE_NUMBER_INVALID"), .wrongPhone("PHONE_NUMBER_INVALID")), (rpc(420, "FLOOD_WAIT_600"), .flood(seconds: 600)),
            (.timeout, .failed("no answer in time")), (rpc(400, "API_ID_PUBLISHED_FLOOD"), .failed("API_ID_PUBLISHED_FLOOD (400)")),
        ]
        for (failure, refusal) in table {
            var login = Login(phone: "+100", apiID: 7, apiHash: "secret", dc: 2)
            _ = login.start()
            #expect(login.failed(failure) == .refused(refusal))
        }
        var login = Login(resuming: ticket, apiID: 7, apiHash: "secret")
        _ = login.code("1")
        #expect(login.answered(TLObject("auth.authorizationSignUpRequired")) == .refused(.notRegistered))
    }

    @Test func a_restarting_server_is_followed_three_times() {
        var login = Login(phone: "+100", apiID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        for _ in 0..<3 { #expect(name(login.failed(rpc(500, "AUTH_RESTART"))) == "auth.sendCode") }
        #expect(login.failed(rpc(500, "AUTH_RESTART")) == .refused(.failed("AUTH_RESTART (500)")))
    }

    // MARK: by a token

    private func token(_ bytes: [UInt8], expires: Int64 = 1_030) -> TLObject {
        TLObject("auth.loginToken", ["token": .bytes(bytes), "expires": .integer(expires)])
    }
    private var success: TLObject { TLObject("auth.loginTokenSuccess", ["authorization": .object(authorization)]) }
    private var user: TLObject { TLObject("user", ["id": 42, "self": true, "first_name": "A"]) }

    @Test func a_token_is_shown_renewed_and_accepted() {
        var login = Login(byTokenWithAPIID: 7, apiHash: "secret", dc: 2)
        #expect(name(login.start()) == "auth.exportLoginToken")
        #expect(login.answered(token([1, 2, 3])) == .showToken([1, 2, 3], expires: UnixTime(seconds: 1_030)))
        #expect(Login.link(token: [0xFB, 0xFF, 1]) == "tg://login?token=-_8B")
        // Nobody came in time: the same call gives the next one.
        #expect(name(login.tokenChanged()) == "auth.exportLoginToken")
        #expect(login.answered(token([4], expires: 1_060)) == .showToken([4], expires: UnixTime(seconds: 1_060)))
        #expect(name(login.tokenChanged()) == "auth.exportLoginToken")
        #expect(login.answered(success) == .done(user: user))
    }

    @Test func an_account_of_another_data_centre_is_followed_with_its_token() {
        var login = Login(byTokenWithAPIID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        _ = login.answered(token([1]))
        _ = login.tokenChanged()
        #expect(login.answered(TLObject("auth.loginTokenMigrateTo", ["dc_id": 4, "token": .bytes([9])])) == .migrate(dc: 4))
        guard case .call(let call) = login.migrated(to: 4) else {
            Issue.record("no call")
            return
        }
        #expect(call == TLObject("auth.importLoginToken", ["token": .bytes([9])]))
        #expect(login.answered(success) == .done(user: user))
    }

    @Test func the_second_password_follows_a_token_too() {
        var login = Login(byTokenWithAPIID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        _ = login.answered(token([1]))
        _ = login.tokenChanged()
        #expect(name(login.failed(rpc(401, "SESSION_PASSWORD_NEEDED"))) == "account.getPassword")
        #expect(login.answered(passwordObject) == .needPassword(hint: "animal"))
        #expect(name(login.password("x", secret: [UInt8](repeating: 3, count: 256))) == "auth.checkPassword")
        #expect(login.answered(authorization) == .done(user: user))
    }

    @Test func a_token_that_is_too_old_is_replaced_but_not_for_ever() {
        var login = Login(byTokenWithAPIID: 7, apiHash: "secret", dc: 2)
        _ = login.start()
        for _ in 0..<Login.restartsMost { #expect(name(login.failed(rpc(400, "AUTH_TOKEN_EXPIRED"))) == "auth.exportLoginToken") }
        #expect(login.failed(rpc(400, "AUTH_TOKEN_EXPIRED")) == .refused(.codeExpired))
        #expect(login.tokenChanged() == .refused(.failed("no token is shown")))
    }
}
