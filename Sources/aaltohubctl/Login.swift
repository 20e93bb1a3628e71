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
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("The account's name on this machine.", valueName: "name"))
    var account = "main"
    @Option(help: ArgumentHelp("The phone number with its country code.", valueName: "number"))
    var phone: String?
    @Flag(help: "Ask for a new code even when one was sent already.")
    var restart = false

    func run() async throws {
        // The name becomes part of a unit's, a socket's and a topic's.
        _ = try ServiceName.listener(account: account)
        let configuration = try common.configuration()
        let settings = try configuration.telegram.clientSettings()
        let credentials = common.credentials
        let apiHash = try credentials.require(.apiHash).text
        let masterKey = try credentials.masterKey().bytes
        let dc = Int32(configuration.telegram.homeDC)
        let outcome = try await common.withDatabase { connection in
            let store = AccountStore(connection, masterKey: masterKey)
            let pending = try await pendingLogin(store)
            guard let phone = try await phoneNumber(pending) else { throw unanswered("the phone number") }
            try await store.register(account, phone: phone, apiID: settings.identity.apiID)
            let run = LoginRun(settings: settings, logger: quietLogger())
            do {
                let outcome = try await run.run(
                    phone: phone, apiHash: apiHash, dc: dc, resuming: pending.map { ($0.ticket, $0.session) },
                    questions: questions(store, isResumed: pending != nil))
                var random = SystemRandomNumberGenerator()
                try await store.store(
                    session: outcome.session.bytes, of: account, dcID: outcome.session.dc, userID: outcome.session.userID,
                    nonce: random.bytes(Seal.nonceLength))
                try await forget(store, .active)
                return outcome
            } catch {
                throw try await ending(error, store)
            }
        }
        if common.json {
            output(
                JSON.object([
                    .init("account", .string(account)), .init("user_id", .integer(outcome.session.userID)),
                    .init("dc_id", .integer(Int64(outcome.session.dc))),
                ]).text)
        } else {
            output("\(account): logged in as user \(outcome.session.userID) on data centre \(outcome.session.dc)")
        }
    }

    // MARK: questions

    private func questions(_ store: AccountStore, isResumed: Bool) -> LoginRun.Questions {
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
                return await Terminal.ask("Two-step password" + (hint.map { $0.isEmpty ? "" : " (hint: \($0))" } ?? ""), hidden: true)
            },
            again: { refusal in
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
        try await store.store(pendingLogin: nil, of: account, state: state, nonce: random.bytes(Seal.nonceLength))
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
                "no connection to Telegram\(reason.map { " (\($0))" } ?? ""): check the network, telegram.servers and telegram.rsa_key_files"
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

    private func meaning(of reason: DisconnectReason?) -> String {
        switch reason {
        case .connectFailed: "no address in telegram.servers takes a TCP connection; check the network"
        case .keyExchangeFailed:
            "the key exchange failed; are telegram.rsa_key_files this server's, and is telegram.transport one it speaks?"
        case .transportError(let code): "the server refused with \(code); are telegram.home_dc and telegram.test right?"
        case .closedByPeer, .badFraming, .session, nil: "the server did not answer as Telegram does; is telegram.servers right?"
        }
    }

    /// The tool talks in notices; a connection's log would only confuse.
    private func quietLogger() -> Logger { Logger(label: "login") { _ in SwiftLogNoOpLogHandler() } }
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
