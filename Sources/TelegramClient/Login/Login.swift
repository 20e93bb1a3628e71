import Cryptography
import Primitives
import TL

/// A login by phone number and code, or by a token that a logged-in app accepts, and, where the account has one, the second password.
///
/// A pure machine: it returns the step to take; give it the answer, or what a person typed. It holds no api_hash and no password.
/// Source: https://core.telegram.org/api/auth and https://core.telegram.org/api/qr-login
public struct Login: Sendable {
    public enum Step: Equatable, Sendable {
        /// Make this call and give its answer to `answered` or `failed`.
        case call(TLObject)
        /// Ask for the code; the ticket lets another process finish.
        case needCode(LoginTicket)
        /// Let a logged-in app accept this token until then, as a QR code or by auth.acceptLoginToken. When it did
        /// (updateLoginToken), or when the time is over, call `tokenChanged`.
        case showToken([UInt8], expires: UnixTime)
        /// Ask for the second password; its hint, if the account has one.
        case needPassword(hint: String?)
        /// The account lives on another data centre: connect there (a new key), then call `migrated`.
        case migrate(dc: Int32)
        /// Logged in: the account's user object.
        case done(user: TLObject)
        case refused(Refusal)
    }

    /// Why a login did not succeed. The first three may be tried again.
    public enum Refusal: Error, Hashable, Sendable {
        case wrongCode
        case wrongPassword
        /// The code is too old: begin again.
        case codeExpired
        case wrongPhone(String)
        /// Nobody is registered with this number, and this program does not register anyone.
        case notRegistered
        /// Too many tries: not before so many seconds.
        case flood(seconds: Int)
        /// The server asks for something this program cannot do (payment, email set-up, an unknown algorithm).
        case unsupported(String)
        /// The server's password challenge is not honest.
        case badChallenge(SRP.Failure)
        /// Any other error of the server or the connection.
        case failed(String)
    }

    enum State: Sendable, Equatable {
        case idle
        case sendingCode
        case waitingForCode
        case signingIn
        case exportingToken
        case waitingForScan
        case gettingPassword
        case waitingForPassword(SRP.Challenge)
        case checkingPassword
        case over
    }

    public let apiID: Int32
    public let apiHash: String
    public private(set) var phone: String
    public private(set) var ticket: LoginTicket?
    var state = State.idle
    private var dc: Int32
    private var restarts = 0
    private var moves = 0
    /// Log in by a token; there is no phone number then.
    private let isByToken: Bool
    /// The token to import on the data centre that we were sent to.
    private var movedToken: [UInt8]?

    /// AUTH_RESTART, and a token that is too old, are answered with a new start at most so often.
    static let restartsMost = 3
    /// One data centre knows where an account is; more than a few moves are a circle.
    static let movesMost = 5

    public init(phone: String, apiID: Int32, apiHash: String, dc: Int32) {
        self.phone = phone
        self.apiID = apiID
        self.apiHash = apiHash
        self.dc = dc
        isByToken = false
    }

    /// A login by a token, usually shown as a QR code.
    public init(byTokenWithAPIID apiID: Int32, apiHash: String, dc: Int32) {
        self.apiID = apiID
        self.apiHash = apiHash
        self.dc = dc
        phone = ""
        isByToken = true
    }

    /// The link that a QR code shows; an official app accepts it under "Link Desktop Device".
    public static func link(token: [UInt8]) -> String { "tg://login?token=" + Base64URL.encode(token) }

    /// Goes on where an earlier process stopped, on its data centre and with its authorisation key; `resume` gives the step.
    public init(resuming ticket: LoginTicket, apiID: Int32, apiHash: String) {
        self.init(phone: ticket.phone, apiID: apiID, apiHash: apiHash, dc: ticket.dc)
        self.ticket = ticket
        state = .waitingForCode
    }

    // MARK: what happens

    /// The first step of a login that goes on: the code is still to come, or it was right and the password is.
    public mutating func resume() -> Step {
        guard let ticket else { return start() }
        return ticket.wantsPassword == true ? retryPassword() : .needCode(ticket)
    }

