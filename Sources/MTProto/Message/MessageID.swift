import Primitives

/// Message ids: Unix time · 2^32, strictly increasing in a session, the low two bits telling the sender:
/// https://core.telegram.org/mtproto/description#message-identifier-msg-id
struct MessageIDGenerator: Sendable {
    /// The low two bits of an id.
    enum Kind: Int64, Sendable {
        case client = 0
        case serverAnswer = 1
        case serverOther = 3
    }

    private var last: Int64 = 0

    /// Seconds of Unix time that an id can carry, some minutes below the end: a server may tell any time, and ids go on rising from it.
    static let seconds: ClosedRange<Int64> = 0...Int64(Int32.max) - 256

    /// The next id at this time. Random low bits keep two sessions of one machine apart.
    mutating func next(_ kind: Kind, at time: UnixTime, using generator: inout some RandomNumberGenerator) -> Int64 {
        let random = Int64(truncatingIfNeeded: generator.next() & 0x3f_ffff)
        let wanted = (MessageIDGenerator.id(at: time) ^ random) & ~3
        last = max(wanted, last + 4)
        return last | kind.rawValue
    }

    /// The id whose time is `time`, or the nearest that an id can carry; low two bits zero.
    static func id(at time: UnixTime) -> Int64 {
        let second = min(max(time.seconds, seconds.lowerBound), seconds.upperBound)
        let fraction = second == time.seconds ? time.nanoseconds - time.seconds * 1_000_000_000 : 0
        return (second << 32 | (fraction << 32) / 1_000_000_000) & ~3
    }

    /// The time that an id carries.
    static func time(of id: Int64) -> UnixTime {
        UnixTime(nanoseconds: (id >> 32) &* 1_000_000_000 &+ ((id & 0xffff_ffff) * 1_000_000_000) >> 32)
    }
}
