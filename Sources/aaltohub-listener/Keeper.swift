import AccountStage
import ListenerCore
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// Stores what is learnt while listening: access hashes, waits, salts, and what could not be read. The database may be away: then it
/// is learnt again.
actor Keeper {
    /// Salts live half an hour; a row a minute is enough.
    private static let saltsInterval = Duration.seconds(60)

    private let account: String
    private let database: Connection
    private let masterKey: [UInt8]
    private let context: ServiceContext
    private let quarantine: Quarantine
    private var session: AccountSession
    private var saltsSavedAt: Instant?
    private var areSaltsNew = false
    private var saltsNumber: UInt64 = 0
    private var budget = QuarantineBudget(now: SystemClock.now)

    init(
        account: String, database: Connection, masterKey: [UInt8], context: ServiceContext, quarantine: Quarantine, session: AccountSession
    ) {
        self.account = account
        self.database = database
        self.masterKey = masterKey
        self.context = context
        self.quarantine = quarantine
        self.session = session
    }

    // MARK: peers

    /// Stores the peers that changed, and salts when they are due.
    func save(_ changed: [(key: PeerBook.Key, peer: PeerBook.Peer)], isLast: Bool = false) async {
        let entities = changed.compactMap { key, peer -> Entity? in
            let type = EntityType(key.kind)
            if type != .group, peer.accessHash == nil { return nil }
            return Entity(type: type, id: key.id, accessHash: peer.accessHash, username: peer.username)
        }
        do {
            if !entities.isEmpty { try await EntityStore(database, authorisation: account).save(entities) }
        } catch {
            context.logger.warning("what was learnt of peers could not be stored: \(DatabaseDoctor.remedy(error))")
        }
        await saveSalts(isLast: isLast)
    }

    /// The server refused this hash: it is not used again, nor after a restart.
    func refused(_ kind: PeerBook.Kind, _ id: Int64, hash: Int64) async {
        do {
            try await EntityStore(database, authorisation: account).markRefused(EntityType(kind), id, hash: hash)
        } catch {
            context.logger.warning("a refused access hash could not be marked: \(DatabaseDoctor.remedy(error))")
        }
    }

    // MARK: salts

    /// - Parameter number: rises with each time they change. They come in tasks of their own, the older perhaps after the newer.
    func salts(_ salts: AccountSession, number: UInt64) {
        guard number > saltsNumber else { return }
        saltsNumber = number
        if salts.credentials.salts != session.credentials.salts { areSaltsNew = true }
        session = salts
    }

    private func saveSalts(isLast: Bool) async {
        let now = SystemClock.now
        guard areSaltsNew, isLast || saltsSavedAt.map({ now - $0 >= Keeper.saltsInterval }) ?? true else { return }
        saltsSavedAt = now
        areSaltsNew = false
        let key = session.credentials.key
        var random = SystemRandomNumberGenerator()
        do {
            try await AccountStore(database, masterKey: masterKey).renew(
                session: session.bytes, of: account, nonce: random.bytes(Seal.nonceLength),
                if: { AccountSession(bytes: $0)?.credentials.key == key })
        } catch {
            areSaltsNew = true
            context.logger.warning("salts could not be stored: \(DatabaseDoctor.remedy(error))")
        }
    }

    // MARK: the unreadable

    /// Keeps what could not be read: in the database, or sealed in the state folder while that is away.
    func keep(_ object: QuarantinedObject, at time: UnixTime) async {
        context.status.count("unreadable_total", ["context": object.context])
        guard budget.take(now: SystemClock.now) else { return }
        context.logger.warning(
            "unreadable: kept for a later build",
            metadata: ["context": "\(object.context)", "bytes": "\(object.bytes.count)", "reason": "\(object.reason)"])
        var random = SystemRandomNumberGenerator()
        do {
            let kept = try await QuarantineStore(database, masterKey: masterKey).keep(
                .init(bytes: object.bytes, context: object.context, layer: object.layer, reason: object.reason, receivedAt: time),
                of: account, nonce: random.bytes(Seal.nonceLength))
            if kept == .refused { context.logger.warning("the quarantine is full: look at `aaltohubctl quarantine list`") }
        } catch {
            do { try quarantine.keep(object.bytes, at: time) } catch { context.logger.error("it could not be kept: \(error)") }
        }
    }

    // MARK: the account's state

    /// Tells everybody what became of the account; an unreachable database learns it at the next start.
    func set(_ state: AccountState, reason: String?) async {
        do {
            try await AccountStore(database, masterKey: masterKey).set(state: state, of: account, reason: reason)
        } catch {
            context.logger.warning("the account's state could not be stored: \(DatabaseDoctor.remedy(error))")
        }
    }
}
