import Primitives
import TL

extension TelegramServer {
    /// A token to show; or, once one was scanned, the login, or where it is to be had.
    mutating func exportLoginToken(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        if let token = loginTokens.takeAccepted(by: caller.session, now: caller.now), let user = token.user {
            guard let home = elsewhere(world.accounts[user]?.home ?? caller.dataCentre, than: caller.dataCentre) else {
                return try success(user, caller)
            }
            loginTokens.add(token)
            return TLObject("auth.loginTokenMigrateTo", ["dc_id": .int(home), "token": .bytes(token.bytes)])
        }
        let bytes = caller.entropy
        let expires = caller.now + LoginTokens.life
        loginTokens.add(
            LoginTokens.Token(
                bytes: bytes, session: caller.session, expires: expires,
                except: Set((request["except_ids"]?.vector ?? []).compactMap(\.int))))
        return TLObject("auth.loginToken", ["expires": .integer(expires.seconds), "token": .bytes(bytes)])
    }

    /// The login of a token that was scanned, in the user's own data centre.
    mutating func importLoginToken(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let token = loginTokens.takeAccepted(request["token"]?.bytes ?? [], now: caller.now), let user = token.user else {
            throw .authTokenExpired
        }
        if let home = elsewhere(world.accounts[user]?.home ?? caller.dataCentre, than: caller.dataCentre) {
            loginTokens.add(token)
            return TLObject("auth.loginTokenMigrateTo", ["dc_id": .int(home), "token": .bytes(token.bytes)])
        }
        return try success(user, caller)
    }

    private mutating func success(_ user: Int64, _ caller: Caller) throws(Failure) -> TLObject {
        TLObject("auth.loginTokenSuccess", ["authorization": .object(try authoriseUnlessGuarded(user, caller))])
    }

    /// Scans a token: its session is told, and gets the login when it asks again. Returns the new device.
    @discardableResult
    mutating func acceptLoginToken(_ bytes: [UInt8], by user: Int64, now: UnixTime) throws(Failure) -> TLObject {
        let session = try loginTokens.accept(bytes, by: user, now: now)
        push(
            TLObject("updateShort", ["update": .object(TLObject("updateLoginToken")), "date": .integer(now.seconds)]), to: session)
        let device = authorisations[session.authKey]?.device ?? Device()
        return TLObject(
            "authorization",
            [
                "hash": .integer(deviceHash(session.authKey)), "device_model": .string(device.model), "platform": "",
                "api_id": .integer(device.apiID), "system_version": .string(device.system), "app_name": "App",
                "app_version": .string(device.version), "date_created": .integer(now.seconds), "date_active": .integer(now.seconds),
                "ip": "127.0.0.1", "country": "Finland", "region": "",
                "password_pending": flag(world.accounts[user]?.password != nil),
            ])
    }
}
