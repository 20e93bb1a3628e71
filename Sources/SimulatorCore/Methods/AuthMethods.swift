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
        case "auth.exportAuthorization":
            let token = Array(caller.entropy.prefix(16))
            exportedLogins[token] = caller.user
            return .object(TLObject("auth.exportedAuthorization", ["id": .integer(caller.user), "bytes": .bytes(token)]))
        case "auth.importAuthorization":
            guard let user = request["bytes"]?.bytes.flatMap({ exportedLogins.removeValue(forKey: $0) }) else {
                throw .bad("AUTH_BYTES_INVALID")
            }
            return .object(authorise(user, caller))
        default: return nil
        }
    }

    private mutating func sendCode(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        guard let account = world.account(phone: request.text("phone_number")) else { throw .bad("PHONE_NUMBER_INVALID") }
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
        if account.password != nil {
            authorisations[caller.session.authKey]?.awaitingPassword = account.id
            throw Failure(401, "SESSION_PASSWORD_NEEDED")
        }
        return authorise(account.id, caller)
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
        authorisations[caller.session.authKey]?.awaitingPassword = nil
        authorisations[caller.session.authKey]?.sentCodes = [:]
        return TLObject("auth.authorization", ["user": .object(world.user(user, for: user))])
    }
}
