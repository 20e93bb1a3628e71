import Cryptography
import Primitives

/// The obfuscation of a TCP stream by AES-256-CTR under keys sent in its first 64 bytes:
/// https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation
///
/// It hides the protocol from port filters and protects nothing.
struct Obfuscation: Sendable {
    private var sending: AESCTR
    private var receiving: AESCTR

    mutating func encrypt(_ bytes: inout [UInt8]) { sending.update(&bytes) }
    mutating func decrypt(_ bytes: inout [UInt8]) { receiving.update(&bytes) }

    /// The client's side, and the 64 bytes it sends first. `secret` is an MTProxy's 16 bytes; `dc` is read only by proxies.
    static func client(
        mode: TransportMode, dc: Int16, secret: [UInt8]?, using generator: inout some RandomNumberGenerator
    ) -> (Obfuscation, header: [UInt8]) {
        var initial = generator.bytes(64)
        while !isAllowed(initial) { initial = generator.bytes(64) }
        // Full is refused by TransportOptions' initialiser.
        initial.replaceSubrange(56..<60, with: mode.tag!)
        initial[60] = UInt8(truncatingIfNeeded: dc)
        initial[61] = UInt8(truncatingIfNeeded: dc >> 8)
        return client(initial: initial, secret: secret)
    }

    /// The client's side from its 64 bytes before encryption.
    static func client(initial: [UInt8], secret: [UInt8]?) -> (Obfuscation, header: [UInt8]) {
        var obfuscation = Obfuscation(
            sending: stream(initial[8..<56], secret), receiving: stream(Array(initial.reversed())[8..<56], secret))
        var encrypted = initial
        obfuscation.encrypt(&encrypted)
        return (obfuscation, Array(initial[..<56] + encrypted[56...]))
    }

    /// The server's side, from the client's first 64 bytes, when they name a transport under this secret.
    static func server(header: [UInt8], secret: [UInt8]?) -> (Obfuscation, TransportMode, dc: Int16)? {
        var obfuscation = Obfuscation(
            sending: stream(Array(header.reversed())[8..<56], secret), receiving: stream(header[8..<56], secret))
        var plain = header
        obfuscation.decrypt(&plain)
        guard let mode = TransportMode.allCases.first(where: { $0.tag == Array(plain[56..<60]) }) else { return nil }
        return (obfuscation, mode, Int16(bitPattern: UInt16(plain[60]) | UInt16(plain[61]) << 8))
    }

    /// Whether the random bytes could be mistaken for another protocol.
    static func isAllowed(_ initial: [UInt8]) -> Bool {
        let first = Array(initial[0..<4])
        let forbidden: [[UInt8]] =
            ["HEAD", "POST", "GET ", "OPTI"].map { Array($0.utf8) }
            + [[0xdd, 0xdd, 0xdd, 0xdd], [0xee, 0xee, 0xee, 0xee], [0x16, 0x03, 0x01, 0x02]]
        return initial[0] != 0xef && !forbidden.contains(first) && initial[4..<8].contains { $0 != 0 }
    }

    private static func stream(_ keyAndIV: some Collection<UInt8>, _ secret: [UInt8]?) -> AESCTR {
        let bytes = Array(keyAndIV)
        let key = Array(bytes[..<32])
        return AESCTR(key: secret.map { sha256(key, $0) } ?? key, iv: Array(bytes[32...]))
    }
}
