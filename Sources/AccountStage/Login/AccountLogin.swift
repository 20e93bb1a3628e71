import Logging
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// How an account logs in and how that is stored: by code, by a token that a logged-in app accepts, or with a session of another program;
/// and a second time for backfill. The tool and the supervisor do it with these steps; how a person is shown and asked things is theirs.
public struct AccountLogin: Sendable {
    /// What a person is shown and asked; nil for an answer that does not come.
    public struct Questions: Sendable {
        public var code: @Sendable (LoginTicket) async throws -> String?
        public var password: @Sendable (_ hint: String?) async throws -> String?
        /// A wrong code or password: true to be asked again.
        public var again: @Sendable (Login.Refusal) async throws -> Bool
        /// A token to be shown in place of the one before, and how long it lasts.
        public var show: @Sendable (_ token: [UInt8], _ life: Duration) async throws -> Void

        public init(
            code: @escaping @Sendable (LoginTicket) async throws -> String? = { _ in nil },
            password: @escaping @Sendable (_ hint: String?) async throws -> String?,
            again: @escaping @Sendable (Login.Refusal) async throws -> Bool,
            show: @escaping @Sendable (_ token: [UInt8], _ life: Duration) async throws -> Void = { _, _ in }
        ) {
            (self.code, self.password, self.again, self.show) = (code, password, again, show)
        }
    }

    /// A login that was made and stored.
    public struct Made: Sendable, Equatable {
        public var purpose: LoginPurpose
        public var userID: Int64
        public var dc: Int32
    }

    public struct Outcome: Sendable {
        public var made: [Made]
        /// Why there is no login for backfill, though the configuration wants one.
        public var backfillFailure: String?

        public init(made: [Made], backfillFailure: String? = nil) {
            (self.made, self.backfillFailure) = (made, backfillFailure)
        }
    }

    private let account: String
    private let configuration: Configuration
    private let settings: ClientSettings
    private let apiHash: String
    private let again: String
    private let database: Connection
    private let store: AccountStore
    private let access: @Sendable (AccountSession?) -> AccountAccess
    private let run: LoginRun

    /// - Parameters:
    ///   - mayRead: whether this process may read stored sessions: who may not, knows only those that it has just made.
    ///   - again: what a person has to do for another try.
    ///   - actor: who asks, for the listener's log.
    public init(
        _ account: String, _ configuration: Configuration, _ database: Connection, masterKey: [UInt8], apiHash: String, mayRead: Bool,
        again: String, actor: String, notice: @escaping @Sendable (String) -> Void
    ) throws {
        // The name becomes part of a unit's, a socket's and a topic's.
        _ = try ServiceName.listener(account: account)
        self.account = account
        self.configuration = configuration
        self.apiHash = apiHash
        self.again = again
        self.database = database
        settings = try configuration.telegram.clientSettings()
        store = AccountStore(database, masterKey: masterKey)
        access = { known in
            AccountAccess(
                account, configuration, database, masterKey: mayRead ? masterKey : nil, known: known, actor: actor, notice: notice)
        }
        // A person is told in words; a connection's log would only confuse.
        run = LoginRun(settings: settings, logger: Logger(label: "login") { _ in SwiftLogNoOpLogHandler() })
    }

    private var homeDC: Int32 { Int32(clamping: configuration.telegram.homeDC) }

    // MARK: ways

    /// By a token that a logged-in app accepts.
    public func byToken(_ questions: Questions) async throws -> Outcome {
        let password = KnownPassword(questions)
        return try await ending(isByCode: false) {
            let outcome = try await run.run(byTokenOn: homeDC, apiHash: apiHash, questions: token(questions, password))
            return try await finish(outcome, phone: outcome.user["phone"]?.string, questions, password)
        }
    }

    /// With the login of another program, which must not use it any more.
    public func imported(_ session: TelethonSession, _ questions: Questions) async throws -> Outcome {
        try await ending(isByCode: false) {
            let outcome = try await run.imported(session)
            return try await finish(outcome, phone: outcome.user["phone"]?.string, questions, KnownPassword(questions))
        }
    }

    /// A login by code that stopped half-way, of this number if one is given.
    public func pending(phone: String?) async throws -> PendingLogin? {
        guard let bytes = try await store.pendingLogin(of: account), let pending = PendingLogin(bytes: bytes) else { return nil }
        func digits(_ phone: String) -> String { phone.filter { $0.isASCII && $0.isNumber } }
        if let phone, digits(phone) != digits(pending.ticket.phone) { return nil }
        return pending
    }

    /// By a code that Telegram sends; what is asked for is kept, so that another run can go on.
    public func byCode(_ phone: String, resuming pending: PendingLogin?, _ questions: Questions) async throws -> Outcome {
        let password = KnownPassword(questions)
        return try await ending(isByCode: true) {
            try await store.register(account, phone: phone, apiID: settings.identity.apiID)
            let outcome = try await run.run(
                phone: phone, apiHash: apiHash, dc: homeDC, resuming: pending.map { ($0.ticket, $0.session) },
                questions: LoginRun.Questions(
                    code: { ticket, session in
                        try await keep(PendingLogin(ticket: ticket, session: session), .codeSent)
                        return try await questions.code(ticket)
                    },
                    password: { hint, ticket, session in
                        if let ticket { try await keep(PendingLogin(ticket: ticket, session: session), .passwordNeeded) }
                        return try await password.ask(hint)
                    }, again: { try await password.again($0) }))
            return try await finish(outcome, phone: phone, questions, password)
        }
    }

