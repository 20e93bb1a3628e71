import Cryptography
import Primitives
import TL

extension TelegramServer {
    mutating func answerAuth(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "auth.sendCode", "auth.resendCode": return .object(try sendCode(request, caller))
        case "auth.cancelCode": return true
        case "auth.signIn": return .object(try signIn(request, caller))
        case "auth.checkPassword": return .object(try checkPassword(request, caller))
        case "auth.logOut":
            revoke(authKey: caller.session.authKey)
            return .object(TLObject("auth.loggedOut"))
        case "auth.exportAuthorization": return .object(try exportLogin(request, caller))
        case "auth.importAuthorization": return .object(try importLogin(request, caller))
        case "auth.exportLoginToken": return .object(try exportLoginToken(request, caller))
        case "auth.importLoginToken": return .object(try importLoginToken(request, caller))
        case "auth.acceptLoginToken":
            return .object(try acceptLoginToken(request["token"]?.bytes ?? [], by: caller.user, now: caller.now))
        case "auth.resetAuthorizations":
            for key in devices(of: caller.user) where key != device(of: caller) { revoke(authKey: key) }
            return true
        default: return nil
        }
    }

    private mutating func sendCode(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let account = world.account(phone: request.text("phone_number")) else { throw .bad("PHONE_NUMBER_INVALID") }
        if let home = elsewhere(account.home, than: caller.dataCentre) { throw .migrate("PHONE", to: home) }
        if account.standing == .banned { throw .bad("PHONE_NUMBER_BANNED") }
        let code = settings.loginCode ?? String(10_000 + (Int(caller.entropy[0]) << 8 + Int(caller.entropy[1])))
        let hash = hex(caller.entropy[2..<12])
        authorisations[caller.session.authKey]?.sentCodes[account.phone] = Authorisation.SentCode(hash: hash, code: code)
        notice("login code for +\(account.phone): \(code)")
        return TLObject(
            "auth.sentCode",
            [
                "type": .object(TLObject("auth.sentCodeTypeApp", ["length": .int(code.count)])), "phone_code_hash": .string(hash),
                "timeout": 60,
            ])
    }

    private mutating func signIn(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let account = world.account(phone: request.text("phone_number")) else { throw .bad("PHONE_NUMBER_INVALID") }
        guard let sent = authorisations[caller.session.authKey]?.sentCodes[account.phone] else { throw .bad("PHONE_CODE_EXPIRED") }
        if request.text("phone_code_hash") != sent.hash { throw .bad("PHONE_CODE_EXPIRED") }
        if request.text("phone_code").isEmpty { throw .bad("PHONE_CODE_EMPTY") }
        if request.text("phone_code") != sent.code { throw .bad("PHONE_CODE_INVALID") }
        return try authoriseUnlessGuarded(account.id, caller)
    }

    /// Logs in, or asks for the password first.
    mutating func authoriseUnlessGuarded(_ user: Int64, _ caller: Caller) throws(Failure) -> TLObject {
        if world.accounts[user]?.password != nil {
            authorisations[caller.session.authKey]?.awaitingPassword = user
            throw .sessionPasswordNeeded
        }
        return authorise(user, caller)
    }

    private mutating func exportLogin(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let target = request.int32("dc_id")
        guard hasDataCentre(target) else { throw .dcIDInvalid }
        let token = Array(caller.entropy.prefix(16))
        exportedLogins[token] = ExportedLogin(user: caller.user, dataCentre: target, origin: device(of: caller))
        return TLObject("auth.exportedAuthorization", ["id": .integer(caller.user), "bytes": .bytes(token)])
    }

    private mutating func importLogin(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let exported = request["bytes"]?.bytes.flatMap({ exportedLogins.removeValue(forKey: $0) }),
            exported.user == request.integer("id"), elsewhere(exported.dataCentre, than: caller.dataCentre) == nil
        else { throw .authBytesInvalid }
        if exported.origin != caller.session.authKey { authorisations[caller.session.authKey]?.origin = exported.origin }
        return authorise(exported.user, caller)
    }

    private mutating func checkPassword(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let user = authorisations[caller.session.authKey]?.awaitingPassword, let password = world.accounts[user]?.password else {
            throw Failure(401, "AUTH_KEY_UNREGISTERED")
        }
        guard let proof = request["password"]?.object, proof.name == "inputCheckPasswordSRP",
            let challenge = authorisations[caller.session.authKey]?.srp, challenge.id == proof.integer("srp_id")
        else { throw .bad("SRP_ID_INVALID") }
        authorisations[caller.session.authKey]?.srp = nil
        guard challenge.accepts(a: proof["A"]?.bytes ?? [], m1: proof["M1"]?.bytes ?? [], password) else {
            throw .bad("PASSWORD_HASH_INVALID")
        }
        return authorise(user, caller)
    }

    private mutating func authorise(_ user: Int64, _ caller: Caller) -> TLObject {
        authorisations[caller.session.authKey]?.user = user
        authorisations[caller.session.authKey]?.loss = nil
        authorisations[caller.session.authKey]?.awaitingPassword = nil
        authorisations[caller.session.authKey]?.sentCodes = [:]
        return TLObject("auth.authorization", ["user": .object(world.user(user, for: user))])
    }
}
