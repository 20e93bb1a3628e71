import Primitives

/// Slows down who tries tokens out: after some wrong ones an address waits, each time twice as long.
///
/// A token that was good before is let through meanwhile, so that nobody is locked out by a neighbour behind the same address.
public struct FailureLimiter: Sendable {
    /// Wrong tokens that an address may present before it has to wait: a person's slips.
    public static let free = 10
    /// The longest wait.
    public static let longest = Duration.seconds(60)
    /// After so long without a wrong one an address is forgotten.
    public static let memory = Duration.seconds(600)
    /// Addresses that are remembered.
    public static let mostAddresses = 4096
    /// Good tokens that are remembered: more than there can be subscribers, each with a token of its own.
    public static let mostTokens = 8192

    private struct Entry: Hashable, Sendable {
        var failures: Int
        var lastAt: Instant
        var blockedUntil: Instant
    }

    private var entries: [String: Entry] = [:]
    /// Digests of good tokens, each with the number of its last use.
    private var good: [[UInt8]: UInt64] = [:]
    private var uses: UInt64 = 0

    public init() {}

    /// How many seconds this caller has to wait; nil: none.
    ///
    /// - Parameter digest: of the token, by a hash that nobody can invert.
    public func wait(_ address: String, digest: [UInt8], now: Instant) -> Int64? {
        guard let entry = entries[Self.key(address)], entry.blockedUntil > now, good[digest] == nil else { return nil }
        return Int64((entry.blockedUntil - now).inSeconds.rounded(.up))
    }

    /// A wrong token came from this address.
    public mutating func failed(_ address: String, now: Instant) {
        let key = Self.key(address)
        var entry = entries[key] ?? Entry(failures: 0, lastAt: now, blockedUntil: now)
        if now - entry.lastAt >= Self.memory { entry.failures = 0 }
        entry.failures += 1
        entry.lastAt = now
        let beyond = entry.failures - Self.free
        // 1, 2, 4, … seconds; the shift is bounded, since so is the longest wait.
        if beyond >= 0 { entry.blockedUntil = now + min(Self.longest, .seconds(Int64(1) << Int64(min(beyond, 16)))) }
        if entries[key] == nil, entries.count >= Self.mostAddresses { forget(now) }
        entries[key] = entry
    }

    /// A good token came.
    public mutating func succeeded(digest: [UInt8]) {
        uses += 1
        good[digest] = uses
        guard good.count > Self.mostTokens else { return }
        // The half that was used longest ago.
        let middle = good.values.sorted()[good.count / 2]
        good = good.filter { $0.value > middle }
    }

    /// Addresses that are remembered.
    public var count: Int { entries.count }

    /// Makes room: what is old goes, or else the one that failed longest ago.
    private mutating func forget(_ now: Instant) {
        entries = entries.filter { now - $0.value.lastAt < Self.memory }
        guard entries.count >= Self.mostAddresses else { return }
        let oldest = entries.min { ($0.value.lastAt, $0.key) < ($1.value.lastAt, $1.key) }
        if let oldest { entries[oldest.key] = nil }
    }

    /// One that has a whole network of IPv6 addresses (a /64) is one caller.
    static func key(_ address: String) -> String {
        let address = address.prefix { $0 != "%" }
        guard address.contains(":") else { return String(address) }
        if let dotted = address.split(separator: ":").last, dotted.contains(".") { return String(dotted) }
        let halves = address.firstRange(of: "::").map { [address[..<$0.lowerBound], address[$0.upperBound...]] } ?? [address]
        let groups = halves.map { $0.split(separator: ":").map { String($0.drop { $0 == "0" }) } }
        var whole = groups[0]
        if groups.count == 2 { whole += [String](repeating: "", count: max(0, 8 - groups[0].count - groups[1].count)) + groups[1] }
        return whole.prefix(4).joined(separator: ":") + "::/64"
    }
}