    /// The second login of an account that is logged in: its token is accepted by the first one.
    public func forBackfill(_ questions: Questions) async throws -> Made {
        try await ending(isByCode: false) { try await second(nil, questions, KnownPassword(questions)) }
    }

    // MARK: steps

    private func token(_ questions: Questions, _ password: KnownPassword) -> LoginRun.Questions {
        LoginRun.Questions(
            password: { hint, _, _ in try await password.ask(hint) }, again: { try await password.again($0) },
            scan: { token, life in
                try await questions.show(token, life)
                return false
            })
    }

    /// Stores the first login, and makes the second where that is wished.
    private func finish(
        _ first: LoginRun.Outcome, phone: String?, _ questions: Questions, _ password: KnownPassword
    ) async throws -> Outcome {
        try await keep(first.session, for: .listener, phone: phone)
        let made = Made(purpose: .listener, userID: first.session.userID, dc: first.session.dc)
        guard configuration.telegram.backfillLogin else { return Outcome(made: [made]) }
        do {
            return Outcome(made: [made, try await second(first.session, questions, password)])
        } catch {
            return Outcome(made: [made], backfillFailure: ServiceMain.serviceError(words(error).error).message)
        }
    }

    private func second(_ known: AccountSession?, _ questions: Questions, _ password: KnownPassword) async throws -> Made {
        let access = access(known)
        let home = try await access.home()
        let outcome = try await run.run(
            byTokenOn: home.dc, apiHash: apiHash,
            questions: LoginRun.Questions(
                password: { hint, _, _ in try await password.ask(hint) }, again: { try await password.again($0) },
                scan: { token, _ in
                    _ = try await access.run(.acceptLoginToken, ["token": .string(Base64URL.encode(token))])
                    return true
                }))
        guard outcome.session.userID == home.userID else {
            throw ServiceError.internal("the second login belongs to another user than \(account)")
        }
        try await keep(outcome.session, for: .backfill, phone: nil)
        return Made(purpose: .backfill, userID: outcome.session.userID, dc: outcome.session.dc)
    }

    // MARK: what is stored

    private func keep(_ session: AccountSession, for purpose: LoginPurpose, phone: String?) async throws {
        try await store.store(
            session: session.bytes, of: account, for: purpose, dcID: session.dc, userID: session.userID, phone: phone,
            apiID: settings.identity.apiID, nonce: AccountLogin.nonce)
    }

    private func keep(_ pending: PendingLogin, _ state: AccountState) async throws {
        try await store.store(pendingLogin: try pending.bytes(), of: account, state: state, nonce: AccountLogin.nonce())
    }

    private func forgetCode() async throws {
        do {
            try await store.store(pendingLogin: nil, of: account, state: .new, nonce: AccountLogin.nonce())
        } catch StoreError.notFound {
            // It failed before the account was entered: there is nothing to forget.
            return
        }
    }

    private static func nonce() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return random.bytes(Seal.nonceLength)
    }

    // MARK: ends

    /// Does it; what ended it is thrown in words, and a code that is of no more use is forgotten.
    private func ending<T>(isByCode: Bool, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            let end = words(error)
            if isByCode, end.isCodeSpent { try await forgetCode() }
            throw end.error
        }
    }

    /// The one line for what ended a login.
    private func words(_ error: any Error) -> (error: any Error, isCodeSpent: Bool) {
        guard let failure = error as? LoginRun.Failure else { return (error, false) }
        switch failure {
        case .unanswered: return (ServiceError.loginNeeded("the code, the password or the scan did not come: \(again)"), false)
        case .noConnection(let reason):
            let why = reason.map { " (\($0))" } ?? ""
            let check = "check network, telegram.servers and telegram.rsa_key_files"
            return (ServiceError.unavailable("no connection to Telegram\(why): \(check)"), false)
        case .refused(let refusal): return words(refusal)
        }
    }

    private func words(_ refusal: Login.Refusal) -> (error: any Error, isCodeSpent: Bool) {
        switch refusal {
        case .wrongCode: (ServiceError.loginNeeded("Telegram says that the code is wrong: \(again) with the right one"), false)
        case .wrongPassword: (ServiceError.loginNeeded("Telegram says that the two-step password is wrong: \(again)"), false)
        case .codeExpired: (ServiceError.loginNeeded("the code is too old: \(again) for a new one"), true)
        case .wrongPhone(let why): (ServiceError.data("Telegram does not take this phone number (\(why))"), true)
        case .notRegistered:
            (ServiceError.data("nobody is registered at Telegram with this number: register it with an official client first"), true)
        case .flood(let seconds):
            (ServiceError.temporary("too many tries: Telegram asks to wait for \(seconds) s before the next one"), false)
        case .unsupported(let what): (ServiceError.unavailable("Telegram asks for what this program cannot do (\(what))"), false)
        case .badChallenge:
            (ServiceError.unavailable("the server's password challenge is not honest: is it the right server?"), false)
        case .failed(let why): (ServiceError.unavailable("the login failed (\(why)): \(again)"), true)
        }
    }
}

/// The two-step password of one run: a second login of the same account is asked for it again.
private actor KnownPassword {
    private let questions: AccountLogin.Questions
    private var known: String?

    init(_ questions: AccountLogin.Questions) { self.questions = questions }

    func ask(_ hint: String?) async throws -> String? {
        if let known { return known }
        known = try await questions.password(hint)
        return known
    }

    func again(_ refusal: Login.Refusal) async throws -> Bool {
        known = nil
        return try await questions.again(refusal)
    }
}
