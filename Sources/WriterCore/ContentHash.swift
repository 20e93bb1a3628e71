/// What tells two copies of one message apart: 128 stable bits, the first half over what people see as the content.
///
/// Compared as 16 bytes, most significant first, here and in SQL (`bytea`). Not a secret and not a defence: who makes two texts of
/// the same hash in one message has only hidden his own edit.
public struct ContentHash: Hashable, Comparable, Sendable {
    /// Over text, entities and media identity: the same half means the same version.
    public var content: UInt64
    /// Over the other fields of the copy, so that two copies of one key are the same copy.
    public var details: UInt64

    public init(content: UInt64, details: UInt64) {
        self.content = content
        self.details = details
    }

    public static func < (a: ContentHash, b: ContentHash) -> Bool { (a.content, a.details) < (b.content, b.details) }

    /// The 16 bytes of the database's column.
    public var bytes: [UInt8] { bigEndian(content) + bigEndian(details) }
}

/// The canonical text of some fields, hashed: each field carries a tag of its presence and its length, so none runs into the next.
struct FieldHasher {
    private var bytes: [UInt8] = []

    /// Most messages fit, so that it never grows.
    init() { bytes.reserveCapacity(256) }

    mutating func add(_ text: String?) {
        guard let text else { return bytes.append(0) }
        bytes.append(1)
        add(word: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ number: Int64?) {
        guard let number else { return bytes.append(0) }
        bytes.append(2)
        add(word: UInt64(bitPattern: number))
    }

    private mutating func add(word: UInt64) { withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) } }

    var hash: UInt64 { sipHash24(bytes, key: FieldHasher.key) }

    /// Any fixed key does; this one is written in the database's rows and may never change.
    private static let key: (UInt64, UInt64) = (0x6161_6c74_6f68_7562, 0x2d63_6f6e_7465_6e74)
}

func bigEndian(_ word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.bigEndian) { Array($0) } }

/// SipHash-2-4: a 64-bit hash that is the same on every machine and in every process. Source: https://www.aumasson.jp/siphash/
func sipHash24(_ bytes: [UInt8], key: (UInt64, UInt64)) -> UInt64 {
    var state = SipState(key)
    let whole = bytes.count & ~7
    bytes.withUnsafeBytes { raw in
        for at in stride(from: 0, to: whole, by: 8) {
            state.absorb(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
        }
    }
    var word = UInt64(bytes.count & 255) << 56
    for i in whole..<bytes.count { word |= UInt64(bytes[i]) << UInt64(8 * (i - whole)) }
    state.absorb(word)
    return state.end()
}

/// A value of its own: functions that share captured variables would be checked for exclusive access at every step, which took a third of
/// the writer's time.
private struct SipState {
    var v0, v1, v2, v3: UInt64

    init(_ key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func round() {
        func rotate(_ v: UInt64, _ k: UInt64) -> UInt64 { (v << k) | (v >> (64 - k)) }
        v0 &+= v1
        v1 = rotate(v1, 13) ^ v0
        v0 = rotate(v0, 32)
        v2 &+= v3
        v3 = rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotate(v1, 17) ^ v2
        v2 = rotate(v2, 32)
    }

    @inline(__always)
    mutating func absorb(_ m: UInt64) {
        v3 ^= m
        round()
        round()
        v0 ^= m
    }

    mutating func end() -> UInt64 {
        v2 ^= 0xff
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }
}
