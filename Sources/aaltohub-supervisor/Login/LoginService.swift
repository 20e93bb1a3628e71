import AccountStage
import Hummingbird
import POSIX
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore
import TelegramClient

/// Logins over the API: joins what `LoginDesk` decides with the runs that carry them out. It stores logins and can read none.
actor LoginService {
    /// How often it is looked for logins that nobody cares about.
    private static let lookInterval = Duration.seconds(5)

    private let context: ServiceContext
    private let database: Database
    private var desk = LoginDesk()
    private var runs: [UInt64: Task<Void, Never>] = [:]
    /// Runs that wait for a password.
    private var asking: [UInt64: CheckedContinuation<String?, Never>] = [:]

    init(_ context: ServiceContext, _ database: Database) {
        self.context = context
        self.database = database
    }

    // MARK: what people do

    /// Begins a login. Throws `Refusal`: 400 for a name that is none, 409 and 429 by the desk, 503 when something that it needs is missing.
    func start(_ account: String, for purpose: LoginPurpose, by actor: String) async throws -> LoginDesk.Login {
        do throws(ServiceError) { _ = try ServiceName.listener(account: account) } catch { throw Refusal.badRequest(error.message) }
        // A scan whose login could not be stored would be in vain.
        let known = try await database.use { try await AccountStore.list($0) }.first { $0.name == account }
        guard purpose == .listener || known?.hasSession == true else {
            throw Refusal.conflict("\(account) is not logged in: its first login is the listener's")
        }
        let connection = database.connection()
        let flow: AccountLogin
        do {
            flow = try AccountLogin(
                account, context.configuration, connection, masterKey: try context.credentials.masterKey().bytes,
                apiHash: try context.credentials.require(.apiHash).text, mayRead: false, again: "begin the login again",
                actor: actor, notice: { [context] in context.logger.warning("login: \($0)") })
        } catch let error as ServiceError {
            throw Refusal.unavailable("\(error.message); then restart aaltohub-supervisor. `aaltohubctl login` needs none of this")
        }
        let login = try refusing { () throws(LoginDesk.Refusal) in
            try desk.start(account, for: purpose.rawValue, by: actor, now: SystemClock.now)
        }
        runs[login.number] = Task { await self.run(login.number, account, purpose, flow, connection) }
        context.logger.notice("a login begins", metadata: ["account": "\(account)", "for": "\(purpose.rawValue)"])
        return login
    }

    /// What has become of the account's login; nil when none is known. Looking keeps it alive.
    func look(_ account: String) -> LoginDesk.Login? { desk.look(account, now: SystemClock.now) }

    /// Those under way, which this does not keep alive.
    var underWay: [LoginDesk.Login] { desk.underWay }

    func password(_ text: String, of account: String) throws -> LoginDesk.Login {
        let login = try refusing { () throws(LoginDesk.Refusal) in try desk.password(account, now: SystemClock.now) }
        asking.removeValue(forKey: login.number)?.resume(returning: text)
        return login
    }

    func cancel(_ account: String) throws -> LoginDesk.Login {
        let login = try refusing { () throws(LoginDesk.Refusal) in try desk.cancel(account, now: SystemClock.now) }
        stop(login.number)
        return desk[account] ?? login
    }

    private func refusing<T>(_ body: () throws(LoginDesk.Refusal) -> T) throws -> T {
        do throws(LoginDesk.Refusal) {
            return try body()
        } catch {
            switch error {
            case .unknown: throw Refusal.notFound(error.description)
            case .tooMany: throw Refusal(.tooManyRequests, error.description)
            case .underWay, .noPasswordWanted: throw Refusal.conflict(error.description)
            }
        }
    }

    // MARK: a run

    private func run(
        _ number: UInt64, _ account: String, _ purpose: LoginPurpose, _ flow: AccountLogin, _ connection: Connection
    ) async {
        let questions = AccountLogin.Questions(
            password: { hint in await self.ask(hint, number) },
            again: { _ in
                await self.wrongPassword(number)
                return true
            },
            show: { token, life in await self.show(token, life, number) })
        let end: LoginDesk.State
        do {
            let outcome =
                purpose == .listener
                ? try await flow.byToken(questions) : AccountLogin.Outcome(made: [try await flow.forBackfill(questions)])
            end = .done(
                userID: outcome.made.first?.userID ?? 0, logins: outcome.made.map(\.purpose.rawValue),
                note: outcome.backfillFailure.map { "logged in, but not for backfill: \($0)" } ?? next(account, outcome.made))
        } catch let error as StoreError {
            end = .failed(error.description)
        } catch let error as PostgresError {
            end = .failed("the login could not be stored: \(DatabaseDoctor.remedy(error))")
        } catch {
            end = .failed(ServiceMain.serviceError(error).message)
        }
        desk.became(end, number, now: SystemClock.now)
        context.logger.notice("a login ended", metadata: ["result": "\(end.name)"])
        context.status.count("logins_total", ["result": end.name])
        runs[number] = nil
        asking[number] = nil
        await connection.close()
    }

    /// What a person has to do for the login to be used.
    private func next(_ account: String, _ made: [AccountLogin.Made]) -> String {
        let services = made.map { "\($0.purpose.rawValue)@\(account)" }
        let running = services.filter { LockedFile.isHeld(context.folders.control($0) + ".lock") }
        if !running.isEmpty { return "restart \(running.joined(separator: " and ")): until then the login of before is used" }
        return "start it: systemctl enable --now \(services.map { "aaltohub-\($0)" }.joined(separator: " "))"
    }

    private func show(_ token: [UInt8], _ life: Duration, _ number: UInt64) {
        desk.became(
            .waiting(link: Login.link(token: token), expires: SystemClock.unix + life), number, now: SystemClock.now)
    }

    private func wrongPassword(_ number: UInt64) { desk.wrongPassword(number) }

    private func ask(_ hint: String?, _ number: UInt64) async -> String? {
        guard !Task.isCancelled else { return nil }
        desk.became(.passwordNeeded(hint: hint), number, now: SystemClock.now)
        return await withCheckedContinuation { asking[number] = $0 }
    }

    private func stop(_ number: UInt64) {
        runs[number]?.cancel()
        asking.removeValue(forKey: number)?.resume(returning: nil)
    }

    // MARK: life

    /// Ends what nobody looks at, until the task is cancelled; then everything.
    func run() async {
        while !Task.isCancelled {
            for login in advance() {
                context.logger.notice("a login that nobody looks at is ended", metadata: ["account": "\(login.account)"])
            }
            do { try await Task.sleep(for: Self.lookInterval) } catch { break }
        }
        let left = runs
        for number in left.keys { stop(number) }
        for task in left.values { await task.value }
    }

    private func advance() -> [LoginDesk.Login] {
        let left = desk.advance(now: SystemClock.now)
        for login in left { stop(login.number) }
        return left
    }
}