    public mutating func start() -> Step {
        if isByToken { return exportToken() }
        state = .sendingCode
        return .call(
            TLObject(
                "auth.sendCode",
                [
                    "phone_number": .string(phone), "api_id": .integer(Int64(apiID)), "api_hash": .string(apiHash),
                    "settings": .object(TLObject("codeSettings")),
                ]))
    }

    /// Connected to the data centre that `migrate` named.
    public mutating func migrated(to dc: Int32) -> Step {
        self.dc = dc
        guard let token = movedToken else { return start() }
        movedToken = nil
        state = .exportingToken
        return .call(TLObject("auth.importLoginToken", ["token": .bytes(token)]))
    }

    /// The token was accepted, or its time is over: the same call tells which.
    public mutating func tokenChanged() -> Step {
        guard state == .waitingForScan else { return .refused(.failed("no token is shown")) }
        return exportToken()
    }

    private mutating func exportToken() -> Step {
        state = .exportingToken
        return .call(
            TLObject(
                "auth.exportLoginToken",
                ["api_id": .integer(Int64(apiID)), "api_hash": .string(apiHash), "except_ids": .vector([])]))
    }

    /// Somebody typed the code.
    public mutating func code(_ code: String) -> Step {
        guard state == .waitingForCode, let ticket else { return .refused(.failed("no code was asked for")) }
        state = .signingIn
        return .call(
            TLObject(
                "auth.signIn",
                [
                    "phone_number": .string(ticket.phone), "phone_code_hash": .string(ticket.phoneCodeHash),
                    "phone_code": .string(code.filter { $0.isASCII && ($0.isNumber || $0.isLetter) }),
                ]))
    }

    /// Somebody typed the password. `secret`: 256 random bytes. Takes 0.1 s.
    public mutating func password(_ password: String, secret: [UInt8]) -> Step {
        guard case .waitingForPassword(let challenge) = state else { return .refused(.failed("no password was asked for")) }
        do {
            let proof = try SRP.proof(password: Array(password.utf8), challenge: challenge, secret: secret)
            state = .checkingPassword
            return .call(
                TLObject(
                    "auth.checkPassword",
                    [
                        "password": .object(
                            TLObject(
                                "inputCheckPasswordSRP",
                                ["srp_id": .integer(proof.id), "A": .bytes(proof.a), "M1": .bytes(proof.m1)]))
                    ]))
        } catch {
            state = .over
            return .refused(.badChallenge(error))
        }
    }

    /// The call was answered.
    public mutating func answered(_ answer: TLObject) -> Step {
        switch (state, answer.name) {
        case (.sendingCode, "auth.sentCode"): return sent(answer)
        case (.sendingCode, "auth.sentCodeSuccess"): return signedIn(answer["authorization"]?.object ?? answer)
        case (.signingIn, "auth.authorization"), (.checkingPassword, "auth.authorization"): return signedIn(answer)
        case (.signingIn, "auth.authorizationSignUpRequired"): return refuse(.notRegistered)
        case (.gettingPassword, "account.password"): return challenged(answer)
        case (.exportingToken, "auth.loginToken"):
            guard let token = answer["token"]?.bytes, let expires = answer["expires"]?.int else { return refuse(.unsupported(answer.name)) }
            state = .waitingForScan
            return .showToken(token, expires: UnixTime(seconds: expires))
        case (.exportingToken, "auth.loginTokenMigrateTo"):
            guard let token = answer["token"]?.bytes, let dc = answer["dc_id"]?.int else { return refuse(.unsupported(answer.name)) }
            movedToken = token
            return move(to: Int32(clamping: dc))
        case (.exportingToken, "auth.loginTokenSuccess"):
            guard let authorization = answer["authorization"]?.object else { return refuse(.unsupported(answer.name)) }
            return signedIn(authorization)
        default: return refuse(.unsupported(answer.name))
        }
    }

