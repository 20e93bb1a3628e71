import AccountStage
import ListenerCore
import PostgreSQL
import Primitives
import ProducerCore
import ServiceKit
import Store
import TelegramClient
import TelegramConnection
import WriterCore

/// What the listener begins with.
struct Start: Sendable {
    var session: AccountSession
    var groups: [CapturedGroup]
    var peers: PeerBook
    var floodWaits: [FloodWaitStore.Wait]
    /// An operator has paused the account.
    var isPaused: Bool
    /// From the sealed copy, since the database is away.
    var isCopy: Bool
}

/// How long a start may wait for a database that is away while there is no sealed copy: below the unit's TimeoutStartSec.
private let databasePatience = Duration.seconds(240)
private let longestRetry = Duration.seconds(8)

/// Reads session, groups and access hashes from the database, or what it can from the sealed copy.
///
/// - Returns: nil when the process was asked to stop meanwhile.
func loadStart(
    _ context: ServiceContext, account: String, database: Connection, masterKey: [UInt8], copy: StartCopy.File
) async throws -> Start? {
    let begun = SystemClock.now
    var backoff = Backoff(first: .milliseconds(500), limit: longestRetry)
    var random = SystemRandomNumberGenerator()
    // Nobody restarts a process that a person started by hand: that one is told at once.
    let patience = processEnvironment()["NOTIFY_SOCKET"] != nil ? databasePatience : .zero
    while !context.isStopping {
        do {
            return try await readStart(account: account, database: database, masterKey: masterKey)
        } catch {
            let reason = databaseError(error)
            guard reason.status == .temporary else { throw reason }
            if let stored = copy.read() {
                context.logger.warning("starting from the sealed copy: \(reason.message)")
                return Start(
                    session: stored.session, groups: stored.groups, peers: PeerBook(), floodWaits: stored.waits, isPaused: stored.isPaused,
                    isCopy: true)
            }
            guard SystemClock.now - begun < patience else { throw reason }
            if backoff.attempts == 0 { context.logger.warning("\(reason.message); trying again for \(patience)") }
            context.report("waiting: \(reason.message)")
            context.watchdog.beat()
            do { try await Task.sleep(for: backoff.next(using: &random)) } catch { return nil }
        }
    }
    return nil
}

private func readStart(account: String, database: Connection, masterKey: [UInt8]) async throws -> Start {
    let accounts = AccountStore(database, masterKey: masterKey)
    var bytes: [UInt8]?
    do {
        bytes = try await accounts.session(of: account)
        let (state, reason) = try await accounts.state(of: account)
        // A dead key is not tried again: Telegram takes that amiss. A frozen or banned account may have been let free.
        if let trouble = AccountTrouble(rawValue: state.rawValue), [.duplicated, .revoked].contains(trouble) {
            throw ServiceError.loginNeeded("\(trouble.advice(account: account))\(reason.map { " (\($0))" } ?? "")")
        }
    } catch StoreError.notFound {
        bytes = nil
    }
    guard let bytes else { throw ServiceError.loginNeeded("\(account) is not logged in: run `aaltohubctl login --account \(account)`") }
    guard let session = AccountSession(bytes: bytes), session.userID != 0 else {
        throw ServiceError.loginNeeded("the login of \(account) is not complete: run `aaltohubctl login --account \(account)`")
    }
    let registered = try await GroupStore(database).captured(by: account)
    var peers = PeerBook()
    for entity in try await EntityStore(database, authorisation: account).load() {
        let kind: PeerBook.Kind =
            switch entity.type {
            case .user: .user
            case .channel: .channel
            case .group: .basicGroup
            }
        peers.restore(.init(kind, entity.id), .init(accessHash: entity.accessHash, username: entity.username))
    }
    for group in registered {
        // A post is signed by its channel's title, which the entities do not keep.
        guard case .channel(let id) = group.chat, let title = group.title else { continue }
        var peer = peers[.init(.channel, id)] ?? .init()
        peer.name = title
        peers.restore(.init(.channel, id), peer)
    }
    let waits = try await FloodWaitStore(database, account: account).load(now: SystemClock.unix)
    return Start(
        session: session, groups: registered.map(CapturedGroup.init), peers: peers, floodWaits: waits,
        isPaused: try await AccountStore.isPaused(account, database), isCopy: false)
}

extension CapturedGroup {
    init(_ group: RegisteredGroup) {
        switch group.chat {
        case .basicGroup(let id): self.init(kind: .basicGroup, id: id, uuid: group.id.description)
        case .channel(let id): self.init(kind: .channel, id: id, uuid: group.id.description)
        }
    }
}
