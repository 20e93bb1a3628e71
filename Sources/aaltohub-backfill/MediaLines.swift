import AccountStage
import Foundation
import Logging
import Primitives
import ServiceKit
import Store
import TL
import TelegramClient
import TelegramConnection

/// Ways to the data centres that have files.
///
/// Files of the account's own data centre go over its one connection: a second TCP connection that makes calls with the same key to a
/// data centre that is not for media alone gets the key destroyed (AUTH_KEY_DUPLICATED), and files yield to all other calls there.
/// Elsewhere each data centre has one connection with a key of its own, to which the login is exported; the key is kept, sealed.
/// Source: https://core.telegram.org/api/datacenter
actor MediaLines {
    /// A connection that carried nothing for so long is closed: what TDLib does.
    private static let idleMost = Duration.seconds(300)
    /// The key exchange and a first try at a dead address, with room.
    private static let keyDeadline = Duration.seconds(40)
    static let purpose = "media authorisation"

    private struct Line {
        let connection: TelegramConnection
        let api: TelegramAPI
        let book: Book
        let reader: Task<Void, Never>
        var lastUsed: Instant
    }

    nonisolated let layer: Int32
    private let home: Int32
    private let main: TelegramAPI
    private let settings: ClientSettings
    private let context: ServiceContext
    private let owner: String
    private let seal: Seal
    private let folder: String
    private let makeAPI: @Sendable (TelegramConnection) -> TelegramAPI
    private var lines: [Int32: Line] = [:]
    private var opening: [Int32: Task<Result<TelegramAPI, CallFailure>, Never>] = [:]
    /// What is left of lines that are of no use any more: gone before the next one is opened, which would find their keys.
    private var leaving: [Int32: Task<Void, Never>] = [:]

    /// - Parameters:
    ///   - home: the account's own data centre, that `main` speaks to.
    ///   - owner: the authorisation's name, to which sealed keys are bound.
    ///   - folder: of the stage's own files.
    init(
        home: Int32, main: TelegramAPI, settings: ClientSettings, context: ServiceContext, owner: String, seal: Seal, folder: String,
        makeAPI: @escaping @Sendable (TelegramConnection) -> TelegramAPI
    ) {
        layer = settings.layer
        self.home = home
        self.main = main
        self.settings = settings
        self.context = context
        self.owner = owner
        self.seal = seal
        self.folder = folder
        self.makeAPI = makeAPI
    }

    /// Makes a call in that data centre; a login that is not known there (any more) is exported once more.
    func bytes(_ call: TLObject, dc: Int32) async throws(CallFailure) -> [UInt8] {
        if dc == home { return try await main.bytes(call) }
        let api = try await line(dc)
        do {
            return try await api.bytes(call)
        } catch {
            guard case .rpc(let rpc) = error, rpc.kind == .loggedOut else { throw error }
            context.logger.notice("data centre \(dc) does not know the login: it is exported again", metadata: ["reason": "\(rpc.message)"])
            forget(dc, api)
        }
        return try await line(dc).bytes(call)
    }

    private func line(_ dc: Int32) async throws(CallFailure) -> TelegramAPI {
        if let line = lines[dc] {
            lines[dc]?.lastUsed = SystemClock.now
            return line.api
        }
        let task =
            opening[dc]
            ?? Task { [leaving = leaving[dc]] in
                await leaving?.value
                do throws(CallFailure) { return .success(try await self.open(dc)) } catch { return .failure(error) }
            }
        opening[dc] = task
        let result = await task.value
        opening[dc] = nil
        return try result.get()
    }

    private func open(_ dc: Int32) async throws(CallFailure) -> TelegramAPI {
        let book = Book(
            path: "\(folder)/dc-\(dc).sealed", dc: dc, owner: owner, seal: seal, logger: context.logger)
        let stored = await book.read()
        let configuration: ConnectionConfiguration
        do { configuration = try settings.connection(dc: dc) } catch {
            // It names a data centre that the configuration has no address of.
            throw .rpc(.init(code: 500, message: "\(error)"))
        }
        let connection = TelegramConnection(configuration, credentials: stored?.credentials, logger: context.logger)
        let api = makeAPI(connection)
        let reader = Task {
            for await event in connection.events {
                switch event {
                case .authorizationKey(let credentials): await book.made(credentials)
                case .salts(let salts): await book.renew { $0.salts = salts }
                case .keyRejected: self.forget(dc, api)
                default: break
                }
            }
        }
        await connection.start()
        if stored?.userID ?? 0 == 0 {
            do throws(CallFailure) {
                try await importLogin(to: dc, api)
                await book.imported()
            } catch {
                await connection.close()
                reader.cancel()
                throw error
            }
        }
        lines[dc] = Line(connection: connection, api: api, book: book, reader: reader, lastUsed: SystemClock.now)
        context.logger.info("connected to data centre \(dc) for files")
        return api
    }

    private func importLogin(to dc: Int32, _ api: TelegramAPI) async throws(CallFailure) {
        let exported = try await main.call(TLObject("auth.exportAuthorization", ["dc_id": .integer(Int64(dc))]))
        guard let login = exported.object, let id = login["id"]?.int, let bytes = login["bytes"]?.bytes else {
            throw .undecodable("auth.exportAuthorization")
        }
        _ = try await api.once(
            TLObject("auth.importAuthorization", ["id": .integer(id), "bytes": .bytes(bytes)]), isIdempotent: true,
            deadline: Self.keyDeadline)
    }

    /// The key is of no use any more: the next call makes another one.
    private func forget(_ dc: Int32, _ api: TelegramAPI) {
        guard let line = lines[dc], line.api.connection === api.connection else { return }
        lines[dc] = nil
        leaving[dc] = Task {
            await line.book.remove()
            await line.connection.close()
            line.reader.cancel()
        }
    }

    /// Closes what carried nothing for a while.
    func closeIdle() async {
        let now = SystemClock.now
        for (dc, line) in lines.sorted(by: { $0.key < $1.key }) where line.lastUsed + Self.idleMost < now { await close(dc, line) }
    }

    func close() async { for (dc, line) in lines.sorted(by: { $0.key < $1.key }) { await close(dc, line) } }

    private func close(_ dc: Int32, _ line: Line) async {
        lines[dc] = nil
        await line.connection.close()
        line.reader.cancel()
    }

    /// The key of one data centre, sealed in a file.
    private actor Book {
        let path: String
        let owner: String
        let seal: Seal
        let logger: Logger
        private var session: AccountSession?
        private var isImported = false
        private let dc: Int32

        init(path: String, dc: Int32, owner: String, seal: Seal, logger: Logger) {
            (self.path, self.dc, self.owner, self.seal, self.logger) = (path, dc, owner, seal, logger)
        }

        func read() -> AccountSession? {
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            // Sealed for another login or under another key it is worth nothing; a new one is made.
            let opened = try? seal.open(Array(data), purpose: MediaLines.purpose, owner: owner, version: Int64(dc))
            session = opened.flatMap(AccountSession.init)
            if session?.dc != dc { session = nil }
            return session
        }

        func made(_ credentials: ConnectionCredentials) {
            // The news of the key may come after that of the login, which needed it.
            session = AccountSession(dc: dc, userID: isImported ? 1 : 0, credentials: credentials)
            write()
        }

        /// Newer salts, for one.
        func renew(_ change: @Sendable (inout ConnectionCredentials) -> Void) {
            guard var renewed = session else { return }
            change(&renewed.credentials)
            session = renewed
            write()
        }

        func imported() {
            isImported = true
            // That the login is known there is all that the number says.
            session?.userID = 1
            write()
        }

        func remove() {
            session = nil
            // It may never have been written.
            try? FileManager.default.removeItem(atPath: path)
        }

        private func write() {
            guard let session else { return }
            var random = SystemRandomNumberGenerator()
            let sealed = seal.seal(
                session.bytes, purpose: MediaLines.purpose, owner: owner, version: Int64(dc), nonce: random.bytes(Seal.nonceLength))
            do {
                try Data(sealed).write(to: URL(fileURLWithPath: path), options: .atomic)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            } catch {
                logger.warning("the key of data centre \(dc) cannot be kept: \(error)")
            }
        }
    }
}
