import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct LoginTokenTests {
    /// Three data centres; user 0 lives in the second, user 1 in the third.
    private func fixture() -> ServerFixture {
        var settings = TelegramServer.Settings()
        settings.dataCentres = (1...3).map { DataCentre(id: $0, addresses: [.init(host: "127.0.0.1", port: 1_000 + $0)]) }
        var fixture = ServerFixture(settings: settings)
        fixture.server.world.setHome(3, of: fixture.users[1])
        return fixture
    }

    private func call(_ fixture: inout ServerFixture, _ key: Int64, at dc: Int32, _ request: TLObject) throws -> TLValue {
        fixture.now = fixture.now + .milliseconds(10)
        let body = try TL.encode(request)
        switch fixture.server.answer(
            body, from: SessionID(authKey: key, session: key), at: dc, now: fixture.now, using: &fixture.generator)
        {
        case .result(let bytes): return try TL.decodeResult(bytes, of: request.name, layer: TL.newestLayer)
        case .failure(let failure): throw failure
        }
    }

    private func export(_ fixture: inout ServerFixture, _ key: Int64, at dc: Int32, except: [Int64] = []) throws -> TLValue {
        try call(
            &fixture, key, at: dc, TLObject("auth.exportLoginToken", ["api_id": 1, "api_hash": "", "except_ids": .integers(except)]))
    }

    @Test func a_token_is_shown_scanned_and_gives_the_login() throws {
        var fixture = fixture()
        let shown = try export(&fixture, 77, at: 2)
        #expect(shown.object?.name == "auth.loginToken" && shown["expires"]?.int == fixture.now.seconds + 30)
        let token = try #require(shown["token"]?.bytes)
        try fixture.server.acceptLoginToken(token, by: fixture.users[0], now: fixture.now)
        let told = fixture.server.takeOutgoing()
        #expect(told.map(\.session) == [SessionID(authKey: 77, session: 77)])
        #expect(try TL.decode(told[0].body)["update"]?.object?.name == "updateLoginToken")
        let login = try export(&fixture, 77, at: 2)
        #expect(login["authorization"]?["user"]?["id"]?.int == fixture.users[0])
        let state = try call(&fixture, 77, at: 2, TLObject("updates.getState"))
        #expect(state["pts"]?.int == 1)
    }

    @Test func a_token_leads_to_the_users_data_centre() throws {
        var fixture = fixture()
        let shown = try export(&fixture, 77, at: 2)
        try fixture.server.acceptLoginToken(try #require(shown["token"]?.bytes), by: fixture.users[1], now: fixture.now)
        let moved = try export(&fixture, 77, at: 2)
        #expect(moved.object?.name == "auth.loginTokenMigrateTo" && moved["dc_id"]?.int == 3)
        let login = try call(&fixture, 78, at: 3, TLObject("auth.importLoginToken", ["token": moved["token"]]))
        #expect(login["authorization"]?["user"]?["id"]?.int == fixture.users[1])
        #expect(throws: Failure.authTokenExpired) {
            try call(&fixture, 79, at: 3, TLObject("auth.importLoginToken", ["token": moved["token"]]))
        }
    }

    @Test func tokens_expire_are_accepted_once_and_not_by_everybody() throws {
        var fixture = fixture()
        let users = fixture.users
        let first = try #require(try export(&fixture, 77, at: 2)["token"]?.bytes)
        #expect(throws: Failure.authTokenInvalid) { try fixture.server.acceptLoginToken([1], by: users[0], now: fixture.now) }
        #expect(throws: Failure.authTokenExpired) {
            try fixture.server.acceptLoginToken(first, by: users[0], now: fixture.now + .seconds(31))
        }
        let second = try #require(try export(&fixture, 78, at: 2, except: [users[0]])["token"]?.bytes)
        #expect(throws: Failure.authTokenException) { try fixture.server.acceptLoginToken(second, by: users[0], now: fixture.now) }
        try fixture.server.acceptLoginToken(second, by: users[2], now: fixture.now)
        #expect(throws: Failure.authTokenAlreadyAccepted) { try fixture.server.acceptLoginToken(second, by: users[2], now: fixture.now) }
    }

    @Test func a_guarded_account_needs_its_password_after_the_scan() throws {
        var fixture = fixture()
        let password = CloudPassword(salt1: [1], salt2: [2], verifier: [UInt8](repeating: 3, count: 256))
        fixture.server.world.setPassword(password, of: fixture.users[0])
        let token = try #require(try export(&fixture, 77, at: 2)["token"]?.bytes)
        try fixture.server.acceptLoginToken(token, by: fixture.users[0], now: fixture.now)
        #expect(throws: Failure.sessionPasswordNeeded) { try export(&fixture, 77, at: 2) }
        let asked = try call(&fixture, 77, at: 2, TLObject("account.getPassword"))
        #expect(asked["has_password"]?.bool == true)
    }

    @Test func phones_and_calls_are_sent_home() throws {
        var fixture = fixture()
        let code = TLObject(
            "auth.sendCode",
            ["phone_number": "9996610001", "api_id": 1, "api_hash": "", "settings": .object(TLObject("codeSettings"))])
        #expect(throws: Failure.migrate("PHONE", to: 3)) { try call(&fixture, 77, at: 2, code) }
        _ = try call(&fixture, 78, at: 3, code)
        let token = try #require(try export(&fixture, 79, at: 2)["token"]?.bytes)
        try fixture.server.acceptLoginToken(token, by: fixture.users[0], now: fixture.now)
        _ = try export(&fixture, 79, at: 2)
        let exported = try call(&fixture, 79, at: 2, TLObject("auth.exportAuthorization", ["dc_id": 3]))
        let importing = TLObject("auth.importAuthorization", ["id": exported["id"], "bytes": exported["bytes"]])
        _ = try call(&fixture, 80, at: 3, importing)
        #expect(throws: Failure.migrate("USER", to: 2)) { try call(&fixture, 80, at: 3, TLObject("updates.getState")) }
        #expect(throws: Failure.authBytesInvalid) { try call(&fixture, 81, at: 3, importing) }
        #expect(fixture.server.devices(of: fixture.users[0]) == [79], "both keys are one device")
        fixture.server.revoke(authKey: 79)
        #expect(throws: Failure.authKeyUnregistered) { try call(&fixture, 80, at: 3, TLObject("updates.getState")) }
    }
}
