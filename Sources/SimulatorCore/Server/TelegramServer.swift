import Primitives
import TL

/// Telegram's side above MTProto: calls in, results and live updates out.
///
/// A value without I/O: a shell decrypts requests, hands their bodies to `answer`, sends what it returns and then what
/// `takeOutgoing` gives.
public struct TelegramServer: Sendable {
    public struct Settings: Sendable {
        /// What `help.getConfig` tells clients to connect to. One of them answers for all five.
        public var dataCentres = [DataCentre(id: TelegramServer.dataCentre, addresses: [])]
        /// The newest layer the server speaks; a client that declares a newer one is answered in this one.
        public var layer: Int32 = TL.newestLayer
        /// The code of every login; nil: random ones, to be read in the log.
        public var loginCode: String?

        public init() {}
    }

    public var world: World
    public var settings: Settings
    var authorisations: [Int64: Authorisation] = [:]
    var sessions: [SessionID: Session] = [:]
    /// Connected sessions that may get updates, by user, in the order of their becoming so.
    private var listening: [(user: Int64, session: SessionID)] = []
    private var outgoing: [Outgoing] = []
    private var activity = 0
    var uploads: [UploadID: Upload] = [:]
    var exportedLogins: [[UInt8]: ExportedLogin] = [:]
    var loginTokens = LoginTokens()
    /// What goes wrong on purpose.
    public var faults = Faults()
    /// Calls by method, for the statistics.
    public internal(set) var calls: [String: Int] = [:]
    /// Calls of methods that the simulator does not have.
    public internal(set) var unknownCalls: [String: Int] = [:]
    /// The calls one by one, once it is started.
    public internal(set) var log = CallLog()
    /// What was encoded before and still holds.
    var encoded = EncodedCache()
    /// Lines for the shell's log.
    private var notices: [String] = []
    public private(set) var pushed = 0

    public init(world: World, settings: Settings = Settings()) {
        self.world = world
        self.settings = settings
    }

    /// A call's outcome: the bytes of the result, or what `rpc_error` says.
    public enum Answer: Sendable, Equatable {
        case result([UInt8])
        case failure(Failure)
    }

    /// Updates on their way to a session.
    public struct Outgoing: Sendable {
        public var session: SessionID
        public var body: [UInt8]
        /// How long to hold them back.
        public var after = Duration.zero
    }

    // MARK: Sessions

    /// Notes whether the session has a connection: of one authorisation's sessions a connected one gets the updates first.
    public mutating func setConnected(_ session: SessionID, _ isConnected: Bool) { sessions[session]?.isConnected = isConnected }

    /// Forgets the session: what happens from now on its client must ask for.
    public mutating func disconnect(_ session: SessionID) {
        sessions[session] = nil
        listening.removeAll { $0.session == session }
    }

    /// Forgets the login of the authorisation and of those in other data centres that came from it: its calls fail from now on.
    public mutating func revoke(authKey: Int64, because failure: Failure = .authKeyUnregistered) {
        for key in [authKey] + authorisations.filter({ $0.value.origin == authKey }).map(\.key).sorted() {
            authorisations[key]?.user = nil
            authorisations[key]?.loss = failure
            listening.removeAll { $0.session.authKey == key }
        }
    }

    /// Forgets every login of the user; returns how many there were.
    public mutating func revoke(user: Int64, because failure: Failure = .authKeyUnregistered) -> Int {
        let keys = authorisations.filter { $0.value.user == user }.map(\.key).sorted()
        for key in keys { revoke(authKey: key, because: failure) }
        return keys.count
    }

    public func user(of session: SessionID) -> Int64? { authorisations[session.authKey]?.user }

    mutating func touch(_ session: SessionID) {
        guard let user = authorisations[session.authKey]?.user else { return }
        activity += 1
        sessions[session]?.lastActive = activity
        if sessions[session]?.isActive == false, sessions[session]?.refusesUpdates == false {
            sessions[session]?.isActive = true
            listening.append((user, session))
        }
    }

    /// The sessions to which the user's updates go: of each authorisation the one that was active last.
    func listeners(of user: Int64) -> [SessionID] {
        var chosen: [SessionID] = []
        for entry in listening where entry.user == user {
            if let at = chosen.firstIndex(where: { $0.authKey == entry.session.authKey }) {
                if rank(chosen[at]) < rank(entry.session) { chosen[at] = entry.session }
            } else {
                chosen.append(entry.session)
            }
        }
        return chosen
    }

    private func rank(_ session: SessionID) -> (Int, Int) {
        sessions[session].map { ($0.isConnected ? 1 : 0, $0.lastActive) } ?? (0, 0)
    }

    /// Users with a session that gets updates, each once, in a stable order.
    var onlineUsers: [Int64] {
        var seen: Set<Int64> = []
        return listening.map(\.user).filter { seen.insert($0).inserted }
    }

    // MARK: What goes out

    mutating func push(_ updates: TLObject, to session: SessionID, _ arrival: PushFaults.Arrival = PushFaults.Arrival()) {
        do {
            let layer = layer(of: session)
            var body = try faults.encode(updates, layer: layer)
            switch arrival.unknown {
            case .nothing: break
            case .update:
                // The last one: those before it can be read whatever its length.
                if let last = (updates["updates"]?.vector?.last ?? updates["update"])?.object {
                    body = ObjectFaults.spoil(body, try TL.encode(last, layer: layer))
                } else {
                    body = ObjectFaults.spoil(body)
                }
            case .envelope: body = ObjectFaults.spoil(body)
            }
            outgoing.append(Outgoing(session: session, body: body, after: arrival.after))
            pushed += 1
        } catch {
            notices.append("cannot encode \(updates.name): \(error)")
        }
    }

    /// Tells the session that updates for it were dropped.
    mutating func pushTooLong(to session: SessionID) { push(TLObject("updatesTooLong"), to: session) }

    public var hasOutgoing: Bool { !outgoing.isEmpty }

    /// Takes the updates that are to be sent, in order.
    public mutating func takeOutgoing() -> [Outgoing] {
        defer { outgoing.removeAll(keepingCapacity: true) }
        return outgoing
    }

    /// Takes the lines for the log.
    public mutating func takeNotices() -> [String] {
        defer { notices.removeAll() }
        return notices
    }

    mutating func notice(_ line: String) { notices.append(line) }
}
