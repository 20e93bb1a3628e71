import EventLink
import Glibc
import Logging
import POSIX
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// An account's login as the tool and the supervisor use it: through its listener while that runs, since one key bears one user; else by
/// themselves.
public struct AccountAccess: Sendable {
    /// How long a listener may take: it may be waiting for Telegram.
    private static let patience = Duration.seconds(90)

    public let account: String
    private let configuration: Configuration
    private let folders: Folders
    private let database: Connection
    private let store: AccountStore?
    private let known: AccountSession?
    private let actor: String
    private let notice: @Sendable (String) -> Void

    /// - Parameters:
    ///   - masterKey: opens stored sessions; nil for who may read none: then only `known` and a running listener serve.
    ///   - known: the listener's session, where it is known without being read.
    ///   - actor: who asks, for the listener's log.
    ///   - notice: takes what a person should know and that ends nothing.
    public init(
        _ account: String, _ configuration: Configuration, _ database: Connection, masterKey: [UInt8]?, known: AccountSession? = nil,
        actor: String, notice: @escaping @Sendable (String) -> Void
    ) {
        self.account = account
        self.configuration = configuration
        self.database = database
        self.known = known
        self.actor = actor
        self.notice = notice
        folders = Folders(configuration)
        store = masterKey.map { AccountStore(database, masterKey: $0) }
    }

    private var listener: String { "listener@\(account)" }

    /// The login's session; throws status 77 when there is none.
    func session(for purpose: LoginPurpose = .listener) async throws -> AccountSession {
        if purpose == .listener, let known { return known }
        let again = "run `aaltohubctl login --account \(account)\(purpose == .listener ? "" : " --for \(purpose.rawValue)")`"
        guard let bytes = try await store?.session(of: account, for: purpose) else {
            throw ServiceError.loginNeeded("\(account) has no login for its \(purpose.rawValue): \(again)")
        }
        guard let session = AccountSession(bytes: bytes), session.userID != 0 else {
            throw ServiceError.loginNeeded("the login of \(account) is not complete: \(again)")
        }
        return session
    }

    /// On which data centre the account lives, and who it is.
    func home() async throws -> (dc: Int32, userID: Int64) {
        if store != nil || known != nil {
            let session = try await session()
            return (session.dc, session.userID)
        }
        guard let row = try await AccountStore.list(database).first(where: { $0.name == account }), row.hasSession, let dc = row.dcID,
            let user = row.userID
        else { throw ServiceError.loginNeeded("\(account) is not logged in") }
        return (Int32(clamping: dc), user)
    }

    /// Does one thing with the login, whoever holds it now.
    public func run(
        _ command: AccountCommands.Name, _ arguments: JSON = .object([]), for purpose: LoginPurpose = .listener
    ) async throws -> JSON {
        if store == nil, known == nil { return try await ask(command, arguments) }
        let session = try await session(for: purpose)
        let lock = folders.lock("authorisation-\(session.name)")
        if LockedFile.isHeld(lock) {
            guard purpose == .listener else {
                throw ServiceError.unavailable("the \(purpose.rawValue) of \(account) is using its login: stop it first")
            }
            return try await ask(command, arguments)
        }
        // Where no service has ever run there is no folder, and nobody who could hold the lock.
        let held =
            Folders.exists(folders.runtime + "/lock") ? try FileLock(path: lock, purpose: "use this login of \(account)") : nil
        defer { withExtendedLifetime(held) {} }
        return try await alone(session, purpose) { api in
            let commands = AccountCommands(api)
            if command == .resolveUsername { return try await resolve(arguments["name"]?.string ?? "", commands) }
            do throws(AccountCommands.Failure) {
                return try await commands.run(command, arguments)
            } catch {
                throw AccountAccess.serviceError(error, account)
            }
        }
    }

    private func ask(_ command: AccountCommands.Name, _ arguments: JSON) async throws -> JSON {
        do {
            return try await ControlClient(context: LinkContext(), patience: Self.patience).ask(
                folders.control(listener), command.rawValue, arguments: arguments, actor: actor)
        } catch let failure as ControlFailure {
            throw ServiceError.unavailable("\(listener): \(failure.reason)")
        } catch LinkError.noAnswer {
            throw ServiceError.unavailable(
                "\(listener) does not answer on its control socket, and nobody else may use the login of \(account) now: is it running, "
                    + "and may this user ask it?")
        }
    }

    /// A connection of the tool's own. It is sent no updates: they are the listener's.
    private func alone<T: Sendable>(_ session: AccountSession, _ purpose: LoginPurpose, _ body: (TelegramAPI) async throws -> T)
        async throws -> T
    {
        let settings = try configuration.telegram.clientSettings()
        let connection = TelegramConnection(
            try settings.connection(dc: session.dc), credentials: session.credentials,
            logger: Logger(label: "account") { _ in SwiftLogNoOpLogHandler() })
        let floods = TelegramAPI.FloodSharing(FloodWaitStore(database, account: account)) { [notice] in
            notice("flood waits can neither be read nor stored: \($0)")
        }
        let api = TelegramAPI(
            connection: connection, encoder: settings.encoder(withoutUpdates: true),
            floodSleepMost: configuration.telegram.floodSleepThresholdSeconds,
            sharing: floods)
        api.remember(await floods.read())
        await connection.start()
        // Nobody else takes them; left alone they would fill the mailbox.
        let events = Task { for await _ in connection.events {} }
        do {
            let value = try await body(api)
            await connection.close()
            await events.value
            return value
        } catch {
            await connection.close()
            await events.value
            throw error
        }
    }

    private func resolve(_ name: String, _ commands: AccountCommands) async throws -> JSON {
        let names = UsernameStore(database, authorisation: account, process: "\(actor) \(getpid())")
        do {
            return try await names.resolve(name, asking: commands)?.json ?? .null
        } catch let failure as AccountCommands.Failure {
            throw AccountAccess.serviceError(failure, account)
        }
    }

    /// The one line and the status for what Telegram said no to.
    static func serviceError(_ error: AccountCommands.Failure, _ account: String) -> ServiceError {
        guard case .call(let failure) = error else { return .data("\(error)") }
        guard case .rpc(let rpc) = failure else { return .unavailable("Telegram: \(failure)") }
        if let trouble = AccountTrouble(rpc) { return .loginNeeded("\(trouble.advice(account: account)) (\(rpc.message))") }
        if case .wait(_, let seconds) = rpc.kind {
            return .temporary("Telegram asks \(account) to wait for \(seconds) s: see `aaltohubctl limits`")
        }
        return .unavailable("Telegram: \(rpc)")
    }
}
