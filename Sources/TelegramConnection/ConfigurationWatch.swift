import MTProto
import Primitives
import TL

/// When help.getConfig is asked, and which addresses follow from what the server has told. A pure machine.
///
/// Asked at a start without a stored answer, when an answer has expired, and when the server pushes that something changed. Call
/// `begin` at `nextDeadline` and after every event; when it says so make the call and give its outcome to `answered` or `failed`.
public struct ConfigurationWatch: Sendable {
    /// How often the server is asked, and how long its answer is believed.
    public enum Limits {
        /// From a failed call to the next one, and the shortest life of an answer, whatever the server says: it is a matter of hours.
        public static let retry = Duration.seconds(300)
        /// The longest life of an answer: an absurd `expires` must not end the asking.
        public static let longestLife = Duration.seconds(86_400)
        /// Between two calls because of pushes: one answers to all that came before it.
        public static let pushSpacing = Duration.seconds(60)
    }

    /// What the operator has decided.
    public struct Rules: Sendable {
        /// The data centre connected to, without the offset of test ones.
        public var dc: Int32
        public var isTest: Bool
        /// The addresses that the operator named, best first.
        public var named: [ServerAddress]
        /// Whether the server's word is taken for where it listens; else only the named ones are used.
        public var usesTold: Bool
        public var isObfuscated: Bool
        public var allowsIPv6: Bool

        public init(dc: Int32, isTest: Bool, named: [ServerAddress], usesTold: Bool, isObfuscated: Bool, allowsIPv6: Bool) {
            self.dc = dc
            self.isTest = isTest
            self.named = named
            self.usesTold = usesTold
            self.isObfuscated = isObfuscated
            self.allowsIPv6 = allowsIPv6
        }
    }

    private let rules: Rules
    /// Nil before anything was told.
    public private(set) var directory: DataCenterDirectory?
    /// When the answer that is known has expired, or a failed call may be repeated.
    private var due: Instant
    /// Something was pushed since the last call began.
    private var isPushed = false
    private var lastPushed: Instant?
    private var isAsking = false

    public init(_ rules: Rules, now: Instant) {
        self.rules = rules
        due = now
    }

    // MARK: events

    /// An earlier process stored this answer.
    public mutating func stored(_ config: TLObject, now: Instant, clock: UnixTime) {
        guard directory == nil, let told = ServerConfiguration(config), told.isTest == rules.isTest else { return }
        directory = told.directory
        // An expired one still tells better addresses than none.
        if told.expires > clock { due = now + min(told.expires - clock, Limits.longestLife) }
    }

    /// The server pushed something about its configuration. Options are taken at once; what else changed is asked for.
    public mutating func noticed(_ notice: ConfigurationNotice) {
        isPushed = true
        if case .options(let options) = notice { directory = (directory ?? DataCenterDirectory([])).merging(options) }
    }

    /// True: the call is to be made now.
    public mutating func begin(now: Instant) -> Bool {
        guard let next = nextDeadline, next <= now else { return false }
        if isPushed { lastPushed = now }
        isPushed = false
        isAsking = true
        return true
    }

    /// help.getConfig was answered. Returns when the answer expires; nil: it is none, which counts as a failure.
    public mutating func answered(_ config: TLObject, now: Instant, clock: UnixTime) -> UnixTime? {
        guard let told = ServerConfiguration(config), told.isTest == rules.isTest else {
            failed(now: now)
            return nil
        }
        isAsking = false
        directory = told.directory
        due = now + min(max(told.expires - clock, Limits.retry), Limits.longestLife)
        return told.expires
    }

    public mutating func failed(now: Instant) {
        isAsking = false
        due = now + Limits.retry
    }

    // MARK: what follows

    /// When `begin` has something to do; nil while the call is under way.
    public var nextDeadline: Instant? {
        if isAsking { return nil }
        guard isPushed else { return due }
        return min(due, lastPushed.map { $0 + Limits.pushSpacing } ?? .zero)
    }

    /// The addresses to connect to, best first: those that the server told, then those that the operator named and it did not.
    public var addresses: [ServerAddress] {
        guard rules.usesTold, let directory else { return rules.named }
        let told = directory.addresses(of: rules.dc, isObfuscated: rules.isObfuscated).filter { rules.allowsIPv6 || !$0.isIPv6 }
        return told + rules.named.filter { !told.contains($0) }
    }
}
