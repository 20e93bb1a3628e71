import Primitives

/// The logins that are under way over the API: which there may be, what each has come to, and when nobody cares any more.
///
/// A pure machine. Each login has a number; news of a login that was given up or replaced say nothing.
public struct LoginDesk: Sendable {
    /// Logins under way at once: each holds a connection to Telegram, and one person looks after one.
    public static let mostAtOnce = 4
    /// A login that nobody has looked at for so long is ended: the page asks every second or two.
    public static let unattendedMost = Duration.seconds(180)
    /// How long it is told what became of one.
    public static let toldFor = Duration.seconds(900)
    /// Logins that are told about, the oldest ended ones forgotten first.
    public static let mostTold = 64

    public enum State: Sendable, Equatable {
        /// No token has come yet.
        case connecting
        /// A logged-in app is to accept this link, until then.
        case waiting(link: String, expires: UnixTime)
        case passwordNeeded(hint: String?)
        /// A password was given, or the token accepted.
        case checking
        /// `logins`: for which processes; `note`: what else a person should know.
        case done(userID: Int64, logins: [String], note: String?)
        case failed(String)
        case cancelled

        public var isOver: Bool {
            switch self {
            case .done, .failed, .cancelled: true
            case .connecting, .waiting, .passwordNeeded, .checking: false
            }
        }
    }

    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case underWay
        case tooMany
        /// There is none under that name.
        case unknown
        case noPasswordWanted

        public var description: String {
            switch self {
            case .underWay: "a login of this account is under way: end it first"
            case .tooMany:
                "\(LoginDesk.mostAtOnce) logins are under way, and no more may be: finish one or end it "
                    + "(DELETE /admin/accounts/NAME/login); one that nobody looks at ends by itself after "
                    + "\(LoginDesk.unattendedMost.components.seconds / 60) minutes"
            case .unknown: "no login of this account is under way"
            case .noPasswordWanted: "no password is asked for now"
            }
        }
    }

    public struct Login: Sendable, Equatable {
        public let account: String
        /// Names this one; a later one of the same account has another.
        public let number: UInt64
        /// What it is for: `listener` or `backfill`.
        public let purpose: String
        /// Who began it.
        public let actor: String
        public internal(set) var state = State.connecting
        /// Passwords that were wrong.
        public internal(set) var wrongPasswords = 0
        var lookedAt: Instant
        var endedAt: Instant?
    }

    /// By account; at most one each.
    private var logins: [String: Login] = [:]
    private var last: UInt64 = 0

    public init() {}

    // MARK: what people do

    /// Begins a login, in place of one that is over.
    public mutating func start(_ account: String, for purpose: String, by actor: String, now: Instant) throws(Refusal) -> Login {
        if let old = logins[account], !old.state.isOver { throw .underWay }
        guard logins.values.count(where: { !$0.state.isOver }) < LoginDesk.mostAtOnce else { throw .tooMany }
        last += 1
        let login = Login(account: account, number: last, purpose: purpose, actor: actor, lookedAt: now)
        logins[account] = login
        forget(now: now)
        return login
    }

    /// Somebody looks at it, and so keeps it alive.
    public mutating func look(_ account: String, now: Instant) -> Login? {
        forget(now: now)
        logins[account]?.lookedAt = now
        return logins[account]
    }

    /// Somebody gives the password. Returns whose it is.
    public mutating func password(_ account: String, now: Instant) throws(Refusal) -> Login {
        guard let login = logins[account], !login.state.isOver else { throw .unknown }
        guard case .passwordNeeded = login.state else { throw .noPasswordWanted }
        logins[account]?.state = .checking
        logins[account]?.lookedAt = now
        return logins[account] ?? login
    }

    /// Somebody gives it up. Returns what is to be stopped.
    public mutating func cancel(_ account: String, now: Instant) throws(Refusal) -> Login {
        guard let login = logins[account], !login.state.isOver else { throw .unknown }
        end(login.number, .cancelled, now: now)
        return login
    }

    // MARK: what happens

    /// A login has come to this. News of one that is over, or not there any more, say nothing.
    public mutating func became(_ state: State, _ number: UInt64, now: Instant) {
        guard let account = account(of: number), let login = logins[account], !login.state.isOver else { return }
        if state.isOver { return end(number, state, now: now) }
        logins[account]?.state = state
    }

    public mutating func wrongPassword(_ number: UInt64) {
        if let account = account(of: number) { logins[account]?.wrongPasswords += 1 }
    }

    // MARK: time

    /// Ends what nobody looks at. Returns what is to be stopped.
    public mutating func advance(now: Instant) -> [Login] {
        let left = logins.values.filter { !$0.state.isOver && now - $0.lookedAt >= LoginDesk.unattendedMost }
            .sorted { $0.number < $1.number }
        for login in left {
            let minutes = Int(LoginDesk.unattendedMost.inSeconds) / 60
            end(login.number, .failed("nobody looked at it for \(minutes) minutes: begin again"), now: now)
        }
        forget(now: now)
        return left
    }

    /// Those under way, by account.
    public var underWay: [Login] { logins.values.filter { !$0.state.isOver }.sorted { $0.account < $1.account } }

    public subscript(account: String) -> Login? { logins[account] }

    // MARK: steps

    private func account(of number: UInt64) -> String? { logins.values.first { $0.number == number }?.account }

    private mutating func end(_ number: UInt64, _ state: State, now: Instant) {
        guard let account = account(of: number) else { return }
        logins[account]?.state = state
        logins[account]?.endedAt = now
    }

    private mutating func forget(now: Instant) {
        logins = logins.filter { $0.value.endedAt.map { ended in now - ended < LoginDesk.toldFor } ?? true }
        let ended = logins.values.filter(\.state.isOver).sorted { $0.number < $1.number }
        for login in ended.prefix(max(0, logins.count - LoginDesk.mostTold)) { logins[login.account] = nil }
    }
}
