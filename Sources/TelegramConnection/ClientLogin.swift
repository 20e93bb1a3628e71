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

        public init(
            code: @escaping @Sendable (LoginTicket, AccountSession) async throws -> String?,
            password: @escaping @Sendable (_ hint: String?, LoginTicket?, AccountSession) async throws -> String?,
            again: @escaping @Sendable (Login.Refusal) async throws -> Bool
        ) {
            self.code = code
            self.password = password
            self.again = again
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

    public init(settings: ClientSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Begins a login, or finishes one for which `resuming` was kept.
    public func run(
        phone: String, apiHash: String, dc: Int32, resuming: (ticket: LoginTicket, session: AccountSession)? = nil, questions: Questions
    ) async throws -> Outcome {
        var login: Login
        var line: Line
        var step: Login.Step
        if let resuming {
            login = Login(resuming: resuming.ticket, apiID: settings.identity.apiID, apiHash: apiHash)
            line = try await connect(dc: resuming.session.dc, credentials: resuming.session.credentials)
            step = login.resume()
        } else {
            login = Login(phone: phone, apiID: settings.identity.apiID, apiHash: apiHash, dc: dc)
            line = try await connect(dc: dc, credentials: nil)
            step = login.start()
        }
        do {
            while true {
                switch step {
                case .call(let call): step = await answer(to: call, on: line, &login)
                case .migrate(let dc):
                    await line.connection.close()
                    line = try await connect(dc: dc, credentials: nil)
                    step = login.migrated(to: dc)
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
        // Takes the events for the connection's whole life: nobody else needs them during a login.
        Task {
            for await event in connection.events {
                switch event {
                case .authorizationKey(let made): keys.continuation.yield(made)
                case .disconnected(let reason): await reasons.note(reason)
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
                session: AccountSession(dc: dc, userID: 0, credentials: credentials))
        }
        await connection.close()
        throw Failure.noConnection(await reasons.last)
    }

    private actor Reasons {
        var last: DisconnectReason?
        func note(_ reason: DisconnectReason) { last = reason }
    }
}