    /// The call failed.
    public mutating func failed(_ failure: CallFailure) -> Step {
        guard case .rpc(let error) = failure else { return refuse(.failed(failure.description)) }
        switch error.kind {
        case .migrate(.phone, let dc), .migrate(.network, let dc), .migrate(.user, let dc): return move(to: Int32(clamping: dc))
        case .passwordNeeded:
            ticket?.wantsPassword = true
            state = .gettingPassword
            return .call(TLObject("account.getPassword"))
        case .wait(_, let seconds): return refuse(.flood(seconds: seconds))
        case .authRestart where restarts < Login.restartsMost:
            restarts += 1
            return start()
        default: break
        }
        switch error.message {
        case "PHONE_CODE_INVALID", "PHONE_CODE_EMPTY":
            state = .waitingForCode
            return .refused(.wrongCode)
        case "PASSWORD_HASH_INVALID":
            // The challenge is used up: srp_id changes with each try.
            state = .idle
            return .refused(.wrongPassword)
        case "SRP_ID_INVALID", "SRP_PASSWORD_CHANGED":
            state = .gettingPassword
            return .call(TLObject("account.getPassword"))
        // Nobody accepted it in time: the next one.
        case "AUTH_TOKEN_EXPIRED", "AUTH_TOKEN_INVALID", "AUTH_TOKEN_INVALIDX":
            guard isByToken, restarts < Login.restartsMost else { return refuse(.codeExpired) }
            restarts += 1
            return exportToken()
        case "PHONE_CODE_EXPIRED", "PHONE_CODE_HASH_EMPTY": return refuse(.codeExpired)
        case "PHONE_NUMBER_INVALID", "PHONE_NUMBER_BANNED", "PHONE_NUMBER_FLOOD": return refuse(.wrongPhone(error.message))
        case "PHONE_NUMBER_UNOCCUPIED": return refuse(.notRegistered)
        default: return refuse(.failed(error.description))
        }
    }

    /// Tries another password after `wrongPassword`.
    public mutating func retryPassword() -> Step {
        state = .gettingPassword
        return .call(TLObject("account.getPassword"))
    }

    // MARK: steps

    private mutating func sent(_ answer: TLObject) -> Step {
        guard let hash = answer["phone_code_hash"]?.string, let type = answer["type"]?.object else {
            return refuse(.unsupported(answer.name))
        }
        if type.name == "auth.sentCodeTypeSetUpEmailRequired" { return refuse(.unsupported(type.name)) }
        let ticket = LoginTicket(
            phone: phone, phoneCodeHash: hash, dc: dc, codeLength: type["length"]?.int.map(Int.init),
            codeBy: String(type.name.dropFirst("auth.sentCodeType".count)).lowercased())
        self.ticket = ticket
        state = .waitingForCode
        return .needCode(ticket)
    }

    private mutating func signedIn(_ authorization: TLObject) -> Step {
        if authorization.name == "auth.authorizationSignUpRequired" { return refuse(.notRegistered) }
        guard let user = authorization["user"]?.object, user.name == "user" else { return refuse(.unsupported(authorization.name)) }
        state = .over
        return .done(user: user)
    }

    private mutating func challenged(_ answer: TLObject) -> Step {
        guard let algorithm = answer["current_algo"]?.object,
            algorithm.name == "passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow",
            let salt1 = algorithm["salt1"]?.bytes, let salt2 = algorithm["salt2"]?.bytes, let g = algorithm["g"]?.int,
            let p = algorithm["p"]?.bytes, let b = answer["srp_B"]?.bytes, let id = answer["srp_id"]?.int
        else { return refuse(.unsupported(answer["current_algo"]?.object?.name ?? answer.name)) }
        state = .waitingForPassword(
            SRP.Challenge(id: id, salt1: salt1, salt2: salt2, g: Int32(clamping: g), p: p, publicNumber: b))
        return .needPassword(hint: answer["hint"]?.string)
    }

    private mutating func move(to dc: Int32) -> Step {
        guard moves < Login.movesMost else { return refuse(.failed("the data centres send us on and on")) }
        moves += 1
        state = .idle
        return .migrate(dc: dc)
    }

    private mutating func refuse(_ refusal: Refusal) -> Step {
        state = .over
        return .refused(refusal)
    }
}
