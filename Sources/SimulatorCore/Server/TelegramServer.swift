import Primitives
import TL

/// Telegram's side above MTProto: calls in, results and live updates out.
///
/// A value without I/O: a shell decrypts requests, hands their bodies to `answer`, sends what it returns and then what
/// `takeOutgoing` gives.
public struct TelegramServer: Sendable {
    /// The data centre that the server says it is; all the others have the same address.
    public static let dataCentre: Int32 = 2

    public struct Settings: Sendable {
        /// What `help.getConfig` tells clients to connect to.
        public var host = "127.0.0.1"
        public var port: Int32 = 0
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
    private var outgoing: [(session: SessionID, body: [UInt8])] = []
    private var activity = 0
    var uploads: [UploadID: Upload] = [:]
    var exportedLogins: [[UInt8]: Int64] = [:]
    /// Calls by method, for the statistics.
    public private(set) var calls: [String: Int] = [:]
    /// Calls of methods that the simulator does not have.
    public private(set) var unknownCalls: [String: Int] = [:]
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

    // MARK: Calls

    /// Answers one request. `body` is the boxed method, with its wrappers.
    public mutating func answer(
        _ body: [UInt8], from session: SessionID, now: UnixTime, using generator: inout some RandomNumberGenerator
    ) -> Answer {
        let request: TLObject
        do {
            request = try TL.decode(body)
        } catch {
            let id = TL.id(of: body) ?? 0
            notices.append("undecodable request \(String(id, radix: 16)): \(error)")
            return .failure(.bad("INPUT_METHOD_INVALID_\(id)"))
        }
        return answer(request, from: session, now: now, using: &generator)
    }

    public mutating func answer(
        _ wrapped: TLObject, from session: SessionID, now: UnixTime, using generator: inout some RandomNumberGenerator
    ) -> Answer {
        let request = unwrap(wrapped, session)
        calls[request.name, default: 0] += 1
        let user = authorisations[session.authKey]?.user
        let caller = Caller(session: session, user: user ?? 0, now: now, entropy: generator.bytes(32))
        do {
            if user == nil && !TelegramServer.isOpenToStrangers(request.name) { throw Failure(401, "AUTH_KEY_UNREGISTERED") }
            if user != nil && TelegramServer.makesActive(request.name) { touch(session) }
            guard let value = try dispatch(request, caller) else {
                if unknownCalls[request.name] == nil { notices.append("method not implemented: \(request.name)") }
                unknownCalls[request.name, default: 0] += 1
                throw Failure.bad("METHOD_NOT_IMPLEMENTED")
            }
            publish(excluding: session, now: now)
            return .result(try TL.encodeResult(value, of: request.name, layer: layer(of: session)))
        } catch let failure as Failure {
            publish(excluding: session, now: now)
            return .failure(failure)
        } catch {
            publish(excluding: session, now: now)
            notices.append("cannot encode the answer to \(request.name): \(error)")
            return .failure(Failure(500, "INTERNAL_ENCODING"))
        }
    }

    /// Takes off the wrappers and notes what they say.
    private mutating func unwrap(_ wrapped: TLObject, _ session: SessionID) -> TLObject {
        var request = wrapped
        if authorisations[session.authKey] == nil { authorisations[session.authKey] = Authorisation(layer: settings.layer) }
        if sessions[session] == nil { sessions[session] = Session() }
        while let query = request["query"]?.object {
            switch request.name {
            case "invokeWithLayer":
                let declared = Int32(clamping: request["layer"]?.int ?? 0)
                authorisations[session.authKey]?.layer = min(declared, settings.layer)
            case "invokeWithoutUpdates": sessions[session]?.refusesUpdates = true
            default: break
            }
            request = query
        }
        return request
    }

    private mutating func dispatch(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name.prefix(while: { $0 != "." }) {
        case "help": try answerHelp(request, caller)
        case "auth": try answerAuth(request, caller)
        case "account": try answerAccount(request, caller)
        case "users": try answerUsers(request, caller)
        case "contacts": try answerContacts(request, caller)
        case "messages": try answerMessages(request, caller)
        case "channels": try answerChannels(request, caller)
        case "updates": try answerUpdates(request, caller)
        case "upload": try answerUpload(request, caller)
        default: nil
        }
    }

    /// What may be called before login.
    private static func isOpenToStrangers(_ method: String) -> Bool {
        switch method {
        case "help.getConfig", "help.getNearestDc", "help.getAppConfig", "help.getCdnConfig", "auth.sendCode", "auth.resendCode",
            "auth.cancelCode", "auth.signIn", "auth.signUp", "auth.checkPassword", "auth.importAuthorization", "account.getPassword":
            true
        default: false
        }
    }

    /// File transfer and set-up do not ask for updates.
    private static func makesActive(_ method: String) -> Bool {
        !method.hasPrefix("upload.") && !method.hasPrefix("help.") && !method.hasPrefix("auth.")
    }

    func layer(of session: SessionID) -> Int32 { authorisations[session.authKey]?.layer ?? settings.layer }

    // MARK: Sessions

    /// Notes whether the session has a connection: of one authorisation's sessions a connected one gets the updates first.
    public mutating func setConnected(_ session: SessionID, _ isConnected: Bool) { sessions[session]?.isConnected = isConnected }

    /// Forgets the session: what happens from now on its client must ask for.
    public mutating func disconnect(_ session: SessionID) {
        sessions[session] = nil
        listening.removeAll { $0.session == session }
    }

    /// Forgets the login of the authorisation: its calls fail from now on with `AUTH_KEY_UNREGISTERED`.
    public mutating func revoke(authKey: Int64) {
        authorisations[authKey]?.user = nil
        listening.removeAll { $0.session.authKey == authKey }
    }

    /// Forgets every login of the user; returns how many there were.
    public mutating func revoke(user: Int64) -> Int {
        let keys = authorisations.filter { $0.value.user == user }.map(\.key)
        for key in keys { revoke(authKey: key) }
        return keys.count
    }

    public func user(of session: SessionID) -> Int64? { authorisations[session.authKey]?.user }

    private mutating func touch(_ session: SessionID) {
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

    mutating func push(_ updates: TLObject, to session: SessionID) {
        do {
            outgoing.append((session, try TL.encode(updates, layer: layer(of: session))))
            pushed += 1
        } catch {
            notices.append("cannot encode \(updates.name): \(error)")
        }
    }

    /// Tells the session that updates for it were dropped.
    mutating func pushTooLong(to session: SessionID) { push(TLObject("updatesTooLong"), to: session) }

    public var hasOutgoing: Bool { !outgoing.isEmpty }

    /// Takes the updates that are to be sent, in order.
    public mutating func takeOutgoing() -> [(session: SessionID, body: [UInt8])] {
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
