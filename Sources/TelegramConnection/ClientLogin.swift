import Cryptography
import Logging
import Primitives
import TL
import TelegramClient

/// Carries a login out: connects, follows the account to its data centre, asks a person for what only a person knows.
public struct LoginRun: Sendable {
    public struct Outcome: Sendable {
        public var session: AccountSession
        public var user: TLObject
    }

    /// What a person is asked. Returning nil ends the run; the ticket and the key that were told last let another one finish.
    public struct Questions: Sendable {
        /// The code was asked for, on this authorisation: keep both, if the answer may come later.
        public var code: @Sendable (LoginTicket, AccountSession) async throws -> String?
        /// The second password is asked for: keep ticket and key here too, the code is used up.
        public var password: @Sendable (_ hint: String?, LoginTicket?, AccountSession) async throws -> String?
        /// A wrong code or password: true to be asked again.
        public var again: @Sendable (Login.Refusal) async throws -> Bool
        /// Show this token, or have it accepted: true when it was accepted already, false to wait until somebody does or it expires.
        public var scan: @Sendable (_ token: [UInt8], _ life: Duration) async throws -> Bool

        public init(
            code: @escaping @Sendable (LoginTicket, AccountSession) async throws -> String? = { _, _ in nil },
            password: @escaping @Sendable (_ hint: String?, LoginTicket?, AccountSession) async throws -> String?,
            again: @escaping @Sendable (Login.Refusal) async throws -> Bool = { _ in false },
            scan: @escaping @Sendable (_ token: [UInt8], _ life: Duration) async throws -> Bool = { _, _ in false }
        ) {
            self.code = code
            self.password = password
            self.again = again
            self.scan = scan
        }
    }

    public enum Failure: Error, Sendable {
        case refused(Login.Refusal)
        /// A question was not answered.
        case unanswered
        /// No key could be made in time: the server is away, or is not the one that the RSA keys belong to.
        case noConnection(DisconnectReason?)
    }

    let settings: ClientSettings
    let logger: Logger
    /// How long a connection and its key may take: a key exchange is given 10 s, and a first try may hit a dead address.
    static let connectionTime = Duration.seconds(40)
    /// A token's life is the server's to say, within these; a clock that is wrong must neither hurry nor stop us.
    static let tokenLife = Duration.seconds(5)...Duration.seconds(60)
    /// Tokens that are shown until somebody scans one: ten minutes of them.
    static let tokensMost = 20

