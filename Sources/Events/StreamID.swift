import Primitives

/// The name of one process life's records: 128 random bits, drawn at its start.
public struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// Bytes on the wire and in the database.
    public static let byteCount = 16

    public init(bytes: some Collection<UInt8>) throws(ContractError) {
        guard bytes.count == StreamID.byteCount else { throw .badStreamID }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (i, b) in bytes.enumerated() {
            if i < 8 { high = high << 8 | UInt64(b) } else { low = low << 8 | UInt64(b) }
        }
        self.high = high
        self.low = low
    }

    /// A new id; shells pass the system's generator.
    public init(using generator: inout some RandomNumberGenerator) {
        high = generator.next()
        low = generator.next()
    }

    /// The 16 bytes, most significant first.
    public var bytes: [UInt8] { [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } } }

    /// 32 hexadecimal digits.
    public var description: String { hex(bytes) }

    public static func < (a: StreamID, b: StreamID) -> Bool { (a.high, a.low) < (b.high, b.low) }
}
