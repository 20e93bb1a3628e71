import AccountStage
import EventLink
import Glibc
import Logging
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection
import ZeroMQ

/// An account's login as the tool uses it: through its listener while that runs, since one key bears one user; else by itself.
struct AccountAccess {
    /// How long a listener may take: it may be waiting for Telegram.
    private static let patience = Duration.seconds(90)

    let account: String
    let common: CommonOptions
    let database: Connection
    private let configuration: Configuration
    private let folders: Folders
    private let store: AccountStore

    init(_ account: String, _ common: CommonOptions, _ database: Connection) throws {
        self.account = account
        self.common = common
        self.database = database
        configuration = try common.configuration()
        folders = Folders(configuration)
        store = AccountStore(database, masterKey: try common.credentials.masterKey().bytes)
    }

    private var listener: String { "listener@\(account)" }

    /// The login's session; throws status 77 when there is none.
    func session(for purpose: LoginPurpose = .listener) async throws -> AccountSession {
        let again = "run `aaltohubctl login --account \(account)\(purpose == .listener ? "" : " --for \(purpose.rawValue)")`"
        guard let bytes = try await store.session(of: account, for: purpose) else {
            throw ServiceError.loginNeeded("\(account) has no login for its \(purpose.rawValue): \(again)")
        }
        guard let session = AccountSession(bytes: bytes), session.userID != 0 else {
            throw ServiceError.loginNeeded("the login of \(account) is not complete: \(again)")
        }
        return session
    }

    /// Does one thing with the login, whoever holds it now.
    func run(_ command: AccountCommands.Name, _ arguments: JSON = .object([]), for purpose: LoginPurpose = .listener) async throws -> JSON {
        let session = try await session(for: purpose)
        let lock = folders.lock("authorisation-\(session.name)")
        if FileLock.isHeld(lock) {
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
            return try await ControlClient(context: Context(), patience: Self.patience).ask(
                folders.control(listener), command.rawValue, arguments: arguments, actor: operatorName())
        } catch let failure as ControlFailure {
            throw ServiceError.unavailable("\(listener): \(failure.reason)")
        } catch LinkError.noAnswer {
            throw ServiceError.unavailable(
                "\(listener) holds the login of \(account) and does not answer on its control socket: run this as a user who may ask it"
            )
        }
    }

    /// A connection of the tool's own. It is sent no updates: they are the listener's.
    private func alone<T>(_ session: AccountSession, _ purpose: LoginPurpose, _ body: (TelegramAPI) async throws -> T) async throws -> T {
        let settings = try configuration.telegram.clientSettings()
        let connection = TelegramConnection(
            try settings.connection(dc: session.dc), credentials: session.credentials,
            logger: Logger(label: "account") { _ in SwiftLogNoOpLogHandler() })
        let floods = TelegramAPI.FloodSharing(FloodWaitStore(database, account: account)) {
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
        let names = UsernameStore(database, authorisation: account, process: "aaltohubctl \(getpid())")
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
            return .temporary("Telegram asks \(account) to wait for \(age(Int64(seconds))): see `aaltohubctl limits`")
        }
        return .unavailable("Telegram: \(rpc)")
    }
}