    public init(settings: ClientSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// A login by a token that a logged-in app accepts.
    public func run(byTokenOn dc: Int32, apiHash: String, questions: Questions) async throws -> Outcome {
        var login = Login(byTokenWithAPIID: settings.identity.apiID, apiHash: apiHash, dc: dc)
        let line = try await connect(dc: dc, credentials: nil)
        let step = login.start()
        return try await run(&login, line, step, questions)
    }

    /// Begins a login, or finishes one for which `resuming` was kept.
    public func run(
        phone: String, apiHash: String, dc: Int32, resuming: (ticket: LoginTicket, session: AccountSession)? = nil, questions: Questions
    ) async throws -> Outcome {
        var login: Login
        let line: Line
        let step: Login.Step
        if let resuming {
            login = Login(resuming: resuming.ticket, apiID: settings.identity.apiID, apiHash: apiHash)
            line = try await connect(dc: resuming.session.dc, credentials: resuming.session.credentials)
            step = login.resume()
        } else {
            login = Login(phone: phone, apiID: settings.identity.apiID, apiHash: apiHash, dc: dc)
            line = try await connect(dc: dc, credentials: nil)
            step = login.start()
        }
        return try await run(&login, line, step, questions)
    }

    private func run(_ login: inout Login, _ first: Line, _ step: Login.Step, _ questions: Questions) async throws -> Outcome {
        var line = first
        var step = step
        var tokens = 0
        do {
            while true {
                switch step {
                case .call(let call): step = await answer(to: call, on: line, &login)
                case .migrate(let dc):
                    await line.connection.close()
                    line = try await connect(dc: dc, credentials: nil)
                    step = login.migrated(to: dc)
                case .showToken(let token, let expires):
                    tokens += 1
                    if tokens > LoginRun.tokensMost { throw Failure.unanswered }
                    let left = expires - (await line.connection.serverTime())
                    let life = min(max(left, LoginRun.tokenLife.lowerBound), LoginRun.tokenLife.upperBound)
                    if try await !questions.scan(token, life) { await line.scans.wait(life) }
                    try Task.checkCancellation()
                    step = login.tokenChanged()
                case .needCode(let ticket):
                    guard let code = try await questions.code(ticket, line.session) else { throw Failure.unanswered }
                    step = login.code(code)
                case .needPassword(let hint):
                    guard let password = try await questions.password(hint, login.ticket, line.session) else { throw Failure.unanswered }
                    var random = SystemRandomNumberGenerator()
                    step = login.password(password, secret: random.bytes(256))
                case .done(let user):
                    await line.connection.close()
                    var session = line.session
                    session.userID = user["id"]?.int ?? 0
                    return Outcome(session: session, user: user)
                case .refused(.wrongCode):
                    guard try await questions.again(.wrongCode), let ticket = login.ticket else { throw Failure.refused(.wrongCode) }
                    step = .needCode(ticket)
                case .refused(.wrongPassword):
                    guard try await questions.again(.wrongPassword) else { throw Failure.refused(.wrongPassword) }
                    step = login.retryPassword()
                case .refused(let refusal): throw Failure.refused(refusal)
                }
            }
        } catch {
            await line.connection.close()
            throw error
        }
    }

    /// One connection with its key.
    private struct Line {
        var connection: TelegramConnection
        var api: TelegramAPI
        var session: AccountSession
        let scans: Scans
    }

    /// Says when somebody has accepted the token that is shown.
    private actor Scans {
        private var isScanned = false
        private var waiter: CheckedContinuation<Void, Never>?

        func scanned() {
            isScanned = true
            wake()
        }

        private func wake() {
            waiter?.resume()
            waiter = nil
        }

        /// Returns at the next scan, after `longest`, or when the task is cancelled.
        func wait(_ longest: Duration) async {
            if !isScanned {
                let timer = Task {
                    // A cancelled timer has nothing to say.
                    guard (try? await Task.sleep(for: longest)) != nil else { return }
                    self.wake()
                }
                await withTaskCancellationHandler {
                    await withCheckedContinuation { waiter = $0 }
                } onCancel: {
                    Task { await self.wake() }
                }
                timer.cancel()
            }
            isScanned = false
        }
    }

    /// Whether what was pushed says that a token was accepted.
    private static func tellsScan(_ bytes: [UInt8]) -> Bool {
        guard let updates = try? TL.decode(bytes) else { return false }
        let all = (updates["updates"]?.vector ?? []).compactMap(\.object) + [updates["update"]?.object].compactMap { $0 }
        return all.contains { $0.name == "updateLoginToken" }
    }

    private func answer(to call: TLObject, on line: Line, _ login: inout Login) async -> Login.Step {
        do {
            // A login call is never made twice by itself: codes are scarce.
            let value = try await line.api.once(call, isIdempotent: call.name == "account.getPassword")
            guard let object = value.object else { return login.failed(.undecodable(call.name)) }
            return login.answered(object)
        } catch {
            return login.failed(error)
        }
    }

    private func connect(dc: Int32, credentials: ConnectionCredentials?) async throws -> Line {
        let connection = TelegramConnection(try settings.connection(dc: dc), credentials: credentials, logger: logger)
        await connection.start()
        let keys = AsyncStream<ConnectionCredentials>.makeStream(bufferingPolicy: .bufferingNewest(1))
        if let credentials { keys.continuation.yield(credentials) }
        let reasons = Reasons()
        let scans = Scans()
        // Takes the events for the connection's whole life: nobody else needs them during a login.
        Task {
            for await event in connection.events {
                switch event {
                case .authorizationKey(let made): keys.continuation.yield(made)
                case .disconnected(let reason): await reasons.note(reason)
                case .updates(let bytes) where LoginRun.tellsScan(bytes): await scans.scanned()
                default: break
                }
            }
            keys.continuation.finish()
        }
        let timer = Task {
            try await Task.sleep(for: LoginRun.connectionTime)
            keys.continuation.finish()
        }
        defer { timer.cancel() }
        for await credentials in keys.stream {
            return Line(
                connection: connection, api: TelegramAPI(connection: connection, encoder: settings.encoder()),
                session: AccountSession(dc: dc, userID: 0, credentials: credentials), scans: scans)
        }
        await connection.close()
        throw Failure.noConnection(await reasons.last)
    }

    private actor Reasons {
        var last: DisconnectReason?
        func note(_ reason: DisconnectReason) { last = reason }
    }
}
