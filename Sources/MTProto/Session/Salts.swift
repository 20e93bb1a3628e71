import Primitives

/// One salt of an authorization key and the time in which the server takes it, in whole seconds of server time.
public struct ServerSalt: Sendable, Hashable {
    public var value: Int64
    public var validSince: Int64
    public var validUntil: Int64

    public init(value: Int64, validSince: Int64, validUntil: Int64) {
        self.value = value
        self.validSince = validSince
        self.validUntil = validUntil
    }
}

/// The salts that a client knows for its key, and when to ask for more:
/// https://core.telegram.org/mtproto/service_messages#request-for-several-future-salts
struct SaltStore: Sendable {
    /// A salt is not used when less than this remains of it, in seconds: a packet takes time.
    static let margin: Int64 = 60
    /// A salt that came without its times is trusted this long, in seconds: TDLib's.
    static let trustedSeconds: Int64 = 600
    /// Salts asked for at once, the most that the server gives.
    static let asked: Int32 = 64
    /// Fewer good ones than this: ask.
    static let enough = 2
    /// Pause between two questions, as TDLib makes it.
    static let pause = Duration.seconds(60)
    /// The same after a refusal, which shows that what was answered before no longer holds: nothing is gained by asking more often, even
    /// of a server that refuses every salt it has named.
    static let pauseAfterRefusal = Duration.seconds(1)

    private(set) var salts: [ServerSalt]
    private var lastAsked: Instant?
    private var wasRefused = false

    init(_ salts: [ServerSalt]) { self.salts = salts.sorted { $0.validSince < $1.validSince } }

    /// The salt for a packet at this server time; the newest known when none is valid, since the server then tells a better one.
    func current(at seconds: Int64) -> Int64 {
        let valid = salts.last { $0.validSince <= seconds && $0.validUntil > seconds + Self.margin }
        return (valid ?? salts.last { $0.validSince <= seconds } ?? salts.last)?.value ?? 0
    }

    /// Takes a salt that the server named as the one for now.
    mutating func adopt(_ value: Int64, at seconds: Int64) {
        salts.removeAll { $0.value == value || $0.validSince <= seconds }
        salts.insert(ServerSalt(value: value, validSince: seconds, validUntil: seconds + Self.trustedSeconds + Self.margin), at: 0)
    }

    /// The server refused ours and named this one: the others are not to be believed either, so ask again soon. A packet that left
    /// before the present salt was known tells nothing new.
    mutating func adoptAlone(_ value: Int64, at seconds: Int64) {
        if current(at: seconds) == value { return }
        wasRefused = true
        salts = []
        adopt(value, at: seconds)
    }

    mutating func replace(with new: [ServerSalt]) { salts = new.sorted { $0.validSince < $1.validSince } }

    /// Whether to ask for salts now.
    func wantsMore(at seconds: Int64, now: Instant) -> Bool {
        if let lastAsked, now - lastAsked < (wasRefused ? Self.pauseAfterRefusal : Self.pause) { return false }
        return salts.count { $0.validUntil > seconds + Self.margin } < Self.enough
    }

    mutating func asked(at now: Instant) {
        lastAsked = now
        wasRefused = false
    }
}
