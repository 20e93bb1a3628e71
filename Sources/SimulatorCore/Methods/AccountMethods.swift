import Cryptography
import TL

extension TelegramServer {
    mutating func answerAccount(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "account.getPassword": return .object(try password(caller))
        case "account.updateStatus", "account.registerDevice", "account.unregisterDevice": return true
        case "account.getAuthorizations": return .object(deviceList(caller))
        case "account.resetAuthorization":
            try resetDevice(request.integer("hash"), caller)
            return true
        case "account.setAuthorizationTTL", "account.changeAuthorizationSettings": return true
        case "account.getNotifySettings": return .object(TLObject("peerNotifySettings"))
        case "account.checkUsername": return .bool((try? world.resolve(username: request.text("username"))) == nil)
        default: return nil
        }
    }

    private mutating func password(_ caller: Caller) throws(Failure) -> TLObject {
        let authorisation = authorisations[caller.session.authKey]
        guard let user = authorisation?.user ?? authorisation?.awaitingPassword, let account = world.accounts[user] else {
            throw Failure(401, "AUTH_KEY_UNREGISTERED")
        }
        func algorithm(_ salt1: [UInt8], _ salt2: [UInt8]) -> TLValue {
            .object(
                TLObject(
                    "passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow",
                    [
                        "salt1": .bytes(salt1), "salt2": .bytes(salt2), "g": 3, "p": .bytes(SRPGroup.primeBytes),
                    ]))
        }
        var object = TLObject(
            "account.password",
            [
                "new_algo": algorithm(Array(caller.entropy.prefix(8)), Array(caller.entropy.prefix(16))),
                "new_secure_algo": .object(TLObject("securePasswordKdfAlgoUnknown")), "secure_random": .bytes(caller.entropy),
            ])
        guard let password = account.password else { return object }
        let secret = sha512(caller.entropy, [1]) + sha512(caller.entropy, [2]) + sha512(caller.entropy, [3]) + sha512(caller.entropy, [4])
        let id = Int64(caller.entropy.prefix(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        let challenge = SRPChallenge(id: id, secret: secret, password)
        authorisations[caller.session.authKey]?.srp = challenge
        object["has_password"] = true
        object["current_algo"] = algorithm(password.salt1, password.salt2)
        object["srp_B"] = .bytes(challenge.publicNumber)
        object["srp_id"] = .integer(challenge.id)
        if let hint = password.hint { object["hint"] = .string(hint) }
        return object
    }
}
