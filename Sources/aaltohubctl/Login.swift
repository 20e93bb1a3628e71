import AccountStage
import ArgumentParser
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient

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
        let configuration = try common.configuration()
        let credentials = common.credentials
        let apiHash = try credentials.require(.apiHash).text
        let masterKey = try credentials.masterKey().bytes
        let outcome = try await common.withDatabase { connection in
            let login = try AccountLogin(
                account, configuration, connection, masterKey: masterKey, apiHash: apiHash, mayRead: true,
                again: "run `aaltohubctl login --account \(account)` again", actor: operatorName(), notice: { notice($0) })
            return try await make(login)
        }
        report(outcome)
    }

    private func make(_ login: AccountLogin) async throws -> AccountLogin.Outcome {
        if self.login.purpose == .backfill { return .init(made: [try await login.forBackfill(questions())]) }
        if qr { return try await login.byToken(questions()) }
        if stringSession {
            let outcome = try await login.imported(try await givenSession(), questions())
            notice("from now on no other program may use this session: Telegram destroys a login that two use at once")
            return outcome
        }
        let pending = restart ? nil : try await login.pending(phone: phone)
        let number: String
        if let pending { number = pending.ticket.phone } else { number = try await phoneNumber() }
        return try await login.byCode(number, resuming: pending, questions(isResumed: pending != nil))
    }

    private func report(_ outcome: AccountLogin.Outcome) {
        for made in outcome.made where !common.json {
            let of = made.purpose == .listener ? "" : " (\(made.purpose.rawValue))"
            output("\(account)\(of): logged in as user \(made.userID) on data centre \(made.dc)")
        }
        if let why = outcome.backfillFailure {
            notice("\(account) is logged in, but not for backfill: \(why); `aaltohubctl login --for backfill` tries again")
        }
        guard common.json, let first = outcome.made.first else { return }
        output(
            JSON.object([
                .init("account", .string(account)), .init("user_id", .integer(first.userID)),
                .init("dc_id", .integer(Int64(first.dc))),
                .init("logins", .array(outcome.made.map { .string($0.purpose.rawValue) })),
            ]).text)
    }

    // MARK: what a person is shown and asked

    private func questions(isResumed: Bool = false) -> AccountLogin.Questions {
        AccountLogin.Questions(
            code: { ticket in
                let digits = ticket.codeLength.map { " of \($0) digits" } ?? ""
                return await Terminal.ask("Code\(digits), sent by \(ticket.codeBy)\(isResumed ? " earlier" : "")")
            },
            password: { hint in
                await Terminal.ask("Two-step password" + (hint.map { $0.isEmpty ? "" : " (hint: \($0))" } ?? ""), hidden: true)
            },
            again: { refusal in
                guard Terminal.isInteractive else { return false }
                notice(refusal == .wrongCode ? "wrong code; try again" : "wrong password; try again")
                return true
            },
            show: { token, life in try await show(token, life) })
    }

    /// Draws the QR code in place of the one before.
    private func show(_ token: [UInt8], _ life: Duration) async throws {
        let link = Login.link(token: token)
        guard let code = QRCode(Array(link.utf8)) else { throw ServiceError.internal("the token has no QR code: \(token.count) bytes") }
        let text =
            code.lines + [
                "Scan this in Telegram: Settings, Devices, Link Desktop Device. It changes every \(Int(life.inSeconds.rounded())) seconds.",
                link,
            ]
        await Terminal.show(text)
    }

    private func givenSession() async throws -> TelethonSession {
        guard let text = await Terminal.ask("String session", hidden: true) else { throw unanswered("the string session") }
        do {
            return try TelethonSession(text)
        } catch {
            throw ServiceError.data("\(error)")
        }
    }

    private func phoneNumber() async throws -> String {
        guard let given = if let phone { phone } else { await Terminal.ask("Phone number with country code") } else {
            throw unanswered("the phone number")
        }
        guard (5...20).contains(given.count(where: { $0.isASCII && $0.isNumber })) else {
            throw ServiceError.usage("\"\(given)\" is not a phone number")
        }
        return given
    }

    private func unanswered(_ what: String) -> ServiceError {
        .loginNeeded("\(what) was not given: run `aaltohubctl login --account \(account)` again")
    }
}
