import ArgumentParser
import Foundation
import Logging
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Logs an account in and seals its session into the database.",
        discussion: """
            Asks for the phone number, the code that Telegram sends, and the two-step password if the account has one. Without a terminal
            the answers are lines of standard input. When input ends before the code is given, run the command again with it: the code
            that was sent last still counts.

            --qr shows a QR code instead, which an official app scans under Settings, Devices, Link Desktop Device: nothing is typed but
            the password. --string-session takes a login of Telethon over, which that program must not use any more. --for backfill makes
            the second login of an account that is logged in already, without a code; telegram.backfill_login makes it at each login.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var login: LoginOptions
    @Option(help: ArgumentHelp("The account's name on this machine.", valueName: "name"))
    var account = "main"
    @Option(help: ArgumentHelp("The phone number with its country code.", valueName: "number"))
    var phone: String?
    @Flag(help: "Ask for a new code even when one was sent already.")
    var restart = false
    @Flag(help: "Log in by a QR code on this terminal.")
    var qr = false
    @Flag(help: "Take over a string session of Telethon, read from standard input.")
    var stringSession = false

    func validate() throws {
        if qr, stringSession { throw ValidationError("--qr and --string-session are two ways: choose one") }
        if qr || stringSession, phone != nil { throw ValidationError("--phone is for a login by code") }
        if login.purpose == .backfill, qr || stringSession || phone != nil {
            throw ValidationError("--for backfill needs none of --phone, --qr and --string-session: the account's login lets it in")
        }
    }

    func run() async throws {
        // The name becomes part of a unit's, a socket's and a topic's.
        _ = try ServiceName.listener(account: account)
        let configuration = try common.configuration()
        let settings = try configuration.telegram.clientSettings()
        let credentials = common.credentials
        let apiHash = try credentials.require(.apiHash).text
        let masterKey = try credentials.masterKey().bytes
        let run = LoginRun(settings: settings, logger: quietLogger())
        let passwords = Passwords()
        let made = try await common.withDatabase { connection in
            let store = AccountStore(connection, masterKey: masterKey)
            if login.purpose == .backfill {
                return [try await second(run, connection, store, apiHash, passwords)]
            }
            do {
                let first = Made(
                    purpose: .listener,
                    outcome: try await first(run, store, settings, apiHash, Int32(configuration.telegram.homeDC), passwords))
                guard configuration.telegram.backfillLogin else { return [first] }
                do {
                    return [first, try await second(run, connection, store, apiHash, passwords)]
                } catch {
                    notice("\(account) is logged in, but not for backfill: \(error); `aaltohubctl login --for backfill` tries again")
                    return [first]
                }
            } catch {
                throw try await ending(error, store)
            }
        }
        report(made)
    }

    private struct Made { var purpose: LoginPurpose, outcome: LoginRun.Outcome }

    private func report(_ made: [Made]) {
        for login in made where !common.json {
            let of = login.purpose == .listener ? "" : " (\(login.purpose.rawValue))"
            output("\(account)\(of): logged in as user \(login.outcome.session.userID) on data centre \(login.outcome.session.dc)")
        }
        guard common.json, let first = made.first else { return }
        output(
            JSON.object([
                .init("account", .string(account)), .init("user_id", .integer(first.outcome.session.userID)),
                .init("dc_id", .integer(Int64(first.outcome.session.dc))),
                .init("logins", .array(made.map { .string($0.purpose.rawValue) })),
            ]).text)
    }

    // MARK: ways

    /// The listener's login, by the way that the options name, stored.
    private func first(
        _ run: LoginRun, _ store: AccountStore, _ settings: ClientSettings, _ apiHash: String, _ dc: Int32, _ passwords: Passwords
    ) async throws -> LoginRun.Outcome {
        let outcome: LoginRun.Outcome
        let number: String?
        if stringSession {
            outcome = try await imported(run)
            number = outcome.user["phone"]?.string
            try await store.register(account, phone: number, apiID: settings.identity.apiID)
        } else if qr {
            outcome = try await run.run(byTokenOn: dc, apiHash: apiHash, questions: tokenQuestions(passwords) { try await show($0, $1) })
            number = outcome.user["phone"]?.string
            try await store.register(account, phone: number, apiID: settings.identity.apiID)
        } else {
            let pending = try await pendingLogin(store)
            guard let phone = try await phoneNumber(pending) else { throw unanswered("the phone number") }
            number = phone
            try await store.register(account, phone: phone, apiID: settings.identity.apiID)
            outcome = try await run.run(
                phone: phone, apiHash: apiHash, dc: dc, resuming: pending.map { ($0.ticket, $0.session) },
                questions: questions(store, passwords, isResumed: pending != nil))
        }
        var random = SystemRandomNumberGenerator()
        try await store.store(
            session: outcome.session.bytes, of: account, dcID: outcome.session.dc, userID: outcome.session.userID, phone: number,
            nonce: random.bytes(Seal.nonceLength))
        try await forget(store, .active)
        return outcome
    }

    /// The second login of the account: its token is accepted by the first one.
    private func second(
        _ run: LoginRun, _ database: Connection, _ store: AccountStore, _ apiHash: String, _ passwords: Passwords
    ) async throws -> Made {
        let access = try AccountAccess(account, common, database)
        let session = try await access.session()
        let outcome = try await run.run(
            byTokenOn: session.dc, apiHash: apiHash,
            questions: tokenQuestions(passwords) { token, _ in
                _ = try await access.run(.acceptLoginToken, ["token": .string(Base64URL.encode(token))])
                return true
            })
        guard outcome.session.userID == session.userID else {
            throw ServiceError.internal("the second login belongs to another user than \(account)")
        }
        var random = SystemRandomNumberGenerator()
        try await store.store(
            session: outcome.session.bytes, of: account, for: .backfill, dcID: outcome.session.dc, userID: outcome.session.userID,
            nonce: random.bytes(Seal.nonceLength))
        return Made(purpose: .backfill, outcome: outcome)
    }

    private func imported(_ run: LoginRun) async throws -> LoginRun.Outcome {
        guard let text = await Terminal.ask("String session", hidden: true) else { throw unanswered("the string session") }
        let session: TelethonSession
        do {
            session = try TelethonSession(text)
        } catch {
            throw ServiceError.data("\(error)")
        }
        let outcome = try await run.imported(session)
        notice("from now on no other program may use this session: Telegram destroys a login that two use at once")
        return outcome
    }

    /// Draws the QR code in place of the one before.
    private func show(_ token: [UInt8], _ life: Duration) async throws -> Bool {
        let link = Login.link(token: token)
        guard let code = QRCode(Array(link.utf8)) else { throw ServiceError.internal("the token has no QR code: \(token.count) bytes") }
        let text =
            code.lines + [
                "Scan this in Telegram: Settings, Devices, Link Desktop Device. It changes every \(Int(life.inSeconds.rounded())) seconds.",
                link,
            ]
        await Terminal.show(text)
        return false
    }

    private func tokenQuestions(
        _ passwords: Passwords, scan: @escaping @Sendable (_ token: [UInt8], _ life: Duration) async throws -> Bool
    ) -> LoginRun.Questions {
        LoginRun.Questions(
            password: { hint, _, _ in await passwords.ask(hint) },
            again: { refusal in
                await passwords.forget()
                guard Terminal.isInteractive, refusal == .wrongPassword else { return false }
                notice("wrong password; try again")
                return true
            }, scan: scan)
    }

    // MARK: questions

    private func questions(_ store: AccountStore, _ passwords: Passwords, isResumed: Bool) -> LoginRun.Questions {
        let account = account
        return LoginRun.Questions(
            code: { ticket, session in
                var random = SystemRandomNumberGenerator()
                try await store.store(
                    pendingLogin: PendingLogin(ticket: ticket, session: session).bytes(), of: account, state: .codeSent,
                    nonce: random.bytes(Seal.nonceLength))
                let digits = ticket.codeLength.map { " of \($0) digits" } ?? ""
                return await Terminal.ask("Code\(digits), sent by \(ticket.codeBy)\(isResumed ? " earlier" : "")")
            },
            password: { hint, ticket, session in
                if let ticket {
                    var random = SystemRandomNumberGenerator()
                    try await store.store(
                        pendingLogin: PendingLogin(ticket: ticket, session: session).bytes(), of: account, state: .passwordNeeded,
                        nonce: random.bytes(Seal.nonceLength))
                }
                return await passwords.ask(hint)
            },
            again: { refusal in
                await passwords.forget()
                guard Terminal.isInteractive else { return false }
                notice(refusal == .wrongCode ? "wrong code; try again" : "wrong password; try again")
                return true
            })
    }

    private func pendingLogin(_ store: AccountStore) async throws -> PendingLogin? {
        guard !restart, let bytes = try await store.pendingLogin(of: account), let pending = PendingLogin(bytes: bytes) else { return nil }
        if let phone, digits(phone) != digits(pending.ticket.phone) { return nil }
        return pending
    }

    private func phoneNumber(_ pending: PendingLogin?) async throws -> String? {
        if let pending { return pending.ticket.phone }
        guard let given = if let phone { phone } else { await Terminal.ask("Phone number with country code") } else { return nil }
        guard (5...20).contains(digits(given).count) else { throw ServiceError.usage("\"\(given)\" is not a phone number") }
        return given
    }

    private func digits(_ phone: String) -> String { phone.filter { $0.isASCII && $0.isNumber } }

    // MARK: ends

    private func forget(_ store: AccountStore, _ state: AccountState) async throws {
        var random = SystemRandomNumberGenerator()
        do {
            try await store.store(pendingLogin: nil, of: account, state: state, nonce: random.bytes(Seal.nonceLength))
        } catch StoreError.notFound {
            // It failed before the account was entered: there is nothing to forget.
            return
        }
    }

    private func unanswered(_ what: String) -> ServiceError {
        .loginNeeded("\(what) was not given: run `aaltohubctl login --account \(account)` again")
    }

    /// The one line for what ended the login; forgets the code when it is of no more use.
    private func ending(_ error: any Error, _ store: AccountStore) async throws -> any Error {
        guard let failure = error as? LoginRun.Failure else { return error }
        let again = "run `aaltohubctl login --account \(account)` again"
        switch failure {
        case .unanswered: return unanswered("the code or the password")
        case .noConnection(let reason):
            return ServiceError.unavailable(
                "no connection to Telegram\(reason.map { " (\($0))" } ?? ""): check network, telegram.servers and telegram.rsa_key_files"
            )
        case .refused(let refusal):
            switch refusal {
            case .wrongCode: return ServiceError.loginNeeded("Telegram says that the code is wrong: \(again) with the right one")
            case .wrongPassword: return ServiceError.loginNeeded("Telegram says that the two-step password is wrong: \(again)")
            case .codeExpired:
                try await forget(store, .new)
                return ServiceError.loginNeeded("the code is too old: \(again) for a new one")
            case .wrongPhone(let why):
                try await forget(store, .new)
                return ServiceError.data("Telegram does not take this phone number (\(why))")
            case .notRegistered:
                try await forget(store, .new)
                return ServiceError.data("nobody is registered at Telegram with this number: register it with an official client first")
            case .flood(let seconds):
                return ServiceError.temporary("too many tries: Telegram asks to wait for \(age(Int64(seconds))) before the next one")
            case .unsupported(let what): return ServiceError.unavailable("Telegram asks for what this program cannot do (\(what))")
            case .badChallenge: return ServiceError.unavailable("the server's password challenge is not honest: is it the right server?")
            case .failed(let why):
                try await forget(store, .new)
                return ServiceError.unavailable("the login failed (\(why)): \(again)")
            }
        }
    }

    /// The tool talks in notices; a connection's log would only confuse.
    private func quietLogger() -> Logger { Logger(label: "login") { _ in SwiftLogNoOpLogHandler() } }
}

/// The two-step password of this run: a second login of the same account asks for it again.
private actor Passwords {
    private var known: String?

    func ask(_ hint: String?) async -> String? {
        if let known { return known }
        known = await Terminal.ask("Two-step password" + (hint.map { $0.isEmpty ? "" : " (hint: \($0))" } ?? ""), hidden: true)
        return known
    }

    func forget() { known = nil }
}

/// What is kept, sealed, between asking for the code and getting it.
struct PendingLogin {
    var ticket: LoginTicket
    var session: AccountSession

    init(ticket: LoginTicket, session: AccountSession) {
        self.ticket = ticket
        self.session = session
    }

    private struct Kept: Codable {
        var ticket: LoginTicket
        var session: Data
    }

    /// nil when the bytes are of another build: then the login begins anew.
    init?(bytes: [UInt8]) {
        guard let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)), let session = AccountSession(bytes: Array(kept.session))
        else { return nil }
        self.init(ticket: kept.ticket, session: session)
    }

    func bytes() throws -> [UInt8] { Array(try JSONEncoder().encode(Kept(ticket: ticket, session: Data(session.bytes)))) }
}
